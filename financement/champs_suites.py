"""Les champs des lettres qui suivent la décision : fermeture, remboursement, réexamen."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from appels.models import Demande
from financement.champs_bases import (
    FERMETURES,
    REEXAMENS,
    REOUVERTURE,
    Champ,
    gabarit,
    jour,
    paragraphes,
)
from financement.models import Convention, Decision, Rapport, Reexamen
from financement.solde import Solde, lignes_du_solde
from socle.templatetags.affichage import date_courte, date_longue, dollars
from socle.textes import montant_en_lettres


@dataclass(frozen=True)
class FinDeProjet:
    """Ce qu'une lettre de fermeture lit ; ``echeance`` est celle du remboursement, s'il y en a."""

    convention: Convention
    final: Rapport | None
    solde: Solde
    echeance: dt.date | None = None

    @property
    def demande(self) -> Demande:
        return self.convention.demande

    @property
    def decision(self) -> Decision:
        return self.convention.decision

    @property
    def montant(self) -> Decimal:
        return self.convention.montant

    @property
    def genre(self) -> str:
        """Le genre du modèle qui le dit."""
        return "remboursement" if self.solde.a_recuperer else "fermeture"


REMBOURSEMENT = frozenset({"remboursement"})

CHAMPS_FERMETURE: tuple[Champ, ...] = (
    Champ("convention", "le numéro de la convention", lambda o: o.convention.numero, FERMETURES),
    Champ(
        "rapport_accepte_le",
        "la date d'acceptation du rapport final",
        lambda o: jour(o.final.accepte_le if o.final else None),
        FERMETURES,
    ),
    Champ("aide_finale", "l'aide finale", lambda o: dollars(o.solde.aide_finale), FERMETURES),
    Champ(
        "raison_aide_finale",
        "ce qui fait le montant de l'aide finale, en une phrase",
        lambda o: o.solde.raison,
        FERMETURES,
    ),
    Champ("deja_verse", "ce qui est déjà versé", lambda o: dollars(o.solde.verse), FERMETURES),
    Champ(
        "calcul",
        "le tableau du calcul, du budget au solde, chaque ligne avec sa raison",
        lambda o: gabarit("_calcul", lignes=lignes_du_solde(o.solde)),
        FERMETURES,
        bloc=True,
    ),
    Champ(
        "dernier_versement",
        "le dernier versement à venir, vide s'il n'y en a pas",
        lambda o: dollars(o.solde.a_verser) if o.solde.a_verser else "",
        FERMETURES,
    ),
    Champ(
        "a_rembourser",
        "la somme à rembourser, en chiffres",
        lambda o: dollars(o.solde.a_recuperer),
        REMBOURSEMENT,
    ),
    Champ(
        "a_rembourser_en_lettres",
        "la somme à rembourser, en toutes lettres",
        lambda o: montant_en_lettres(o.solde.a_recuperer),
        REMBOURSEMENT,
    ),
    Champ(
        "remboursement_avant",
        "le dernier jour pour rembourser",
        lambda o: jour(o.echeance, date_longue),
        REMBOURSEMENT,
    ),
)


def _decision_reexaminee(reexamen: Reexamen) -> Decision | None:
    """La dernière décision, en vigueur ou retirée ; aucune quand la demande était irrecevable."""
    return reexamen.demande.decisions.select_related("resolution").first()


def _decision_contestee(reexamen: Reexamen) -> str:
    decision = _decision_reexaminee(reexamen)
    if decision is None:
        return "la décision qui déclarait votre demande irrecevable"
    numero, date = decision.resolution.numero, date_courte(decision.resolution.date)
    return f"la décision prise par la résolution {numero} du {date}"


def _suite_du_reexamen(reexamen: Reexamen) -> str:
    return "au comité" if _decision_reexaminee(reexamen) else "à la recevabilité"


CHAMPS_REEXAMEN: tuple[Champ, ...] = (
    Champ(
        "reexamen_demande_le",
        "le jour où le réexamen a été demandé",
        lambda o: date_longue(o.demande_le),
        REEXAMENS,
    ),
    Champ("decision_contestee", "la décision réexaminée", _decision_contestee, REEXAMENS),
    Champ(
        "motifs_invoques",
        "ce que l'organisme a soulevé",
        lambda o: paragraphes(o.motifs),
        REEXAMENS,
        bloc=True,
    ),
    Champ(
        "reponse",
        "la réponse motivée",
        lambda o: paragraphes(o.reponse),
        REEXAMENS,
        bloc=True,
    ),
    Champ("suite", "où la demande rouverte retourne", _suite_du_reexamen, REOUVERTURE),
)
