"""Compter les résultats d'un rapport, et dire ce que la convention attend."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.text import capfirst

from appels.catalogue_indicateurs import Indicateur
from appels.indicateurs import incoherences
from appels.questions import COMPTE_MAX
from financement.indicateurs import indicateurs_demandes, prevus_de
from financement.models import Convention, Rapport
from socle.templatetags.affichage import nombre


def champ_de_compte(libelle: str, aide: str = "") -> forms.IntegerField:
    champ = forms.IntegerField(
        label=capfirst(libelle), help_text=aide, min_value=0, max_value=COMPTE_MAX, required=False
    )
    # La page dit une fois que tout y est facultatif.
    champ.attendu = True
    return champ


class IndicateursForm(forms.Form):
    """Un nombre par indicateur et par case ; vide veut dire « pas compté ».

    Y sont les indicateurs que l'appel demande, et ceux que le rapport porte déjà. ``complet`` : au
    dépôt, ce qui ne s'additionne pas se dit près du nombre en cause.
    """

    def __init__(self, *args: Any, rapport: Rapport, complet: bool = False, **kwargs: Any) -> None:
        comptes = {(v.indicateur, v.modalite): v.valeur for v in rapport.valeurs.all()}
        kwargs.setdefault("initial", {_nom(*cle): n for cle, n in comptes.items()})
        super().__init__(*args, **kwargs)
        self.complet = complet
        self.indicateurs = indicateurs_demandes(rapport.demande.appel, comptes)
        prevus = prevus_de(rapport.demande)
        for indicateur in self.indicateurs:
            if indicateur.est_total:
                self.fields[indicateur.code] = champ_de_compte(
                    indicateur.libelle, _prevu(prevus, indicateur)
                )
            for modalite, libelle in indicateur.modalites.items():
                self.fields[_nom(indicateur.code, modalite)] = champ_de_compte(libelle)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        if self.complet and not self.errors:
            for code, phrase in incoherences(self.valeurs()):
                noms = [nom for nom in self.fields if nom.partition(":")[0] == code]
                self.add_error(noms[0] if noms else None, phrase)
        return donnees

    def totaux(self) -> list[BoundField]:
        return [self[i.code] for i in self.indicateurs if i.est_total]

    def ventilations(self) -> list[tuple[Indicateur, list[BoundField]]]:
        """(indicateur, ses cases), pour ceux qui en ont."""
        return [
            (i, [self[_nom(i.code, modalite)] for modalite in i.modalites])
            for i in self.indicateurs
            if i.modalites
        ]

    def ventilations_comptees(self) -> list[tuple[Indicateur, list[BoundField]]]:
        """Les ventilations dont au moins une case est remplie."""
        return [
            (indicateur, cases)
            for indicateur, cases in self.ventilations()
            if any(case.value() not in (None, "") for case in cases)
        ]

    def valeurs(self) -> dict[tuple[str, str], int]:
        """(indicateur, modalité) → nombre, pour ce qui est compté."""
        return {
            (nom.partition(":")[0], nom.partition(":")[2]): compte
            for nom, compte in self.cleaned_data.items()
            if compte is not None
        }


def _nom(code: str, modalite: str) -> str:
    return f"{code}:{modalite}" if modalite else code


def _prevu(prevus: Mapping[str, int], indicateur: Indicateur) -> str:
    if indicateur.code not in prevus:
        return ""
    return f"Prévu à la convention : {nombre(prevus[indicateur.code])}."


class ResultatsAttendusForm(forms.Form):
    """Ce que la convention attend de chaque total demandé ; vide, rien n'est attendu."""

    def __init__(self, *args: Any, convention: Convention, **kwargs: Any) -> None:
        prevus = convention.resultats_attendus
        super().__init__(*args, initial=prevus, **kwargs)
        for indicateur in indicateurs_demandes(
            convention.demande.appel, ((code, "") for code in prevus)
        ):
            if indicateur.est_total:
                self.fields[indicateur.code] = champ_de_compte(
                    indicateur.libelle_prevu or indicateur.libelle
                )

    def resultats(self) -> dict[str, int]:
        return {code: compte for code, compte in self.cleaned_data.items() if compte is not None}
