"""La galerie : chaque composant dans tous ses états, pour les développer et les vérifier."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from socle import horloge
from socle.cascade import Marche
from socle.elements import CelluleMatrice, Etape, Jalon, LigneMatrice, Manque
from socle.graphiques import Ligne, Part
from socle.graphiques_classement import Rang
from socle.traces.donnees import Barre, Rangee, Repere, Teinte, Trace
from socle.vues import publique


def noms_icones() -> list[str]:
    """Les icônes que contient ``static/images/icones.svg``."""
    dessin = Path(finders.find("images/icones.svg")).read_text(encoding="utf-8")
    return re.findall(r'<symbol id="([^"]+)"', dessin)


class ExempleForm(forms.Form):
    """Un champ de chaque sorte."""

    titre = forms.CharField(
        label="Titre du projet",
        help_text="Il paraîtra au registre public si le projet est retenu.",
    )
    montant = forms.DecimalField(
        label="Montant demandé", max_digits=9, decimal_places=2, localize=True
    )
    resume = forms.CharField(
        label="Résumé", widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    secteur = forms.ChoiceField(
        label="Secteur",
        choices=[("", "Choisissez…"), ("centre", "Centre"), ("est", "Est")],
    )
    volet = forms.ChoiceField(
        label="Volet",
        choices=[("1", "Projets structurants"), ("2", "Rapprochement")],
        widget=forms.RadioSelect,
    )
    besoins = forms.MultipleChoiceField(
        label="Besoins auxquels répond le projet",
        choices=[("l", "Logement"), ("e", "Emploi"), ("f", "Francisation")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Tous ceux qui conviennent.",
    )
    piece = forms.FileField(
        label="Budget détaillé", help_text="PDF, Word, Excel ou image ; 15 Mo au plus."
    )
    accord = forms.BooleanField(label="Je confirme que ces renseignements sont exacts.")


class MotifForm(forms.Form):
    motif = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}))


def _jalons() -> list[Jalon]:
    return [
        Jalon("Atelier de consultation", "fait", dt.date(2025, 2, 19), "19 février 2025"),
        Jalon("Appel de 2026", "en_cours", dt.date(2026, 5, 1), "mai et juin", url="#"),
        Jalon("Bilan de l'appel", "a_venir", dt.date(2027, 9, 30), "septembre 2027"),
    ]


def _etapes() -> dict[str, list[Etape]]:
    noms = [
        "Rédaction",
        "Dépôt",
        "Recevabilité",
        "Évaluation",
        "Décision",
        "Convention",
    ]
    en_route = ["faite", "faite", "courante", "a_venir", "a_venir", "a_venir"]
    arretee = ["faite", "faite", "arretee", "a_venir", "a_venir", "a_venir"]
    details = ["", "12 juin 2026", "C'est à la Ville de jouer", "", "", ""]
    return {
        "en_route": [Etape(*trio) for trio in zip(noms, en_route, details, strict=True)],
        "arretee": [Etape(*duo) for duo in zip(noms, arretee, strict=True)],
    }


def _dessins() -> dict[str, Any]:
    return {
        "activites": [
            {"nom": "Préparation", "debut": "2030-09-03", "fin": "2030-10-15"},
            {"nom": "Douze soirées", "debut": "2030-10-16", "fin": "2031-03-31"},
            {"nom": "Fête de clôture", "debut": "2031-04-12"},
        ],
        "marches": [
            Marche("Dotation", 110000, est_total=True),
            Marche("Versé", -32750),
            Marche("Récupéré", 1200),
            Marche("Engagé, à verser", -31550),
            Marche("Libre", 46900, est_total=True),
        ],
        "parts": [
            Part("Aide demandée", 19500),
            Part("Gouvernement du Québec", 3000),
            Part("Fonds propres", 2500),
            Part("Participants", 1000),
        ],
        "fiches": [
            Part("Membre A", 84),
            Part("Membre B", 78),
            Part("Membre C", 80),
            Part("D", 91),
        ],
        "rangs": [
            Rang("D01 · Ensemble au jardin", Decimal("85.8"), 19500, "#"),
            Rang("D02 · Cuisines du monde", Decimal("81.8"), 18000),
            Rang("D03 · Premiers pas vers l'emploi", Decimal("77.8"), 16000),
            Rang("D04 · Voisins, voisines", Decimal("72.8"), 12000),
            Rang("D05 · Théâtre des arrivées", Decimal("66.0"), 9000),
            Rang("D06 · Club de marche", Decimal("48.5"), 4000),
            Rang("D07 · Sans fiches suffisantes", None, 3000),
        ],
        "resultats": [
            Ligne("Activités réalisées", 22, 20),
            Ligne("Personnes rejointes", 148, 180),
            Ligne("Bénévoles engagés auprès des familles nouvellement arrivées", 31, 30),
        ],
        "depenses": [
            Ligne("Enracinement", Decimal(64500)),
            Ligne("Rapprochement", 18750),
        ],
        "colonnes": ["Accueil", "Emploi", "Culture"],
        "matrice": [
            LigneMatrice(
                "Logement abordable",
                [CelluleMatrice(), CelluleMatrice(), CelluleMatrice()],
            ),
            LigneMatrice(
                "Accès à l'emploi",
                [
                    CelluleMatrice("12 000 $", 0.3, "1 projet"),
                    CelluleMatrice("35 500 $", 1, "2 projets", "#"),
                    CelluleMatrice(),
                ],
            ),
            LigneMatrice(
                "Rencontres entre voisins",
                [
                    CelluleMatrice("18 000 $", 0.6, "1 projet"),
                    CelluleMatrice(),
                    CelluleMatrice("2 500 $", 0.05, "1 projet"),
                ],
                "#",
            ),
        ],
    }


def _traces() -> list[Trace]:
    """De l'argent, un résultat caché et un « au moins », une baisse, et rien."""
    return [
        Trace(
            "L'aide de chaque bailleur",
            (
                Rangee(
                    "MIFI",
                    (
                        Barre(Decimal(86250), "86 250 $", "Accordé"),
                        Barre(Decimal(43000), "43 000 $", "Versé", Teinte.MOYENNE),
                        Barre(Decimal(9500), "9 500 $", "Dépensé", Teinte.PALE),
                    ),
                ),
            ),
        ),
        Trace(
            "Part atteinte de ce qui était prévu",
            (
                Rangee("Activités réalisées", (Barre(Decimal(110), "110 % (22 sur 20)"),)),
                Rangee(
                    "Personnes rejointes",
                    (Barre(Decimal(82), "au moins 82 %", teinte=Teinte.OUVERTE),),
                ),
                Rangee("Personnes jumelées", (Barre(None, "<5"),)),
            ),
            Repere(Decimal(100), "100 % du prévu"),
        ),
        Trace(
            "De 2025 à 2026, en pour cent",
            (
                Rangee("Projets soutenus", (Barre(Decimal("28.6"), "+28,6 %"),)),
                Rangee("Accordé", (Barre(Decimal("-10.2"), "−10,2 %", teinte=Teinte.PALE),)),
            ),
        ),
        Trace("Un appel sans argent encore", ()),
    ]


