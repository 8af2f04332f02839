"""Les pages d'activité : proposer, publier, renvoyer, retirer ; les services de la Ville."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from appels.models import Demande
from financement.bilan import projets_annonces
from socle import cache_public, horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services import courriels
from vitrine import regles
from vitrine.models import Activite, VersionActivite
from vitrine.models.version import CONTACT, CONTENU, SANS_CONTACT
from vitrine.services import guides

Champs = Mapping[str, Any]
# Ce que vitrine/urls.py sert là où se lirait une activité.
ADRESSES_RESERVEES = ("guide", "calendrier", "nouvelle")


@transaction.atomic
def proposer(
    *, acteur: Any, demande: Demande, champs: Champs, activite: Activite | None = None
) -> VersionActivite:
    """Propose la page d'une activité du projet, nouvelle ou non ; le public voit encore l'ancienne.

    ``champs`` : ceux de ``CONTENU`` et de ``CONTACT``, et ``besoins``. Une proposition qui attend
    déjà est retouchée ; renvoyée, elle est reprise dans une nouvelle.
    """
    exiger_permission(acteur, "activite.proposer", demande)
    if not projets_annonces().filter(pk=demande.pk).exists():
        raise RegleViolee("Les activités se publient une fois la lettre reçue.", code="annonce")
    if activite is None:
        activite = Activite.objects.create(cle=_cle_libre(champs["titre"]), demande=demande)
    version = _ecrire(acteur, activite, champs)
    journaliser(acteur=acteur, verbe="versionactivite.proposer", objet=version)
    return version


@transaction.atomic
def enregistrer_service(
    *,
    acteur: Any,
    genre: str,
    porteur: str,
    champs: Champs,
    activite: Activite | None = None,
) -> VersionActivite:
    """Inscrit ou met à jour un service de la Ville ou d'un partenaire ; il paraît aussitôt."""
    exiger_permission(acteur, "activite.moderer")
    porteur = porteur.strip()
    if not porteur:
        raise RegleViolee("Dites qui offre ce service.", champ="porteur")
    if activite is None:
        activite = Activite.objects.create(
            cle=_cle_libre(champs["titre"]), genre=genre, porteur=porteur
        )
    else:
        Activite.objects.filter(pk=activite.pk).update(genre=genre, porteur=porteur)
    version = _ecrire(acteur, activite, champs)
    return publier(acteur=acteur, version=version, retouche=version.retouche)


@transaction.atomic
def publier(*, acteur: Any, version: VersionActivite, retouche: int) -> VersionActivite:
    """Publie la page lue à sa ``retouche`` ; celle d'avant est remplacée, l'organisme prévenu."""
    activite = Activite.objects.select_for_update(no_key=True).get(pk=version.activite_id)
    version = VersionActivite.objects.select_related("activite__demande__organisme").get(
        pk=version.pk
    )
    if version.retouche != retouche:
        raise RegleViolee(
            "L'organisme a changé sa page pendant que vous la lisiez : relisez-la.", code="retouche"
        )
    exiger_permission(acteur, "activite.moderer", version)
    if ancienne := activite.version("publiee"):
        transitionner(ancienne, "remplacer", acteur=acteur, champs=SANS_CONTACT)
    version = transitionner(version, "publier", acteur=acteur, champs={"motif": ""})
    _rafraichir()
    _prevenir(version)
    return version


@transaction.atomic
def renvoyer(*, acteur: Any, version: VersionActivite, motif: str) -> VersionActivite:
    """Rend la page à l'organisme avec ce qu'il faut reprendre."""
    motif = _motif(motif, "Dites ce qu'il faut reprendre.")
    version = transitionner(
        version, "renvoyer", acteur=acteur, motif=motif, champs={"motif": motif}
    )
    _prevenir(version)
    return version


@transaction.atomic
def retirer(*, acteur: Any, activite: Activite, motif: str) -> None:
    """Ôte l'activité des pages publiques, avec ce qui était proposé pour elle."""
    motif = _motif(motif, "Dites pourquoi la page est retirée.")
    activite = Activite.objects.select_for_update(no_key=True).get(pk=activite.pk)
    versions = list(activite.versions.filter(etat__in=["publiee", "proposee"]))
    if not versions:
        raise RegleViolee("Cette page ne paraît déjà plus.", code="etat")
    for version in versions:
        transitionner(
            version,
            "retirer",
            acteur=acteur,
            motif=motif,
            champs={"motif": motif, **SANS_CONTACT},
        )
    _rafraichir()


def _ecrire(acteur: Any, activite: Activite, champs: Champs) -> VersionActivite:
    """La version proposée de l'activité, portant ``champs``."""
    regles.verifier(champs)
    Activite.objects.select_for_update(no_key=True).get(pk=activite.pk)
    version = activite.version("proposee")
    if version is None:
        activite.versions.filter(etat="renvoyee").update(**SANS_CONTACT)
        version = VersionActivite(activite=activite)
    else:
        version.retouche += 1
    for nom in (*CONTENU, *CONTACT):
        setattr(version, nom, champs[nom])
    version.proposee_le = horloge.maintenant()
    version.proposee_par = acteur
    version.save()
    version.besoins.set(champs["besoins"])
    return version


def _cle_libre(titre: str) -> str:
    """Une adresse lisible tirée du titre, que personne n'a encore."""
    base = slugify(titre)[:70].strip("-") or "activite"
    voisines = Activite.objects.filter(cle__startswith=base).values_list("cle", flat=True)
    prises = {*voisines, *ADRESSES_RESERVEES}
    return next(
        cle
        for cle in (base, *(f"{base}-{n}" for n in range(2, len(prises) + 3)))
        if cle not in prises
    )


def _motif(motif: str, manque: str) -> str:
    motif = motif.strip()
    if not motif:
        raise RegleViolee(manque, champ="motif")
    return motif


def _rafraichir() -> None:
    """Une fois la transaction faite : les pages gardées et les guides imprimables se refont."""
    cache_public.perimer()
    transaction.on_commit(guides.confier)


def _prevenir(version: VersionActivite) -> None:
    """Écrit à qui a proposé la page d'un projet ; un service n'a personne à prévenir."""
    auteur, demande = version.proposee_par, version.activite.demande
    if demande is None or auteur is None or not auteur.is_active:
        return
    courriels.envoyer(
        gabarit="activite_examinee",
        destinataires=[auteur.email],
        objet=f"Votre page « {version.titre} »",
        contexte={
            "version": version,
            "lien": settings.SITE_URL
            + reverse("organisme:activites", kwargs={"reference": demande.reference}),
        },
    )
