"""Détruire ou anonymiser ce qui a fini d'être gardé : montrer d'abord, faire ensuite.

Le journal, l'argent, les indicateurs et le nom des organismes restent ; ce qui part, ce sont les
textes, les fichiers, les lettres et les noms.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from appels.models import Demande
from evaluations.models import Evaluation, Note
from financement.conservation import Sort, durees, echeance
from financement.documents import documents_de
from financement.models import EnvoiLettre, Rapport, Reserve, Signature
from financement.services.archives import detruire_archives
from financement.services.retours import detruire_retours
from socle import horloge
from socle.journal import journaliser
from socle.models import EntreeJournal, Utilisateur
from socle.services.fermeture_compte import effacer_compte

# Seul ce service passe outre ces déclencheurs : la loi demande la destruction.
DECLENCHEURS = (
    "appels.Message:message_en_ajout_seul",
    "evaluations.Note:note_soumise_immuable",
    "evaluations.Evaluation:evaluation_soumise_immuable",
    "financement.Signature:signature_en_ajout_seul",
)
DETRUIT = "Détruit selon le calendrier de conservation."


@dataclass(frozen=True)
class APurger:
    """Un dossier qui a fini d'être gardé."""

    genre: str
    libelle: str
    fin: dt.date
    depuis: dt.date
    sort: Sort
    objet: Any


def a_purger() -> list[APurger]:
    """Tout ce qui a fini d'être gardé aujourd'hui, sans rien y changer."""
    regles = durees(
        fermees=settings.CONSERVATION_FERMEES_ANS, autres=settings.CONSERVATION_AUTRES_ANS
    )
    trouves = []
    demandes = Demande.objects.filter(etat__in=regles, anonymisee_le=None).select_related("appel")
    fins = _fins(demandes)
    for demande in demandes.order_by("reference"):
        regle = regles[demande.etat]
        fin = fins.get(str(demande.pk)) or timezone.localdate(demande.appel.cloture)
        if demande.etat == "brouillon":
            fin = timezone.localdate(demande.appel.cloture)
        jour = echeance(fin, regle.ans)
        if jour <= horloge.aujourdhui():
            trouves.append(APurger(regle.genre, str(demande), fin, jour, regle.sort, demande))
    return [*trouves, *_comptes()]


def _fins(demandes: Any) -> dict[str, dt.date]:
    """Quand chaque demande a changé d'état pour la dernière fois, d'après le journal."""
    entrees = (
        EntreeJournal.objects.filter(
            objet_type="appels.demande",
            objet_id__in=[str(pk) for pk in demandes.values_list("pk", flat=True)],
            details__has_key="vers",
        )
        .values("objet_id")
        .annotate(fin=Max("moment"))
    )
    return {entree["objet_id"]: timezone.localdate(entree["fin"]) for entree in entrees}


def _comptes() -> Iterable[APurger]:
    """Les comptes sans rôle, sans organisme, sans siège, et sans connexion depuis longtemps."""
    ans = settings.CONSERVATION_AUTRES_ANS
    comptes = (
        Utilisateur.objects.filter(is_active=True, roles=[], adhesions=None)
        .filter(Q(sieges=None) | Q(sieges__actif=False))
        .annotate(vu_le=Coalesce("last_login", "inscrit_le"))
        .order_by("pk")
        .distinct()
    )
    for compte in comptes:
        fin = timezone.localdate(compte.vu_le)
        jour = echeance(fin, ans)
        if jour <= horloge.aujourdhui():
            yield APurger("Comptes inactifs", str(compte), fin, jour, Sort.ANONYMISER, compte)


def purger(dossier: APurger) -> None:
    """Détruit ou anonymise un dossier ; sans effet s'il l'est déjà."""
    with transaction.atomic():
        if isinstance(dossier.objet, Utilisateur):
            effacer_compte(compte=dossier.objet)
            journaliser(acteur=None, verbe="compte.anonymiser", objet=dossier.objet)
        elif dossier.sort is Sort.DETRUIRE:
            _detruire_brouillon(dossier.objet)
        else:
            with pgtrigger.ignore(*DECLENCHEURS):
                _anonymiser_demande(dossier.objet)


def _detruire_brouillon(demande: Demande) -> None:
    demande = Demande.objects.select_for_update().filter(pk=demande.pk, etat="brouillon").first()
    if demande is None:
        return
    journaliser(acteur=None, verbe="demande.detruire", objet=demande)
    _effacer_fichiers(piece.fichier for piece in demande.pieces.all())
    with pgtrigger.ignore(*DECLENCHEURS):
        demande.messages.all().delete()
        demande.delete()


def _anonymiser_demande(demande: Demande) -> None:
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    if demande.anonymisee_le:
        return
    _effacer_fichiers(piece.fichier for piece in demande.pieces.all())
    for ensemble in (
        *("reponses", "pieces", "messages", "ecritures", "visites", "rappels"),
        "activites",
    ):
        getattr(demande, ensemble).all().delete()
    demande.postes.update(libelle="")
    demande.revenus.update(libelle="")
    demande.verifications.update(remarque="")
    demande.complements.update(texte=DETRUIT)
    demande.depots.update(contenu={}, signataire="", depose_par=None)
    demande.reexamens.exclude(reponse="").update(motifs=DETRUIT, reponse=DETRUIT)
    Reserve.objects.filter(decision__demande=demande).exclude(constat="").update(constat=DETRUIT)
    fiches = Evaluation.objects.filter(affectation__demande=demande)
    Note.objects.filter(evaluation__in=fiches).update(commentaire="")
    fiches.update(notes_privees="")
    demande.affectations.update(precision="")
    rapports = Rapport.objects.filter(demande=demande)
    for rapport in rapports:
        _effacer_fichiers(piece.fichier for piece in rapport.pieces.all())
        for ensemble in ("reponses", "temoignages", "pieces", "remarques", "ecritures"):
            getattr(rapport, ensemble).all().delete()
        rapport.depenses.update(libelle="")
    Signature.objects.filter(
        Q(convention__demande=demande) | Q(avenant__convention__demande=demande)
    ).delete()
    EnvoiLettre.objects.filter(lettre__decision__demande=demande).delete()
    _detruire_documents(demande)
    demande.resume = ""
    demande.creee_par = demande.deposee_par = None
    demande.anonymisee_le = horloge.maintenant()
    demande.save(update_fields=["resume", "creee_par", "deposee_par", "anonymisee_le"])
    journaliser(acteur=None, verbe="demande.anonymiser", objet=demande)


def _detruire_documents(demande: Demande) -> None:
    """Les accusés, lettres, conventions et avenants : leur titre et leur empreinte restent."""
    documents = documents_de(demande).filter(detruit_le=None)
    detruire_retours(documents)
    detruire_archives(demande.appel)
    _effacer_fichiers(document.pdf for document in documents)
    documents.update(html="", detruit_le=horloge.maintenant())


def _effacer_fichiers(fichiers: Iterable[Any]) -> None:
    """Les fichiers partent après le commit : une erreur ne laisse pas de ligne sans son fichier."""
    for fichier in [f for f in fichiers if f]:
        transaction.on_commit(lambda f=fichier: f.storage.delete(f.name))
