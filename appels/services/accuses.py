"""L'accusé de réception d'un dépôt : un PDF figé, envoyé à l'organisme."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.models import Depot
from appels.models.budget import CategorieDepense, Source, SourceRevenu
from appels.montants import budget_depuis
from appels.questions import texte
from socle.documents import figer_document
from socle.graphiques import Part
from socle.models import Document
from socle.services import courriels


@transaction.atomic
def figer_accuse(*, depot: Depot) -> Depot:
    """Produit l'accusé une seule fois, à partir du contenu figé au dépôt, et l'envoie."""
    depot = (
        Depot.objects.select_for_update(no_key=True, of=("self",))
        .select_related("demande__organisme", "demande__appel", "demande__volet")
        .get(pk=depot.pk)
    )
    if depot.document_id is not None:
        return depot
    depot.document = figer_document(
        nature=Document.Nature.ACCUSE,
        objet=depot,
        gabarit="pdf/accuse_reception.html",
        contexte=contexte_accuse(depot),
        titre=f"Accusé de réception {depot.numero}",
        acteur=depot.depose_par,
    )
    depot.save(update_fields=["document"])
    with depot.document.pdf.open("rb") as fichier:
        octets = fichier.read()
    courriels.envoyer(
        gabarit="accuse_reception",
        destinataires=courriels.adresses_organisme(depot.demande.organisme),
        objet=f"Demande déposée — {depot.numero}",
        contexte={
            "depot": depot,
            "demande": depot.demande,
            "lien": settings.SITE_URL
            + reverse("organisme:demande", kwargs={"reference": depot.demande.reference}),
        },
        pieces=[(f"accuse-{depot.numero}.pdf", octets, "application/pdf")],
    )
    return depot


def contexte_accuse(depot: Depot) -> dict:
    """Les clés de ``pdf/accuse_reception.html``, tirées du seul contenu figé.

    La demande peut avoir été reprise depuis : ce qui compte est ce qui a été déposé.
    """
    demande, contenu = depot.demande, depot.contenu
    projet, argent = contenu["projet"], contenu["budget"]
    categories, sources = dict(CategorieDepense.choices), dict(Source.choices)
    statuts = dict(SourceRevenu.Statut.choices)
    sections: dict[str, list] = {}
    for reponse in contenu["reponses"]:
        sections.setdefault(reponse["section"], []).append(
            {
                "question": reponse["question"],
                "texte": _texte(reponse),
                "activites": reponse["valeur"] if reponse.get("type") == "activites" else [],
            }
        )
    postes = [{**poste, "montant": Decimal(poste["montant"])} for poste in argent["postes"]]
    revenus = [{**revenu, "montant": Decimal(revenu["montant"])} for revenu in argent["revenus"]]
    montant = Decimal(argent["montant_demande"])
    nature = Decimal(argent["contribution_nature"])
    return {
        "reference": depot.numero,
        "depose_le": depot.depose_le,
        "depose_par": str(depot.depose_par or ""),
        "signataire": depot.signataire,
        "empreinte": depot.empreinte,
        "appel": demande.appel,
        "organisme": demande.organisme,
        "demande": {
            "reference": contenu["reference"],
            "titre": projet["titre"],
            "resume": projet["resume"],
            "secteur": projet["secteur"],
            "montant_demande": montant,
            "contribution_nature": nature,
        },
        "volet": str(demande.appel.volets.get(no=projet["volet"])),
        "besoins": list(demande.appel.plan.besoins.filter(code__in=projet["besoins"])),
        "sections": [{"titre": titre, "reponses": r} for titre, r in sections.items()],
        "postes": [{**poste, "categorie": categories[poste["categorie"]]} for poste in postes],
        "revenus": [
            {
                "source": sources[revenu["source"]],
                "statut": statuts[revenu["statut"]],
                "montant": revenu["montant"],
            }
            for revenu in revenus
        ],
        "totaux": budget_depuis(
            postes=[(p["categorie"], p["montant"], p["admissible"]) for p in postes],
            revenus=[(r["source"], r["montant"]) for r in revenus],
            montant_demande=montant,
            contribution_nature=nature,
        ),
        "parts": [
            Part("Aide demandée à la Ville", montant),
            *(Part(sources[r["source"]], r["montant"]) for r in revenus if r["montant"]),
        ],
        "pieces": [
            {
                "libelle": piece["document"] or "Autre document",
                "nom": piece["nom"],
                "taille": piece["taille"],
                "empreinte": piece["empreinte"],
            }
            for piece in contenu["pieces"]
        ],
    }


def _texte(reponse: dict[str, Any]) -> str | list[str]:
    """La réponse figée ; un dépôt d'avant les types n'en a pas, et se lit comme un texte."""
    valeur = reponse["valeur"]
    if isinstance(valeur, list) and not any(isinstance(ligne, dict) for ligne in valeur):
        return [str(element) for element in valeur]
    if valeur is False:
        return ""
    lue = texte(reponse.get("type", ""), valeur)
    return lue.splitlines() if isinstance(valeur, (list, dict)) else lue
