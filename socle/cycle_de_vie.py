"""La seule porte par laquelle un objet change d'état.

Les tables d'états sont dans ``<app>/cycle_de_vie.py`` ; ici, ce qui les fait appliquer.
"""

from collections.abc import Callable
from typing import Any

from django.db import models, transaction
from django_fsm import transition

from socle import horloge
from socle.base import dire_qui_agit
from socle.exceptions import PermissionRefusee, TransitionRefusee
from socle.journal import journaliser


class Garde:
    """Une condition d'une transition, avec la phrase qui explique son refus."""

    def __init__(self, message: str, predicat: Callable[[Any], bool]) -> None:
        self.message = message
        self.predicat = predicat
        self.__name__ = getattr(predicat, "__name__", "garde")

    def __call__(self, objet: Any) -> bool:
        return bool(self.predicat(objet))


def etape(
    *,
    de: str | list[str],
    vers: str,
    permission: str,
    gardes: list[Garde] | None = None,
    champ: str = "etat",
) -> Callable:
    """Déclare une transition du champ ``champ`` : sources, cible, permission et gardes.

    Une permission vide (``""``) désigne une transition du système, sans acteur.
    """

    def autorise(objet: models.Model, utilisateur: Any) -> bool:
        return not permission or utilisateur.peut(permission, objet)

    return transition(
        field=champ,
        source=de,
        target=vers,
        conditions=gardes or [],
        permission=autorise,
        custom={"permission": permission},
    )


def transitionner(
    objet: models.Model,
    nom: str,
    *,
    acteur: Any,
    motif: str = "",
    champs: dict[str, Any] | None = None,
    details: dict[str, Any] | None = None,
) -> models.Model:
    """Applique la transition ``nom`` à ``objet``, dans une transaction.

    Dans l'ordre : verrouille la ligne, vérifie l'état de départ, la permission de ``acteur``
    (django-fsm ne la demande pas de lui-même) et les gardes, pose ``champs``, applique la
    transition, enregistre, écrit au journal. ``acteur`` est None pour le système. La date
    ``<etat>_le`` et l'auteur ``<etat>_par`` sont posés quand le modèle les a et que ``champs`` ne
    les donne pas.

    Rend l'objet verrouillé, à jour ; ``objet`` est remis au même état. Lève
    ``TransitionRefusee`` ou ``PermissionRefusee``, avec une phrase pour la personne.
    """
    modele = type(objet)
    with transaction.atomic():
        # « no key » : la vérification d'une clé étrangère n'attend pas ce verrou.
        verrouille = modele._base_manager.select_for_update(no_key=True).get(pk=objet.pk)
        methode = getattr(verrouille, nom)
        depart = verrouille.etat
        passage = methode._django_fsm.get_transition(depart)
        if passage is None:
            raise TransitionRefusee(_plus_possible(verrouille, acteur), code="etat")
        if acteur is not None and not passage.has_perm(verrouille, acteur):
            raise PermissionRefusee("Vous n'avez pas le droit de faire cette action.", code=nom)
        for champ, valeur in (champs or {}).items():
            setattr(verrouille, champ, valeur)
        for garde in passage.conditions:
            if not garde(verrouille):
                raise TransitionRefusee(garde.message, code=getattr(garde.predicat, "__name__", ""))
        methode()
        _dater(verrouille, acteur, sauf=champs or {})
        dire_qui_agit(acteur)
        verrouille.save()
        journaliser(
            acteur=acteur,
            verbe=f"{modele._meta.model_name}.{nom}",
            objet=verrouille,
            motif=motif,
            details={"de": depart, "vers": verrouille.etat, **(details or {})},
        )
    if objet is not verrouille:
        _recopier(verrouille, objet)
    return verrouille


def relire(objet: models.Model) -> None:
    """``objet`` comme la base le contient maintenant, sans toucher à la protection de l'état."""
    _recopier(type(objet)._base_manager.get(pk=objet.pk), objet)


def _recopier(source: models.Model, cible: models.Model) -> None:
    """``cible`` comme ``source``, sans ``refresh_from_db`` : django-fsm y lève la protection de
    l'état pour tout le processus, et deux fils du serveur web se gêneraient."""
    cible.__dict__.update({nom: v for nom, v in source.__dict__.items() if nom != "_state"})
    cible._state.fields_cache.clear()
    cible.__dict__.pop("_prefetched_objects_cache", None)


def _plus_possible(objet: models.Model, acteur: Any) -> str:
    """La phrase du refus ; elle ne nomme pas un état que l'organisme ne voit pas encore."""
    debut = f"Cette action n'est plus possible : « {objet} »"
    cache = getattr(objet, "etat_visible", objet.etat) != objet.etat
    if cache and acteur is not None and not acteur.peut("demande.suivre", objet):
        return f"{debut} est maintenant en traitement."
    return f"{debut} est maintenant « {objet.get_etat_display()} »."


def _dater(objet: models.Model, acteur: Any, *, sauf: dict[str, Any]) -> None:
    noms = {champ.name for champ in objet._meta.concrete_fields} - sauf.keys()
    if f"{objet.etat}_le" in noms:
        setattr(objet, f"{objet.etat}_le", horloge.maintenant())
    if f"{objet.etat}_par" in noms:
        setattr(objet, f"{objet.etat}_par", acteur)
