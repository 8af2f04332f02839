"""L'accusé de réception d'un dépôt : un PDF figé, envoyé à l'organisme."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.models import Depot
from appels.models.budget import CategorieDepense, Source, SourceRevenu
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
    """Les clés de ``pdf/accuse_reception.html``, tirées du contenu figé."""
    demande, contenu = depot.demande, depot.contenu
    categories, sources = dict(CategorieDepense.choices), dict(Source.choices)
    statuts = dict(SourceRevenu.Statut.choices)
    sections: dict[str, list] = {}
    for reponse in contenu["reponses"]:
        sections.setdefault(reponse["section"], []).append(
            {"question": reponse["question"], "texte": _texte(reponse["valeur"])}
        )
    budget = demande.budget(au_depot=True)
    lignes = list(demande.revenus.all())
    return {
        "reference": depot.numero,
        "depose_le": depot.depose_le,
        "depose_par": str(depot.depose_par or ""),
        "signataire": depot.signataire,
        "empreinte": depot.empreinte,
        "appel": demande.appel,
        "organisme": demande.organisme,
        "demande": demande,
        "volet": str(demande.volet),
        "besoins": list(demande.besoins.all()),
        "sections": [{"titre": titre, "reponses": r} for titre, r in sections.items()],
        "postes": [
            {
                "categorie": categories[poste["categorie"]],
                "libelle": poste["libelle"],
                "montant": poste_demande.montant,
                "admissible": poste["admissible"],
            }
            for poste, poste_demande in zip(
                contenu["budget"]["postes"], demande.postes.all(), strict=True
            )
        ],
        "revenus": [
            {
                "source": sources[ligne.source],
                "statut": statuts[ligne.statut],
                "montant": ligne.montant,
            }
            for ligne in lignes
        ],
        "totaux": budget,
        "parts": [
            Part("Aide demandée à la Ville", budget.demande),
            *(Part(sources[ligne.source], ligne.montant) for ligne in lignes if ligne.montant),
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


def _texte(valeur: object) -> str | list[str]:
    if isinstance(valeur, list):
        return [str(element) for element in valeur]
    if isinstance(valeur, bool):
        return "Oui" if valeur else ""
    return "" if valeur is None else str(valeur)
