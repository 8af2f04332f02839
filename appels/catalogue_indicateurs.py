"""Le jeu d'indicateurs livré : ce que chacun veut dire, son unité, comment compter, un exemple.

C'est la documentation que le public, les organismes et la Ville lisent, et ce dont les formulaires
sont faits. Un code ne change jamais : les années passées en dépendent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, eq=False)
class Indicateur:
    """Un indicateur du jeu.

    ``modalites`` : ses cases (code → libellé), vides pour un simple total. ``ventile`` : le total
    que ces cases partagent. ``calcule`` : tiré du grand livre et des rapports, jamais saisi.
    """

    code: str
    libelle: str
    groupe: str
    unite: str
    definition: str
    comptage: str
    exemple: str
    modalites: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ventile: str = ""
    libelle_prevu: str = ""
    calcule: bool = False

    @property
    def est_total(self) -> bool:
        """Un seul nombre, sans cases, que l'organisme saisit."""
        return not self.modalites and not self.calcule


ACTIVITES, PERSONNES, IMMIGRANTES = "Les activités", "Les personnes", "Les personnes immigrantes"
LIENS, SUITES, ARGENT = "Les liens", "Ce qui reste", "L'argent"

CATALOGUE: tuple[Indicateur, ...] = (
    Indicateur(
        "activites_realisees",
        "Activités réalisées",
        ACTIVITES,
        "activités",
        "Les rencontres, ateliers, sorties ou événements qui ont eu lieu.",
        "Chaque rencontre compte pour une. Une activité annulée ne compte pas.",
        "Un atelier de conversation chaque semaine pendant dix semaines : 10.",
        libelle_prevu="Activités prévues",
    ),
    Indicateur(
        "participations",
        "Participations",
        ACTIVITES,
        "présences",
        "Les présences, toutes activités additionnées.",
        "Une personne venue trois fois compte pour trois.",
        "10 ateliers de 12 personnes : 120.",
        libelle_prevu="Participations prévues",
    ),
    Indicateur(
        "personnes_distinctes",
        "Personnes différentes rejointes",
        PERSONNES,
        "personnes",
        "Les personnes qui ont pris part au projet, chacune une seule fois.",
        "Comptez chaque personne une fois, même si elle est venue souvent. Une estimation honnête "
        "vaut mieux qu'une liste de noms.",
        "120 présences faites par 30 personnes : 30.",
        libelle_prevu="Personnes différentes à rejoindre",
    ),
    Indicateur(
        "personnes_immigrantes",
        "dont personnes immigrantes",
        PERSONNES,
        "personnes",
        "Parmi les personnes différentes, celles qui sont nées à l'étranger et venues vivre ici, "
        "quel que soit leur statut.",
        "Une personne devenue citoyenne compte aussi. Dans le doute, ne la comptez pas.",
        "30 personnes rejointes, dont 22 nées à l'étranger : 22.",
    ),
    Indicateur(
        "societe_accueil",
        "dont personnes de la société d'accueil",
        PERSONNES,
        "personnes",
        "Parmi les personnes différentes, celles qui ne sont pas immigrantes.",
        "Les personnes dont vous ne savez rien ne comptent ni ici ni parmi les personnes "
        "immigrantes.",
        "30 personnes rejointes : 22 immigrantes, 6 de la société d'accueil, 2 inconnues : 6.",
    ),
    Indicateur(
        "par_statut",
        "Personnes immigrantes par statut",
        IMMIGRANTES,
        "personnes",
        "Le statut d'immigration au moment de la première activité.",
        "Chaque personne immigrante dans une seule case ; sans réponse, « Autre ou inconnu ».",
        "22 personnes immigrantes : 10 résidentes permanentes, 8 aux études, 4 inconnues.",
        {
            "residence_permanente": "Résidence permanente",
            "refugiee_ou_protegee": "Personne réfugiée ou protégée",
            "demandeuse_asile": "Demande d'asile",
            "travail_temporaire": "Travail temporaire",
            "etudes": "Études",
            "autre_ou_inconnu": "Autre ou inconnu",
        },
        ventile="personnes_immigrantes",
    ),
    Indicateur(
        "par_genre",
        "Personnes immigrantes par genre",
        IMMIGRANTES,
        "personnes",
        "Le genre que la personne déclare.",
        "Ne le devinez pas : sans réponse, « Autre ou non déclaré ».",
        "22 personnes immigrantes : 12 femmes, 9 hommes, 1 non déclaré.",
        {
            "femmes": "Femmes",
            "hommes": "Hommes",
            "autre_ou_non_declare": "Autre ou non déclaré",
        },
        ventile="personnes_immigrantes",
    ),
    Indicateur(
        "par_age",
        "Personnes immigrantes par âge",
        IMMIGRANTES,
        "personnes",
        "L'âge à la première activité.",
        "Demandez une tranche d'âge, pas une date de naissance ; sans réponse, « Inconnu ».",
        "22 personnes immigrantes : 5 de 15 à 24 ans, 17 de 25 à 44 ans.",
        {
            "0-14": "0 à 14 ans",
            "15-24": "15 à 24 ans",
            "25-44": "25 à 44 ans",
            "45-64": "45 à 64 ans",
            "65+": "65 ans et plus",
            "inconnu": "Inconnu",
        },
        ventile="personnes_immigrantes",
    ),
    Indicateur(
        "par_arrivee",
        "Personnes immigrantes par temps depuis l'arrivée",
        IMMIGRANTES,
        "personnes",
        "Le temps écoulé depuis l'arrivée au Canada, à la première activité.",
        "Comptez les années entières ; sans réponse, « Inconnu ».",
        "22 personnes immigrantes : 9 arrivées depuis moins d'un an, 13 depuis 1 à 4 ans.",
        {
            "moins-1": "Moins d'un an",
            "1-4": "1 à 4 ans",
            "5-9": "5 à 9 ans",
            "10+": "10 ans et plus",
            "inconnu": "Inconnu",
        },
        ventile="personnes_immigrantes",
    ),
    Indicateur(
        "jumelages",
        "Jumelages",
        LIENS,
        "jumelages",
        "Les paires ou les groupes formés d'au moins une personne immigrante et d'une personne de "
        "la société d'accueil.",
        "Un jumelage compte une fois, quand une première rencontre a eu lieu.",
        "15 familles jumelées, dont 2 jamais rencontrées : 13.",
    ),
    Indicateur(
        "benevoles",
        "Bénévoles",
        LIENS,
        "personnes",
        "Les personnes qui ont donné de leur temps au projet sans être payées.",
        "Chaque bénévole compte une fois. Le conseil d'administration ne compte pas.",
        "4 bénévoles le samedi et les mêmes le dimanche : 4.",
    ),
    Indicateur(
        "heures_benevoles",
        "Heures de bénévolat",
        LIENS,
        "heures",
        "Les heures données par les bénévoles, préparation comprise.",
        "Additionnez les heures de chaque bénévole, arrondies à l'heure.",
        "4 bénévoles, 3 heures chacun pendant 10 semaines : 120.",
    ),
    Indicateur(
        "partenaires",
        "Partenaires",
        LIENS,
        "organisations",
        "Les organisations qui ont fourni une ressource, un lieu ou du temps.",
        "Un partenaire compte une fois. La Ville et ses bailleurs ne comptent pas.",
        "Une école qui prête un local et une bibliothèque qui anime : 2.",
    ),
    Indicateur(
        "employeurs",
        "Employeurs rejoints",
        LIENS,
        "entreprises",
        "Les employeurs qui ont pris part à une activité ou reçu un service du projet.",
        "Un employeur compte une fois, quel que soit le nombre de ses établissements.",
        "8 entreprises à une foire de l'emploi, dont 2 reçues aussi en atelier : 8.",
    ),
    Indicateur(
        "orientations",
        "Personnes dirigées vers un service",
        SUITES,
        "orientations",
        "Les fois où une personne a été mise en lien avec un autre service.",
        "Donner un dépliant ne compte pas ; donner un rendez-vous ou accompagner compte.",
        "6 personnes accompagnées à la francisation, dont 2 aussi à la clinique : 8.",
    ),
    Indicateur(
        "outils",
        "Outils produits",
        SUITES,
        "outils",
        "Les guides, vidéos, trousses ou formations que d'autres peuvent réutiliser.",
        "Un outil traduit en trois langues compte pour un.",
        "Un guide du logement en quatre langues et une vidéo : 2.",
    ),
    Indicateur(
        "satisfaction",
        "Satisfaction",
        SUITES,
        "personnes",
        "Les personnes qui ont répondu au sondage, et celles qui se disent satisfaites ou très "
        "satisfaites.",
        "Une réponse neutre n'est pas une réponse satisfaite.",
        "20 réponses au sondage, dont 18 satisfaites ou très satisfaites : 20 et 18.",
        {"repondants": "Répondants", "satisfaits": "Satisfaits"},
    ),
    Indicateur(
        "aide_accordee",
        "Aide accordée",
        ARGENT,
        "dollars",
        "Ce que le conseil municipal accorde au projet. Le prévu est le montant demandé.",
        "Calculée : les mouvements « accordé » du grand livre.",
        "15 000 $ demandés, 12 000 $ accordés : 12 000 $.",
        calcule=True,
    ),
    Indicateur(
        "aide_versee",
        "Aide versée",
        ARGENT,
        "dollars",
        "Ce qui a été payé à l'organisme et n'est pas revenu. Le prévu est l'aide accordée.",
        "Calculée : versé moins récupéré, au grand livre.",
        "9 600 $ versés, 600 $ remboursés : 9 000 $.",
        calcule=True,
    ),
    Indicateur(
        "depenses_reelles",
        "Dépenses réelles",
        ARGENT,
        "dollars",
        "Tout ce que le projet a coûté. Le prévu est le budget déposé.",
        "Calculées : la somme des dépenses du rapport final.",
        "Un budget de 20 000 $, des dépenses de 18 500 $ : 18 500 $.",
        calcule=True,
    ),
    Indicateur(
        "effet_levier",
        "Effet de levier",
        ARGENT,
        "dollars pour un dollar",
        "Ce que chaque dollar de l'aide a amené d'ailleurs.",
        "Calculé : (dépenses réelles − aide) ÷ aide.",
        "18 500 $ dépensés avec 12 000 $ d'aide : 0,54 $ d'ailleurs pour chaque dollar.",
        calcule=True,
    ),
)
