"""Les indicateurs d'un appel : lesquels il demande, et ce qui doit s'additionner (regles.md, 15).

Des comptes, jamais une liste de personnes. Le jeu livré est dans ``catalogue_indicateurs``.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from django.core.exceptions import ValidationError

from appels.catalogue_indicateurs import CATALOGUE, Indicateur

PAR_CODE: dict[str, Indicateur] = {indicateur.code: indicateur for indicateur in CATALOGUE}
SAISIS = tuple(indicateur for indicateur in CATALOGUE if not indicateur.calcule)
# Ce qu'un appel demande tant que la Ville n'en décide pas autrement.
PAR_DEFAUT = (
    "activites_realisees",
    "participations",
    "personnes_distinctes",
    "personnes_immigrantes",
    "par_statut",
    "par_genre",
    "par_age",
    "partenaires",
    "satisfaction",
)
# Une partie ne dépasse pas son tout ; une présence au moins par personne.
AU_PLUS = (
    ("personnes_immigrantes", "personnes_distinctes"),
    ("societe_accueil", "personnes_distinctes"),
    ("personnes_distinctes", "participations"),
)

Valeurs = Mapping[tuple[str, str], int]


def nom_de(code: str, modalite: str = "") -> str:
    """Le nom d'une case dans un formulaire ou une colonne JSON : « par_genre:femmes »."""
    return f"{code}:{modalite}" if modalite else code


def cle_de(nom: str) -> tuple[str, str]:
    """(indicateur, modalité ou vide) du nom d'une case."""
    code, _, modalite = nom.partition(":")
    return code, modalite


def par_case(comptes: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Des comptes nommés tels que la base les garde, par (indicateur, modalité ou vide)."""
    return {cle_de(nom): compte for nom, compte in comptes.items()}


# Tout ce qui se saisit se prévoit aussi, case par case.
CASES = frozenset(nom_de(i.code, modalite) for i in SAISIS for modalite in i.modalites or ("",))


def indicateurs_par_defaut() -> list[str]:
    return list(PAR_DEFAUT)


def par_groupe(indicateurs: Iterable[Indicateur]) -> list[tuple[str, list[Indicateur]]]:
    """(groupe, ses indicateurs), dans l'ordre du catalogue."""
    return [(groupe, list(siens)) for groupe, siens in groupby(indicateurs, lambda i: i.groupe)]


def valider_choix(codes: object) -> None:
    """Refuse un choix d'appel : code inconnu, répété ou calculé, ventilation sans son total."""
    if not isinstance(codes, list) or len(codes) != len(set(map(str, codes))):
        raise ValidationError("Chaque indicateur se choisit une fois.")
    saisis = {indicateur.code for indicateur in SAISIS}
    for code in codes:
        if code not in saisis:
            raise ValidationError(f"« {code} » n'est pas un indicateur qui se demande.")
        indicateur = PAR_CODE[code]
        if indicateur.ventile and indicateur.ventile not in codes:
            raise ValidationError(
                f"« {indicateur.libelle} » demande aussi « {_nom(indicateur.ventile)} »."
            )


def _nom(code: str) -> str:
    return PAR_CODE[code].libelle.removeprefix("dont ")


def incoherences(valeurs: Valeurs) -> list[tuple[str, str]]:
    """Ce qui ne s'additionne pas : (indicateur en cause, phrase).

    ``valeurs`` : (indicateur, modalité ou vide) → nombre ; ce qui n'y est pas n'est pas compté.
    """
    return [
        *_parties_trop_grandes(valeurs),
        *_ventilations_fausses(valeurs),
        *_satisfaction_fausse(valeurs),
        *_benevolat_faux(valeurs),
    ]


def _parties_trop_grandes(valeurs: Valeurs) -> Iterable[tuple[str, str]]:
    for partie, tout in AU_PLUS:
        petit, grand = valeurs.get((partie, "")), valeurs.get((tout, ""))
        if petit is not None and grand is not None and petit > grand:
            if tout == "participations":
                phrase = f"{petit} personnes différentes pour {grand} participations : une "
                phrase += "personne rejointe participe au moins une fois."
            else:
                phrase = f"{petit} {_nom(partie)} pour {grand} personnes en tout."
            yield partie, phrase
    nes_ailleurs = valeurs.get(("personnes_immigrantes", ""), 0)
    accueil = valeurs.get(("societe_accueil", ""), 0)
    toutes = valeurs.get(("personnes_distinctes", ""))
    if toutes is not None and max(nes_ailleurs, accueil) <= toutes < nes_ailleurs + accueil:
        yield (
            "societe_accueil",
            f"{nes_ailleurs} personnes immigrantes et {accueil} de la société d'accueil font "
            f"{nes_ailleurs + accueil}, alors que {toutes} personnes ont été rejointes.",
        )


def _ventilations_fausses(valeurs: Valeurs) -> Iterable[tuple[str, str]]:
    """Une ventilation laissée vide n'est pas donnée ; donnée, elle totalise, inconnus compris."""
    for indicateur in SAISIS:
        if not indicateur.ventile:
            continue
        cellules = [n for (code, cle), n in valeurs.items() if code == indicateur.code and cle]
        total = valeurs.get((indicateur.ventile, "")) or 0
        if cellules and sum(cellules) != total:
            yield (
                indicateur.code,
                f"{indicateur.libelle} : le total est {sum(cellules)}, alors que les "
                f"{_nom(indicateur.ventile)} sont {total} (comptez les inconnus).",
            )


def _satisfaction_fausse(valeurs: Valeurs) -> Iterable[tuple[str, str]]:
    repondants = valeurs.get(("satisfaction", "repondants"), 0)
    satisfaits = valeurs.get(("satisfaction", "satisfaits"), 0)
    if satisfaits > repondants:
        yield "satisfaction", f"{satisfaits} satisfaits pour {repondants} répondants."


def _benevolat_faux(valeurs: Valeurs) -> Iterable[tuple[str, str]]:
    if valeurs.get(("heures_benevoles", "")) and valeurs.get(("benevoles", "")) == 0:
        yield "heures_benevoles", "Des heures de bénévolat sont comptées sans aucun bénévole."
