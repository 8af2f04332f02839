"""La maison de la Ville : courriels, journal, comptes, organismes."""

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from post_office.models import STATUS, Email

from appels.forms.appel import DateInput
from appels.models import Demande
from appels.recusations import demandes_recusees, sans_les_nommer
from socle.exports import csv_de, reponse_xlsx, telecharger
from socle.journal import verifier_chaine
from socle.models import EntreeJournal, Organisme, RoleVille, Utilisateur
from socle.services import comptes as services
from socle.textes import lire_entier
from socle.validateurs import avertissements_neq
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50
STATUTS = {
    STATUS.sent: ("Envoyé", "fait"),
    STATUS.failed: ("Échec", "refus"),
    STATUS.queued: ("En attente", "en_cours"),
    STATUS.requeued: ("À réessayer", "avertissement"),
}


def _courriels_visibles(request: HttpRequest) -> QuerySet[Email]:
    return sans_les_nommer(request.user, Email.objects.all(), "subject", "message")


def courriels(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.courriels")
    liste = _courriels_visibles(request).order_by("-created", "-pk")
    if recherche := request.GET.get("recherche", "").strip():
        liste = liste.filter(Q(to__icontains=recherche) | Q(subject__icontains=recherche))
    etat = lire_entier(request.GET.get("etat", ""))
    if etat in STATUTS:
        liste = liste.filter(status=etat)
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    for courriel in page:
        courriel.libelle, courriel.role = STATUTS.get(courriel.status, ("En attente", "en_cours"))
    return render(
        request,
        "appels/ville/courriels.html",
        {
            "page_obj": page,
            "recherche": recherche,
            "etat": etat,
            "etats": [(valeur, libelle) for valeur, (libelle, _) in STATUTS.items()],
        },
    )


def courriel(request: HttpRequest, pk: int) -> HttpResponse:
    exiger(request, "ville.courriels")
    objet = get_object_or_404(_courriels_visibles(request).prefetch_related("attachments"), pk=pk)
    return render(
        request,
        "appels/ville/courriel.html",
        {"courriel": objet, "pieces": objet.attachments.all()},
    )


class FiltreJournal(forms.Form):
    """Ce qui se cherche au journal ; un jour mal écrit se dit près de lui et ne filtre rien."""

    recherche = forms.CharField(label="Objet, action ou personne", required=False)
    du = forms.DateField(label="Du", required=False, widget=DateInput())
    au = forms.DateField(label="Au", required=False, widget=DateInput())


def journal(request: HttpRequest) -> HttpResponse:
    """Le journal, le plus récent d'abord. ``?format=csv`` : tout ce qui est filtré."""
    exiger(request, "ville.journal")
    liste = sans_les_nommer(
        request.user,
        EntreeJournal.objects.select_related("acteur"),
        "objet_libelle",
        "motif",
    )
    filtre = FiltreJournal(request.GET)
    filtre.full_clean()
    choix = filtre.cleaned_data
    if recherche := choix.get("recherche"):
        liste = liste.filter(
            Q(objet_libelle__icontains=recherche)
            | Q(verbe__icontains=recherche)
            | Q(acteur__nom__icontains=recherche)
        )
    if du := choix.get("du"):
        liste = liste.filter(moment__date__gte=du)
    if au := choix.get("au"):
        liste = liste.filter(moment__date__lte=au)
    if request.GET.get("format") == "csv":
        return _exporter_journal(liste)
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    contexte = {"page_obj": page, "filtre": filtre, "compte": None, "rupture": None}
    if "verifier" in request.GET:
        contexte["compte"], contexte["rupture"] = verifier_chaine()
    return render(request, "appels/ville/journal.html", contexte)


def _exporter_journal(liste: QuerySet[EntreeJournal]) -> HttpResponse:
    """Chaque entrée avec son rang et son empreinte, pour qui vérifie la chaîne ailleurs."""
    lignes = (
        (
            entree.rang,
            timezone.localtime(entree.moment).isoformat(timespec="seconds"),
            str(entree.acteur or "Le système"),
            entree.phrase,
            entree.objet_libelle,
            entree.motif,
            entree.empreinte,
        )
        for entree in liste.iterator(chunk_size=2000)
    )
    entetes = ("Rang", "Quand", "Qui", "Action", "Objet", "Motif", "Empreinte")
    return telecharger(csv_de(entetes, lignes), "journal.csv", "text/csv; charset=utf-8")


class CompteForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Rôles",
        choices=RoleVille.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    actif = forms.BooleanField(label="Le compte peut se connecter", required=False)


def comptes(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.comptes")
    liste = (
        Utilisateur.objects.exclude(email__endswith=".invalid")
        .annotate(nombre_organismes=Count("adhesions"))
        .order_by("nom", "email")
    )
    if recherche := request.GET.get("recherche", "").strip():
        liste = liste.filter(Q(nom__icontains=recherche) | Q(email__icontains=recherche))
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    libelles = dict(RoleVille.choices)
    for compte_ in page:
        compte_.libelles_roles = [libelles[role] for role in compte_.roles]
    return render(request, "appels/ville/comptes.html", {"page_obj": page, "recherche": recherche})


def compte(request: HttpRequest, pk: int) -> HttpResponse:
    exiger(request, "ville.comptes")
    objet = get_object_or_404(Utilisateur, pk=pk)
    form = CompteForm(
        request.POST or None, initial={"roles": objet.roles, "actif": objet.is_active}
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.regler_compte,
            formulaire=form,
            succes="Le compte est réglé.",
            compte=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:comptes")
    return render(
        request,
        "appels/ville/compte.html",
        {"compte": objet, "form": form, "entrees": EntreeJournal.objects.pour(objet)[:50]},
    )


class StatutForm(forms.Form):
    statut = forms.ChoiceField(
        label="Admissibilité", choices=Organisme.Statut.choices, widget=forms.RadioSelect
    )


def organismes(request: HttpRequest) -> HttpResponse:
    exiger(request, "ville.voir")
    liste = (
        Organisme.objects.visibles_par(request.user)
        .annotate(
            nombre_demandes=Count(
                "demandes", filter=~Q(demandes__in=demandes_recusees(request.user))
            )
        )
        .order_by("nom")
    )
    if recherche := request.GET.get("recherche", "").strip():
        liste = liste.filter(Q(nom__unaccent__icontains=recherche) | Q(neq__contains=recherche))
    if statut := request.GET.get("statut", ""):
        liste = liste.filter(statut=statut)
    if request.GET.get("format") == "xlsx":
        return reponse_xlsx(
            "organismes",
            ("Organisme", "NEQ", "Demandes", "Admissibilité"),
            ((o.nom, o.neq, o.nombre_demandes, o.get_statut_display()) for o in liste),
        )
    return render(
        request,
        "appels/ville/organismes.html",
        {
            "page_obj": Paginator(liste, PAR_PAGE).get_page(request.GET.get("page")),
            "recherche": recherche,
            "statut": statut,
            "statuts": Organisme.Statut.choices,
        },
    )


def organisme(request: HttpRequest, pk: int) -> HttpResponse:
    exiger(request, "ville.voir")
    objet = trouver(request, Organisme.objects.visibles_par(request.user), pk=pk)
    peut_verifier = request.user.peut("organisme.verifier", objet)
    form = StatutForm(request.POST or None, initial={"statut": objet.statut})
    if request.method == "POST":
        exiger(request, "organisme.verifier", objet)
        if form.is_valid() and executer(
            request,
            services.verifier_organisme,
            formulaire=form,
            succes="L'admissibilité est notée.",
            organisme=objet,
            **form.cleaned_data,
        ):
            return redirect("ville:organisme", pk=pk)
    return render(
        request,
        "appels/ville/organisme.html",
        {
            "organisme": objet,
            "entrees": EntreeJournal.objects.pour(objet)[:50],
            "avis_neq": avertissements_neq(objet.neq),
            "membres": objet.adhesions.select_related("utilisateur"),
            "demandes": Demande.objects.sans_recusation(request.user)
            .filter(organisme=objet)
            .select_related("appel"),
            "form": form,
            "peut_verifier": peut_verifier,
        },
    )
