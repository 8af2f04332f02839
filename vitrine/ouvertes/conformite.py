"""Ce qui se publie, comparé au schéma officiel de 360Giving que la Ville a téléchargé."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

# Sans ces deux formats, que jsonschema ne vérifie pas seul, une adresse fausse passerait, et un
# jour juste serait refusé : le schéma demande « un instant ou un jour, pas les deux ».
FORMATS = FormatChecker()
TYPES = {
    "string": "un texte",
    "number": "un nombre",
    "integer": "un entier",
    "boolean": "vrai ou faux",
    "array": "une liste",
    "object": "un objet",
    "null": "rien",
}


class PasUnSchema(ValueError):
    """Le fichier reçu ne décrit pas des données."""


@FORMATS.checks("date-time", raises=ValueError)
def _instant(valeur: object) -> bool:
    return not isinstance(valeur, str) or (
        "T" in valeur and dt.datetime.fromisoformat(valeur).tzinfo is not None
    )


@FORMATS.checks("uri", raises=ValueError)
def _adresse(valeur: object) -> bool:
    if not isinstance(valeur, str):
        return True
    parties = urlsplit(valeur)
    return bool(parties.scheme and parties.netloc) and not any(c.isspace() for c in valeur)


def ecarts(paquet: dict[str, Any], aide: Any, enveloppe: Any = None) -> list[str]:
    """Chaque écart du paquet, à son endroit ; `aide` décrit une aide, `enveloppe` le paquet."""
    _exiger_un_schema(aide)
    if enveloppe is None:
        enveloppe = {"properties": {"grants": {"items": {"$ref": "https://aide.invalid/"}}}}
    _exiger_un_schema(enveloppe)
    # Le schéma du paquet renvoie à celui d'une aide par son adresse : c'est le fichier reçu qui
    # répond, jamais le réseau.
    registre: Registry[Any] = Registry(
        retrieve=lambda _: Resource.from_contents(aide, default_specification=DRAFT4)
    )
    classe = validator_for(enveloppe, default=validator_for(aide, default=Draft4Validator))
    verificateur = classe(enveloppe, registry=registre, format_checker=FORMATS)
    try:
        trouves = sorted(verificateur.iter_errors(paquet), key=lambda e: [str(p) for p in e.path])
    except Unresolvable as erreur:
        raise PasUnSchema("il renvoie à une partie qu'il n'a pas") from erreur
    return list(dict.fromkeys(ligne for erreur in trouves for ligne in _dire(erreur)))


def _exiger_un_schema(schema: Any) -> None:
    # Un JSON quelconque est un schéma qui permet tout : il ferait croire que tout va bien.
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        raise PasUnSchema("il ne décrit aucun champ")
    try:
        validator_for(schema, default=Draft4Validator).check_schema(schema)
    except SchemaError as erreur:
        raise PasUnSchema(f"{_endroit(erreur.path)} est mal formé") from erreur


def _dire(erreur: ValidationError) -> Iterator[str]:
    endroit, attendu = _endroit(erreur.path), erreur.validator_value
    match erreur.validator:
        case "required":
            for champ in attendu:
                if champ not in erreur.instance:
                    yield f"{endroit} : « {champ} » manque"
        case "type":
            types = [attendu] if isinstance(attendu, str) else attendu
            yield f"{endroit} : attendu, {' ou '.join(TYPES.get(t, t) for t in types)}"
        case "enum" | "const":
            yield f"{endroit} : « {erreur.instance} » n'est pas une valeur permise"
        case "format" | "pattern":
            yield f"{endroit} : « {erreur.instance} » n'a pas la forme « {attendu} »"
        case "oneOf" | "anyOf":
            yield f"{endroit} : aucune des formes permises, ou plus d'une"
        case regle:
            yield f"{endroit} : la règle « {regle} » du schéma n'est pas suivie"


def _endroit(chemin: Any) -> str:
    """« grants[0].awardDate »."""
    morceaux = (f"[{p}]" if isinstance(p, int) else f".{p}" for p in chemin)
    return "".join(morceaux).removeprefix(".") or "le paquet"
