"""Ce que disent les entrées du journal sur le comité, après le nom de la personne."""

PHRASES = {
    "membrecomite.nommer": "a nommé un membre du comité",
    "membrecomite.designer_presidence": "a désigné la présidence du comité",
    "membrecomite.retirer": "a retiré un membre du comité",
    "membrecomite.rappeler": "a rappelé au membre ce que le comité attend de lui",
    "demande.affecter_comite": "a confié la demande au comité",
    "demande.corriger_recommandation": "a remplacé la recommandation du comité",
    "affectation.affecter": "a confié la demande à un membre du comité",
    "affectation.retirer": "a retiré la demande à un membre du comité",
    "affectation.declarer_sans_conflit": "a déclaré n'avoir aucun conflit d'intérêts",
    "affectation.declarer_conflit": "s'est récusé",
    "evaluation.soumettre": "a soumis sa fiche d'évaluation",
    "evaluation.rouvrir": "a rouvert une fiche d'évaluation",
    "seance.preparer": "a préparé une séance du comité",
    "seance.modifier": "a modifié la séance du comité",
    "seance.inscrire_presences": "a inscrit les présences",
    "seance.ouvrir": "a ouvert la séance du comité",
    "seance.clore": "a clos la séance du comité",
}
