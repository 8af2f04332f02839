"""Les rapports : écrits par l'organisme, examinés par la Ville."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.indicateurs import incoherences
from financement.models import DepenseReelle, Rapport, ValeurIndicateur
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.services import courriels

CHAMPS = frozenset({"activites", "resultats", "ecarts", "autres_aides_publiques"})


@transaction.atomic
def enregistrer_rapport(
    *,
    acteur: Any,
    rapport: Rapport,
    champs: dict[str, Any],
    depenses: list[dict[str, Any]] | None = None,
    valeurs: Mapping[tuple[str, str], int] | None = None,
) -> Rapport:
    """Écrit ce qui est donné ; ``depenses`` et ``valeurs`` remplacent, None laisse tel quel."""
    exiger_permission(acteur, "rapport.rediger", rapport)
    rapport = Rapport.objects.select_for_update(no_key=True).get(pk=rapport.pk)
    if not rapport.est_modifiable:
        raise RegleViolee("Le rapport est déposé : il ne se modifie plus.", code="depose")
    inconnus = champs.keys() - CHAMPS
    if inconnus:
        raise TypeError(f"Champs inconnus : {sorted(inconnus)}")
    for nom, valeur in champs.items():
        setattr(rapport, nom, valeur)
    rapport.modifie_le = horloge.maintenant()
    rapport.save()
    if depenses is not None:
        rapport.depenses.all().delete()
        DepenseReelle.objects.bulk_create(
            DepenseReelle(
                rapport=rapport,
                categorie=depense["categorie"],
                libelle=depense.get("libelle", ""),
                montant=Decimal(depense["montant"]),
                ordre=ordre,
            )
            for ordre, depense in enumerate(depenses)
        )
    if valeurs is not None:
        rapport.valeurs.all().delete()
        ValeurIndicateur.objects.bulk_create(
            ValeurIndicateur(
                rapport=rapport, indicateur=indicateur, modalite=modalite, valeur=valeur
            )
            for (indicateur, modalite), valeur in valeurs.items()
        )
    return rapport


@transaction.atomic
def deposer_rapport(*, acteur: Any, rapport: Rapport) -> Rapport:
    """Remet le rapport ; ses indicateurs doivent s'additionner (regles.md, 15)."""
    exiger_permission(acteur, "rapport.deposer", rapport)
    rapport = Rapport.objects.select_for_update(no_key=True).get(pk=rapport.pk)
    valeurs = {(v.indicateur, v.modalite): v.valeur for v in rapport.valeurs.all()}
    fautes = incoherences(valeurs)
    if fautes:
        raise RegleViolee(fautes[0][1], champ=fautes[0][0], code="incoherent")
    absents = rapport.manques()
    if absents:
        raise RegleViolee(" ".join(absents), code="incomplet")
    return transitionner(rapport, "deposer", acteur=acteur)


@transaction.atomic
def renvoyer_rapport(*, acteur: Any, rapport: Rapport, remarques: str) -> Rapport:
    """Renvoie le rapport à corriger, avec les remarques."""
    if not remarques.strip():
        raise RegleViolee("Écrivez ce qui doit être corrigé.", champ="remarques")
    rapport = transitionner(
        rapport, "renvoyer", acteur=acteur, motif=remarques, champs={"remarques": remarques}
    )
    demande = rapport.demande
    courriels.envoyer(
        gabarit="rapport_a_corriger",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"{rapport.get_nature_display()} à corriger — {demande.titre}",
        contexte={
            "demande": demande,
            "rapport": rapport,
            "lien": settings.SITE_URL
            + reverse(
                "organisme:rapport",
                kwargs={"reference": demande.reference, "nature": rapport.nature},
            ),
        },
    )
    return rapport


@transaction.atomic
def accepter_rapport(
    *, acteur: Any, rapport: Rapport, depenses_refusees: Mapping[int, str] | None = None
) -> Rapport:
    """Accepte le rapport ; les dépenses refusées (identifiant → motif) ne sont plus admissibles."""
    exiger_permission(acteur, "rapport.examiner", rapport)
    rapport = Rapport.objects.select_for_update(no_key=True).get(pk=rapport.pk)
    for identifiant, motif in (depenses_refusees or {}).items():
        if not motif.strip():
            raise RegleViolee("Écrivez pourquoi la dépense n'est pas admissible.", champ="motif")
        rapport.depenses.filter(pk=identifiant).update(admissible=False, motif_refus=motif.strip())
    return transitionner(rapport, "accepter", acteur=acteur, champs={"remarques": ""})
