"""Les rapports : écrits par l'organisme, examinés par la Ville."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.indicateurs import incoherences, nom_de
from appels.models import Question
from appels.regles import dollars
from appels.services.collaboration import derniere_ecriture, noter_ecriture
from appels.services.reponses import ecrire_reponse
from financement.models import DepenseReelle, Rapport, Remarque, ValeurIndicateur
from financement.remarques import Place
from financement.retenus import prevus_de
from socle import horloge
from socle.concurrence import Issue, SaisieConcurrente, comparer
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.services import courriels

CHAMPS = frozenset({"autres_aides_publiques"})


def exiger_modifiable(acteur: Any, rapport: Rapport) -> None:
    """Refuse qui n'est pas de l'organisme, et un rapport déposé."""
    exiger_permission(acteur, "rapport.rediger", rapport)
    if not rapport.est_modifiable:
        raise RegleViolee("Le rapport est déposé : il ne se modifie plus.", code="depose")


def verrouiller(acteur: Any, rapport: Rapport) -> Rapport:
    """Le rapport sous verrou, s'il se modifie encore."""
    rapport = Rapport.objects.select_for_update(no_key=True).get(pk=rapport.pk)
    exiger_modifiable(acteur, rapport)
    return rapport


def enregistrer_reponse(
    *, acteur: Any, rapport: Rapport, question: Question, valeur: Any, base: str = ""
) -> Any:
    """Garde la réponse à une question, comme dans une demande (``appels.services.reponses``)."""
    return ecrire_reponse(
        acteur=acteur,
        objet=rapport,
        question=question,
        valeur=valeur,
        base=base,
        verrous=Rapport.objects.select_related("demande").only(
            "etat", "demande__etat", "demande__organisme_id"
        ),
        exiger=lambda verrou: exiger_modifiable(acteur, verrou),
    )


@transaction.atomic
def enregistrer_rapport(
    *,
    acteur: Any,
    rapport: Rapport,
    champs: Mapping[str, Any] | None = None,
    depenses: list[dict[str, Any]] | None = None,
    valeurs: Mapping[tuple[str, str], int] | None = None,
    bases: Mapping[str, str] | None = None,
) -> Rapport:
    """Écrit ce qui est donné ; ``depenses`` et ``valeurs`` remplacent, None laisse tel quel.

    ``bases`` : l'empreinte de ce que la personne avait sous les yeux, par partie
    (``autres_aides_publiques``, ``depenses``, ``indicateurs``). Lève ``SaisieConcurrente``, la
    partie dans ``champ``, quand une autre personne y a écrit entre-temps.
    """
    rapport = verrouiller(acteur, rapport)
    champs = dict(champs or {})
    inconnus = champs.keys() - CHAMPS
    if inconnus:
        raise TypeError(f"Champs inconnus : {sorted(inconnus)}")
    saisies: dict[str, Any] = {nom: _cent(valeur) for nom, valeur in champs.items()}
    if depenses is not None:
        saisies["depenses"] = _comparables(depenses)
    if valeurs is not None:
        saisies["indicateurs"] = sorted([*cle, nombre] for cle, nombre in valeurs.items())
    a_ecrire = {
        partie
        for partie, saisie in saisies.items()
        if _est_a_ecrire(rapport, partie, saisie, (bases or {}).get(partie, ""))
    }
    for nom in champs.keys() & a_ecrire:
        setattr(rapport, nom, champs[nom])
    if "depenses" in a_ecrire:
        _remplacer_depenses(rapport, depenses or [])
    if "indicateurs" in a_ecrire:
        _remplacer_valeurs(rapport, valeurs or {})
    rapport.modifie_le = horloge.maintenant()
    rapport.save()
    for partie in a_ecrire:
        noter_ecriture(acteur=acteur, demande=rapport, partie=partie)
    return rapport


def valeur_de(rapport: Rapport, partie: str) -> Any:
    """Ce qui est enregistré d'une partie du rapport, comparable d'une lecture à l'autre."""
    if partie == "depenses":
        return _comparables(rapport.depenses.values("categorie", "libelle", "montant"))
    if partie == "indicateurs":
        lues = rapport.valeurs.values_list("indicateur", "modalite", "valeur")
        return sorted([*lue] for lue in lues)
    return _cent(getattr(rapport, partie))


def _est_a_ecrire(rapport: Rapport, partie: str, saisie: Any, base: str) -> bool:
    actuel = valeur_de(rapport, partie)
    issue = comparer(base=base, saisi=saisie, actuel=actuel)
    if issue is Issue.CONFLIT:
        raise SaisieConcurrente(
            "Une autre personne a écrit ici entre-temps.",
            actuel=derniere_ecriture(rapport, partie, valeur=actuel, texte=_lu(rapport, partie)),
            champ=partie,
        )
    return issue is Issue.ECRIRE


def _lu(rapport: Rapport, partie: str) -> str:
    """La partie enregistrée, telle qu'elle se lit, pour qui doit choisir entre deux versions."""
    if partie == "depenses":
        return "\n".join(f"{d} : {dollars(d.montant)}" for d in rapport.depenses.all())
    if partie == "indicateurs":
        return "\n".join(str(valeur) for valeur in rapport.valeurs.all())
    montant = getattr(rapport, partie)
    return "" if montant is None else dollars(montant)


