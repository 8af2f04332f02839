"""Les organismes : les créer, les rejoindre, y inviter."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.journal import journaliser
from socle.models import Adhesion, Invitation, Organisme
from socle.services import courriels
from socle.validateurs import NEQ, normaliser_neq

# Chaque invitation est un courriel à une adresse que la personne choisit.
INVITATIONS_PAR_JOUR = 30


def _demander(acteur: Any, permission: str, objet: Any = None) -> None:
    if acteur is not None and not acteur.peut(permission, objet):
        raise PermissionRefusee("Vous n'avez pas le droit de faire cette action.", code=permission)


@transaction.atomic
def creer_organisme(*, acteur: Any, nom: str, neq: str, **champs: Any) -> Organisme:
    """Crée un organisme ; ``acteur`` en devient responsable.

    Un NEQ déjà inscrit lève ``RegleViolee`` (code ``neq_existant``) : on demande alors à se
    joindre, on ne devine jamais.
    """
    _demander(acteur, "organisme.creer")
    neq = normaliser_neq(neq)
    if not NEQ.fullmatch(neq):
        raise RegleViolee(
            "Le NEQ compte 10 chiffres et commence par 11, 22, 33 ou 88.", champ="neq", code="neq"
        )
    try:
        with transaction.atomic():
            organisme = Organisme.objects.create(nom=nom.strip(), neq=neq, **champs)
    except IntegrityError:
        raise RegleViolee(
            "Un organisme est déjà inscrit avec ce NEQ : demandez à le rejoindre.",
            champ="neq",
            code="neq_existant",
        ) from None
    Adhesion.objects.create(organisme=organisme, utilisateur=acteur, role=Adhesion.Role.RESPONSABLE)
    acteur.__dict__.pop("organismes_ids", None)
    acteur.__dict__.pop("est_membre_organisme", None)
    journaliser(acteur=acteur, verbe="organisme.creer", objet=organisme)
    return organisme


@transaction.atomic
def modifier_organisme(*, acteur: Any, organisme: Organisme, **champs: Any) -> Organisme:
    """Met à jour le dossier de l'organisme (le NEQ ne se change pas)."""
    _demander(acteur, "organisme.modifier", organisme)
    champs.pop("neq", None)
    for nom, valeur in champs.items():
        setattr(organisme, nom, valeur)
    organisme.save()
    journaliser(
        acteur=acteur,
        verbe="organisme.modifier",
        objet=organisme,
        details={"champs": sorted(champs)},
    )
    return organisme


@transaction.atomic
def inviter(*, acteur: Any, organisme: Organisme, courriel: str, role: str) -> Invitation:
    """Invite une personne par courriel ; le lien vaut quatorze jours."""
    _demander(acteur, "organisme.inviter", organisme)
    _pas_trop_d_un_coup(acteur)
    courriel = courriel.strip().lower()
    if organisme.adhesions.filter(utilisateur__email__iexact=courriel).exists():
        raise RegleViolee("Cette personne est déjà membre de l'organisme.", champ="courriel")
    organisme.invitations.filter(
        courriel=courriel, acceptee_le=None, annulee_le=None, expire_le__lt=horloge.maintenant()
    ).update(annulee_le=horloge.maintenant())
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                organisme=organisme, courriel=courriel, role=role, creee_par=acteur
            )
    except IntegrityError:
        raise RegleViolee(
            "Une invitation est déjà en cours pour cette adresse.", champ="courriel"
        ) from None
    courriels.envoyer(
        gabarit="invitation",
        destinataires=[courriel],
        objet=f"Invitation à rejoindre {organisme.nom}",
        contexte={
            "organisme": organisme,
            "auteur": acteur,
            "lien": settings.SITE_URL
            + reverse("organisme:invitation", kwargs={"jeton": invitation.jeton}),
            "expire_le": invitation.expire_le,
        },
    )
    journaliser(
        acteur=acteur, verbe="organisme.inviter", objet=organisme, details={"courriel": courriel}
    )
    return invitation


