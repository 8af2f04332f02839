"""Les formulaires d'un rapport : textes, dépenses réelles, examen."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField

from appels.forms.appel import DateInput
from appels.forms.demande import FichiersField, MontantField
from appels.models.budget import CategorieDepense
from financement.models import DepenseReelle, Rapport, Temoignage
from financement.remarques import Place
from socle.lignes import LigneForm, lignes


class RapportForm(forms.ModelForm):
    autres_aides_publiques = MontantField(label="Autres aides publiques reçues", required=False)

    class Meta:
        model = Rapport
        fields = ("autres_aides_publiques",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Un brouillon s'enregistre sans elles ; le dépôt les demande.
        est_final = self.instance.nature == Rapport.Nature.FINAL
        self.fields["autres_aides_publiques"].attendu = est_final


class DepenseForm(LigneForm):
    """Une dépense et ses preuves ; la ligne du budget laissée sans montant est ignorée."""

    categorie = forms.ChoiceField(label="Catégorie", choices=CategorieDepense.choices)
    libelle = forms.CharField(label="Précision", max_length=200, required=False)
    montant = MontantField(label="Montant réel", required=False)
    cle = forms.UUIDField(required=False, widget=forms.HiddenInput)
    preuves = FichiersField(label="Preuves", required=False)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        decrite = donnees.get("libelle") and "libelle" in self.changed_data
        oubli = self.complet and decrite and donnees.get("montant") is None
        if oubli and not donnees.get("DELETE") and "montant" not in self.errors:
            self.add_error("montant", "Écrivez le montant de cette ligne, ou cochez « Retirer ».")
        return donnees


DepensesFormSet = lignes(DepenseForm)


class ExamenForm(forms.Form):
    """Accepter, avec les dépenses refusées et leur motif ; ou renvoyer, avec des remarques."""

    suite = forms.ChoiceField(
        choices=(("accepter", "Accepter le rapport"), ("renvoyer", "Renvoyer à corriger")),
        error_messages={"required": "Acceptez le rapport ou renvoyez-le."},
    )
    remarques = forms.CharField(
        label="Remarque sur le rapport entier",
        help_text="Pour le renvoyer, écrivez ici ou à la place de ce qui est à corriger.",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    remarques.attendu = True

    def __init__(
        self,
        *args: Any,
        depenses: Iterable[DepenseReelle],
        places: Iterable[Place] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.depenses = list(depenses)
        # Celle du rapport entier est le champ « remarques ».
        self.places = {place.nom: place for place in places if place.genre != "rapport"}
        for nom, place in self.places.items():
            self.fields[f"remarque-{nom}"] = forms.CharField(
                label=f"Remarque : {place.libelle}",
                max_length=2000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"remarque-{nom}"].attendu = True
        for depense in self.depenses:
            self.fields[f"refuser-{depense.pk}"] = forms.BooleanField(
                label=f"Refuser {depense}", required=False
            )
            motif = forms.CharField(
                label=f"Motif du refus : {depense}", max_length=300, required=False
            )
            motif.attendu = True
            self.fields[f"motif-{depense.pk}"] = motif

    def lignes(self) -> list[tuple[DepenseReelle, BoundField, BoundField, BoundField | None]]:
        """(dépense, refuser, motif, remarque) ; sans remarque possible, None."""
        return [
            (d, self[f"refuser-{d.pk}"], self[f"motif-{d.pk}"], self.champ(f"depense-{d.cle}"))
            for d in self.depenses
        ]

    def champ(self, nom: str) -> BoundField | None:
        """Le champ de remarque d'une place."""
        return self[f"remarque-{nom}"] if nom in self.places else None

    def champs_des_indicateurs(self) -> list[BoundField]:
        return [self[f"remarque-{n}"] for n, p in self.places.items() if p.genre == "indicateur"]

    def a_leur_place(self) -> dict[Place, str]:
        """Place → remarque écrite."""
        ecrites = {p: self.cleaned_data.get(f"remarque-{n}", "") for n, p in self.places.items()}
        return {place: texte for place, texte in ecrites.items() if texte}

    def refusees(self) -> dict[int, str]:
        """Dépense refusée → motif."""
        return {
            d.pk: self.cleaned_data.get(f"motif-{d.pk}", "")
            for d in self.depenses
            if self.cleaned_data.get(f"refuser-{d.pk}")
        }

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        suite = donnees.get("suite")
        ecrites = donnees.get("remarques") or any(
            donnees.get(f"remarque-{nom}") for nom in self.places
        )
        if suite == "renvoyer" and not ecrites and "remarques" not in self.errors:
            self.add_error("remarques", "Écrivez ce qui doit être corrigé, ici ou à sa place.")
        if suite == "accepter":
            for pk, motif in self.refusees().items():
                if not motif and f"motif-{pk}" not in self.errors:
                    self.add_error(
                        f"motif-{pk}", "Écrivez pourquoi la dépense n'est pas admissible."
                    )
        return donnees


class TemoignageForm(forms.ModelForm):
    """Ce qu'une personne a dit, sa photo, et ce à quoi elle consent."""

    photo = forms.FileField(
        label="Photo",
        help_text="JPG ou PNG. Le lieu et la date qu'elle contient sont effacés.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".jpg,.jpeg,.png"}),
    )

    class Meta:
        model = Temoignage
        fields = (
            "texte", "signature", "photo", "consentement", "consenti_par", "consenti_le", "moyen"
        )  # fmt: skip
        labels = {"texte": "Ce que la personne a dit, ou ce que montre la photo"}
        help_texts = {
            "signature": "Comment la personne veut être nommée. Vide : sans nom.",
            "consenti_par": "Son nom reste à l'organisme et à la Ville : il n'est jamais publié.",
        }
        widgets = {
            "texte": forms.Textarea(attrs={"rows": 4}),
            "consentement": forms.RadioSelect,
            "consenti_le": DateInput(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Le service dit ce que le consentement demande, près de chaque champ.
        for nom in ("consenti_par", "consenti_le", "moyen"):
            self.fields[nom].attendu = True

    def _post_clean(self) -> None:
        """Le service écrit : ses règles ne se vérifient pas deux fois."""
