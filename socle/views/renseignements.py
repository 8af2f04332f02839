"""Les renseignements d'une personne, pour elle ; le registre des incidents, pour la Ville."""

import json

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from socle.confirmation import verifier_l_identite
from socle.exports import reponse_xlsx, telecharger
from socle.journal import journaliser
from socle.models import EntreeJournal, Incident
from socle.renseignements import renseignements_de
from socle.saisies import a_relire
from socle.services import fermeture_compte
from socle.services.incidents import inscrire_incident
from socle.vues import executer, exiger, trouver

PAR_PAGE = 25


def mes_renseignements(request: HttpRequest) -> HttpResponse:
    """Ce qui est gardé de la personne ; en POST, tout dans un fichier, et la demande au journal."""
    if request.method == "POST":
        journaliser(acteur=request.user, verbe="compte.exporter", objet=request.user)
        contenu = json.dumps(
            renseignements_de(request.user), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1
        )
        reponse = telecharger(contenu.encode(), "mes-renseignements.json", "application/json")
        reponse["Cache-Control"] = "no-store"
        return reponse
    return render(request, "socle/renseignements.html")


class FermerForm(forms.Form):
    compris = forms.BooleanField(
        label="J'ai lu ce qui s'efface et ce qui reste ; je ferme mon compte.",
        error_messages={"required": "Cochez la case pour fermer votre compte."},
    )


def fermer_compte(request: HttpRequest) -> HttpResponse:
    """Ce qui s'efface et ce qui reste ; en POST, l'identité vérifiée à nouveau, la fermeture."""
    form = FermerForm(request.POST if request.method == "POST" else None)
    obstacles = fermeture_compte.obstacles(request.user)
    if request.method == "POST" and form.is_valid() and not obstacles:
        if not a_relire(request):
            verifier_l_identite(request)
        if executer(request, fermeture_compte.fermer_compte, formulaire=form):
            logout(request)
            messages.success(request, "Votre compte est fermé. Un courriel vous le confirme.")
            return redirect("accueil")
    return render(request, "socle/fermer_compte.html", {"form": form, "obstacles": obstacles})


class IncidentForm(forms.ModelForm):
    class Meta:
        model = Incident
        fields = (
            "constate_le", "description", "renseignements", "personnes", "prejudice_serieux",
            "raisons", "mesures", "commission_avisee_le", "personnes_avisees_le", "clos_le",
        )  # fmt: skip
        widgets = {
            **{
                nom: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                for nom in (
                    "constate_le",
                    "commission_avisee_le",
                    "personnes_avisees_le",
                    "clos_le",
                )
            },
            **{
                nom: forms.Textarea(attrs={"rows": 3})
                for nom in ("description", "renseignements", "raisons", "mesures")
            },
        }


def incidents(request: HttpRequest) -> HttpResponse:
    """Le registre, le plus récent d'abord."""
    exiger(request, "incident.gerer")
    liste = Incident.objects.all()
    if request.GET.get("format") == "xlsx":
        noms = IncidentForm.Meta.fields
        return reponse_xlsx(
            "incidents",
            [str(Incident._meta.get_field(nom).verbose_name).capitalize() for nom in noms],
            ([getattr(incident, nom) for nom in noms] for incident in liste),
        )
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    return render(request, "socle/incidents.html", {"page_obj": page})


def incident(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Inscrire un incident, ou le compléter."""
    exiger(request, "incident.gerer")
    objet = trouver(request, Incident.objects.all(), pk=pk) if pk else None
    form = IncidentForm(
        request.POST if request.method == "POST" else None,
        instance=Incident.objects.get(pk=pk) if pk else None,
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            inscrire_incident,
            formulaire=form,
            succes="L'incident est au registre.",
            incident=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:incidents")
    return render(
        request,
        "socle/incident.html",
        {
            "form": form,
            "incident": objet,
            "entrees": EntreeJournal.objects.pour(objet)[:50] if objet else None,
        },
    )
