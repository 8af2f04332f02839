"""Autour de l'appel ouvert de la démonstration : un dossier d'organisme, des questions, un échange.

Chaque compte y trouve ce qu'un vrai appel lui montrerait ; tout passe par les services.
"""

import datetime as dt

from appels.models import Appel, GenreDossier
from appels.services import dossier, echanges, questions_publiques
from financement.importation.acteurs import Acteurs
from socle import horloge
from socle.models import Organisme

QUESTION, ENONCE, REPONSE = (
    "Le loyer de notre local pendant le projet, est-ce que ça compte ?",
    "Le loyer du local où se tient le projet est-il une dépense admissible ?",
    "Oui, pour la part et les mois du projet : inscrivez-la dans « Location de salles et "
    "d'équipement ». Le loyer de vos bureaux va dans les frais d'administration.",
)
EN_ATTENTE = "Une lettre d'appui d'une école doit-elle être signée par la direction ?"


def animer(appel: Appel, acteurs: Acteurs, *, fichier: object) -> None:
    """Range un dossier, pose deux questions (l'une a sa réponse), ouvre un échange à moitié fait.

    ``fichier(libelle, organisme)`` rend un PDF à téléverser.
    """
    ici = horloge.maintenant()
    parlures = Organisme.objects.get(neq="1100000059")
    responsable = acteurs.responsable(neq=parlures.neq, nom=parlures.nom)
    with horloge.a_la_date(ici - dt.timedelta(days=8)):
        for genre, age in ((GenreDossier.ACTE, 2000), (GenreDossier.RAPPORT, 150)):
            dossier.ranger_document(
                acteur=responsable,
                organisme=parlures,
                genre=genre.value,
                date_document=horloge.aujourdhui() - dt.timedelta(days=age),
                fichier=fichier(str(genre.label), parlures.nom),
            )
        posee = questions_publiques.poser(acteur=responsable, appel=appel, texte=QUESTION)
    with horloge.a_la_date(ici - dt.timedelta(days=7)):
        questions_publiques.publier(
            acteur=acteurs.agent, question=posee, enonce=ENONCE, reponse=REPONSE
        )
    with horloge.a_la_date(ici - dt.timedelta(hours=20)):
        questions_publiques.poser(acteur=responsable, appel=appel, texte=EN_ATTENTE)
    demande = appel.demandes.filter(organisme=parlures).first()
    if demande is None:
        return
    with horloge.a_la_date(ici - dt.timedelta(hours=18)):
        echanges.ecrire_a_la_ville(
            acteur=responsable,
            demande=demande,
            texte="Bonjour, notre partenaire peut-il verser sa part après la clôture ?",
        )
    with horloge.a_la_date(ici - dt.timedelta(hours=2)):
        echanges.repondre(
            acteur=acteurs.agent,
            demande=demande,
            texte=(
                "Bonjour ! Oui : inscrivez-la au budget avec le statut « Demandée ». Écrivez-nous "
                "dès qu'elle est confirmée."
            ),
            dernier_vu=demande.messages.latest("pk").pk,
        )
