"""Les rapports : écrits par l'organisme, examinés par la Ville."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from financement.formulaires_indicateurs import IndicateursForm
from financement.formulaires_rapport import DepensesFormSet, ExamenForm, RapportForm
from financement.indicateurs import comparer, prevus_de
from financement.models import Rapport
from financement.services import rapports as services
from financement.services.fermeture import calculer_solde
from socle.exceptions import RegleViolee
from socle.lignes import ajoute_une_ligne, avec_une_ligne
from socle.models import EntreeJournal
from socle.saisies import a_relire, garde_saisie
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50
PREFIXE = "depenses"


@garde_saisie(sans=frozenset({"deposer"}))
def rapport_organisme(request: HttpRequest, reference: str, nature: str) -> HttpResponse:
    """Écrire, enregistrer, déposer un rapport."""
    rapport = trouver(
        request,
        Rapport.objects.filter(
            demande__organisme_id__in=request.user.organismes_ids
        ).select_related("demande__appel", "demande__organisme"),
        demande__reference=reference,
        nature=nature,
    )
    if request.method == "POST" and not rapport.est_modifiable:
        messages.info(request, "Ce rapport est déjà déposé : il ne se modifie plus.")
        return redirect("organisme:rapport", reference=reference, nature=nature)
    form, depenses, indicateurs = _formulaires(request, rapport)
    if request.method == "POST":
        # Chacun se valide : toutes les erreurs se montrent d'un coup.
        valides = [form.is_valid(), depenses.is_valid(), indicateurs.is_valid()]
        if (
            not ajoute_une_ligne(request.POST, PREFIXE)
            and all(valides)
            and _enregistrer(request, rapport, form, depenses, indicateurs)
        ):
            return redirect("organisme:rapport", reference=reference, nature=nature)
    return render(
        request,
        "financement/organisme/rapport.html",
        {
            "rapport": rapport,
            "demande": rapport.demande,
            "form": form,
            "depenses": depenses,
            "indicateurs": indicateurs,
            "manques": rapport.manques() if rapport.est_modifiable else [],
            "postes": rapport.demande.postes.all(),
        },
    )


def _formulaires(request: HttpRequest, rapport: Rapport) -> tuple[Any, Any, Any]:
    """Les trois formulaires ; « Ajouter une dépense » en ajoute une sans rien perdre."""
    donnees = request.POST if request.method == "POST" else None
    ajoute = donnees is not None and ajoute_une_ligne(donnees, PREFIXE)
    return (
        RapportForm(donnees, instance=Rapport.objects.get(pk=rapport.pk)),
        DepensesFormSet(
            donnees if donnees is None else avec_une_ligne(donnees, PREFIXE),
            prefix=PREFIXE,
            initial=_depenses(rapport),
            form_kwargs={"complet": not ajoute},
        ),
        IndicateursForm(
            donnees,
            rapport=rapport,
            complet=donnees is not None and "deposer" in donnees,
        ),
    )


def _depenses(rapport: Rapport) -> list[dict[str, Any]]:
    """Les dépenses écrites, puis les lignes du budget qui n'en ont pas encore."""
    ecrites = [
        {"categorie": d.categorie, "libelle": d.libelle, "montant": d.montant}
        for d in rapport.depenses.all()
    ]
    faites = {(ligne["categorie"], ligne["libelle"]) for ligne in ecrites}
    prevues = [
        {"categorie": p.categorie, "libelle": p.libelle}
        for p in rapport.demande.postes.all()
        if (p.categorie, p.libelle) not in faites
    ]
    return [*ecrites, *prevues] or [{}]


def _enregistrer(
    request: HttpRequest, rapport: Rapport, form: Any, depenses: Any, indicateurs: Any
) -> Any:
    lignes = [
        {nom: f.cleaned_data[nom] for nom in ("categorie", "libelle", "montant")}
        for f in depenses.forms
        if f.cleaned_data.get("montant") is not None and not f.cleaned_data.get("DELETE")
    ]
    ecrit = executer(
        request,
        services.enregistrer_rapport,
        formulaire=form,
        rapport=rapport,
        champs=form.cleaned_data,
        depenses=lignes,
        valeurs=indicateurs.valeurs(),
        succes="" if "deposer" in request.POST else "Rapport enregistré.",
    )
    if ecrit and "deposer" in request.POST:
        for champ, phrase in ecrit.manques_par_champ():
            form.add_error(champ if champ in form.fields else None, phrase)
        return form.is_valid() and executer(
            request,
            services.deposer_rapport,
            formulaire=form,
            rapport=rapport,
            succes="Le rapport est déposé. Merci !",
        )
    return ecrit


def rapports(request: HttpRequest) -> HttpResponse:
    """Tous les rapports, par échéance ; en retard est calculé."""
    exiger(request, "ville.voir")
    liste = (
        Rapport.objects.visibles_par(request.user)
        .select_related("demande__organisme", "demande__appel")
        .order_by("echeance", "pk")
    )
    if etat := request.GET.get("etat", ""):
        liste = liste.filter(etat=etat)
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "financement/ville/rapports.html",
        {"page_obj": page, "etat": etat, "etats": Rapport.Etat.choices},
    )


def rapport(request: HttpRequest, pk: int) -> HttpResponse:
    """L'examen : le texte, les dépenses à admettre ou à refuser, le solde que cela donne."""
    exiger(request, "ville.voir")
    objet = trouver(
        request,
        Rapport.objects.visibles_par(request.user).select_related(
            "demande__appel", "demande__organisme"
        ),
        pk=pk,
    )
    return _montrer(request, objet, ExamenForm(depenses=objet.depenses.all()))


def _montrer(request: HttpRequest, objet: Rapport, form: ExamenForm) -> HttpResponse:
    solde = None
    if objet.nature == Rapport.Nature.FINAL:
        try:
            solde = calculer_solde(objet.demande)
        except RegleViolee:
            solde = None
    return render(
        request,
        "financement/ville/rapport.html",
        {
            "rapport": objet,
            "demande": objet.demande,
            "indicateurs": IndicateursForm(rapport=objet),
            "resultats": comparer(
                prevus_de(objet.demande),
                {(v.indicateur, v.modalite): v.valeur for v in objet.valeurs.all()},
            ),
            "solde": solde,
            "form": form,
            "entrees": EntreeJournal.objects.pour(objet)[:50],
            "peut_examiner": objet.etat == "depose"
            and request.user.peut("rapport.examiner", objet),
        },
    )


@require_POST
def examiner(request: HttpRequest, pk: int) -> HttpResponse:
    """Accepter (avec les dépenses refusées) ou renvoyer (avec des remarques)."""
    objet = trouver(
        request,
        Rapport.objects.visibles_par(request.user).select_related(
            "demande__appel", "demande__organisme"
        ),
        "rapport.examiner",
        pk=pk,
    )
    form = ExamenForm(request.POST, depenses=objet.depenses.all())
    if not form.is_valid() or a_relire(request):
        return _montrer(request, objet, form)
    if form.cleaned_data["suite"] == "renvoyer":
        executer(
            request,
            services.renvoyer_rapport,
            rapport=objet,
            remarques=form.cleaned_data["remarques"],
            succes="Le rapport est renvoyé, avec vos remarques.",
        )
    else:
        executer(
            request,
            services.accepter_rapport,
            rapport=objet,
            depenses_refusees=form.refusees(),
            succes="Le rapport est accepté.",
        )
    return redirect("ville:rapport", pk=pk)
