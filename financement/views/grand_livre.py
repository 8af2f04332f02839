"""Le grand livre : la cascade, les crédits, les mouvements, et leur tableur."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst

from appels.models import Appel
from financement.models import Credit, Mouvement
from financement.services.grand_livre import Total, total_de
from socle.cascade import Marche
from socle.exports import XLSX, classeur, telecharger
from socle.textes import lire_entier
from socle.vues import exiger

PAR_PAGE = 20
ENTETES_CREDITS = (
    "Appel", "Volet", "Bailleur", "Exercice finissant le 31 mars", "Dotation", "Transferts",
    "Reports", "Accordé", "Engagé", "Versé", "Récupéré", "Rendu à l'enveloppe", "Libre",
)  # fmt: skip
ENTETES_MOUVEMENTS = (
    "Moment", "Appel", "Volet", "Bailleur", "Exercice", "Nature", "Montant", "Demande", "Objet",
    "Auteur",
)  # fmt: skip


@dataclass(frozen=True)
class Filtres:
    """Ce que l'adresse demande ; une valeur inconnue ne montre rien, sans erreur."""

    appel: str
    exercice: str
    bailleur: str

    def credits(self) -> Any:
        credits = Credit.objects.dans_l_ordre()
        if self.appel:
            credits = credits.filter(volet__appel__code=self.appel)
        if self.exercice:
            credits = credits.filter(exercice=min(lire_entier(self.exercice) or 0, 9999))
        if self.bailleur:
            credits = credits.filter(bailleur=self.bailleur)
        return credits


def marches(total: Total) -> list[Marche]:
    """De la dotation à ce qui est libre, en dollars ; une étape sans montant se tait."""
    etapes = [
        Marche("Transferts entre volets", total.transfert),
        Marche("Reporté d'un exercice ou d'un appel", total.report),
        Marche("Versé", -total.versement),
        Marche("Récupéré", total.recuperation),
        Marche("Engagé, à verser", -total.a_verser),
        Marche("Accordé, à engager", -total.a_engager),
    ]
    return [
        Marche("Dotation", total.dotation, est_total=True),
        *(etape for etape in etapes if etape.montant),
        Marche("Libre", total.libre, est_total=True),
    ]


def grand_livre(request: HttpRequest) -> HttpResponse:
    """L'argent par volet, source et exercice ; chaque montant est une somme de mouvements."""
    exiger(request, "grand_livre.voir")
    filtres = Filtres(*(request.GET.get(nom, "") for nom in ("appel", "exercice", "bailleur")))
    credits = list(filtres.credits())
    mouvements = (
        Mouvement.objects.visibles_par(request.user)
        .filter(credit__in=credits)
        .select_related("credit__volet__appel", "demande", "auteur")
    )
    if request.GET.get("format") == "xlsx":
        return telecharger(_tableur(credits, mouvements), "grand-livre.xlsx", XLSX)
    total = total_de(credits)
    return render(
        request,
        "financement/ville/grand_livre.html",
        {
            "credits": credits,
            "total": total,
            "marches": marches(total),
            "page_obj": Paginator(mouvements, PAR_PAGE).get_page(request.GET.get("page")),
            "filtres": filtres,
            **_choix(),
        },
    )


def _choix() -> dict[str, Any]:
    """Ce qui se choisit dans les filtres : seulement ce que le grand livre porte."""
    credits = Credit.objects.all()
    return {
        "appels": Appel.objects.filter(volets__credits__isnull=False).distinct().order_by("code"),
        "exercices": credits.order_by("exercice").values_list("exercice", flat=True).distinct(),
        "bailleurs": credits.order_by("bailleur").values_list("bailleur", flat=True).distinct(),
    }


def _objet(mouvement: Mouvement) -> str:
    """Ce qui a causé le mouvement, nommé : « Versement 12 », ou le volet par son titre."""
    volet = mouvement.credit.volet
    if (mouvement.objet_type, mouvement.objet_id) == ("appels.volet", str(volet.pk)):
        return str(volet)
    modele = apps.get_model(mouvement.objet_type)
    return f"{capfirst(modele._meta.verbose_name)} {mouvement.objet_id}"


def _tableur(credits: list[Credit], mouvements: Any) -> bytes:
    return classeur(
        [
            (
                "Crédits",
                ENTETES_CREDITS,
                [
                    (
                        c.volet.appel.code, str(c.volet), c.bailleur, c.exercice, c.dotation,
                        c.transfert, c.report, c.accord, c.engagement, c.versement, c.recuperation,
                        c.liberation, c.libre,
                    )
                    for c in credits
                ],
            ),
            (
                "Mouvements",
                ENTETES_MOUVEMENTS,
                [
                    (
                        m.moment, m.credit.volet.appel.code, str(m.credit.volet),
                        m.credit.bailleur, m.credit.exercice, m.get_nature_display(), m.montant,
                        m.demande.reference if m.demande else "",
                        _objet(m), str(m.auteur or ""),
                    )
                    for m in mouvements.order_by("moment", "pk").iterator(chunk_size=2000)
                ],
            ),
        ]
    )  # fmt: skip
