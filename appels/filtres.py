"""Les filtres de la liste des demandes, gardés dans l'adresse."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from appels.models import Appel, Besoin, Demande, Reponse, Volet
from appels.models.demande import Secteur

ETAPES = (
    ("0", "Brouillons", ("brouillon",)),
    ("1", "À vérifier", ("deposee", "a_completer")),
    ("2", "Recevables", ("recevable",)),
    ("3", "Au comité", ("en_evaluation", "evaluee", "recommandee")),
    ("4", "Acceptées", ("acceptee", "conventionnee", "fermee")),
    ("5", "Liste d'attente", ("liste_attente",)),
    ("6", "Refusées ou irrecevables", ("refusee", "irrecevable")),
    ("7", "Retirées ou résiliées", ("retiree", "resiliee")),
)


class DemandeFilter(django_filters.FilterSet):
    recherche = django_filters.CharFilter(
        label="Organisme, projet, numéro ou réponse",
        method="chercher",
        widget=forms.SearchInput,
    )
    appel = django_filters.ModelChoiceFilter(
        queryset=Appel.objects.all(), to_field_name="code", label="Appel", empty_label="Tous"
    )
    volet = django_filters.ModelChoiceFilter(
        queryset=Volet.objects.select_related("appel"), label="Volet", empty_label="Tous"
    )
    etape = django_filters.ChoiceFilter(
        choices=[(cle, libelle) for cle, libelle, _ in ETAPES],
        label="Étape",
        empty_label="Toutes",
        method="filtrer_etape",
    )
    secteur = django_filters.ChoiceFilter(
        choices=Secteur.choices, label="Secteur", empty_label="Tous"
    )
    besoin = django_filters.ModelChoiceFilter(
        queryset=Besoin.objects.order_by("code"),
        field_name="besoins",
        to_field_name="code",
        label="Besoin visé",
        empty_label="Tous",
    )
    tri = django_filters.OrderingFilter(
        fields=(
            ("reference", "reference"),
            ("organisme__nom", "organisme"),
            ("montant_demande", "montant"),
            ("deposee_le", "depot"),
            ("etat", "etat"),
        ),
        label="Trier par",
        empty_label="L'ordre habituel",
    )

    class Meta:
        model = Demande
        fields = ("recherche", "appel", "volet", "etape", "secteur", "besoin", "tri")

    def chercher(self, demandes: QuerySet, nom: str, valeur: str) -> QuerySet:
        """Sans accents ni casse, dans le numéro, l'organisme, le projet et les réponses."""
        mots = Q()
        reponses = Reponse.objects.filter(demande=OuterRef("pk")).annotate(
            texte=Cast("valeur", TextField())
        )
        for mot in valeur.split()[:8]:
            mots &= (
                Exists(reponses.filter(texte__unaccent__icontains=mot))
                | Q(reference__icontains=mot)
                | Q(organisme__nom__unaccent__icontains=mot)
                | Q(titre__unaccent__icontains=mot)
                | Q(resume__unaccent__icontains=mot)
            )
        return demandes.filter(mots)

    def filtrer_etape(self, demandes: QuerySet, nom: str, valeur: Any) -> QuerySet:
        etats = next(etats for cle, _, etats in ETAPES if cle == valeur)
        return demandes.filter(etat__in=etats)

    def actifs(self) -> list[str]:
        """Ce qui est choisi, en mots, dans l'ordre des champs : « Étape : Au comité »."""
        if not self.form.is_bound:
            return []
        self.form.is_valid()
        choisis = []
        for champ in self.form:
            valeur = self.form.cleaned_data.get(champ.name)
            if not valeur:
                continue
            libelles = dict(getattr(champ.field, "choices", ()))
            # Le tri se lit comme une liste d'un seul choix.
            cle = valeur[0] if isinstance(valeur, list) else valeur
            choisis.append(f"{champ.label} : {libelles.get(cle, cle)}")
        return choisis
