"""Ce que disent les entrées du journal sur ce qui se publie."""

PHRASES = {
    "versionactivite.proposer": "a proposé une page d'activité",
    "versionactivite.publier": "a publié une page d'activité",
    "versionactivite.renvoyer": "a renvoyé une page d'activité à reprendre",
    "versionactivite.remplacer": "a remplacé une page d'activité",
    "versionactivite.retirer": "a retiré une page d'activité",
    "tempsfort.inscrire": "a inscrit un temps fort",
    "tempsfort.modifier": "a modifié un temps fort",
}
