"""L'archive d'un appel : demandée, écrite par un ouvrier, téléchargée."""

import hashlib
import tempfile
import zipfile
from functools import partial
from typing import IO, Any

from django.core.files.base import File
from django.db import transaction
from django.urls import reverse

from appels.models import Appel
from financement.archivage import Entree, entrees_de_l_appel, entrees_de_la_demande
from financement.archivage_tables import demandes_a_archiver
from financement.models import Archive
from socle import horloge
from socle.authenticite import empreinte_de
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Travail
from socle.services import travaux

# Avant, les notes d'un membre ne sont pas à montrer aux autres (regles.md, 9).
ETATS = (Appel.Etat.DECIDE, Appel.Etat.ARCHIVE)
NATURE = "archive"
MANIFESTE = "MANIFESTE-SHA256.txt"
MORCEAU = 1024 * 1024


@transaction.atomic
def demander_archive(*, acteur: Any, appel: Appel) -> Travail:
    """Confie à un ouvrier l'archive de ``appel``. Lève ``RegleViolee`` (code ``etat``)."""
    exiger_permission(acteur, "archive.produire", appel)
    appel = Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if appel.etat not in ETATS:
        raise RegleViolee(
            "L'archive se produit une fois les décisions arrêtées : avant, les notes du comité ne "
            "sont pas à montrer.",
            code="etat",
        )
    parametres = {"appel": appel.pk}
    if travail := travaux.deja_confie(acteur=acteur, nature=NATURE, parametres=parametres):
        return travail
    travail = travaux.creer_travail(
        acteur=acteur,
        nature=NATURE,
        titre=f"Archive de l'appel {appel.code}",
        total=demandes_a_archiver(appel).count() + 1,
        parametres=parametres,
        retour=reverse("ville:archives", kwargs={"code": appel.code}),
    )
    Archive.objects.create(appel=appel, travail=travail, demandee_par=acteur)
    journaliser(acteur=acteur, verbe="archive.produire", objet=appel)
    travaux.confier(travail.pk)
    return travail


def produire(*, travail: Travail) -> None:
    """Écrit le ZIP sur le disque, un fichier à la fois, puis le range.

    Relancé après une coupure ou un arrêt, il le refait en entier ; fini, il n'y touche plus.
    """
    if not travaux.commencer(travail=travail):
        return
    archive = Archive.objects.select_related("appel").get(travail=travail)
    with tempfile.TemporaryFile() as sortie:
        with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as zip_:
            entiere = _ecrire(zip_, archive.appel, travail)
        if not entiere:
            return
        taille = sortie.tell()
        sortie.seek(0)
        empreinte = empreinte_de(iter(lambda: sortie.read(MORCEAU), b""))
        sortie.seek(0)
        archive.fichier.save(f"{archive.appel.code.lower()}.zip", File(sortie), save=False)
    archive.empreinte, archive.taille = empreinte, taille
    archive.produite_le = horloge.maintenant()
    archive.save(update_fields=["fichier", "empreinte", "taille", "produite_le"])
    travaux.finir(travail=travail)


def _ecrire(zip_: zipfile.ZipFile, appel: Appel, travail: Travail) -> bool:
    """Faux si quelqu'un arrête le travail en chemin."""
    manifeste: list[str] = []
    faites = 0
    for faites, demande in enumerate(demandes_a_archiver(appel).iterator(), start=1):
        for entree in entrees_de_la_demande(demande):
            manifeste.append(_ajouter(zip_, entree))
        if not travaux.est_en_marche(travail):
            return False
        travaux.fixer_avancement(travail=travail, faits=faites)
    for entree in entrees_de_l_appel(appel, demandes_a_archiver(appel)):
        manifeste.append(_ajouter(zip_, entree))
    zip_.writestr(MANIFESTE, "".join(f"{ligne}\n" for ligne in manifeste))
    travaux.fixer_avancement(travail=travail, faits=faites + 1)
    return True


def _ajouter(zip_: zipfile.ZipFile, entree: Entree) -> str:
    """Écrit l'entrée et rend sa ligne du manifeste, au format de ``sha256sum``."""
    condense = hashlib.sha256()
    with zip_.open(entree.chemin, "w", force_zip64=True) as cible:
        if isinstance(entree.contenu, bytes):
            condense.update(entree.contenu)
            cible.write(entree.contenu)
        else:
            with entree.contenu.open("rb") as source:
                _copier(source, cible, condense)
    return f"{condense.hexdigest()}  {entree.chemin}"


def _copier(source: IO[bytes], cible: IO[bytes], condense: Any) -> None:
    while morceau := source.read(MORCEAU):
        condense.update(morceau)
        cible.write(morceau)


def detruire_archives(appel: Appel) -> None:
    """Un dossier de l'appel a fini d'être gardé : les copies qui le contiennent partent aussi."""
    for archive in appel.archives.exclude(fichier=""):
        transaction.on_commit(partial(archive.fichier.storage.delete, archive.fichier.name))
        archive.fichier = ""
        archive.save(update_fields=["fichier"])


def telecharger_archive(*, acteur: Any, archive: Archive) -> IO[bytes]:
    """Le fichier ouvert, à servir par morceaux ; le journal garde qui l'a pris."""
    exiger_permission(acteur, "archive.produire", archive)
    if not archive.fichier:
        raise RegleViolee(
            "Cette archive n'est pas prête, ou a été détruite. Produisez-la de nouveau.",
            code="absente",
        )
    journaliser(acteur=acteur, verbe="archive.telecharger", objet=archive.appel)
    return archive.fichier.open("rb")
