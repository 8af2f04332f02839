"""Saisir une demande arrivée sur papier."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.forms.appel import DateHeureInput
from appels.models import Appel
from appels.services import papier as services
from socle.vues import executer, trouver


class PapierForm(forms.Form):
    neq = forms.CharField(
        label="NEQ de l'organisme",
        max_length=20,
        help_text="10 chiffres ; un organisme déjà inscrit est retrouvé.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    nom = forms.CharField(
        label="Nom de l'organisme, s'il n'est pas inscrit", max_length=160, required=False
    )
    recue_le = forms.DateTimeField(
        label="Arrivée au comptoir",
        widget=DateHeureInput(),
        help_text="C'est cette heure qui se compare à la clôture.",
    )
    motif = forms.CharField(
        label="Pourquoi sur papier", widget=forms.Textarea(attrs={"rows": 2}), max_length=500
    )


def papier(request: HttpRequest, code: str) -> HttpResponse:
    """Ouvre le brouillon, puis mène aux mêmes pages que l'organisme."""
    appel = trouver(
        request, Appel.objects.visibles_par(request.user), "demande.saisir_papier", code=code
    )
    form = PapierForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        demande = executer(
            request,
            services.saisir_papier,
            formulaire=form,
            succes="Le brouillon est ouvert : remplissez-le d'après le papier, puis déposez-le.",
            appel=appel,
            **form.cleaned_data,
        )
        if demande:
            return redirect("organisme:rediger", reference=demande.reference, partie="projet")
    return render(request, "appels/ville/papier.html", {"appel": appel, "form": form})
