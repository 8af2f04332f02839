"""Ce que contient l'archive d'un appel : des pages HTML, les fichiers, les PDF émis, des CSV.

Tout se lit sans l'application. Les fiches du comité y sont sans nom et sans commentaire, rangées du
plus haut score au plus bas : rien n'y suit un membre d'une demande à l'autre.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.template.loader import render_to_string
from django.utils.text import slugify

from appels.formulaires import lire_formulaire
from appels.models import Appel, Demande
from financement import archivage_tables as tables
from financement.archivage_tables import fiches_de
from financement.documents import documents_de
from financement.exportation import exporter
from financement.models import PieceRapport
from socle import horloge
from socle.exports import csv_de
from socle.models import Document


@dataclass(frozen=True)
class Entree:
    """Un fichier de l'archive : ses octets, ou le fichier rangé d'où les copier."""

    chemin: str
    contenu: bytes | FieldFile


@dataclass(frozen=True)
class Lien:
    libelle: str
    chemin: str


def entrees_de_la_demande(demande: Demande) -> Iterator[Entree]:
    """La page de la demande, ce qui y était joint et chaque document émis à son sujet."""
    racine = f"demandes/{demande.reference}"
    pieces = list(_fichiers(demande))
    documents = list(_documents(documents_de(demande).filter(detruit_le=None)))
    for entree, _ in [*pieces, *documents]:
        yield Entree(f"{racine}/{entree.chemin}", entree.contenu)
    contexte = {
        "demande": demande,
        "besoins": demande.besoins.all(),
        "sections": lire_formulaire(demande),
        "postes": demande.postes.all(),
        "revenus": demande.revenus.all(),
        "budget": demande.budget(),
        "fiches": fiches_de(demande),
        "avis": demande.recommandations.filter(en_vigueur=True).first(),
        "decision": demande.decisions.filter(en_vigueur=True).select_related("resolution").first(),
        "conventions": demande.conventions.prefetch_related("versements"),
        "rapports": [_rapport(rapport) for rapport in demande.rapports.order_by("-nature")],
        "pieces": [Lien(nom, entree.chemin) for entree, nom in pieces],
        "documents": [Lien(nom, entree.chemin) for entree, nom in documents],
        "anonymisee": demande.anonymisee_le,
    }
    page = f"{racine}/index.html"
    yield _page(page, "archive/demande.html", contexte, accueil="../../index.html")


def _rapport(rapport: Any) -> dict[str, Any]:
    return {
        "rapport": rapport,
        "reponses": [
            (lue.question.libelle, lue.texte)
            for section in lire_formulaire(rapport)
            for lue in section.questions
        ],
        "remarques": rapport.remarques.all(),
        "temoignages": rapport.temoignages.filter(retire_le=None),
        "depenses": rapport.depenses.all(),
        "indicateurs": tables.indicateurs_archives(rapport) if rapport.depose_le else [],
    }


def _fichiers(demande: Demande) -> Iterator[tuple[Entree, str]]:
    """Les pièces en vigueur et sûres ; un fichier que l'antivirus n'a pas vu reste dehors.

    Une photo dont la personne a retiré son consentement aussi.
    """
    du_rapport = PieceRapport.objects.actives().filter(
        rapport__demande=demande, temoignage__retire_le=None
    )
    pieces = {
        "pieces": demande.pieces.actives().select_related("piece_exigee", "question"),
        "rapports": du_rapport,
    }
    for dossier, siennes in pieces.items():
        for rang, piece in enumerate(siennes.order_by("pk"), start=1):
            if piece.est_telechargeable:
                chemin = f"{dossier}/{rang:02}-{nom_de_fichier(piece.nom)}"
                yield Entree(chemin, piece.fichier), piece.nom


def _documents(documents: Iterable[Document]) -> Iterator[tuple[Entree, str]]:
    """Chaque document et, s'il est revenu signé sur papier, sa copie numérisée."""
    for document in documents:
        nom = PurePosixPath(document.pdf.name).stem
        chemin = f"documents/{nom}-{document.code.lower()}"
        yield Entree(f"{chemin}.pdf", document.pdf), document.titre
        retour = getattr(document, "retour", None)
        if retour is not None:
            yield Entree(f"{chemin}-signe.pdf", retour.fichier), f"{document.titre} (retour signé)"


def entrees_de_l_appel(appel: Appel, demandes: Iterable[Demande]) -> Iterator[Entree]:
    """Les comptes rendus, les bilans, les tableaux, et la page d'accueil."""
    sujets = {
        "appels.appel": [appel.pk],
        "financement.scenario": appel.scenarios.values_list("pk", flat=True),
        "evaluations.seance": appel.seances.values_list("pk", flat=True),
    }
    communs = list(
        _documents(Document.objects.sur(sujets).filter(detruit_le=None).order_by("cree_le"))
    )
    for entree, _ in communs:
        yield entree
    donnees = [
        (Lien(titre, f"csv/{nom}.csv"), csv_de(entetes, lignes(appel)))
        for nom, titre, entetes, lignes in tables.TABLES
    ]
    for lien, octets in donnees:
        yield Entree(lien.chemin, octets)
    resultats = json.dumps(exporter(appel), ensure_ascii=False, indent=1).encode()
    yield Entree("resultats.json", resultats)
    contexte = {
        "demandes": demandes,
        "volets": appel.volets.prefetch_related("sources"),
        "criteres": appel.criteres.all(),
        "documents": [Lien(nom, entree.chemin) for entree, nom in communs],
        "donnees": [lien for lien, _ in donnees],
    }
    yield _page("index.html", "archive/index.html", {**contexte, "appel": appel}, accueil="")


def _page(chemin: str, gabarit: str, contexte: dict[str, Any], *, accueil: str) -> Entree:
    commun = {"ville": settings.VILLE, "produite_le": horloge.maintenant(), "accueil": accueil}
    return Entree(chemin, render_to_string(gabarit, {**contexte, **commun}).encode())


def nom_de_fichier(nom: str) -> str:
    """Un nom qui s'ouvre partout : ni accent, ni dossier, ni caractère que Windows refuse."""
    chemin = PurePosixPath(nom.replace("\\", "/"))
    return f"{slugify(chemin.stem)[:80] or 'fichier'}{chemin.suffix.lower()[:8]}"
