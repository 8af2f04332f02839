"""Ce qu'une personne récusée ne voit pas non plus là où une demande n'est que nommée : les
courriels envoyés, le journal (regles.md, 8)."""

from typing import Any

from django.db.models import Q, QuerySet

from appels.models import Demande


def demandes_recusees(utilisateur: Any) -> QuerySet[Demande]:
    """Les demandes dont la personne est récusée, à quelque comité que ce soit, et celles de ses
    organismes : à la Ville, elle n'en voit rien non plus."""
    suivies = Demande.objects.sans_recusation(utilisateur)
    return Demande.objects.exclude(pk__in=suivies.values("pk")).select_related("organisme")


def sans_les_nommer(utilisateur: Any, liste: QuerySet, *champs: str) -> QuerySet:
    """``liste`` sans les lignes dont un des ``champs`` nomme une demande récusée.

    Ni un courriel ni une entrée du journal ne pointe vers une demande : seul leur texte le fait,
    par le numéro, le titre ou l'organisme.
    """
    nommees = Q()
    for demande in demandes_recusees(utilisateur):
        for mot in filter(None, (demande.reference, demande.titre, demande.organisme.nom)):
            for champ in champs:
                nommees |= Q(**{f"{champ}__icontains": mot})
    return liste.exclude(nommees) if nommees else liste
