"""Les formulaires de la résolution, de la décision, du lot, des réserves et du transfert."""

from collections.abc import Sequence
from typing import Any

from django import forms

from appels.forms.appel import DateInput
from appels.forms.demande import MontantField
from financement.models import Credit, Decision, Reserve, Resolution
from socle.templatetags.affichage import dollars

AVIS_EN_RESULTAT = {"defavorable": "refusee", "liste_attente": "liste_attente"}


class ResolutionForm(forms.ModelForm):
    class Meta:
        model = Resolution
        fields = ("numero", "date", "extrait")
        widgets = {"date": DateInput()}


class DecisionForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(), label="Résolution", empty_label="Choisir une résolution"
    )
    resultat = forms.ChoiceField(
        label="Décision", choices=Decision.Resultat.choices, widget=forms.RadioSelect
    )
    montant_accorde = MontantField(label="Montant accordé", required=False)
    motifs = forms.CharField(
        label="Motifs", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    conditions = forms.CharField(
        label="Conditions (une par ligne)",
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    rang_attente = forms.IntegerField(
        label="Rang en liste d'attente", min_value=1, max_value=999, required=False
    )
    attente_jusqu_au = forms.DateField(
        label="Liste d'attente valable jusqu'au", widget=DateInput(), required=False
    )

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.all()

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "montant_accorde": self.cleaned_data["montant_accorde"] or 0}


class ReserveForm(forms.ModelForm):
    """Une réserve ; sans texte, elle n'existe pas."""

    class Meta:
        model = Reserve
        fields = ("texte", "verificateur", "echeance")
        widgets = {"echeance": DateInput()}
        labels = {"texte": "À lever avant la convention"}

    def __init__(
        self, *args: Any, verificateurs: Any, personnes: Sequence[Any] | None = None, **kwargs: Any
    ) -> None:
        """``personnes`` : les mêmes, déjà lues, pour qu'une liste ne les relise pas à chaque
        ligne."""
        super().__init__(*args, **kwargs)
        champ = self.fields["verificateur"]
        champ.queryset = verificateurs
        champ.empty_label = "Choisir une personne"
        if personnes is not None:
            champ.choices = [("", champ.empty_label), *((qui.pk, str(qui)) for qui in personnes)]


class BaseReservesFormSet(forms.BaseFormSet):
    """Les réserves d'une décision ; un envoi qui n'en parle pas n'en a aucune."""

    def __init__(self, donnees: Any, *, prefix: str, **form_kwargs: Any) -> None:
        super().__init__(
            donnees if donnees and f"{prefix}-TOTAL_FORMS" in donnees else None,
            prefix=prefix,
            form_kwargs={"empty_permitted": True, "use_required_attribute": False, **form_kwargs},
        )

    def est_juste(self) -> bool:
        return not self.is_bound or self.is_valid()

    def est_commence(self) -> bool:
        """Une réserve est écrite, juste ou non."""
        return any(ligne.has_changed() for ligne in self)

    def saisies(self) -> list[dict[str, Any]]:
        """Ce que ``poser_reserves`` attend, des lignes remplies."""
        if not self.is_bound:
            return []
        return [ligne.cleaned_data for ligne in self if ligne.cleaned_data.get("texte")]


ReservesFormSet = forms.formset_factory(
    ReserveForm, formset=BaseReservesFormSet, extra=2, max_num=10
)


class LeverForm(forms.Form):
    constat = forms.CharField(label="Ce que vous avez constaté", max_length=300)


class LotForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(), label="Sous la résolution", empty_label=None
    )

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.all()


class LigneLotForm(forms.Form):
    """La décision d'une demande dans un lot, remplie de ce que le comité a recommandé."""

    retenue = forms.BooleanField(label="Décider maintenant", required=False)
    resultat = forms.ChoiceField(label="Décision", choices=Decision.Resultat.choices)
    montant_accorde = MontantField(label="Montant accordé", required=False)
    motifs = forms.CharField(
        label="Motifs", widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    rang_attente = forms.IntegerField(label="Rang", min_value=1, max_value=999, required=False)
    attente_jusqu_au = forms.DateField(label="Valable jusqu'au", widget=DateInput(), required=False)

    def __init__(
        self,
        donnees: Any,
        *,
        demande: Any,
        avis: Any,
        rang: int | None,
        verificateurs: Any,
        personnes: Sequence[Any],
        **kwargs: Any,
    ) -> None:
        self.demande, self.avis = demande, avis
        prefixe = f"d{demande.pk}"
        self.reserves = ReservesFormSet(
            donnees,
            prefix=f"{prefixe}-reserves",
            verificateurs=verificateurs,
            personnes=personnes,
        )
        initial = {
            "retenue": True,
            "resultat": AVIS_EN_RESULTAT.get(avis.avis, "acceptee"),
            "montant_accorde": avis.montant or None,
            "motifs": avis.motifs,
            "rang_attente": rang,
            "attente_jusqu_au": demande.appel.projet_fin if avis.avis == "liste_attente" else None,
        }
        super().__init__(donnees, initial=initial, prefix=prefixe, **kwargs)

    @property
    def est_retenue(self) -> bool:
        """Cochée, à la lecture comme à l'envoi."""
        return bool(self["retenue"].value())

    def is_valid(self) -> bool:
        """La décision et ses réserves ; les deux se vérifient, pour que tout se lise d'un coup."""
        justes = [super().is_valid(), self.reserves.est_juste()]
        return all(justes)

    def arguments(self) -> dict[str, Any]:
        """Une ligne de ``decider_lot``."""
        donnees = {nom: valeur for nom, valeur in self.cleaned_data.items() if nom != "retenue"}
        return donnees | {
            "demande": self.demande,
            "montant_accorde": donnees["montant_accorde"] or 0,
            "motifs_par_critere": self.avis.motifs_par_critere,
            "conditions": self.avis.conditions,
            "reserves": self.reserves.saisies(),
        }


class CreditField(forms.ModelChoiceField):
    def label_from_instance(self, credit: Credit) -> str:
        return f"{credit} : {dollars(credit.libre)} libres"


class TransfertForm(forms.Form):
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(),
        label="Résolution du transfert",
        empty_label="Choisir une résolution",
        help_text="Un transfert a sa propre résolution : elle ne décide d'aucune demande.",
    )
    credit = CreditField(
        Credit.objects.none(),
        label="Prendre l'argent de",
        empty_label="Choisir un crédit",
        help_text="L'argent garde sa source et son exercice.",
    )
    volet = forms.ModelChoiceField(None, label="Le passer au", empty_label="Choisir un volet")
    montant = MontantField(label="Montant")
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, appel: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].queryset = appel.resolutions.filter(decisions=None)
        self.fields["credit"].queryset = Credit.objects.filter(volet__appel=appel).dans_l_ordre()
        self.fields["volet"].queryset = appel.volets.order_by("no")
