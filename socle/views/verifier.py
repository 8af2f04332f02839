"""La vérification d'un document, ouverte à tous : par son code, ou par le fichier lui-même.

Avec JavaScript, l'empreinte se calcule dans le navigateur et le fichier n'en sort pas. Sans lui, le
fichier est lu une fois, puis oublié.
"""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat

from socle.authenticite import (
    constater,
    empreinte_de,
    trouver_par_code,
    trouver_par_empreinte,
)
from socle.codes import ecrire_code, normaliser_code
from socle.debit import debit_depasse
from socle.models import Document
from socle.vues import publique

PAR_MINUTE = 30


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code du document",
        help_text="Douze lettres et chiffres, au bas de chaque page : K7RM-4XQP-2NBD.",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        code = normaliser_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(
                "Ce n'est pas un code de document : il compte douze lettres et chiffres, sans 0, "
                "O, 1 ni I.",
                code="code",
            )
        return ecrire_code(code)


class FichierForm(forms.Form):
    fichier = forms.FileField(
        label="Fichier PDF reçu de la Ville",
        help_text="Son contenu n'est pas gardé.",
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,application/pdf"}),
    )

    def clean_fichier(self) -> str:
        fichier = self.cleaned_data["fichier"]
        if fichier.size > settings.TAILLE_MAX_PIECE:
            limite = filesizeformat(settings.TAILLE_MAX_PIECE)
            raise forms.ValidationError(
                f"Ce fichier dépasse {limite} : les documents de la Ville sont plus petits.",
                code="taille",
            )
        return empreinte_de(fichier.chunks())


@publique
def verifier(request: HttpRequest, code: str = "") -> HttpResponse:
    """Dit si un document est authentique ; avec un code, le fichier déposé lui est comparé."""
    demande = bool(code or request.GET or request.method == "POST")
    if demande and debit_depasse(request, "verifier", par_minute=PAR_MINUTE):
        return _page(request, statut=429, trop=True)
    if not code and "code" in request.GET:
        form = CodeForm(request.GET)
        if form.is_valid():
            return redirect("verifier_code", code=form.cleaned_data["code"])
        return _page(request, form_code=form, statut=400)
    attendu = trouver_par_code(code) if code else None
    if code and attendu is None:
        return _page(request, code=code, inconnu=True, statut=404)
    empreinte = request.GET.get("empreinte", "")
    if request.method == "POST":
        form = FichierForm(request.POST, request.FILES)
        if not form.is_valid():
            return _page(request, document=attendu, code=code, form_fichier=form, statut=400)
        empreinte = form.cleaned_data["fichier"]
    if not empreinte:
        return _page(request, document=attendu, code=code)
    reconnu = trouver_par_empreinte(empreinte)
    if attendu is not None and reconnu != attendu:
        return _page(request, document=attendu, code=code, fichier="different")
    return _page(request, document=reconnu, code=code, fichier="reconnu" if reconnu else "inconnu")


def _page(
    request: HttpRequest,
    *,
    document: Document | None = None,
    code: str = "",
    fichier: str = "",
    inconnu: bool = False,
    trop: bool = False,
    form_code: CodeForm | None = None,
    form_fichier: FichierForm | None = None,
    statut: int = 200,
) -> HttpResponse:
    reponse = render(
        request,
        "socle/verifier.html",
        {
            "constat": constater(document) if document else None,
            "code": ecrire_code(normaliser_code(code)) if normaliser_code(code) else "",
            "fichier": fichier,
            "inconnu": inconnu,
            "trop": trop,
            "form_code": form_code or CodeForm(),
            "form_fichier": form_fichier or FichierForm(),
        },
        status=statut,
    )
    reponse["X-Robots-Tag"] = "noindex"
    reponse["Cache-Control"] = "no-store"
    return reponse
