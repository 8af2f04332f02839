"""Le bilan en document modifiable (DOCX) : les mêmes nombres et les mêmes textes que le PDF."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx.shared import Inches

from socle.templatetags.affichage import date_courte, dollars, nombre, pourcent
from socle.traces import gardes
from socle.traces.donnees import Trace
from socle.traitement_de_texte import document_vierge, propre, tableau

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LARGEUR_IMAGE = Inches(6)


class _Redaction:
    """Un document qui s'écrit de haut en bas, les textes de la Ville en tête de leur partie."""

    def __init__(self, document: Any, contexte: Mapping[str, Any]) -> None:
        self.document = document
        self.recits, self.traces = contexte["recits"], contexte["traces"]

    def partie(self, titre: str, recit: str = "") -> None:
        self.document.add_heading(titre, 1)
        for paragraphe in self.recits.get(recit, "").splitlines():
            if paragraphe.strip():
                self.document.add_paragraph(propre(paragraphe))

    def tableau(
        self, titre: str, entetes: Sequence[str], lignes: Iterable[Sequence[Any]], trace: str = ""
    ) -> None:
        """Un titre, le tracé nommé ``trace`` s'il y en a un, et le tableau des mêmes nombres."""
        if titre:
            self.document.add_heading(titre, 2)
        if trace:
            self.image(self.traces[trace])
        tableau(self.document, entetes, lignes)

    def image(self, trace: Trace) -> None:
        """Le tracé en image, avec son texte de remplacement."""
        if trace.est_vide:
            if trace.si_vide:
                self.document.add_paragraph(trace.si_vide)
            return
        image = self.document.add_picture(BytesIO(gardes.png(trace)), width=LARGEUR_IMAGE)
        proprietes = image._inline.docPr
        proprietes.set("title", propre(trace.titre))
        proprietes.set("descr", propre(f"{trace.titre}. {trace.description}"))


def document_modifiable(contexte: Mapping[str, Any]) -> bytes:
    """Le bilan en DOCX, depuis les clés de ``pdf/bilan.html`` (voir ``contexte_bilan``)."""
    portee = contexte["portee"]
    titre = f"Bilan {portee.de_quoi} : {propre(portee.titre)}"
    document = document_vierge(titre, reference=contexte["reference"])
    redaction = _Redaction(document, contexte)
    document.add_heading(titre, 0)
    document.add_paragraph(
        f"{propre(portee.plans)} · {contexte['reference']} · {date_courte(contexte['date'])}"
    )
    for ecrire in (_essentiel, _argent, _besoins, _resultats, _changements, _projets):
        ecrire(redaction, contexte)
    if contexte["recits"].get("suite"):
        redaction.partie("La suite", "suite")
    sortie = BytesIO()
    document.save(sortie)
    return sortie.getvalue()


def _essentiel(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    bilan, satisfaction = contexte["bilan"], contexte["resultats"].satisfaction
    redaction.partie("L'essentiel", "essentiel")
    redaction.tableau(
        "",
        ("Chiffre", "Valeur"),
        [
            ("Demandes déposées", bilan.deposees),
            ("Projets financés", len(bilan.projets)),
            ("Organismes", bilan.organismes),
            ("Enveloppe", dollars(bilan.enveloppe)),
            ("Accordé", dollars(bilan.accorde)),
            ("Versé", dollars(bilan.verse)),
            ("Satisfaction", pourcent(satisfaction)),
        ],
    )


def _argent(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    bilan = contexte["bilan"]
    redaction.partie("L'argent", "argent")
    redaction.tableau(
        "Par bailleur et exercice",
        ("Bailleur", "Exercice", "Enveloppe", "Accordé", "Versé", "Dépensé", "Solde"),
        [
            (
                s.bailleur,
                s.exercice,
                *map(dollars, (s.enveloppe, s.accorde, s.verse, s.depense, s.solde)),
            )
            for s in bilan.sources
        ],
        trace="sources",
    )
    redaction.tableau(
        "Par volet",
        ("Volet", "Enveloppe", "Accordé", "Versé", "Dépensé", "Projets"),
        [
            (v.nom, *map(dollars, (v.enveloppe, v.accorde, v.paye, v.depense)), v.projets)
            for v in bilan.volets
        ],
        trace="volets",
    )


def _besoins(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    bilan = contexte["bilan"]
    redaction.partie("Les besoins", "besoins")
    for titre, groupes, trace in (
        ("Par objectif du plan", bilan.objectifs, "objectifs"),
        ("Par thème", bilan.themes, "themes"),
        ("Par secteur", bilan.secteurs, "secteurs"),
        ("Par besoin de la consultation", bilan.besoins, "besoins"),
    ):
        redaction.tableau(
            titre,
            ("Énoncé", "Projets", "Accordé"),
            [(g.nom, g.projets, dollars(g.accorde)) for g in groupes],
            trace=trace,
        )
    redaction.tableau(
        "Les besoins de chaque thème",
        ("Thème", "Avec réponse", "Sans réponse"),
        [(t.libelle, str(t.repondus), str(t.sans_reponse)) for t in bilan.couverture],
        trace="couverture",
    )
    redaction.tableau(
        "Ce qui répond aux besoins",
        ("Besoin", "Ce qui y répond", "Activités réalisées", "Personnes rejointes"),
        [(g.nom, g.reponse, g.activites, g.personnes) for g in bilan.besoins],
    )
    redaction.document.add_heading("Besoins sans réponse", 2)
    for besoin in bilan.besoins_sans_reponse:
        texte = propre(f"{besoin.code} : {besoin.libelle}")
        redaction.document.add_paragraph(texte, style="List Bullet")


def _resultats(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    resultats = contexte["resultats"]
    redaction.partie("Les résultats", "resultats")
    redaction.tableau(
        "",
        ("Indicateur", "Réalisé", "Prévu", "Atteint", "Remarque"),
        [(i.libelle, i.texte, i.prevu_lu, i.atteint_lu, i.note) for i in resultats.indicateurs],
        trace="resultats",
    )
    for ventilation in resultats.ventilations:
        cellules = [(c.libelle, c.texte, c.prevu_lu) for c in ventilation.cellules]
        redaction.tableau(ventilation.titre, ("Groupe", "Nombre", "Prévu"), cellules)


def _changements(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    comparaison = contexte["comparaison"]
    if comparaison is None:
        return
    redaction.partie(f"De {comparaison.avant} à {comparaison.apres}")
    redaction.tableau(
        "",
        ("Mesure", str(comparaison.avant), str(comparaison.apres), "Changement"),
        [
            (
                f"{c.libelle} (au moins)" if c.incomplet else c.libelle,
                *map(dollars if c.en_dollars else nombre, (c.avant, c.apres, c.difference)),
            )
            for c in comparaison.mesures
        ],
        trace="changements",
    )


def _projets(redaction: _Redaction, contexte: Mapping[str, Any]) -> None:
    redaction.partie("Les projets")
    redaction.tableau(
        "",
        ("Numéro", "Projet", "Organisme", "Accordé", "Versé"),
        [
            (
                p.demande.reference,
                p.demande.titre,
                p.demande.organisme.nom,
                *map(dollars, (p.accorde, p.verse)),
            )
            for p in contexte["bilan"].projets
        ],
    )
