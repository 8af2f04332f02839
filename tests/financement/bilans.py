"""Un projet versé et raconté, et ce que les documents du bilan disent, pour les tests."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any

from docx import Document as Docx
from openpyxl import load_workbook

from financement.models import Rapport, Versement
from tests.factories import AppelFactory, DecisionFactory, dans
from tests.financement.objets import page, un_projet

# Un genre se cache, et le plus petit autre avec lui.
COMPTES = {
    ("personnes_distinctes", ""): 40,
    ("personnes_immigrantes", ""): 23,
    ("par_genre", "femmes"): 12,
    ("par_genre", "hommes"): 8,
    ("par_genre", "autre_ou_non_declare"): 3,
}


def un_projet_raconte(**champs: Any) -> SimpleNamespace:
    """16 000 $ accordés, 8 000 $ versés, un rapport accepté."""
    projet = un_projet(**champs)
    verser(projet)
    raconter(projet)
    return projet


def un_voisin(projet: SimpleNamespace, **appel: Any) -> SimpleNamespace:
    """Un autre projet raconté : du même appel, ou d'un nouvel appel du même plan."""
    de = projet.demande.appel
    autre = AppelFactory(ouvert=True, plan=de.plan, **appel) if appel else de
    decision = DecisionFactory(demande__appel=autre, demande__etat="acceptee")
    return un_projet_raconte(decision=decision)


def verser(projet: SimpleNamespace) -> None:
    Versement.objects.filter(pk=projet.versements[0].pk).update(
        etat="verse",
        propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation,
        verse_le=dans(),
    )


def raconter(projet: SimpleNamespace, comptes: dict[tuple[str, str], int] | None = None) -> None:
    """Le rapport final, accepté, avec ces comptes à la place des siens."""
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="accepte", depose_le=dans(), accepte_le=dans()
    )
    projet.final.valeurs.all().delete()
    for (indicateur, modalite), valeur in (COMPTES if comptes is None else comptes).items():
        projet.final.valeurs.create(indicateur=indicateur, modalite=modalite, valeur=valeur)


def lire(qui: Any, adresse: str, *args: Any, **criteres: Any) -> str:
    """Le texte d'une page, ses espaces insécables rendus ordinaires."""
    return ordinaire(page(qui, adresse, *args, **criteres).text)


def ordinaire(texte: str) -> str:
    return texte.replace("\u00a0", " ").replace("\u202f", " ")


def feuilles(reponse: Any) -> dict[str, list[tuple]]:
    """Les lignes de chaque feuille d'un classeur, sans leur entête."""
    classeur = load_workbook(BytesIO(reponse.content))
    return {f.title: list(f.iter_rows(min_row=2, values_only=True)) for f in classeur}


def paragraphes_et_cellules(reponse: Any) -> set[str]:
    """Tout ce qu'un DOCX dit."""
    document = Docx(BytesIO(reponse.content))
    cellules = {c.text for t in document.tables for ligne in t.rows for c in ligne.cells}
    return {ordinaire(texte) for texte in cellules | {p.text for p in document.paragraphs}}
