"""Les formulaires de la vitrine : filtrer, demander, écrire une page, la renvoyer."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef
from phonenumber_field.formfields import PhoneNumberField

from appels.models import Appel, Besoin, Demande
from appels.models.demande import Secteur
from vitrine.choix import Jour, Langue, StatutMigratoire, Sujet
from vitrine.models import Activite, TempsFort, VersionActivite
from vitrine.models.version import CONTACT, CONTENU


def _date(libelle: str, **options: Any) -> forms.DateField:
    options.setdefault("required", False)
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=libelle, widget=widget, **options)


def _heure(libelle: str) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=libelle, required=False, widget=widget)


def _cases(libelle: str, choix: Any, *, aide: str = "", **options: Any) -> forms.Field:
    options.setdefault("required", False)
    return forms.TypedMultipleChoiceField(
        label=libelle,
        choices=choix,
        help_text=aide,
        widget=forms.CheckboxSelectMultiple,
        **options,
    )


class ListeDeroulante(forms.Select):
    """Une liste dont les choix s'écrivent d'un trait : le registre en a près de cent."""

    template_name = "vitrine/widgets/liste.html"


def _liste(libelle: str, choix: Any = ()) -> forms.ChoiceField:
    return forms.ChoiceField(label=libelle, required=False, choices=choix, widget=ListeDeroulante)


# L'âge des choix s'ajoute à celui du formulaire écrit (vitrine/filtres.py), gardé autant, et à
# celui de la page : ensemble, moins d'une minute.
CHOIX_SECONDES = 5


def _choix_des_filtres() -> dict[str, list[Any]]:
    """Les thèmes, les besoins par thème et les appels annoncés : les mêmes pour tous les lecteurs.

    Un même code revient d'un plan à l'autre : un seul choix, à son dernier libellé.
    """
    themes: dict[str, str] = {}
    besoins: dict[str, dict[str, str]] = {}
    for theme, libelle_theme, code, libelle in Besoin.objects.order_by(
        "plan__adopte_en", "theme__ordre", "code"
    ).values_list("theme__code", "theme__libelle", "code", "libelle"):
        themes[theme] = libelle_theme
        besoins.setdefault(libelle_theme, {})[code] = libelle
    annonces = Appel.objects.filter(
        Exists(Demande.objects.filter(appel=OuterRef("pk"), etat_annonce="acceptee"))
    )
    return {
        "theme": list(themes.items()),
        "besoin": [(theme, list(siens.items())) for theme, siens in besoins.items()],
        "appel": list(annonces.values_list("code", "titre")),
    }


class FiltresForm(forms.Form):
    """Les filtres du registre ; ils vivent dans l'adresse, et un filtre illisible est dit."""

    q = forms.CharField(
        label="Chercher",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    genre = _liste(
        "Montrer",
        [
            ("", "Tout"),
            ("projets", "Les projets soutenus"),
            ("services", "Les services de la Ville et de ses partenaires"),
        ],
    )
    theme = _liste("Thème")
    besoin = _liste("Besoin de la consultation")
    statut = _liste("Statut de la personne", [("", "Tous"), *StatutMigratoire.choices])
    langue = _liste("Langue parlée", [("", "Toutes"), *Langue.choices])
    secteur = _liste("Secteur", [("", "Tous"), *Secteur.choices])
    appel = _liste("Appel")
    du = _date("À partir du")
    au = _date("Jusqu'au")
    gratuit = forms.BooleanField(label="Gratuit seulement", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choix = cache.get_or_set(
            "filtres-du-registre",
            _choix_des_filtres,
            min(CHOIX_SECONDES, settings.CACHE_PUBLIC_SECONDES),
        )
        for nom, siens in choix.items():
            self.fields[nom].choices = [("", "Tous"), *siens]
        for champ in self.fields.values():
            # Un filtre n'a pas à se dire facultatif.
            champ.attendu = True

    def clean(self) -> dict[str, Any]:
        du, au = self.cleaned_data.get("du"), self.cleaned_data.get("au")
        if du and au and au < du:
            self.add_error("au", "Cette date vient avant l'autre.")
        return self.cleaned_data

    @property
    def choix(self) -> dict[str, Any]:
        """Les filtres lisibles et remplis ; les autres ne filtrent pas."""
        self.is_valid()
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if valeur}


class QuestionsForm(forms.Form):
    """« Quels services pour moi ? » : trois questions, et on peut n'en répondre aucune."""

    statut = forms.ChoiceField(
        label="Quel est votre statut ?",
        required=False,
        choices=[*StatutMigratoire.choices[:-1], ("", StatutMigratoire.AUTRE.label)],
        widget=forms.RadioSelect,
    )
    sujet = forms.ChoiceField(
        label="De quoi avez-vous besoin ?",
        required=False,
        choices=[*Sujet.choices, ("", "Tout m'intéresse")],
        widget=forms.RadioSelect,
    )
    secteur = forms.ChoiceField(
        label="Où habitez-vous ?",
        required=False,
        choices=[
            *(c for c in Secteur.choices if c[0] != Secteur.VILLE_ENTIERE),
            ("", "Je ne sais pas, ou ailleurs"),
        ],
        widget=forms.RadioSelect,
    )

    @property
    def choix(self) -> dict[str, str]:
        self.is_valid()
        return {nom: self.cleaned_data.get(nom, "") for nom in self.fields}


class ActiviteForm(forms.Form):
    """La page d'une activité ; les règles sont dans ``vitrine/regles.py``."""

    titre = forms.CharField(label="Titre", max_length=100)
    texte = forms.CharField(
        label="Ce qu'on y fait",
        max_length=1200,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Des phrases courtes, des mots simples : on vous lira dans une langue nouvelle.",
    )
    sujets = _cases(
        "À quoi cela sert", Sujet.choices, required=True, aide="Un ou deux sujets suffisent."
    )
    besoins = forms.ModelMultipleChoiceField(
        label="Besoins du plan d'action",
        queryset=Besoin.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    pour_qui = forms.CharField(
        label="Pour qui",
        max_length=200,
        required=False,
        help_text="Par exemple : « Parents d'enfants de 0 à 5 ans ».",
    )
    statuts = _cases(
        "Statuts admis",
        StatutMigratoire.choices,
        aide="Ne cochez rien si tout le monde est le bienvenu.",
    )
    langues = _cases("Langues parlées sur place", Langue.choices)
    secteur = forms.ChoiceField(label="Secteur", choices=Secteur.choices)
    lieu = forms.CharField(label="Lieu", max_length=160, required=False)
    adresse = forms.CharField(label="Adresse", max_length=200, required=False)
    latitude = forms.DecimalField(
        label="Latitude", required=False, decimal_places=5, help_text="Par exemple 46.34320."
    )
    longitude = forms.DecimalField(
        label="Longitude", required=False, decimal_places=5, help_text="Par exemple -72.54300."
    )
    gratuit = forms.BooleanField(label="C'est gratuit", required=False, initial=True)
    cout = forms.CharField(label="Sinon, combien", max_length=120, required=False)
    debut = _date("Premier jour", help_text="Laissez vide pour un service toujours offert.")
    fin = _date("Dernier jour")
    jours = _cases("Jours de la semaine", Jour.choices, coerce=int)
    heure_debut = _heure("De")
    heure_fin = _heure("À")
    horaire = forms.CharField(label="Précisions sur l'horaire", max_length=200, required=False)
    temps_fort = forms.ModelChoiceField(
        label="Dans le cadre de",
        queryset=TempsFort.objects.all(),
        required=False,
        empty_label="Rien de particulier",
    )
    inscription = forms.CharField(
        label="Comment participer",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Par exemple : « Venez sans rendez-vous. »",
    )
    lien = forms.URLField(label="Page Web", required=False, assume_scheme="https")
    contact_nom = forms.CharField(label="Nom", max_length=120, required=False)
    contact_telephone = PhoneNumberField(label="Téléphone", required=False, region="CA")
    contact_courriel = forms.EmailField(label="Courriel", required=False)
    contact_consenti = forms.BooleanField(
        label="Cette personne accepte que ses coordonnées paraissent sur la page publique.",
        required=False,
        help_text="Elles s'effacent dès que la page est remplacée ou retirée.",
    )

    def __init__(self, *args: Any, besoins: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["besoins"].queryset = Besoin.objects.none() if besoins is None else besoins

    @staticmethod
    def depart(version: VersionActivite | None) -> dict[str, Any]:
        """Ce que la page dit déjà."""
        if version is None:
            return {}
        return {
            **{nom: getattr(version, nom) for nom in (*CONTENU, *CONTACT)},
            "besoins": version.besoins.all(),
        }


class ServiceForm(ActiviteForm):
    """La page d'un service de la Ville ou d'un partenaire."""

    genre = forms.ChoiceField(
        label="Genre",
        choices=[c for c in Activite.Genre.choices if c[0] != Activite.Genre.PROJET],
        widget=forms.RadioSelect,
        initial=Activite.Genre.VILLE,
    )
    porteur = forms.CharField(
        label="Offert par", max_length=160, help_text="Le service de la Ville, ou le partenaire."
    )


class MotifForm(forms.Form):
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}), max_length=600)


class TempsFortForm(forms.Form):
    titre = forms.CharField(label="Nom", max_length=120)
    texte = forms.CharField(
        label="En quelques mots",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    debut = _date("Premier jour", required=True)
    fin = _date("Dernier jour", required=True)
