"""Le livret de lecture d'un membre : ses dossiers en un PDF, fait par un ouvrier."""

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from appels.models import Demande
from evaluations.documents_livret import contexte_livret
from evaluations.file_lecture import ordre_de_lecture
from evaluations.lecture import lire
from evaluations.models import Affectation, Livret, MembreComite
from evaluations.visibilite import A_DECLARER_DANS
from socle import horloge
from socle.documents import rendre_html, rendre_pdf
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.models import Travail
from socle.services import travaux

NATURE = "livret"
GARDE = dt.timedelta(days=45)


def demandes_du_livret(membre: MembreComite) -> QuerySet[Demande]:
    """Celles que ce membre lit : confiées, déclarées sans conflit, encore devant le comité."""
    libres = Affectation.objects.filter(
        membre=membre, membre__actif=True, etat="libre", demande__etat__in=A_DECLARER_DANS
    )
    return (
        Demande.objects.filter(pk__in=libres.values("demande"))
        .avec_budget()
        .select_related("organisme", "creee_par", "deposee_par")
        .prefetch_related("organisme__adhesions__utilisateur", "depots", "besoins")
    )


def livret_lisible(membre: MembreComite) -> Livret | None:
    """Le livret du membre, tant que chaque dossier qu'il contient lui est encore ouvert.

    Une récusation le ferme en entier, aussitôt : un fichier ne se relit pas page à page.
    """
    livret = Livret.objects.filter(membre=membre).first()
    if livret is None:
        return None
    permises = set(demandes_du_livret(membre).values_list("pk", flat=True))
    return livret if permises.issuperset(livret.demandes.values_list("pk", flat=True)) else None


@transaction.atomic
def demander_livret(*, acteur: Any, membre: MembreComite) -> Travail:
    """Confie le livret à un ouvrier. Refuse quand le membre n'a rien à lire (code ``vide``)."""
    exiger_permission(acteur, "livret.preparer", membre)
    MembreComite.objects.select_for_update(no_key=True).get(pk=membre.pk)
    nombre = demandes_du_livret(membre).count()
    if not nombre:
        raise RegleViolee(
            "Déclarez d'abord vos intérêts : le livret réunit les demandes que vous pouvez lire.",
            code="vide",
        )
    parametres = {"membre": membre.pk}
    if travail := travaux.deja_confie(acteur=acteur, nature=NATURE, parametres=parametres):
        return travail
    travail = travaux.creer_travail(
        acteur=acteur,
        nature=NATURE,
        titre=f"Livret de lecture ({membre.appel.code})",
        total=nombre + 1,
        parametres=parametres,
        retour=reverse("comite:livret", kwargs={"code": membre.appel.code}),
    )
    travaux.confier(travail.pk)
    return travail


def produire(*, travail: Travail) -> None:
    """Lit chaque dossier, rend le PDF, remplace l'ancien livret.

    Relancé après une coupure, recommence du début ; arrêté ou déjà fini, ne fait rien.
    """
    if not travaux.commencer(travail=travail):
        return
    membre = MembreComite.objects.select_related("appel", "utilisateur").get(
        pk=travail.parametres["membre"]
    )
    demandes = {demande.pk: demande for demande in demandes_du_livret(membre)}
    lues = []
    for pk in ordre_de_lecture(membre.pk, demandes):
        lues.append(lire(demandes[pk]))
        travaux.fixer_avancement(travail=travail, faits=len(lues))
        if not travaux.est_en_marche(travail):
            return
    if lues:
        contexte = contexte_livret(membre, lues)
        titre = f"Livret de lecture — {membre.appel.code}"
        pdf = rendre_pdf(rendre_html("pdf/livret.html", contexte), titre=titre)
        _remplacer(membre, pdf, list(demandes))
    else:
        travaux.noter_erreur(
            travail=travail, libelle="Livret", erreur="Aucune demande ne vous est plus ouverte."
        )
    travaux.fixer_avancement(travail=travail, faits=travail.total)
    travaux.finir(travail=travail)


@transaction.atomic
def _remplacer(membre: MembreComite, pdf: bytes, demandes: list[int]) -> Livret:
    MembreComite.objects.select_for_update(no_key=True).get(pk=membre.pk)
    for ancien in Livret.objects.filter(membre=membre):
        effacer(livret=ancien)
    livret = Livret(membre=membre, taille=len(pdf))
    livret.pdf.save(f"livret-{membre.appel.code}.pdf", ContentFile(pdf), save=False)
    livret.save()
    livret.demandes.set(demandes)
    return livret


def effacer(*, livret: Livret) -> None:
    """Efface le livret, et son fichier une fois la transaction faite."""
    fichier = livret.pdf
    livret.delete()
    transaction.on_commit(lambda: fichier.storage.delete(fichier.name))


@transaction.atomic
def effacer_perimes() -> int:
    """Efface les livrets qui ne peuvent plus se lire ou qui ont trop vieilli ; rend leur nombre."""
    nombre = 0
    limite = horloge.maintenant() - GARDE
    for livret in Livret.objects.select_for_update(of=("self",)).select_related("membre"):
        if livret.produit_le < limite or livret_lisible(livret.membre) is None:
            effacer(livret=livret)
            nombre += 1
    return nombre
