"""Ce que les demandes gardent d'une personne."""

from typing import Any

from appels.models import Demande, Depot, Message, PieceJointe


def des_demandes(personne: Any) -> dict[str, Any]:
    return {
        "demandes_commencees": list(
            Demande.objects.filter(creee_par=personne).values("reference", "titre", "creee_le")
        ),
        "depots_signes": list(
            Depot.objects.filter(depose_par=personne).values("numero", "signataire", "depose_le")
        ),
        "messages": list(
            Message.objects.filter(auteur=personne).values(
                "demande__reference", "texte", "ecrit_le"
            )
        ),
        "questions_posees": list(
            personne.questions_posees.values("appel__code", "texte", "posee_le")
        ),
        "fichiers_joints": list(
            PieceJointe.objects.filter(ajoutee_par=personne).values(
                "demande__reference", "nom", "ajoutee_le"
            )
        ),
    }
