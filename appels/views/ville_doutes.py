"""Conclure sur un doute entre deux demandes, côté Ville."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from appels.cumul import aides_entre_demandes
from appels.doutes import demandes_soeurs, doutes_sur
from appels.models import Demande, VerdictDoute
from appels.services.doutes import trancher_doute
from socle.vues import executer, trouver


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(
        label="Votre conclusion",
        choices=VerdictDoute.Verdict.choices,
        widget=forms.RadioSelect,
        help_text="Écarté : rien ne se compte deux fois. Retenu : le doute reste marqué sur la "
        "demande, sous les yeux de qui décide.",
        error_messages={"required": "Choisissez : écarté ou retenu."},
    )
    motif = forms.CharField(label="Pourquoi", widget=forms.Textarea(attrs={"rows": 3}))


def doute(
    request: HttpRequest, reference: str, nature: str, autre: str | None = None
) -> HttpResponse:
    """Les deux demandes côte à côte, et la conclusion à écrire.

    Sans ``autre``, le doute vient de projets d'avant l'application.
    """
    visibles = Demande.objects.sans_recusation(request.user)
    objet = trouver(
        request,
        visibles.avec_budget().select_related("appel", "organisme", "volet"),
        "demande.traiter",
        reference=reference,
    )
    voisine = autre and trouver(
        request,
        visibles.exclude(pk=objet.pk).exclude(etat="brouillon").select_related("organisme"),
        "demande.suivre",
        reference=autre,
    )
    conclu = objet.verdicts_doutes.filter(nature=nature, autre=voisine).first()
    form = VerdictForm(
        request.POST or None,
        initial={"verdict": conclu.verdict, "motif": conclu.motif} if conclu else None,
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            trancher_doute,
            formulaire=form,
            succes="Votre conclusion est gardée.",
            demande=objet,
            autre=voisine,
            nature=nature,
            **form.cleaned_data,
        )
    ):
        return redirect(reverse("ville:demande", args=[reference]) + "#doutes")
    phrases = [
        trouve.phrase
        for trouve in doutes_sur(objet, visibles)
        if trouve.nature == nature and trouve.autre == voisine
    ]
    return render(
        request,
        "appels/ville/doute.html",
        {
            "demande": objet,
            "autre": voisine,
            "form": form,
            "phrases": phrases,
            "cumul": aides_entre_demandes(objet, demandes_soeurs(objet, visibles))
            if nature == VerdictDoute.Nature.CUMUL
            else None,
            "colonnes": [
                (d, d.postes.all(), sum((p.montant for p in d.postes.all()), start=0))
                for d in (objet, voisine)
                if d is not None
            ],
        },
    )