@transaction.atomic
def accepter_invitation(*, acteur: Any, jeton: str) -> Organisme:
    """Joint ``acteur`` à l'organisme qui l'a invité, à l'adresse invitée seulement."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisme")
        .filter(jeton=jeton, nature=Invitation.Nature.INVITATION)
        .first()
    )
    if invitation is None or not invitation.est_en_cours:
        raise RegleViolee(
            "Cette invitation n'est plus valable : demandez-en une nouvelle.", code="expiree"
        )
    if invitation.courriel.lower() != acteur.email.lower():
        raise RegleViolee(
            f"Cette invitation a été envoyée à {invitation.courriel} : "
            "ouvrez-la avec le compte de cette adresse.",
            code="autre_adresse",
        )
    _joindre(acteur, invitation, acteur)
    return invitation.organisme


@transaction.atomic
def demander_adhesion(*, acteur: Any, organisme: Organisme) -> Invitation:
    """Demande aux responsables de se joindre à un organisme déjà inscrit."""
    _demander(acteur, "organisme.creer")
    if organisme.pk in acteur.organismes_ids:
        raise RegleViolee("Vous êtes déjà membre de cet organisme.")
    existante = organisme.invitations.filter(
        courriel=acteur.email, acceptee_le=None, annulee_le=None
    ).first()
    if existante and existante.est_en_cours:
        return existante
    _pas_trop_d_un_coup(acteur)
    if existante:
        existante.annulee_le = horloge.maintenant()
        existante.save(update_fields=["annulee_le"])
    demande = Invitation.objects.create(
        organisme=organisme,
        nature=Invitation.Nature.DEMANDE,
        courriel=acteur.email,
        role=Adhesion.Role.REDACTEUR,
        creee_par=acteur,
    )
    courriels.envoyer(
        gabarit="demande_adhesion",
        destinataires=courriels.adresses_organisme(organisme, responsables=True),
        objet=f"{acteur} demande à rejoindre {organisme.nom}",
        contexte={
            "organisme": organisme,
            "auteur": acteur,
            "lien": settings.SITE_URL + reverse("organisme:membres", kwargs={"pk": organisme.pk}),
        },
    )
    journaliser(acteur=acteur, verbe="organisme.demander_adhesion", objet=organisme)
    return demande


@transaction.atomic
def accepter_adhesion(*, acteur: Any, invitation: Invitation) -> Organisme:
    """Un responsable accepte une demande de se joindre."""
    _demander(acteur, "organisme.inviter", invitation.organisme)
    invitation = _verrouiller(invitation)
    if not invitation.est_en_cours or invitation.nature != Invitation.Nature.DEMANDE:
        raise RegleViolee("Cette demande n'est plus en cours.")
    _joindre(invitation.creee_par, invitation, acteur)
    return invitation.organisme


def invitations_a_traiter(personne: Any) -> list[Invitation]:
    """Ce qui concerne la personne : ses invitations, ses demandes de se joindre, et celles qu'elle
    peut accepter comme responsable."""
    siennes = Q(courriel__iexact=personne.email)
    recues = Q(
        nature=Invitation.Nature.DEMANDE,
        organisme__adhesions__in=personne.adhesions.filter(role=Adhesion.Role.RESPONSABLE),
    )
    return list(
        Invitation.objects.filter(
            siennes | recues,
            acceptee_le=None,
            annulee_le=None,
            expire_le__gt=horloge.maintenant(),
        )
        .select_related("organisme", "creee_par")
        .distinct()
    )


def _joindre(personne: Any, invitation: Invitation, acteur: Any) -> None:
    Adhesion.objects.get_or_create(
        organisme=invitation.organisme,
        utilisateur=personne,
        defaults={"role": invitation.role},
    )
    invitation.acceptee_le = horloge.maintenant()
    invitation.save(update_fields=["acceptee_le"])
    personne.__dict__.pop("organismes_ids", None)
    journaliser(
        acteur=acteur,
        verbe="organisme.joindre",
        objet=invitation.organisme,
        details={"courriel": personne.email},
    )


def _verrouiller(invitation: Invitation) -> Invitation:
    """Telle qu'elle est maintenant, et qu'elle restera jusqu'à la fin de la transaction."""
    return (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisme", "creee_par")
        .get(pk=invitation.pk)
    )


