"""Dire aux membres, par courriel, ce qui leur est confié : un nombre et un lien, rien d'autre."""

from collections import Counter
from collections.abc import Iterable

from appels.models import Appel, Demande
from evaluations.models import Affectation
from socle.services.courriels import envoyer


def annoncer_lectures(
    *, appel: Appel, demandes: Iterable[Demande], affectations: Iterable[Affectation]
) -> None:
    """Un courriel à chaque membre actif qui a des déclarations à faire parmi ``affectations``."""
    ouvertes = {demande.pk for demande in demandes}
    nombres = Counter(
        affectation.membre_id
        for affectation in affectations
        if affectation.demande_id in ouvertes and affectation.etat == Affectation.Etat.A_DECLARER
    )
    membres = appel.membres.filter(actif=True, pk__in=nombres).select_related("utilisateur")
    for membre in membres:
        envoyer(
            gabarit="comite_a_lire",
            destinataires=[membre.utilisateur.email],
            objet=f"Des demandes à évaluer — {appel.titre}",
            contexte={
                "appel": appel,
                "nombre": nombres[membre.pk],
                "echeance": appel.seance_comite,
            },
        )
