"""Le registre public des projets soutenus et les données ouvertes."""

import csv
from typing import Any

from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from appels.models import Appel, Besoin, Demande, Theme
from appels.models.demande import Secteur
from financement.bilan import projets_annonces
from financement.masquage import indicateurs_publics
from financement.models import Decision, Mouvement
from socle.vues import publique

PAR_PAGE = 24
COLONNES = (
    "numero", "appel", "organisme", "projet", "volet", "secteur", "besoins", "montant_accorde",
    "resolution", "date_decision", "debut", "fin", "etat",
)  # fmt: skip


def _projets() -> QuerySet[Demande]:
    """Les projets annoncés, avec leur décision : rien avant la lettre."""
    decision = Decision.objects.filter(demande=OuterRef("pk"), en_vigueur=True)
    accorde = (
        Mouvement.objects.filter(demande=OuterRef("pk"), nature=Mouvement.Nature.ACCORD)
        .order_by()
        .values("demande")
        .annotate(total=Sum("montant"))
    )
    return (
        projets_annonces()
        .select_related("appel", "organisme", "volet")
        .prefetch_related("besoins__theme")
        .annotate(
            accorde=Subquery(accorde.values("total")),
            resolution=Subquery(decision.values("resolution__numero")[:1]),
            date_decision=Subquery(decision.values("resolution__date")[:1]),
        )
        .order_by("-date_decision", "organisme__nom", "pk")
    )


@publique
def registre(request: HttpRequest) -> HttpResponse:
    """La liste, cherchée sans accents, filtrée par appel, thème, besoin et secteur."""
    liste = _projets()
    choix = {nom: request.GET.get(nom, "").strip() for nom in ("q", "appel", "theme", "secteur")}
    for mot in choix["q"].split():
        liste = liste.filter(
            Q(titre__unaccent__icontains=mot)
            | Q(resume__unaccent__icontains=mot)
            | Q(organisme__nom__unaccent__icontains=mot)
        )
    if choix["appel"]:
        liste = liste.filter(appel__code=choix["appel"])
    if choix["theme"]:
        liste = liste.filter(
            pk__in=Besoin.objects.filter(theme__code=choix["theme"]).values("demandes")
        )
    if choix["secteur"]:
        liste = liste.filter(secteur=choix["secteur"])
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "vitrine/registre.html",
        {
            "page_obj": page,
            "nombre": page.paginator.count,
            "choix": choix,
            "appels": Appel.objects.filter(demandes__etat_annonce="acceptee").distinct(),
            "themes": Theme.objects.all(),
            "secteurs": Secteur.values,
        },
    )


@publique
def projet(request: HttpRequest, reference: str) -> HttpResponse:
    objet = get_object_or_404(_projets().prefetch_related("rapports__valeurs"), reference=reference)
    resultats = indicateurs_publics(objet) if objet.etat == "fermee" else None
    return render(request, "vitrine/projet.html", {"projet": objet, "resultats": resultats})


@publique
def donnees(request: HttpRequest) -> HttpResponse:
    appels = Appel.objects.filter(demandes__etat_annonce="acceptee").distinct()
    return render(request, "vitrine/donnees.html", {"appels": appels, "colonnes": DICTIONNAIRE})


DICTIONNAIRE = (
    ("numero", "Numéro de la demande."),
    ("appel", "Code de l'appel à projets."),
    ("organisme", "Nom de l'organisme soutenu."),
    ("projet", "Titre du projet."),
    ("volet", "Numéro du volet."),
    ("secteur", "Secteur de la ville."),
    ("besoins", "Codes des besoins de la consultation, séparés par un espace."),
    ("montant_accorde", "Montant accordé, en dollars canadiens."),
    ("resolution", "Numéro de la résolution du conseil."),
    ("date_decision", "Date de la résolution (AAAA-MM-JJ)."),
    ("debut", "Début de la période des projets (AAAA-MM-JJ)."),
    ("fin", "Fin de la période des projets (AAAA-MM-JJ)."),
    ("etat", "Acceptée, convention en vigueur ou fermée."),
)


def _ligne(objet: Any) -> dict[str, Any]:
    return {
        "numero": objet.reference,
        "appel": objet.appel.code,
        "organisme": objet.organisme.nom,
        "projet": objet.titre,
        "volet": objet.volet.no,
        "secteur": objet.secteur,
        "besoins": " ".join(sorted(besoin.code for besoin in objet.besoins.all())),
        "montant_accorde": str(objet.accorde),
        "resolution": objet.resolution,
        "date_decision": objet.date_decision.isoformat(),
        "debut": objet.appel.projet_debut.isoformat() if objet.appel.projet_debut else "",
        "fin": objet.appel.projet_fin.isoformat() if objet.appel.projet_fin else "",
        "etat": objet.get_etat_display(),
    }


@publique
def fichier(request: HttpRequest, code: str, forme: str) -> HttpResponse:
    """Les projets d'un appel, en CSV ou en JSON."""
    appel = get_object_or_404(
        Appel.objects.filter(demandes__etat_annonce="acceptee").distinct(), code=code
    )
    lignes = [_ligne(objet) for objet in _projets().filter(appel=appel)]
    if forme == "json":
        return JsonResponse(
            {"appel": appel.code, "titre": appel.titre, "projets": lignes},
            json_dumps_params={"ensure_ascii": False, "indent": 1},
        )
    if forme != "csv":
        raise Http404
    reponse = HttpResponse(content_type="text/csv; charset=utf-8")
    reponse["Content-Disposition"] = f'attachment; filename="projets-{appel.code}.csv"'
    # La marque d'ordre fait lire les accents au tableur.
    reponse.write("\ufeff")
    ecrivain = csv.DictWriter(reponse, fieldnames=COLONNES)
    ecrivain.writeheader()
    ecrivain.writerows({nom: _sans_formule(v) for nom, v in ligne.items()} for ligne in lignes)
    return reponse


def _sans_formule(valeur: Any) -> Any:
    """Un texte qui commence comme une formule ne doit pas en devenir une dans un tableur."""
    if isinstance(valeur, str) and valeur[:1] in {"=", "+", "-", "@"}:
        return f"'{valeur}"
    return valeur
