"""Les filtres de la liste des demandes, gardés dans l'adresse."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from appels.models import Appel, Demande, Volet

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
        label="Organisme, projet ou numéro", method="chercher", widget=forms.SearchInput
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
    tri = django_filters.OrderingFilter(
        fields=(
            ("reference", "reference"),
            ("organisme__nom", "organisme"),
            ("montant_demande", "montant"),
            ("deposee_le", "depot"),
            ("etat", "etat"),
        ),
        label="Trier par",
    )

    class Meta:
        model = Demande
        fields = ("recherche", "appel", "volet", "etape", "tri")

    def chercher(self, demandes: QuerySet, nom: str, valeur: str) -> QuerySet:
        """Sans accents ni casse, dans le numéro, l'organisme, le titre et le résumé."""
        mots = Q()
        for mot in valeur.split():
            mots &= (
                Q(reference__icontains=mot)
                | Q(organisme__nom__unaccent__icontains=mot)
                | Q(titre__unaccent__icontains=mot)
                | Q(resume__unaccent__icontains=mot)
            )
        return demandes.filter(mots)

    def filtrer_etape(self, demandes: QuerySet, nom: str, valeur: Any) -> QuerySet:
        etats = next(etats for cle, _, etats in ETAPES if cle == valeur)
        return demandes.filter(etat__in=etats)
