"""Les modèles de lettres et de convention : écrits en brouillon, publiés par versions figées."""

from typing import Any

from django.db import transaction

from appels.models import Appel
from financement import fusion
from financement.champs_fusion import Valeurs, connus
from financement.documents_fusionnes import champs_vides, contexte_lettre
from financement.models import ModeleDocument
from socle import horloge
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document


def lire_modele(genre: str, appel: Appel | None = None) -> ModeleDocument:
    """Le modèle qui vaut : celui de l'appel, de la Ville, ou le livré (sans l'inscrire)."""
    return ModeleDocument.objects.en_vigueur(genre, appel) or ModeleDocument.livre(genre)


def fixer_modele(genre: str, appel: Appel | None = None) -> ModeleDocument:
    """Le même, inscrit : un document émis dit de quelle version il est fait."""
    modele = lire_modele(genre, appel)
    if modele.pk is None:
        modele, _ = ModeleDocument.objects.get_or_create(
            genre=genre,
            appel=None,
            version=1,
            defaults={
                "objet": modele.objet,
                "corps": modele.corps,
                "publie_le": horloge.maintenant(),
            },
        )
    return modele


def figer_lettre(
    *, objet: Any, sujet: Any, genre: str, nature: str, reference: str, titre: str, acteur: Any
) -> tuple[Document, ModeleDocument]:
    """Fige au nom d'``objet`` la lettre que le modèle de ce genre fait de ``sujet``.

    Rend le document et la version du modèle. Lève ``RegleViolee`` (``champ_vide``)
    quand le modèle demande ce que ``sujet`` n'a pas.
    """
    modele = fixer_modele(genre, sujet.demande.appel)
    valeurs = Valeurs(genre, sujet)
    if vides := champs_vides(modele, sujet, valeurs):
        raise RegleViolee(
            f"Le modèle demande ce que le dossier n'a pas : {', '.join(vides)}.",
            code="champ_vide",
        )
    document = figer_document(
        nature=nature,
        objet=objet,
        gabarit="pdf/lettre.html",
        contexte=contexte_lettre(sujet, modele, reference=reference, valeurs=valeurs),
        titre=titre,
        acteur=acteur,
    )
    return document, modele


@transaction.atomic
def ouvrir_brouillon(*, acteur: Any, genre: str, appel: Appel | None = None) -> ModeleDocument:
    """Le brouillon en cours, ou une copie de ce qui vaut aujourd'hui, comme version suivante."""
    exiger_permission(acteur, "modele.gerer", appel)
    fixer_modele(genre)
    versions = ModeleDocument.objects.de(genre, appel)
    # La première version de la Ville est toujours là : la verrouiller met les brouillons en file.
    ModeleDocument.objects.select_for_update(no_key=True).get(genre=genre, appel=None, version=1)
    if brouillon := versions.filter(publie_le=None).first():
        return brouillon
    depart = lire_modele(genre, appel)
    derniere = versions.order_by("-version").first()
    return ModeleDocument.objects.create(
        genre=genre,
        appel=appel,
        version=derniere.version + 1 if derniere else 1,
        objet=depart.objet,
        corps=depart.corps,
        modifie_par=acteur,
    )


def _brouillon(modele: ModeleDocument) -> ModeleDocument:
    modele = ModeleDocument.objects.select_for_update(no_key=True, of=("self",)).get(pk=modele.pk)
    if modele.est_publie:
        raise RegleViolee("Cette version est publiée : elle ne change plus.", code="publie")
    return modele


@transaction.atomic
def enregistrer_modele(
    *, acteur: Any, modele: ModeleDocument, objet: str, corps: str
) -> ModeleDocument:
    """Nettoie et vérifie le texte, puis l'enregistre au brouillon.

    Lève ``RegleViolee`` : ``balise`` (non fermée), ``accolades``, ``champ_inconnu`` (nommé, avec
    le plus proche), ``bloc``, ``passage``, ``publie``.
    """
    exiger_permission(acteur, "modele.gerer", modele.appel)
    modele = _brouillon(modele)
    objet = " ".join(objet.split())
    fusion.verifier(objet, connus(modele.genre, sans_blocs=True), champ="objet")
    propre = fusion.nettoyer(corps)
    fusion.verifier(propre, connus(modele.genre))
    if not propre:
        raise RegleViolee("Écrivez le texte du modèle.", champ="corps")
    modele.objet, modele.corps = objet, propre
    modele.modifie_le, modele.modifie_par = horloge.maintenant(), acteur
    modele.save(update_fields=["objet", "corps", "modifie_le", "modifie_par"])
    journaliser(acteur=acteur, verbe="modele.enregistrer", objet=modele)
    return modele


@transaction.atomic
def publier_modele(*, acteur: Any, modele: ModeleDocument) -> ModeleDocument:
    """Fige le brouillon : les prochains documents en sont faits. Ceux déjà émis ne changent pas."""
    exiger_permission(acteur, "modele.gerer", modele.appel)
    modele = _brouillon(modele)
    fusion.verifier(modele.corps, connus(modele.genre))
    modele.publie_le, modele.publie_par = horloge.maintenant(), acteur
    modele.save(update_fields=["publie_le", "publie_par"])
    journaliser(acteur=acteur, verbe="modele.publier", objet=modele)
    return modele


@transaction.atomic
def abandonner_brouillon(*, acteur: Any, modele: ModeleDocument) -> None:
    """Efface un brouillon jamais publié ; la version qui valait vaut encore."""
    exiger_permission(acteur, "modele.gerer", modele.appel)
    modele = _brouillon(modele)
    journaliser(acteur=acteur, verbe="modele.abandonner", objet=modele)
    modele.delete()
