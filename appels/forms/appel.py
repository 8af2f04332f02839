"""Les formulaires d'un appel : dates, règles, volets, critères, documents."""

from typing import Any

from django import forms

from appels.catalogue_indicateurs import Indicateur
from appels.forms.champs import EchelleField, MontantField, PlanVersementsField, PourcentField
from appels.indicateurs import SAISIS, par_groupe
from appels.models import Appel, Besoin, Critere, Objectif, PieceExigee, Volet
from socle.lignes import LigneForm, lignes


class DateHeureInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _dates(*noms: str) -> dict[str, forms.Widget]:
    return {nom: DateInput() for nom in noms}


class InformationForm(forms.ModelForm):
    class Meta:
        model = Appel
        fields = (
            "code",
            "titre",
            "plan",
            "ouverture",
            "cloture",
            "seance_information",
            "seance_comite",
            "seance_conseil",
            "projet_debut",
            "projet_fin",
            "rapport_etape_le",
            "rapport_final_le",
            "delai_complement_jours",
        )
        widgets = {
            "ouverture": DateHeureInput(),
            "cloture": DateHeureInput(),
            **_dates(
                "seance_information",
                "seance_comite",
                "seance_conseil",
                "projet_debut",
                "projet_fin",
                "rapport_etape_le",
                "rapport_final_le",
            ),
        }

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        ouverture, cloture = donnees.get("ouverture"), donnees.get("cloture")
        if ouverture and cloture and cloture <= ouverture:
            self.add_error("cloture", "La clôture doit suivre l'ouverture.")
        debut, fin = donnees.get("projet_debut"), donnees.get("projet_fin")
        if debut and fin and fin < debut:
            self.add_error("projet_fin", "La fin des projets doit suivre leur début.")
        return donnees


class TexteForm(forms.ModelForm):
    class Meta:
        model = Appel
        fields = ("presentation", "admissibilite", "depenses_admissibles", "contact")
        widgets = {nom: forms.Textarea(attrs={"rows": 5}) for nom in fields}


PARTS = (
    "taux_aide_max",
    "cumul_public_max",
    "contribution_milieu_min",
    "frais_administration_max",
    "ecart_poste_sans_avenant",
)


