"""Les données ouvertes : les projets d'un appel, à télécharger."""

import csv
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from appels.models import Appel
from socle.vues import publique
from vitrine.registre import projets_publics

COLONNES = (
    "numero", "appel", "organisme", "projet", "volet", "secteur", "besoins", "montant_accorde",
    "resolution", "date_decision", "debut", "fin", "etat",
)  # fmt: skip


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


def _projets_de(appel: Appel) -> Any:
    return (
        projets_publics()
        .filter(appel=appel)
        .select_related("appel", "organisme", "volet")
        .prefetch_related("besoins")
        .order_by("-date_decision", "organisme__nom", "pk")
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
    lignes = [_ligne(objet) for objet in _projets_de(appel)]
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
