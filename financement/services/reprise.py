"""Reprendre les projets des appels d'avant l'application : essayer, puis confirmer."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q

from appels.cumul import AidePassee
from appels.models import Appel, Besoin
from financement.importation.passe import Lecture, lire
from financement.models import ProjetPasse, RepriseEssayee
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Organisme

TAILLE_MAX = 5_000_000


@transaction.atomic
def essayer_reprise(*, acteur: Any, fichier: UploadedFile) -> tuple[Lecture, RepriseEssayee | None]:
    """Lit le tableur sans rien écrire ; sans aucun refus, rend aussi la reprise à confirmer."""
    exiger_permission(acteur, "appel.creer")
    if fichier.size > TAILLE_MAX:
        raise RegleViolee("Le fichier dépasse 5 Mo. Joignez-en un plus petit.", champ="fichier")
    lecture = lire(
        fichier.read(),
        besoins=set(Besoin.objects.values_list("code", flat=True)),
        annee_max=horloge.aujourdhui().year + 1,
    )
    if lecture.refus:
        return lecture, None
    reprise = RepriseEssayee.objects.create(
        nom=(fichier.name or "tableur")[:200], lignes=lecture.lignes, essayee_par=acteur
    )
    return lecture, reprise


def effets(reprise: RepriseEssayee) -> tuple[int, int]:
    """(projets nouveaux, projets remplacés) si la reprise est confirmée maintenant."""
    connus = set(ProjetPasse.objects.values_list("appel_code", "organisme", "titre"))
    remplaces = sum(
        (ligne["appel_code"], ligne["organisme"], ligne["titre"]) in connus
        for ligne in reprise.lignes
    )
    return len(reprise.lignes) - remplaces, remplaces


@transaction.atomic
def confirmer_reprise(*, acteur: Any, reprise: RepriseEssayee) -> int:
    """Écrit chaque ligne ; un projet déjà repris est remplacé. Rend le nombre de projets.

    Confirmée deux fois, la même reprise n'écrit rien de plus.
    """
    exiger_permission(acteur, "appel.creer")
    reprise = RepriseEssayee.objects.select_for_update().get(pk=reprise.pk)
    if reprise.faite_le is None:
        for ligne in reprise.lignes:
            cle = {nom: ligne[nom] for nom in ("appel_code", "organisme", "titre")}
            reste = {nom: valeur for nom, valeur in ligne.items() if nom not in cle}
            ProjetPasse.objects.update_or_create(**cle, defaults=reste)
        reprise.faite_le = horloge.maintenant()
        reprise.save(update_fields=["faite_le"])
        journaliser(
            acteur=acteur,
            verbe="repriseessayee.confirmer",
            objet=reprise,
            details={"projets": len(reprise.lignes), "fichier": reprise.nom},
        )
    return len(reprise.lignes)


def aides_passees(organisme: Organisme) -> list[AidePassee]:
    """Ce que la Ville a accordé à l'organisme avant l'application (à son NEQ ; sans NEQ au tableur,
    à son nom). Un appel que l'application connaît y compte déjà ses demandes."""
    siens = Q(neq="", organisme__iexact=organisme.nom)
    if organisme.neq:
        siens |= Q(neq=organisme.neq)
    projets = ProjetPasse.objects.filter(siens, montant_accorde__gt=0)
    return [
        AidePassee(projet.appel_code, projet.titre, projet.annee, projet.montant_accorde)
        for projet in projets.exclude(appel_code__in=Appel.objects.values("code"))
    ]
