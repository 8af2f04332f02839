"""Le registre public des projets et des services, sa carte, et la page d'un projet."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse

from appels.models import Demande
from appels.montants import pourcentage
from financement.indicateurs import LIBELLES_VENTILATIONS, TITRES_VENTILATIONS
from financement.masquage import publier
from financement.models import Temoignage
from financement.retenus import prevus_de, valeurs_de
from socle import horloge
from socle.cache_public import commune, gardee
from socle.templatetags.affichage import ABSENT
from socle.vues import publique
from vitrine import filtres, reperes
from vitrine.forms import FiltresForm
from vitrine.models import VersionActivite
from vitrine.registre import lieux, lire_page, projets_publics


@publique
@gardee
def registre(request: HttpRequest) -> HttpResponse:
    """Les projets soutenus et les services, cherchés sans accents ; les filtres dans l'adresse.

    Ce qui se lit est le même pour tous : connecté, on n'attend que son propre menu.
    """
    return render(request, "vitrine/registre.html", {"registre": commune(request, _registre)})


def _registre(request: HttpRequest) -> str:
    """Les filtres, la carte et la liste ; rendus sans la personne, que rien ici ne regarde."""
    choix, formulaire = filtres.lire(request.GET)
    page = lire_page(choix, request.GET.get("page"))
    return render_to_string(
        "vitrine/_registre.html",
        {
            "filtres": formulaire,
            "page_obj": page,
            "nombre": page.paginator.count,
            "fond": {
                "tuiles": settings.LEAFLET_CONFIG["TILES"],
                "credit": settings.LEAFLET_CONFIG["ATTRIBUTION_PREFIX"],
            },
            # Un simple renseignement, ici : l'adresse demandée, que la pagination prolonge.
            "request": request,
        },
    )


@publique
@gardee
def points(request: HttpRequest) -> JsonResponse:
    """Ce que la carte dessine, pour les mêmes filtres que la liste."""
    precis, par_secteur = lieux(FiltresForm(request.GET).choix)
    adresse = request.GET.copy()
    adresse.pop("page", None)
    bulles = []
    for secteur, point in reperes.SECTEURS.items():
        if nombre := par_secteur[secteur]:
            adresse["secteur"] = secteur
            bulles.append(
                {
                    "secteur": secteur,
                    "point": point,
                    "nombre": nombre,
                    "url": f"{reverse('registre')}?{adresse.urlencode()}",
                }
            )
    return JsonResponse(
        {
            "lieux": [_lieu(version) for version in precis],
            "bulles": bulles,
            "secteurs": reperes.SECTEURS,
            "cours_d_eau": reperes.COURS_D_EAU,
        }
    )


def _lieu(version: VersionActivite) -> dict[str, Any]:
    return {
        "titre": version.titre,
        "offert_par": version.activite.offert_par,
        "lieu": version.lieu or version.secteur,
        "service": version.activite.est_un_service,
        "point": [float(version.latitude), float(version.longitude)],
        "url": reverse("activite", kwargs={"cle": version.activite.cle}),
    }


@publique
@gardee
def projet(request: HttpRequest, reference: str) -> HttpResponse:
    """Un projet : quoi, pour qui, où, quand, comment y participer ; ses résultats une fois clos."""
    objet = get_object_or_404(
        projets_publics().select_related("appel", "organisme", "volet").prefetch_related("besoins"),
        reference=reference,
    )
    activites = list(
        VersionActivite.objects.publiques()
        .filter(activite__demande=objet)
        .order_by("debut", "titre")
    )
    jour = horloge.aujourdhui()
    return render(
        request,
        "vitrine/projet.html",
        {
            "projet": objet,
            "ouvertes": [a for a in activites if a.fin is None or a.fin >= jour],
            "finies": [a for a in activites if a.fin is not None and a.fin < jour],
            "temoignages": Temoignage.objects.publies()
            .filter(rapport__demande=objet)
            .select_related("photo"),
            "resultats": _resultats(objet) if objet.etat == "fermee" else None,
        },
    )


@publique
def photo(request: HttpRequest, reference: str, cle: UUID) -> FileResponse:
    """La photo d'un témoignage publié ; le consentement retiré, elle n'existe plus ici."""
    temoignage = get_object_or_404(
        Temoignage.objects.publies().select_related("photo"),
        rapport__demande__in=projets_publics().filter(reference=reference),
        photo__cle=cle,
    )
    fichier = temoignage.photo
    return FileResponse(
        fichier.fichier.open("rb"),
        content_type=fichier.type_mime,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _resultats(objet: Demande) -> dict[str, Any] | None:
    """Les nombres masqués (regles.md, 15), prêts à écrire ; None si le rapport n'en a pas."""
    valeurs = valeurs_de(objet)
    if not valeurs:
        return None
    reel, prevu = publier(valeurs), publier(prevus_de(objet))
    return {
        "ventilations": [
            {
                "titre": TITRES_VENTILATIONS[dimension],
                "est_prevue": dimension in prevu.ventilations,
                "cellules": [
                    (
                        libelle,
                        reel.texte(dimension, m) or ABSENT,
                        prevu.texte(dimension, m) or ABSENT,
                    )
                    for m, libelle in LIBELLES_VENTILATIONS[dimension].items()
                    if reel.texte(dimension, m) or prevu.texte(dimension, m)
                ],
            }
            for dimension in reel.ventilations
        ],
        "satisfaction": pourcentage(*reel.satisfaction) if reel.satisfaction else None,
    }