def _pas_trop_d_un_coup(acteur: Any) -> None:
    if acteur is None:
        return
    hier = horloge.maintenant() - dt.timedelta(days=1)
    if acteur.invitations.filter(creee_le__gte=hier).count() >= INVITATIONS_PAR_JOUR:
        raise RegleViolee(
            f"Vous avez envoyé {INVITATIONS_PAR_JOUR} invitations ou demandes depuis hier : "
            "reprenez demain.",
            champ="courriel",
            code="trop_d_invitations",
        )


@transaction.atomic
def annuler_invitation(*, acteur: Any, invitation: Invitation) -> None:
    """Annule une invitation ou une demande en cours ; acceptée ou déjà annulée, elle ne l'est plus
    (code ``expiree``)."""
    _demander(acteur, "organisme.inviter", invitation.organisme)
    invitation = _verrouiller(invitation)
    if invitation.acceptee_le or invitation.annulee_le:
        raise RegleViolee("Cette invitation n'est plus en cours.", code="expiree")
    invitation.annulee_le = horloge.maintenant()
    invitation.save(update_fields=["annulee_le"])
    journaliser(
        acteur=acteur,
        verbe="organisme.annuler_invitation",
        objet=invitation.organisme,
        details={"courriel": invitation.courriel},
    )


@transaction.atomic
def changer_role(*, acteur: Any, adhesion: Adhesion, role: str) -> None:
    """Change le rôle d'un membre ; l'organisme garde toujours un responsable."""
    _demander(acteur, "organisme.inviter", adhesion.organisme)
    if role != Adhesion.Role.RESPONSABLE:
        _garder_un_responsable(adhesion)
        _annuler_ses_invitations(adhesion)
    adhesion.role = role
    adhesion.save(update_fields=["role"])
    journaliser(
        acteur=acteur,
        verbe="organisme.changer_role",
        objet=adhesion.organisme,
        details={"courriel": adhesion.utilisateur.email, "role": role},
    )


@transaction.atomic
def retirer_membre(*, acteur: Any, adhesion: Adhesion) -> None:
    """Retire un membre (ou soi-même) ; le dernier responsable ne part pas, et les invitations
    encore en cours de la personne s'annulent : elle ne revient pas par un lien qu'elle a gardé."""
    if adhesion.utilisateur_id != acteur.pk:
        _demander(acteur, "organisme.inviter", adhesion.organisme)
    _garder_un_responsable(adhesion)
    detacher(acteur=acteur, adhesion=adhesion)


def detacher(*, acteur: Any, adhesion: Adhesion) -> None:
    """Retire la personne, sans demander qui reste : à qui appelle de l'avoir vérifié."""
    _annuler_ses_invitations(adhesion)
    journaliser(
        acteur=acteur,
        verbe="organisme.retirer_membre",
        objet=adhesion.organisme,
        details={"courriel": adhesion.utilisateur.email},
    )
    adhesion.delete()


def _annuler_ses_invitations(adhesion: Adhesion) -> None:
    adhesion.organisme.invitations.filter(
        creee_par=adhesion.utilisateur_id,
        nature=Invitation.Nature.INVITATION,
        acceptee_le=None,
        annulee_le=None,
    ).update(annulee_le=horloge.maintenant())


def _garder_un_responsable(adhesion: Adhesion) -> None:
    Organisme.objects.select_for_update(no_key=True).get(pk=adhesion.organisme_id)
    autres = adhesion.organisme.adhesions.filter(role=Adhesion.Role.RESPONSABLE).exclude(
        pk=adhesion.pk
    )
    if adhesion.role == Adhesion.Role.RESPONSABLE and not autres.exists():
        raise RegleViolee(
            "L'organisme doit garder une personne responsable : nommez-en une autre d'abord.",
            code="dernier_responsable",
        )
