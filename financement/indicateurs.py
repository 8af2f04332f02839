"""Les indicateurs des rapports : des comptes, jamais une liste de personnes (regles.md, 15).

| code | ce qui se compte |
|---|---|
| activites_prevues, activites_realisees | les activités |
| personnes_distinctes | chaque personne une fois dans le projet |
| personnes_immigrantes | parmi elles, les personnes immigrantes |
| par_statut, par_genre, par_age | les personnes immigrantes, une dimension à la fois |
| satisfaction | répondants, et ceux qui se disent satisfaits |

Une ventilation laissée vide n'est pas donnée ; donnée, elle totalise les personnes immigrantes,
« inconnu » compris.
"""

from collections.abc import Mapping

TOTAUX = {
    "activites_prevues": "Activités prévues",
    "activites_realisees": "Activités réalisées",
    "personnes_distinctes": "Personnes différentes rejointes",
    "personnes_immigrantes": "dont personnes immigrantes",
}
LIBELLES_VENTILATIONS = {
    "par_statut": {
        "residence_permanente": "Résidence permanente",
        "refugiee_ou_protegee": "Personne réfugiée ou protégée",
        "demandeuse_asile": "Demande d'asile",
        "travail_temporaire": "Travail temporaire",
        "etudes": "Études",
        "autre_ou_inconnu": "Autre ou inconnu",
    },
    "par_genre": {
        "femmes": "Femmes",
        "hommes": "Hommes",
        "autre_ou_non_declare": "Autre ou non déclaré",
    },
    "par_age": {
        "0-14": "0 à 14 ans",
        "15-24": "15 à 24 ans",
        "25-44": "25 à 44 ans",
        "45-64": "45 à 64 ans",
        "65+": "65 ans et plus",
        "inconnu": "Inconnu",
    },
    "satisfaction": {"repondants": "Répondants", "satisfaits": "Satisfaits"},
}
TITRES_VENTILATIONS = {
    "par_statut": "Personnes immigrantes par statut",
    "par_genre": "Personnes immigrantes par genre",
    "par_age": "Personnes immigrantes par âge",
    "satisfaction": "Satisfaction",
}
VENTILATIONS: dict[str, tuple[str, ...]] = {
    code: tuple(modalites) for code, modalites in LIBELLES_VENTILATIONS.items()
}
DIMENSIONS = ("par_statut", "par_genre", "par_age")

Valeurs = Mapping[tuple[str, str], int]


def incoherences(valeurs: Valeurs) -> list[tuple[str, str]]:
    """Ce qui ne s'additionne pas : (indicateur, phrase)."""
    trouvees = []
    immigrantes = valeurs.get(("personnes_immigrantes", ""))
    distinctes = valeurs.get(("personnes_distinctes", ""))
    if immigrantes is not None and distinctes is not None and immigrantes > distinctes:
        trouvees.append(
            (
                "personnes_immigrantes",
                f"{immigrantes} personnes immigrantes pour {distinctes} personnes en tout.",
            )
        )
    for dimension in DIMENSIONS:
        cellules = [n for (code, modalite), n in valeurs.items() if code == dimension and modalite]
        if cellules and sum(cellules) != (immigrantes or 0):
            trouvees.append(
                (
                    dimension,
                    f"{TITRES_VENTILATIONS[dimension]} : le total est {sum(cellules)}, alors que "
                    f"les personnes immigrantes sont {immigrantes or 0} (comptez les inconnus).",
                )
            )
    repondants = valeurs.get(("satisfaction", "repondants"), 0)
    satisfaits = valeurs.get(("satisfaction", "satisfaits"), 0)
    if satisfaits > repondants:
        trouvees.append(("satisfaction", f"{satisfaits} satisfaits pour {repondants} répondants."))
    return trouvees