def _cent(montant: Any) -> str:
    return "" if montant is None else f"{Decimal(montant):.2f}"


def _comparables(depenses: Any) -> list[list[str]]:
    return [[d["categorie"], d.get("libelle", ""), _cent(d["montant"])] for d in depenses]


def _remplacer_depenses(rapport: Rapport, depenses: list[dict[str, Any]]) -> None:
    """Les lignes dans leur ordre ; les preuves d'une ligne retirée restent dans l'histoire."""
    cles: list[uuid.UUID] = []
    for depense in depenses:
        voulue = depense.get("cle")
        cles.append(voulue if voulue and voulue not in cles else uuid.uuid4())
    rapport.depenses.all().delete()
    DepenseReelle.objects.bulk_create(
        DepenseReelle(
            rapport=rapport,
            categorie=depense["categorie"],
            libelle=depense.get("libelle", ""),
            montant=Decimal(depense["montant"]),
            ordre=ordre,
            cle=cle,
        )
        for ordre, (depense, cle) in enumerate(zip(depenses, cles, strict=True))
    )
    rapport.pieces.filter(retiree_le=None, depense_cle__isnull=False).exclude(
        depense_cle__in=cles
    ).update(retiree_le=horloge.maintenant())


def _remplacer_valeurs(rapport: Rapport, valeurs: Mapping[tuple[str, str], int]) -> None:
    rapport.valeurs.all().delete()
    ValeurIndicateur.objects.bulk_create(
        ValeurIndicateur(rapport=rapport, indicateur=indicateur, modalite=modalite, valeur=valeur)
        for (indicateur, modalite), valeur in valeurs.items()
    )


@transaction.atomic
def traiter_remarque(*, acteur: Any, remarque: Remarque, traitee: bool) -> Remarque:
    """L'organisme dit qu'il a corrigé (ou que non) ; la remarque reste dans l'histoire."""
    verrouiller(acteur, remarque.rapport)
    if traitee != bool(remarque.traitee_le):
        remarque.traitee_le = horloge.maintenant() if traitee else None
        remarque.traitee_par = acteur if traitee else None
        remarque.save(update_fields=["traitee_le", "traitee_par"])
    return remarque


# --- Remettre, examiner ---------------------------------------------------------------------------
@transaction.atomic
def deposer_rapport(*, acteur: Any, rapport: Rapport) -> Rapport:
    """Remet le rapport ; ses indicateurs doivent s'additionner (regles.md, 15)."""
    exiger_permission(acteur, "rapport.deposer", rapport)
    rapport = Rapport.objects.select_for_update(no_key=True).get(pk=rapport.pk)
    if fautes := incoherences(rapport.comptes):
        raise RegleViolee(fautes[0][1], champ=fautes[0][0], code="incoherent")
    absents = [manque.libelle for manque in rapport.manques()]
    if absents:
        raise RegleViolee(" ".join(absents), code="incomplet")
    champs = {}
    if rapport.resultats_prevus is None:
        # Un avenant signé ensuite ne change pas ce à quoi un rapport déjà remis se mesure.
        prevus = prevus_de(rapport.demande)
        champs["resultats_prevus"] = {nom_de(*case): compte for case, compte in prevus.items()}
    return transitionner(rapport, "deposer", acteur=acteur, champs=champs)


@transaction.atomic
def renvoyer_rapport(
    *,
    acteur: Any,
    rapport: Rapport,
    remarques: str = "",
    a_leur_place: Mapping[Place, str] | None = None,
) -> Rapport:
    """Renvoie le rapport à corriger : une remarque sur lui entier, d'autres à leur place."""
    ecrites = {Place("rapport", "", "Le rapport entier"): remarques, **(a_leur_place or {})}
    ecrites = {place: texte.strip() for place, texte in ecrites.items() if texte.strip()}
    if not ecrites:
        raise RegleViolee("Écrivez ce qui doit être corrigé.", champ="remarques")
    rapport = transitionner(
        rapport,
        "renvoyer",
        acteur=acteur,
        motif="\n".join(f"{place.libelle} : {texte}" for place, texte in ecrites.items()),
    )
    derniere = rapport.remarques.order_by("-tour").first()
    faites = Remarque.objects.bulk_create(
        Remarque(
            rapport=rapport,
            tour=derniere.tour + 1 if derniere else 1,
            genre=place.genre,
            cle=place.cle,
            libelle=place.libelle[:300],
            texte=texte,
            faite_le=horloge.maintenant(),
            faite_par=acteur,
        )
        for place, texte in ecrites.items()
    )
    demande = rapport.demande
    courriels.envoyer(
        gabarit="rapport_a_corriger",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"{rapport.get_nature_display()} à corriger — {demande.titre}",
        contexte={
            "demande": demande,
            "rapport": rapport,
            "remarques": faites,
            "lien": adresse_du_rapport(rapport),
        },
    )
    return rapport


def adresse_du_rapport(rapport: Rapport) -> str:
    """L'adresse complète de la page où l'organisme l'écrit."""
    return settings.SITE_URL + reverse(
        "organisme:rapport", args=[rapport.demande.reference, rapport.nature]
    )


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
    return transitionner(rapport, "accepter", acteur=acteur)
