"""Fermer son compte : ce qui retient d'abord, ce qui s'efface, ce qui reste (regles.md, 18).

Le nom et les adresses partent. Ce qui prouve un dépôt ou une signature, et le journal, restent : la
Ville doit en rendre compte, et le calendrier de conservation les détruira à son tour.
"""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from socle import horloge
from socle.droits import exiger_permission
from socle.elements import Manque
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Adhesion, Invitation, Organisme, Utilisateur
from socle.services import courriels
from socle.services.organismes import detacher

# Un refus que sa lettre n'a pas annoncé compte comme en cours : fermer ne le laisse pas deviner.
FINIES = Q(etat__in=["irrecevable", "retiree", "fermee", "resiliee"]) | Q(
    etat="refusee", etat_annonce="refusee"
)
COMITE_FINI = ("decide", "archive", "annule")


def obstacles(personne: Utilisateur) -> list[Manque]:
    """Ce qu'il faut faire avant de fermer son compte, et où."""
    trouves = []
    if personne.roles:
        trouves.append(
            Manque("Votre compte a un rôle à la Ville : l'administration le retire d'abord.")
        )
    sieges = personne.sieges.exclude(appel__etat__in=COMITE_FINI)
    trouves += [
        Manque(f"Vous siégez au comité de {code} : la Ville vous remplace d'abord.")
        for code in sieges.values_list("appel__code", flat=True)
    ]
    adhesions = personne.adhesions.filter(role=Adhesion.Role.RESPONSABLE)
    retenues = map(_sans_responsable, adhesions.select_related("organisme"))
    return trouves + [obstacle for obstacle in retenues if obstacle]


def _sans_responsable(adhesion: Adhesion) -> Manque | None:
    """Ce que l'organisme perdrait à ce départ. Seule, sans demande en cours, une personne part."""
    organisme = adhesion.organisme
    autres = organisme.adhesions.exclude(pk=adhesion.pk).filter(utilisateur__is_active=True)
    if autres.filter(role=Adhesion.Role.RESPONSABLE).exists():
        return None
    membres = reverse("organisme:membres", args=[organisme.pk])
    if autres.exists():
        return Manque(
            f"Vous êtes la seule personne responsable de « {organisme} » : nommez-en une autre "
            "d'abord.",
            membres,
        )
    if en_cours := organisme.demandes.exclude(FINIES).order_by("reference").first():
        return Manque(
            f"Vous êtes la seule personne de « {organisme} », qui a une demande en cours "
            f"({en_cours.reference}) : invitez une autre personne responsable, ou retirez la "
            "demande si elle peut l'être.",
            membres,
        )
    return None


@transaction.atomic
def fermer_compte(*, acteur: Utilisateur) -> None:
    """Efface la personne, lui écrit une dernière fois, et l'inscrit au journal."""
    exiger_permission(acteur, "compte.fermer")
    compte = Utilisateur.objects.select_for_update(no_key=True).get(pk=acteur.pk)
    adhesions = list(compte.adhesions.select_related("organisme", "utilisateur"))
    # Deux responsables qui partent au même instant ne laissent pas l'organisme sans personne.
    cles = [adhesion.organisme_id for adhesion in adhesions]
    list(Organisme.objects.select_for_update(no_key=True).filter(pk__in=cles).order_by("pk"))
    if retenues := obstacles(compte):
        raise RegleViolee(" ".join(retenue.libelle for retenue in retenues), code="compte_retenu")
    for adhesion in adhesions:
        detacher(acteur=compte, adhesion=adhesion)
    courriels.envoyer(
        gabarit="compte_ferme",
        destinataires=[compte.email],
        objet="Votre compte est fermé",
        contexte={"le": horloge.maintenant()},
    )
    effacer_compte(compte=compte)
    journaliser(acteur=compte, verbe="compte.fermer", objet=compte)


@transaction.atomic
def effacer_compte(*, compte: Any) -> None:
    """Efface qui est la personne et ses moyens d'entrer ; ses actes restent, à un compte vide."""
    compte = Utilisateur.objects.select_for_update(no_key=True).get(pk=compte.pk)
    vide = f"efface-{compte.pk}@exemple.invalid"
    Invitation.objects.filter(courriel__iexact=compte.email).update(courriel=vide)
    compte.nom, compte.telephone, compte.employeur = "Compte effacé", "", ""
    compte.email = vide
    compte.is_active = False
    compte.set_unusable_password()
    compte.save()
    for ensemble in ("emailaddress_set", "authenticator_set", "socialaccount_set"):
        getattr(compte, ensemble).all().delete()