class ReglesForm(forms.ModelForm):
    class Meta:
        model = Appel
        fields = (
            *PARTS,
            "seuil_passage",
            "seuil_alerte_ecart",
            "quorum",
            "evaluations_min",
            "lecture_anonyme",
            "reexamen_jours",
            "plan_versements",
        )
        help_texts = {
            "plan_versements": "Une ligne par palier, en dollars, puis ses tranches en pour cent : "
            "« jusqu'à 10 000 : 80, 20 ». La dernière : « au-delà : 50, 40, 10 »."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in (*PARTS, "plan_versements"):
            classe = PourcentField if nom in PARTS else PlanVersementsField
            modele = self.fields[nom]
            self.fields[nom] = classe(label=modele.label, help_text=modele.help_text)


class BesoinsForm(forms.Form):
    objectifs = forms.ModelMultipleChoiceField(
        Objectif.objects.none(),
        label="Objectifs servis",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    besoins = forms.ModelMultipleChoiceField(
        Besoin.objects.none(),
        label="Besoins de la consultation que l'appel vise",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, appel: Appel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["objectifs"].queryset = appel.plan.objectifs.all()
        self.fields["besoins"].queryset = appel.plan.besoins.all()


class IndicateursForm(forms.ModelForm):
    """Ce que les projets auront à compter, choisi dans le jeu livré."""

    class Meta:
        model = Appel
        fields = ("indicateurs",)

    indicateurs = forms.MultipleChoiceField(
        label="Indicateurs demandés",
        help_text="L'organisme prévoit les totaux dans sa demande et les compte dans ses "
        "rapports ; une ventilation se compte seulement dans les rapports.",
        choices=[(indicateur.code, indicateur.libelle) for indicateur in SAISIS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def groupes(self) -> list[tuple[str, list[tuple[Indicateur, Any]]]]:
        """(groupe, ses indicateurs, chacun avec sa case à cocher)."""
        cases = dict(zip(SAISIS, self["indicateurs"], strict=True))
        return [(groupe, [(i, cases[i]) for i in siens]) for groupe, siens in par_groupe(SAISIS)]


class SuivantForm(InformationForm):
    """Le nom, les dates et les besoins d'un appel qui en reprend un autre, dans le même plan."""

    objectifs = BesoinsForm.base_fields["objectifs"]
    besoins = BesoinsForm.base_fields["besoins"]

    class Meta(InformationForm.Meta):
        fields = tuple(nom for nom in InformationForm.Meta.fields if nom != "plan")

    def __init__(self, *args: Any, source: Appel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["objectifs"].queryset = source.plan.objectifs.all()
        self.fields["besoins"].queryset = source.plan.besoins.all()


BAILLEURS = ("MIFI", "Ville")


class VoletForm(LigneForm, forms.ModelForm):
    """Un volet et ses sources : MIFI et Ville d'abord, puis celles qu'il a, et une de plus."""

    plafond = MontantField(label="Plafond par projet")

    class Meta:
        model = Volet
        fields = ("no", "nom", "description", "plafond")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = self.initial.get("sources") or [(nom, None) for nom in BAILLEURS]
        self.rangs = range(len(sources) + 1)
        for rang in self.rangs:
            bailleur, montant = sources[rang] if rang < len(sources) else ("", None)
            self.fields[f"bailleur_{rang}"] = forms.CharField(
                label=f"Source {rang + 1} de l'enveloppe",
                max_length=60,
                required=False,
                initial=bailleur,
            )
            self.fields[f"montant_{rang}"] = MontantField(
                label=f"Montant de la source {rang + 1}", required=False, initial=montant
            )

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        noms: list[str] = []
        for rang in self.rangs:
            bailleur = (donnees.get(f"bailleur_{rang}") or "").strip()
            montant = donnees.get(f"montant_{rang}")
            if montant and not bailleur:
                self.add_error(f"bailleur_{rang}", "Écrivez d'où vient ce montant.")
            if bailleur and bailleur in noms:
                self.add_error(f"bailleur_{rang}", "Cette source est déjà dans le volet.")
            noms.append(bailleur)
        return donnees

    def contenu(self) -> dict[str, Any]:
        """Le volet tel que le service l'attend ; une source sans montant ne compte pas."""
        donnees = self.cleaned_data
        return {
            **{nom: donnees[nom] for nom in self.Meta.fields},
            "sources": [
                {
                    "bailleur": donnees[f"bailleur_{rang}"].strip(),
                    "montant": donnees[f"montant_{rang}"],
                }
                for rang in self.rangs
                if donnees.get(f"montant_{rang}")
            ],
        }


class CritereForm(LigneForm, forms.ModelForm):
    echelle = EchelleField(
        label="Échelle décrite",
        required=False,
        help_text="Une ligne par note : « 3 : Répond à l'essentiel ». Vide, l'échelle de 0 à 5 "
        "livrée s'applique.",
    )

    class Meta:
        model = Critere
        fields = ("code", "libelle", "description", "poids", "note_min", "note_max", "echelle")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        localized_fields = ("poids",)

    def clean_poids(self) -> Any:
        poids = self.cleaned_data["poids"]
        if poids is not None and poids <= 0:
            raise forms.ValidationError("Le poids est un nombre de points plus grand que 0.")
        return poids

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        bas, haut = donnees.get("note_min"), donnees.get("note_max")
        if bas is None or haut is None:
            return donnees
        if haut <= bas:
            self.add_error("note_max", "La note maximale doit dépasser la note minimale.")
        elif self.complet and "echelle" in donnees:
            phrase = _defaut_echelle(donnees["echelle"], bas, haut)
            if phrase:
                self.add_error("echelle", phrase)
        return donnees

    def contenu(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in self.Meta.fields}


def _defaut_echelle(echelle: dict[str, str], bas: int, haut: int) -> str:
    """Chaque note de l'échelle a ses mots, et aucune autre."""
    attendues = {str(note) for note in range(bas, haut + 1)}
    if not echelle:
        livree = (bas, haut) == (0, 5)
        return "" if livree else f"Décrivez chaque note, de {bas} à {haut}."
    sans_mots = sorted(attendues - echelle.keys(), key=int)
    de_trop = sorted(echelle.keys() - attendues, key=int)
    if sans_mots:
        return f"Il manque les mots de : {', '.join(sans_mots)}."
    return f"Hors de l'échelle : {', '.join(de_trop)}." if de_trop else ""


class PieceExigeeForm(LigneForm, forms.ModelForm):
    class Meta:
        model = PieceExigee
        fields = ("code", "libelle", "description", "genre_dossier", "obligatoire")

    def contenu(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in self.Meta.fields}


VoletsFormSet = lignes(VoletForm)
CriteresFormSet = lignes(CritereForm, can_order=True)
PiecesFormSet = lignes(PieceExigeeForm, can_order=True)


class ReportForm(forms.Form):
    cloture = forms.DateTimeField(label="Nouvelle clôture", widget=DateHeureInput())
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))


class MotifForm(forms.Form):
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))
