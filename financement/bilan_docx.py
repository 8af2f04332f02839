"""Le bilan en document modifiable (DOCX) : les mêmes nombres et les mêmes textes que le PDF."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document as Docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from socle.templatetags.affichage import dollars, nombre, pourcent

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _propre(valeur: Any) -> str:
    """Le texte sans les caractères de contrôle qu'un XML refuse."""
    return ILLEGAL_CHARACTERS_RE.sub("", "—" if valeur in (None, "") else str(valeur))


def _tableau(document: Any, entetes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> None:
    """Un tableau dont la première rangée est un entête, répété d'une page à l'autre."""
    tableau = document.add_table(rows=1, cols=len(entetes), style="Table Grid")
    for cellule, entete in zip(tableau.rows[0].cells, entetes, strict=True):
        cellule.paragraphs[0].add_run(entete).bold = True
    proprietes = tableau.rows[0]._tr.get_or_add_trPr()
    proprietes.append(OxmlElement("w:tblHeader"))
    for ligne in lignes:
        for cellule, valeur in zip(tableau.add_row().cells, ligne, strict=True):
            cellule.text = _propre(valeur)


def document_modifiable(contexte: Mapping[str, Any]) -> bytes:
    """Le bilan en DOCX, depuis les clés de ``pdf/bilan.html`` (voir ``contexte_bilan``)."""
    document = Docx()
    for style in document.styles.element.iter(qn("w:lang")):
        style.set(qn("w:val"), "fr-CA")
    titre = f"Bilan : {_propre(contexte['appel'].titre)}"
    document.core_properties.title, document.core_properties.language = titre, "fr-CA"
    document.core_properties.author = ""
    document.add_heading(titre, 0)
    document.add_paragraph(f"{_propre(contexte['plan'])} · {contexte['reference']}")

    def partie(titre: str, code: str = "") -> None:
        document.add_heading(titre, 1)
        for paragraphe in contexte["recits"].get(code, "").splitlines():
            if paragraphe.strip():
                document.add_paragraph(_propre(paragraphe))

    totaux = contexte["totaux"]
    partie("L'essentiel", "essentiel")
    _tableau(
        document,
        ("Chiffre", "Valeur"),
        [
            ("Demandes déposées", totaux["deposees"]),
            ("Projets financés", totaux["financees"]),
            ("Organismes", totaux["organismes"]),
            ("Enveloppe", dollars(totaux["enveloppe"])),
            ("Accordé", dollars(totaux["accorde"])),
            ("Versé", dollars(totaux["verse"])),
        ]
        + ([("Satisfaction", pourcent(s))] if (s := contexte["satisfaction"]) is not None else []),
    )
    partie("L'argent", "argent")
    _tableau(
        document,
        ("Bailleur", "Exercice", "Enveloppe", "Accordé", "Versé", "Solde"),
        [
            (s.bailleur, s.exercice, *map(dollars, (s.enveloppe, s.accorde, s.verse, s.solde)))
            for s in contexte["sources"]
        ],
    )
    document.add_heading("Par volet", 2)
    _tableau(
        document,
        ("Volet", "Enveloppe", "Accordé", "Versé", "Projets"),
        [
            (v.nom, *map(dollars, (v.enveloppe, v.accorde, v.paye)), v.projets)
            for v in contexte["volets"]
        ],
    )
    partie("Les besoins", "besoins")
    for sous_titre, groupes in (
        ("Par objectif du plan", contexte["objectifs"]),
        ("Par besoin de la consultation", contexte["besoins"]),
        ("Par thème", contexte["themes"]),
    ):
        document.add_heading(sous_titre, 2)
        _tableau(
            document,
            ("Code", "Énoncé", "Projets", "Accordé"),
            [(g.code, g.libelle, g.projets, dollars(g.accorde)) for g in groupes],
        )
    document.add_heading("Besoins sans réponse", 2)
    for besoin in contexte["besoins_sans_reponse"]:
        document.add_paragraph(_propre(f"{besoin.code} : {besoin.libelle}"), style="List Bullet")
    document.add_heading("Par secteur", 2)
    _tableau(
        document,
        ("Secteur", "Projets", "Accordé"),
        [(s["nom"], s["projets"], dollars(s["accorde"])) for s in contexte["secteurs"]],
    )
    partie("Les résultats", "resultats")
    _tableau(
        document,
        ("Indicateur", "Réalisé", "Prévu", "Remarque"),
        [
            (i["libelle"], nombre(i["valeur"]), nombre(i["prevu"]), i["note"])
            for i in contexte["indicateurs"]
        ],
    )
    for ventilation in contexte["ventilations"]:
        document.add_heading(ventilation["titre"], 2)
        _tableau(
            document,
            ("Groupe", "Nombre"),
            [(c["libelle"], c["valeur"]) for c in ventilation["cellules"]],
        )
    partie("Les projets")
    _tableau(
        document,
        ("Numéro", "Projet", "Organisme", "Accordé", "Versé"),
        [
            (p["reference"], p["titre"], p["organisme"], *map(dollars, (p["accorde"], p["verse"])))
            for p in contexte["projets"]
        ],
    )
    if contexte["recits"].get("suite"):
        partie("La suite", "suite")
    sortie = BytesIO()
    document.save(sortie)
    return sortie.getvalue()
