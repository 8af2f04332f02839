"""Les mots dont les pages publiques se servent : statuts, sujets, langues, jours.

Ils s'adressent à une personne qui lit le français depuis peu : des mots courts, aucun sigle.
"""

from django.db import models


class StatutMigratoire(models.TextChoices):
    """Les mêmes codes que les indicateurs des rapports (financement/indicateurs.py)."""

    RESIDENCE = "residence_permanente", "Résidence permanente"
    PROTECTION = "refugiee_ou_protegee", "Personne réfugiée ou protégée"
    ASILE = "demandeuse_asile", "Demande d'asile"
    TRAVAIL = "travail_temporaire", "Travail temporaire"
    ETUDES = "etudes", "Études"
    AUTRE = "autre_ou_inconnu", "Autre statut, ou je ne sais pas"


class Sujet(models.TextChoices):
    """Ce qu'une personne cherche, dans ses mots ; les besoins du plan d'action sont à part."""

    FRANCAIS = "francais", "Parler français"
    PAPIERS = "papiers", "Comprendre mes droits et mes papiers"
    TRAVAIL = "travail", "Trouver un travail"
    LOGEMENT = "logement", "Me loger"
    QUOTIDIEN = "quotidien", "Manger, m'habiller, me meubler"
    TRANSPORT = "transport", "Me déplacer"
    ENFANTS = "enfants", "L'école et la garde de mes enfants"
    RENCONTRES = "rencontres", "Rencontrer des gens"


class Langue(models.TextChoices):
    FRANCAIS = "fr", "Français"
    ANGLAIS = "en", "Anglais"
    ESPAGNOL = "es", "Espagnol"
    ARABE = "ar", "Arabe"
    PORTUGAIS = "pt", "Portugais"
    SWAHILI = "sw", "Swahili"
    CREOLE = "ht", "Créole haïtien"
    PERSAN = "fa", "Persan ou dari"
    UKRAINIEN = "uk", "Ukrainien"
    INTERPRETE = "interprete", "Avec interprète"


class Jour(models.IntegerChoices):
    LUNDI = 0, "Lundi"
    MARDI = 1, "Mardi"
    MERCREDI = 2, "Mercredi"
    JEUDI = 3, "Jeudi"
    VENDREDI = 4, "Vendredi"
    SAMEDI = 5, "Samedi"
    DIMANCHE = 6, "Dimanche"
