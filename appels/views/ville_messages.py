"""Écrire aux organismes d'un appel, et relire ce qui leur a été écrit."""

import uuid

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.models import Appel
from appels.services import messages as services
from socle.vues import executer, trouver


class MessageForm(forms.Form):
    etats = forms.MultipleChoiceField(
        label="À qui",
        choices=services.ETATS.items(),
        widget=forms.CheckboxSelectMultiple,
        initial=list(services.ETATS),
        help_text="Toutes les personnes membres de ces organismes.",
    )
    objet = forms.CharField(label="Objet", max_length=150)
    texte = forms.CharField(
        label="Message", max_length=8000, widget=forms.Textarea(attrs={"rows": 8})
    )
    cle = forms.UUIDField(widget=forms.HiddenInput)


def messages_appel(request: HttpRequest, code: str) -> HttpResponse:
    """Composer, voir à combien d'adresses, puis envoyer ; dessous, ce qui est parti."""
    appel = trouver(request, Appel.objects.visibles_par(request.user), "appel.modifier", code=code)
    form = MessageForm(request.POST or None, initial={"cle": uuid.uuid4()})
    apercu = None
    if request.method == "POST" and form.is_valid():
        if "envoyer" not in request.POST:
            apercu = len(services.adresses(appel, form.cleaned_data["etats"]))
        elif executer(
            request,
            services.envoyer_message,
            formulaire=form,
            succes="Le message est parti.",
            appel=appel,
            **form.cleaned_data,
        ):
            return redirect("ville:messages", code=code)
    return render(
        request,
        "appels/ville/messages.html",
        {
            "appel": appel,
            "form": form,
            "apercu": apercu,
            "envoyes": appel.messages.select_related("envoye_par"),
        },
    )
