"""L'échange sur une demande : un organisme demande, la Ville répond, chacun est prévenu.

Les courriels donnent un lien et rien d'autre : ce qui s'écrit ici peut toucher à une décision.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.urls import reverse

from appels.models import Demande, LectureEchange, Message
from appels.models.echange import echange_clos
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import RoleVille, Utilisateur
from socle.services import courriels

LONGUEUR_MAX = 4000


@transaction.atomic
def ecrire_a_la_ville(*, acteur: Any, demande: Demande, texte: str, dernier_vu: int = 0) -> Message:
    """L'organisme écrit ; les agents sont prévenus au premier message qui attend une réponse."""
    exiger_permission(acteur, "echange.ecrire", demande)
    demande = _ouvrir(demande, dernier_vu)
    attendait = demande.messages.sans_reponse().exists()
    message = _inscrire(demande, acteur, Message.Cote.ORGANISME, texte)
    if not attendait:
        courriels.envoyer(
            gabarit="question_recue",
            destinataires=_adresses_agents(demande),
            objet=f"{demande.reference} : une question de l'organisme",
            contexte={"demande": demande, "lien": _lien("ville:echange", demande)},
        )
    return message


@transaction.atomic
def repondre(*, acteur: Any, demande: Demande, texte: str, dernier_vu: int = 0) -> Message:
    """La Ville écrit à l'organisme ; ses membres sont prévenus."""
    exiger_permission(acteur, "echange.repondre", demande)
    demande = _ouvrir(demande, dernier_vu)
    message = _inscrire(demande, acteur, Message.Cote.VILLE, texte)
    courriels.envoyer(
        gabarit="reponse_recue",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"{demande.reference} : la Ville vous a écrit",
        contexte={"demande": demande, "lien": _lien("organisme:echange", demande)},
    )
    return message


@transaction.atomic
def classer(*, acteur: Any, demande: Demande, dernier_vu: int = 0) -> Message:
    """La Ville a lu, et le message ne demande pas de réponse ; personne n'est prévenu."""
    exiger_permission(acteur, "echange.repondre", demande)
    demande = _ouvrir(demande, dernier_vu)
    if not demande.messages.sans_reponse().exists():
        raise RegleViolee("Aucun message n'attend de réponse. Rechargez l'échange.", code="repondu")
    message = Message.objects.create(
        demande=demande,
        cote=Message.Cote.VILLE,
        nature=Message.Nature.CLASSEMENT,
        auteur=acteur,
        ecrit_le=horloge.maintenant(),
    )
    journaliser(acteur=acteur, verbe="message.classer", objet=message)
    return message


@transaction.atomic
def reprendre(*, acteur: Any, demande: Demande, dernier_vu: int = 0) -> Message:
    """Défait un classement que rien n'a suivi : le message attend de nouveau, à son âge.

    Comme le classement, la reprise ne prévient personne.
    """
    exiger_permission(acteur, "echange.repondre", demande)
    demande = _ouvrir(demande, dernier_vu)
    dernier = demande.messages.last()
    if dernier is None or dernier.nature != Message.Nature.CLASSEMENT:
        raise RegleViolee("Rien n'est classé ici. Rechargez l'échange.", code="repris")
    message = Message.objects.create(
        demande=demande,
        cote=Message.Cote.VILLE,
        nature=Message.Nature.REPRISE,
        reprend=dernier,
        auteur=acteur,
        ecrit_le=horloge.maintenant(),
    )
    journaliser(acteur=acteur, verbe="message.reprendre", objet=message)
    return message


def noter_lecture(*, acteur: Any, demande: Demande) -> int:
    """Retient que la personne a tout lu ; rend le rang du dernier message lu auparavant."""
    lecture = LectureEchange.objects.filter(demande=demande, utilisateur=acteur).first()
    avant = lecture.jusqu_a if lecture else 0
    dernier = demande.messages.aggregate(dernier=Max("pk"))["dernier"] or 0
    if dernier > avant:
        LectureEchange.objects.update_or_create(
            demande=demande,
            utilisateur=acteur,
            defaults={"jusqu_a": dernier, "lu_le": horloge.maintenant()},
        )
    return avant


def non_lus_par_demande(personne: Any) -> dict[int, int]:
    """Combien de messages de la Ville la personne n'a pas lus, par demande ; une requête."""
    comptes = Message.objects.non_lus(personne).order_by().values_list("demande")
    return dict(comptes.annotate(nombre=Count("pk")))


def en_attente(personne: Any) -> QuerySet:
    """Les échanges qui attendent la Ville : ``demande``, ``depuis``, ``nombre``, l'aîné d'abord."""
    return (
        Message.objects.hors_du_comite(personne)
        .sans_reponse()
        .order_by()
        .values("demande")
        .annotate(depuis=Min("ecrit_le"), nombre=Count("pk"))
        .order_by("depuis")
    )


def _ouvrir(demande: Demande, dernier_vu: int) -> Demande:
    """Verrouille la demande ; refuse un échange clos, ou qui a avancé depuis que la page est lue.

    Le deuxième refus arrête aussi un envoi double.
    """
    demande = (
        Demande.objects.select_for_update(no_key=True, of=("self",))
        .select_related("appel", "organisme")
        .get(pk=demande.pk)
    )
    if echange_clos(demande):
        raise RegleViolee("Cette demande est close : l'échange ne s'écrit plus.", code="clos")
    dernier = demande.messages.aggregate(dernier=Max("pk"))["dernier"] or 0
    if dernier != dernier_vu:
        raise RegleViolee(
            "Un message est arrivé pendant que vous écriviez. Lisez-le, puis envoyez le vôtre.",
            champ="texte",
            code="depasse",
        )
    return demande


def _inscrire(demande: Demande, acteur: Any, cote: str, texte: str) -> Message:
    texte = texte.strip()
    if not texte:
        raise RegleViolee("Écrivez votre message.", champ="texte")
    if len(texte) > LONGUEUR_MAX:
        raise RegleViolee(f"Le message dépasse {LONGUEUR_MAX} caractères.", champ="texte")
    message = Message.objects.create(
        demande=demande, cote=cote, texte=texte, auteur=acteur, ecrit_le=horloge.maintenant()
    )
    journaliser(
        acteur=acteur,
        verbe="message.ecrire",
        objet=message,
        details={"cote": cote, "empreinte": hashlib.sha256(texte.encode()).hexdigest()},
    )
    return message


def _adresses_agents(demande: Demande) -> list[str]:
    """Les agents qui peuvent lire l'échange : aucun que le comité a reçu ou récusé pour elle."""
    agents = Utilisateur.objects.filter(is_active=True, roles__contains=[RoleVille.AGENT])
    comite = demande.affectations.values("membre__utilisateur")
    return list(agents.exclude(pk__in=comite).values_list("email", flat=True))


def _lien(nom: str, demande: Demande) -> str:
    return settings.SITE_URL + reverse(nom, kwargs={"reference": demande.reference})