def _historique(maintenant: dt.datetime) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            moment=maintenant - dt.timedelta(hours=3),
            acteur="Nadia Exemple",
            verbe="demande.demander_complement",
            motif="La résolution du conseil n'est pas signée.",
        ),
        SimpleNamespace(
            moment=maintenant - dt.timedelta(days=4),
            acteur=None,
            verbe="demande.deposer",
            motif="",
        ),
    ]


@publique
def galerie(request: HttpRequest) -> HttpResponse:
    """Tous les composants, avec des données inventées ; aucune lecture de la base."""
    maintenant = horloge.maintenant()
    if "messages" in request.GET:
        messages.success(request, "La demande a été déposée.")
        messages.warning(request, "La clôture est dans deux jours.")
        messages.error(request, "Le courriel n'a pas pu partir.")
    en_erreur = ExempleForm({"titre": "", "montant": "abc", "secteur": "ouest"})
    en_erreur.add_error(None, "Le montant demandé dépasse le plafond du volet (20 000,00 $).")
    lignes = [
        {
            "code": f"D{n:02}",
            "titre": f"Projet numéro {n}",
            "montant": Decimal(1500 * n),
        }
        for n in range(1, 61)
    ]
    contexte = {
        "icones": noms_icones(),
        "roles": [
            ("Brouillon", "neutre"),
            ("En évaluation", "en_cours"),
            ("À compléter", "a_faire"),
            ("Acceptée", "fait"),
            ("Liste d'attente", "avertissement"),
            ("Refusée", "refus"),
        ],
        "etapes": _etapes(),
        "jalons": _jalons(),
        "delais": [
            maintenant + dt.timedelta(days=24),
            maintenant + dt.timedelta(days=2, hours=4),
            maintenant - dt.timedelta(days=3),
        ],
        "manques": [
            Manque("Budget équilibré", "#", fait=True),
            Manque(
                "Résolution du conseil d'administration",
                "#",
                detail="PDF, 15 Mo au plus",
            ),
            Manque("Échéancier", "#"),
        ],
        "manques_aucun": [Manque("Budget équilibré", "#", fait=True)],
        "formulaire": ExempleForm(),
        "en_erreur": en_erreur,
        "motif": MotifForm(),
        "page_obj": Paginator(lignes, 5).get_page(request.GET.get("page", 6)),
        "historique": _historique(maintenant),
        "journal_vide": [],
        **_dessins(),
        "traces": _traces(),
    }
    return render(request, "galerie.html", contexte)
