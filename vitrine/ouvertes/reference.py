"""La description OpenAPI, mise à plat pour être lue sur une page."""

from collections.abc import Iterator
from typing import Any


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Chaque adresse : ce qu'elle rend, ses paramètres, les champs d'un élément."""
    modeles = schema["components"]["schemas"]
    for chemin, verbes in schema["paths"].items():
        operation = verbes["get"]
        modele = _modele(operation, modeles)
        yield {
            "chemin": chemin,
            "titre": operation["summary"],
            "description": operation["description"],
            "parametres": [
                {
                    "nom": parametre["name"],
                    "sens": parametre["schema"].get("description", "Le numéro du projet."),
                    "defaut": parametre["schema"].get("default", ""),
                }
                for parametre in operation["parameters"]
            ],
            "champs": [(nom, champ["description"]) for nom, champ in modele["properties"].items()],
        }


def _modele(operation: dict[str, Any], modeles: dict[str, Any]) -> dict[str, Any]:
    """Le schéma d'un élément de la réponse : celui de la liste, si c'est une page."""
    reponse = operation["responses"][200]["content"]["application/json"]["schema"]
    modele = modeles[reponse["$ref"].rpartition("/")[2]]
    if elements := modele["properties"].get("elements"):
        return modeles[elements["items"]["$ref"].rpartition("/")[2]]
    return modele
