"""Le solde d'un projet, du budget à ce qui se verse ou se récupère (regles.md, 12).

Fonctions pures, en dollars : chaque ligne dit son montant et sa raison, la page et la lettre les
montrent toutes les deux.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from appels.montants import au_cent
from financement.montants import ZERO, a_recuperer, aide_finale
from socle.templatetags.affichage import dollars, taux


@dataclass(frozen=True)
class DepenseJugee:
    """Une dépense du rapport final ; ``motif`` dit pourquoi elle n'est pas admissible."""

    libelle: str
    montant: Decimal
    admissible: bool = True
    motif: str = ""


@dataclass(frozen=True)
class Solde:
    """Ce que la fin d'un projet doit, en dollars ; ``taux_aide`` et ``taux_cumul`` : fractions."""

    prevu: Decimal
    accorde: Decimal
    depenses: tuple[DepenseJugee, ...]
    autres_aides: Decimal
    taux_aide: Decimal
    taux_cumul: Decimal
    verse: Decimal

    @property
    def depenses_declarees(self) -> Decimal:
        return sum((depense.montant for depense in self.depenses), ZERO)

    @property
    def refusees(self) -> list[DepenseJugee]:
        return [depense for depense in self.depenses if not depense.admissible]

    @property
    def depenses_refusees(self) -> Decimal:
        return sum((depense.montant for depense in self.refusees), ZERO)

    @property
    def depenses_admissibles(self) -> Decimal:
        return self.depenses_declarees - self.depenses_refusees

    @property
    def plafond_taux(self) -> Decimal:
        """La part que l'aide ne dépasse pas, au cent."""
        return au_cent(self.taux_aide * self.depenses_admissibles)

    @property
    def plafond_cumul(self) -> Decimal:
        """Ce que les autres aides publiques laissent, au cent, jamais sous 0."""
        reste = self.taux_cumul * self.depenses_admissibles - self.autres_aides
        return au_cent(max(reste, ZERO))

    @property
    def aide_finale(self) -> Decimal:
        return aide_finale(
            accorde=self.accorde,
            depenses_admissibles=self.depenses_admissibles,
            autres_aides=self.autres_aides,
            taux=self.taux_aide,
            cumul=self.taux_cumul,
        )

    @property
    def a_recuperer(self) -> Decimal:
        return a_recuperer(verse=self.verse, aide=self.aide_finale)

    @property
    def a_verser(self) -> Decimal:
        """Le dernier versement."""
        return max(self.aide_finale - self.verse, ZERO)

    @property
    def non_utilise(self) -> Decimal:
        """Ce que l'aide accordée laisse à l'enveloppe."""
        return self.accorde - self.aide_finale

    @property
    def raison(self) -> str:
        """Lequel des trois montants fait l'aide finale, en une phrase."""
        if self.aide_finale == self.accorde:
            return "L'aide accordée, que ni le taux d'aide ni le cumul ne réduisent."
        if self.plafond_taux <= self.plafond_cumul:
            return f"Le taux d'aide : {taux(self.taux_aide)} des dépenses admissibles réelles."
        return (
            f"Le cumul des aides publiques : {taux(self.taux_cumul)} des dépenses admissibles "
            "réelles, moins les autres aides."
        )


@dataclass(frozen=True)
class LigneDuSolde:
    """Une ligne du calcul ; ``forte`` : un résultat, et non une étape."""

    libelle: str
    montant: Decimal
    raison: str
    forte: bool = False


def lignes_du_solde(solde: Solde) -> list[LigneDuSolde]:
    """Tout le calcul, dans l'ordre : le budget, le réel, le non-admissible, l'aide, le solde."""
    lignes = [
        LigneDuSolde("Dépenses admissibles prévues", solde.prevu, "Le budget de la demande."),
        LigneDuSolde("Dépenses réelles déclarées", solde.depenses_declarees, "Le rapport final."),
        *(
            LigneDuSolde(f"Non admissible : {d.libelle}", -d.montant, d.motif)
            for d in solde.refusees
        ),
        LigneDuSolde(
            "Dépenses admissibles réelles",
            solde.depenses_admissibles,
            "Déclarées, moins ce qui n'est pas admissible.",
        ),
        LigneDuSolde("Autres aides publiques", solde.autres_aides, "Le rapport final."),
        LigneDuSolde("Aide accordée", solde.accorde, "La convention."),
        LigneDuSolde(
            "Permis par le taux d'aide",
            solde.plafond_taux,
            f"{taux(solde.taux_aide)} des dépenses admissibles réelles.",
        ),
        LigneDuSolde(
            "Permis par le cumul des aides",
            solde.plafond_cumul,
            f"{taux(solde.taux_cumul)} des dépenses admissibles réelles, moins les autres aides.",
        ),
        LigneDuSolde("Aide finale", solde.aide_finale, solde.raison, forte=True),
        LigneDuSolde("Déjà versé", solde.verse, "Les versements payés."),
        _fin(solde),
    ]
    if solde.non_utilise:
        lignes.append(
            LigneDuSolde(
                "Non utilisé",
                solde.non_utilise,
                "L'aide accordée, moins l'aide finale : l'enveloppe la reprend.",
            )
        )
    return lignes


def _fin(solde: Solde) -> LigneDuSolde:
    if solde.a_recuperer:
        return LigneDuSolde(
            "À récupérer", solde.a_recuperer, "Versé au-delà de l'aide finale.", forte=True
        )
    if solde.a_verser:
        return LigneDuSolde(
            "Dernier versement", solde.a_verser, "L'aide finale, moins ce qui est versé.", True
        )
    raison = f"Les {dollars(solde.verse)} versés sont exactement l'aide finale."
    return LigneDuSolde("Rien à verser ni à récupérer", ZERO, raison, forte=True)


def ramener(prevus: Sequence[Decimal], du: Decimal) -> tuple[list[Decimal], Decimal]:
    """Les versements ``prevus`` ramenés à ce qui est dû, dans l'ordre, et ce qui manque encore.

    Aucun ne grossit ; leur somme et le manque font exactement ``du``. Zéro : à annuler.
    """
    ramenes, reste = [], du
    for montant in prevus:
        part = min(montant, reste)
        ramenes.append(part)
        reste -= part
    return ramenes, reste
