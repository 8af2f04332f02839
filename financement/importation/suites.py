"""Rejouer ce qui suit la décision : convention, versements, rapports, indicateurs, solde."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from appels.formulaires import questions_de
from appels.models import Demande
from appels.questions import TypeQuestion
from financement.importation.acteurs import Acteurs
from financement.importation.contenu import DemandeLue
from financement.services import conventions, fermeture, rapports, versements
from socle import horloge
from socle.exceptions import RegleViolee

FUSEAU = ZoneInfo("America/Toronto")
IMPORTE = "Selon le fichier importé."


def rejouer_suites(
    lue: DemandeLue, demande: Demande, acteurs: Acteurs, *, reel: dt.datetime
) -> None:
    """Signe la convention, dépose et accepte les rapports, paie ``verse``, règle le solde.

    Les rapports arrivent à leur date prévue, ou maintenant quand elle est à venir. Lève
    ``RegleViolee`` quand un service refuse.
    """
    demande.refresh_from_db()
    decision = demande.decisions.get(en_vigueur=True)
    signature = dt.datetime.combine(
        decision.resolution.date + dt.timedelta(days=14), dt.time(10), tzinfo=FUSEAU
    )
    signature = max(min(signature, reel), decision.prise_le)
    with horloge.a_la_date(signature):
        convention = mettre_en_vigueur(lue, demande, acteurs)
    appel = demande.appel
    with horloge.a_la_date(_moment(appel.rapport_etape_le, signature, reel)):
        etape = demande.rapports.filter(nature="etape").first()
        if etape:
            valeurs = lue.valeurs_reelles if lue.realise is None else None
            _remettre(lue, etape, acteurs, valeurs=valeurs)
    if lue.realise is None:
        return
    with horloge.a_la_date(_moment(appel.rapport_final_le, signature, reel)):
        final = demande.rapports.get(nature="final")
        _remettre(
            lue,
            final,
            acteurs,
            champs={"autres_aides_publiques": lue.realise["autres_aides_publiques"]},
            depenses=[
                {
                    "categorie": "autre",
                    "libelle": "Dépenses admissibles",
                    "montant": lue.realise["depenses_admissibles"],
                }
            ],
            valeurs=lue.valeurs_reelles,
        )
        _payer(convention, lue.realise["verse"], acteurs)
        fermeture.regler_solde(acteur=acteurs.agent, demande=demande)


def mettre_en_vigueur(
    lue: DemandeLue,
    demande: Demande,
    acteurs: Acteurs,
    attendus: Mapping[str, int] | None = None,
) -> Any:
    """Prépare, transmet et inscrit signée des deux côtés la convention de la demande.

    ``attendus`` : les résultats attendus par nom de case, à la place de ceux du fichier.
    """
    convention = conventions.preparer_convention(
        acteur=acteurs.agent, demande=demande, resultats_attendus=attendus or lue.resultats_attendus
    )
    conventions.transmettre_convention(acteur=acteurs.agent, convention=convention)
    responsable = acteurs.responsable(neq=lue.neq, nom=lue.nom)
    # Un appel passé s'est signé sur papier, ou ailleurs : rien ne le prouve ici.
    convention = conventions.inscrire_signature_papier(
        acteur=acteurs.agent, convention=convention, nom=responsable.nom, titre="Responsable"
    )
    conventions.contresigner_convention(
        acteur=acteurs.approbation, convention=convention, preuve=None
    )
    convention.refresh_from_db()
    return convention


def _moment(echeance: dt.date | None, plancher: dt.datetime, reel: dt.datetime) -> dt.datetime:
    if echeance is None:
        return max(plancher, reel)
    prevu = dt.datetime.combine(echeance, dt.time(11), tzinfo=FUSEAU)
    return max(plancher, min(prevu, reel))


def _remettre(
    lue: DemandeLue,
    rapport: Any,
    acteurs: Acteurs,
    *,
    champs: dict[str, Any] | None = None,
    depenses: list[dict[str, Any]] | None = None,
    valeurs: dict[tuple[str, str], int] | None,
) -> None:
    auteur = acteurs.responsable(neq=lue.neq, nom=lue.nom)
    rapports.enregistrer_rapport(
        acteur=auteur, rapport=rapport, champs=champs, depenses=depenses, valeurs=valeurs
    )
    for question in questions_de(rapport.formulaire_id).values():
        if question.obligatoire and question.si_question_id is None:
            rapports.enregistrer_reponse(
                acteur=auteur, rapport=rapport, question=question, valeur=_reponse(question)
            )
    rapports.deposer_rapport(acteur=auteur, rapport=rapport)
    rapports.accepter_rapport(acteur=acteurs.agent, rapport=rapport)


def _reponse(question: Any) -> Any:
    """Ce qui répond à une question d'un rapport que le fichier ne raconte pas."""
    if question.type == TypeQuestion.REALISEES:
        return [{"nom": "Activités du projet", "constat": IMPORTE}]
    return question.choix[0] if question.choix else IMPORTE


def _payer(convention: Any, verse: Decimal, acteurs: Acteurs) -> None:
    """Paie les versements dans l'ordre jusqu'à ``verse``, le dernier en partie s'il le faut."""
    if verse > convention.montant:
        raise RegleViolee(
            f"la somme versée ({verse} $) dépasse le montant accordé ({convention.montant} $)."
        )
    deja = sum(
        convention.versements.filter(etat="verse").values_list("montant", flat=True), Decimal(0)
    )
    reste = verse - deja
    for versement in convention.versements.filter(etat="prevu"):
        if reste <= 0:
            return
        if versement.montant > reste:
            versement = versements.scinder_versement(
                acteur=acteurs.agent, versement=versement, montant=reste
            )
        versements.proposer_versement(acteur=acteurs.agent, versement=versement)
        versements.autoriser_versement(acteur=acteurs.approbation, versement=versement)
        versements.verser_versement(
            acteur=acteurs.tresorerie,
            versement=versement,
            reference=f"IMP-{convention.numero}-{versement.no}",
        )
        reste -= versement.montant
