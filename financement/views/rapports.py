"""Les rapports vus de la Ville : la liste, l'examen, le renvoi, l'acceptation."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.formulaires import lire_formulaire
from financement.ecarts_depenses import budget_prevu, ecarts_du_rapport
from financement.formulaires_rapport import ExamenForm
from financement.indicateurs import comparer
from financement.models import Rapport
from financement.remarques import par_place, places
from financement.retenus import prevus_du_rapport
from financement.services import rapports as services
from financement.services.fermeture import calculer_solde
from socle.exceptions import RegleViolee
from socle.exports import reponse_xlsx
from socle.models import EntreeJournal
from socle.saisies import a_relire
from socle.vues import executer, exiger, trouver

PAR_PAGE = 50
EN_RETARD = ("en_retard", "En retard")


def rapports(request: HttpRequest) -> HttpResponse:
    """Tous les rapports, par échéance ; en retard est calculé. ``?format=xlsx`` : la même liste."""
    exiger(request, "ville.voir")
    liste = (
        Rapport.objects.visibles_par(request.user)
        .select_related("demande__organisme", "demande__appel")
        .order_by("echeance", "pk")
    )
    if (etat := request.GET.get("etat", "")) == EN_RETARD[0]:
        liste = liste & Rapport.objects.en_retard()
    elif etat:
        liste = liste.filter(etat=etat)
    if recherche := request.GET.get("recherche", "").strip():
        liste = liste.filter(
            Q(demande__titre__unaccent__icontains=recherche)
            | Q(demande__organisme__nom__unaccent__icontains=recherche)
            | Q(demande__reference__icontains=recherche)
        )
    if request.GET.get("format") == "xlsx":
        return _exporter(liste)
    return render(
        request,
        "financement/ville/rapports.html",
        {
            "page_obj": Paginator(liste, PAR_PAGE).get_page(request.GET.get("page")),
            "recherche": recherche,
            "etat": etat,
            "etats": [*Rapport.Etat.choices, EN_RETARD],
        },
    )


def _exporter(liste: Any) -> HttpResponse:
    """Exactement la liste montrée, toutes ses pages."""
    return reponse_xlsx(
        "rapports",
        ("Demande", "Projet", "Organisme", "Rapport", "Attendu", "Déposé", "État"),
        (
            (
                rapport.demande.reference,
                rapport.demande.titre,
                rapport.demande.organisme.nom,
                rapport.get_nature_display(),
                rapport.echeance,
                rapport.depose_le,
                "En retard" if rapport.est_en_retard else rapport.get_etat_display(),
            )
            for rapport in liste
        ),
    )


def _visibles(request: HttpRequest) -> Any:
    return Rapport.objects.visibles_par(request.user).select_related(
        "demande__appel", "demande__organisme", "formulaire"
    )


def rapport(request: HttpRequest, pk: int) -> HttpResponse:
    """L'examen : ce qui est écrit, les dépenses à admettre ou à refuser, le solde que cela fait."""
    exiger(request, "ville.voir")
    objet = trouver(request, _visibles(request), pk=pk)
    return _montrer(request, objet, _formulaire(objet))


def _formulaire(objet: Rapport, donnees: Any = None) -> ExamenForm:
    return ExamenForm(donnees, depenses=objet.depenses.all(), places=places(objet))


def _montrer(request: HttpRequest, objet: Rapport, form: ExamenForm) -> HttpResponse:
    solde = None
    if objet.nature == Rapport.Nature.FINAL:
        try:
            solde = calculer_solde(objet.demande)
        except RegleViolee:
            solde = None
    peut_examiner = objet.etat == "depose" and request.user.peut("rapport.examiner", objet)
    remarques = list(objet.remarques.select_related("faite_par", "traitee_par"))
    return render(
        request,
        "financement/ville/rapport.html",
        {
            "rapport": objet,
            "demande": objet.demande,
            "sections": _sections(objet, form, remarques, peut_examiner=peut_examiner),
            "depenses": _depenses(objet, form, remarques, peut_examiner=peut_examiner),
            "ecarts": ecarts_du_rapport(
                objet,
                objet.depenses.values("categorie", "libelle", "montant"),
                budget_prevu(objet),
            ),
            "remarques": remarques,
            "temoignages": objet.temoignages.select_related("photo", "publie_par"),
            "resultats": comparer(prevus_du_rapport(objet), objet.comptes),
            "entrees": EntreeJournal.objects.pour(objet)[:50],
            "solde": solde,
            "form": form,
            "peut_examiner": peut_examiner,
            "peut_publier": not objet.est_modifiable
            and request.user.peut("rapport.examiner", objet),
        },
    )


def _sections(
    objet: Rapport, form: ExamenForm, remarques: list[Any], *, peut_examiner: bool
) -> list[dict[str, Any]]:
    """Ce qui se lit, avec les remarques déjà faites et où en écrire une."""
    faites = par_place(remarques)
    jointes = {p.question_id: p for p in objet.pieces.actives().filter(question__isnull=False)}

    def place(nom: str) -> dict[str, Any]:
        return {
            "remarques": faites.get(nom, []),
            "champ": form.champ(nom) if peut_examiner else None,
        }

    return [
        {
            "section": lue.section,
            **place(f"section-{lue.section.pk}"),
            "questions": [
                {
                    "lue": q,
                    "piece": jointes.get(q.question.pk),
                    **place(f"question-{q.question.pk}"),
                }
                for q in lue.questions
            ],
        }
        for lue in lire_formulaire(objet)
    ]


def _depenses(
    objet: Rapport, form: ExamenForm, remarques: list[Any], *, peut_examiner: bool
) -> list[dict[str, Any]]:
    """Chaque dépense avec ses preuves, ses remarques et ce qui se décide d'elle."""
    faites = par_place(remarques)
    preuves: dict[Any, list[Any]] = {}
    for piece in objet.pieces.actives().filter(depense_cle__isnull=False):
        preuves.setdefault(piece.depense_cle, []).append(piece)
    return [
        {
            "depense": depense,
            "refuser": refuser if peut_examiner else None,
            "motif": motif,
            "champ": remarque,
            "preuves": preuves.get(depense.cle, []),
            "remarques": faites.get(f"depense-{depense.cle}", []),
        }
        for depense, refuser, motif, remarque in form.lignes()
    ]


@require_POST
def examiner(request: HttpRequest, pk: int) -> HttpResponse:
    """Accepter (avec les dépenses refusées) ou renvoyer (avec des remarques à leur place)."""
    objet = trouver(request, _visibles(request), "rapport.examiner", pk=pk)
    form = _formulaire(objet, request.POST)
    if not form.is_valid() or a_relire(request):
        return _montrer(request, objet, form)
    if form.cleaned_data["suite"] == "renvoyer":
        executer(
            request,
            services.renvoyer_rapport,
            rapport=objet,
            remarques=form.cleaned_data["remarques"],
            a_leur_place=form.a_leur_place(),
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
