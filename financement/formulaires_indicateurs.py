"""Compter les résultats d'un rapport, et dire ce que la convention attend."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.text import capfirst

from appels.catalogue_indicateurs import Indicateur
from appels.indicateurs import cle_de, incoherences, nom_de, par_case
from appels.models import Appel
from appels.questions import COMPTE_MAX
from financement.indicateurs import indicateurs_demandes
from financement.models import Rapport
from financement.retenus import prevus_du_rapport
from socle.templatetags.affichage import nombre


def champ_de_compte(libelle: str, aide: str = "") -> forms.IntegerField:
    champ = forms.IntegerField(
        label=capfirst(libelle), help_text=aide, min_value=0, max_value=COMPTE_MAX, required=False
    )
    # La page dit une fois que tout y est facultatif.
    champ.attendu = True
    return champ


class ComptesForm(forms.Form):
    """Un nombre par indicateur, ou par case de ceux qui en ont ; vide veut dire « pas compté »."""

    indicateurs: list[Indicateur]
    # Vrai : ce qui ne s'additionne pas se dit près du nombre en cause.
    complet = True

    def poser(self, indicateurs: list[Indicateur], aides: Mapping[str, str] | None = None) -> None:
        """Un champ par case, nommé « par_genre:femmes » ; ``aides`` par nom de champ."""
        self.indicateurs = indicateurs
        for indicateur in indicateurs:
            cases = indicateur.modalites or {"": self.libelle_de(indicateur)}
            for modalite, libelle in cases.items():
                nom = nom_de(indicateur.code, modalite)
                self.fields[nom] = champ_de_compte(libelle, (aides or {}).get(nom, ""))

    def libelle_de(self, indicateur: Indicateur) -> str:
        return indicateur.libelle

    def totaux(self) -> list[BoundField]:
        return [self[i.code] for i in self.indicateurs if i.est_total]

    def ventilations(self) -> list[tuple[Indicateur, list[BoundField]]]:
        """(indicateur, ses cases), pour ceux qui en ont."""
        return [
            (i, [self[nom_de(i.code, modalite)] for modalite in i.modalites])
            for i in self.indicateurs
            if i.modalites
        ]

    @property
    def ventilations_remplies(self) -> bool:
        """Vrai si une case d'une ventilation est écrite, juste ou non."""
        return any(
            case.value() not in (None, "") for _, cases in self.ventilations() for case in cases
        )

    def comptes(self) -> dict[str, int]:
        """Nom de champ → nombre, pour ce qui est compté."""
        return {nom: compte for nom, compte in self.cleaned_data.items() if compte is not None}

    def valeurs(self) -> dict[tuple[str, str], int]:
        """(indicateur, modalité) → nombre, pour ce qui est compté."""
        return par_case(self.comptes())

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        if self.complet and not self.errors:
            for code, phrase in incoherences(self.valeurs()):
                noms = [nom for nom in self.fields if cle_de(nom)[0] == code]
                self.add_error(noms[0] if noms else None, phrase)
        return donnees


class IndicateursForm(ComptesForm):
    """Les nombres d'un rapport, chacun à côté de ce que la convention prévoit.

    Y sont les indicateurs que l'appel demande, et ceux que le rapport porte déjà. ``complet`` : au
    dépôt.
    """

    def __init__(self, *args: Any, rapport: Rapport, complet: bool = False, **kwargs: Any) -> None:
        comptes = rapport.comptes
        kwargs.setdefault("initial", {nom_de(*case): n for case, n in comptes.items()})
        super().__init__(*args, **kwargs)
        self.complet = complet
        prevus = prevus_du_rapport(rapport)
        self.poser(
            indicateurs_demandes(rapport.demande.appel, [*comptes, *prevus]),
            {nom_de(*case): f"Prévu à la convention : {nombre(n)}." for case, n in prevus.items()},
        )


class ResultatsAttendusForm(ComptesForm):
    """Ce que la convention attend ; vide, rien n'est attendu.

    Y sont les indicateurs que l'appel demande, et ceux qu'elle attend déjà (``attendus``, par nom
    de case).
    """

    def __init__(
        self, *args: Any, appel: Appel, attendus: Mapping[str, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, initial=attendus, **kwargs)
        self.poser(indicateurs_demandes(appel, par_case(attendus)))

    def libelle_de(self, indicateur: Indicateur) -> str:
        return indicateur.libelle_prevu or indicateur.libelle
