"""Déposer une demande : à la seconde, en entier, avec un accusé de réception."""

import hashlib
import json
from typing import Any

from django.db import transaction

from appels.completude import manques
from appels.formulaires import lire_formulaire
from appels.models import Demande, Depot
from appels.montants import montant_maximal
from appels.regles import regles_budget
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser


def deposer(*, acteur: Any, demande: Demande, signataire: str = "") -> Depot:
    """Dépose la demande et rend son accusé de réception.

    Dans l'ordre : refuse hors délai (le refus et son heure sont gardés, le brouillon reste) ;
    vérifie que tout y est et que le budget tient ; fige le contenu et son SHA-256 ; change
    l'état ; confie l'accusé en PDF à un ouvrier. Lève ``RegleViolee`` : ``hors_delai``,
    ``incomplete`` ou ``budget``.
    """
    exiger_permission(acteur, "demande.deposer", demande)
    if demande.etat == Demande.Etat.BROUILLON and not demande.peut_etre_deposee_maintenant:
        _noter_le_refus(acteur, demande)
        raise RegleViolee(
            "L'appel est clos : le dépôt n'est plus possible. Votre brouillon est gardé.",
            code="hors_delai",
        )
    with transaction.atomic():
        demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
        _exiger_complete(demande)
        moment = demande.papier_recu_le or horloge.maintenant()
        sur_papier = {"deposee_le": moment} if demande.papier_recu_le else {}
        demande = transitionner(demande, "deposer", acteur=acteur, champs=sur_papier)
        contenu = contenu_depose(demande)
        depot = Depot.objects.create(
            demande=demande,
            numero=f"{demande.reference}-{demande.depots.count() + 1}",
            depose_le=moment,
            depose_par=acteur,
            signataire=signataire,
            contenu=contenu,
            empreinte=hashlib.sha256(canonique(contenu)).hexdigest(),
        )
        transaction.on_commit(lambda: _confier_accuse(depot.pk))
    return depot


def _confier_accuse(depot_id: int) -> None:
    from appels.tasks import produire_accuse

    produire_accuse.delay(depot_id)


@transaction.atomic
def _noter_le_refus(acteur: Any, demande: Demande) -> None:
    moment = horloge.maintenant()
    Demande.objects.filter(pk=demande.pk).update(depot_refuse_le=moment)
    demande.depot_refuse_le = moment
    journaliser(acteur=acteur, verbe="demande.refuser_depot", objet=demande, motif="hors délai")


def _exiger_complete(demande: Demande) -> None:
    if demande.etat != Demande.Etat.BROUILLON:
        return
    absents = manques(demande)
    if not absents:
        return
    codes_budget = [m for m in absents if m.partie == "budget" and m.code not in {"postes", ""}]
    raise RegleViolee(
        "La demande n'est pas prête : " + " ".join(manque.libelle for manque in absents[:3]),
        code="budget" if len(codes_budget) == len(absents) else "incomplete",
    )


def canonique(contenu: dict[str, Any]) -> bytes:
    """La suite d'octets dont le SHA-256 est l'empreinte du dépôt."""
    return json.dumps(contenu, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def contenu_depose(demande: Demande) -> dict[str, Any]:
    """Tout ce qui est déposé, en JSON : projet, réponses, budget, pièces."""
    budget = demande.budget(au_depot=True)
    return {
        "reference": demande.reference,
        "appel": demande.appel.code,
        "organisme": {"nom": demande.organisme.nom, "neq": demande.organisme.neq},
        "projet": {
            "titre": demande.titre,
            "resume": demande.resume,
            "secteur": demande.secteur,
            "volet": demande.volet.no,
            "besoins": sorted(demande.besoins.values_list("code", flat=True)),
        },
        "formulaire": demande.formulaire.revision if demande.formulaire else None,
        "reponses": [
            {
                "section": section.section.titre,
                "code": f"{section.section.code}/{lue.question.code}",
                "question": lue.question.libelle,
                "type": lue.question.type,
                "valeur": lue.valeur,
            }
            for section in lire_formulaire(demande)
            for lue in section.questions
            if not lue.est_vide
        ],
        "budget": {
            "postes": [
                {
                    "categorie": poste.categorie,
                    "libelle": poste.libelle,
                    "montant": str(poste.montant),
                    "admissible": poste.admissible,
                }
                for poste in demande.postes.all()
            ],
            "revenus": [
                {
                    "source": revenu.source,
                    "libelle": revenu.libelle,
                    "statut": revenu.statut,
                    "montant": str(revenu.montant),
                }
                for revenu in demande.revenus.all()
            ],
            "montant_demande": str(demande.montant_demande),
            "contribution_nature": str(demande.contribution_nature),
            "taux_aide": str(budget.taux_aide),
            "taux_cumul": str(budget.taux_cumul),
            "montant_maximal": str(montant_maximal(budget, regles_budget(demande))),
        },
        "pieces": [
            {
                "document": piece.libelle,
                "nom": piece.nom,
                "taille": piece.taille,
                "empreinte": piece.empreinte,
            }
            for piece in demande.pieces.actives()
        ],
    }
