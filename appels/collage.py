"""Lire des lignes copiées d'un tableur : une dépense par ligne, cases séparées par une tabulation.

Fonctions pures. La case qui se lit comme un montant est le montant ; celle qui ressemble au nom
d'une catégorie en est la catégorie ; le reste est la précision.
"""

import re
import unicodedata

from appels.models.budget import CategorieDepense

MONTANT = re.compile(r"-?[0-9][0-9 \u00a0\u202f.,]*\$?|\$ ?-?[0-9][0-9 \u00a0\u202f.,]*")
ENTETES = {"montant", "total", "cout", "depense", "depenses", "categorie", "poste"}


def lire_lignes_collees(texte: str) -> list[dict[str, str]]:
    """Les dépenses lues, telles que le formulaire les attend ; les lignes sans rien sont sautées.

    Une première ligne de titres, reconnue à ses mots, est sautée aussi. Un montant illisible
    reste tel quel : la page dira de le corriger.
    """
    lues = []
    for rang, ligne in enumerate(texte.splitlines()):
        cases = [case.strip() for case in ligne.split("\t" if "\t" in ligne else ";")]
        cases = [case for case in cases if case]
        if not cases or (rang == 0 and _est_un_entete(cases)):
            continue
        montant = next((case for case in reversed(cases) if MONTANT.fullmatch(case)), "")
        textes = [case for case in cases if case != montant]
        categorie = next((c for case in textes if (c := categorie_de(case))), "")
        precision = [case for case in textes if categorie_de(case) != categorie or not categorie]
        lues.append(
            {
                "categorie": categorie or CategorieDepense.AUTRE.value,
                "libelle": ", ".join(precision)[:200],
                "montant": _montant(montant),
                "admissible": "on",
            }
        )
    return lues


def categorie_de(case: str) -> str:
    """La catégorie dont ``case`` est le nom, ou son premier mot ; vide si aucune."""
    simple = _simple(case)
    for valeur, libelle in CategorieDepense.choices:
        nom = _simple(libelle)
        if simple in {nom, nom.split()[0], _simple(valeur)} and simple:
            return str(valeur)
    return ""


def _est_un_entete(cases: list[str]) -> bool:
    mots = {mot for case in cases for mot in _simple(case).split()}
    return bool(mots & ENTETES) and not any(MONTANT.fullmatch(case) for case in cases)


def _montant(case: str) -> str:
    """« 1,250.50 » des tableurs anglais devient « 1250.50 » ; « 1 250,50 » reste."""
    case = case.replace("$", "").strip()
    return case.replace(",", "") if re.search(r",[0-9]{3}\.", case) else case


def _simple(texte: str) -> str:
    sans_accents = unicodedata.normalize("NFD", texte.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z ]+", " ", sans_accents.replace("_", " ")).strip()
