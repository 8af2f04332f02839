"""Sauvegarde et reprise : la base et les fichiers, vérifiés par leur SHA-256.

Une sauvegarde est un dossier : ``base.dump`` (format de ``pg_dump``), ``fichiers/`` et
``manifeste.json``, écrit en dernier. Sans manifeste, la sauvegarde n'est pas finie.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files import File
from django.core.files.storage import Storage, default_storage

from socle import horloge
from socle.causes import cause
from socle.models import Battement
from socle.outils_postgresql import (
    BaseRefusee,
    base_est_vide,
    copier_la_base,
    preparer_la_reprise,
    reprendre_la_base,
)

MANIFESTE, BASE, FICHIERS = "manifeste.json", "base.dump", "fichiers"
VERSION = 1
BLOC = 1 << 20


class SauvegardeRefusee(Exception):
    """Une phrase en français, à montrer telle quelle."""


@dataclass(frozen=True)
class Piece:
    """Un fichier de la sauvegarde : son nom dans le stockage, son SHA-256, sa taille."""

    nom: str
    sha256: str
    octets: int


@dataclass(frozen=True)
class Bilan:
    fichiers: int
    octets: int


# --- Sauvegarder --------------------------------------------------------------------------------
def sauvegarder(dossier: Path, *, stockage: Storage = default_storage) -> Bilan:
    """Écrit une sauvegarde complète dans ``dossier``, neuf ou vide.

    La base d'abord : les fichiers que sa copie nomme existent déjà quand on les copie. Lève
    ``SauvegardeRefusee``.
    """
    try:
        dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(dossier.iterdir()):
            raise SauvegardeRefusee(f"Le dossier {dossier} n'est pas vide : donnez-en un autre.")
        copier_la_base(dossier / BASE)
        pieces = [_copier(stockage, nom, dossier / FICHIERS) for nom in _noms(stockage)]
        base = Piece(BASE, *_empreinte(dossier / BASE))
        _ecrire_manifeste(dossier, base, pieces)
        Battement.battre(Battement.Nom.SAUVEGARDE)
    except BaseRefusee as erreur:
        raise SauvegardeRefusee(str(erreur)) from None
    except OSError as erreur:
        raise SauvegardeRefusee(
            f"La sauvegarde ne s'écrit pas dans {dossier} : {cause(erreur)}."
        ) from erreur
    return Bilan(len(pieces), base.octets + sum(piece.octets for piece in pieces))


def _noms(stockage: Storage, sous: str = "") -> Iterator[str]:
    """Tous les noms du stockage, par dossiers ; un stockage encore vide n'en a aucun."""
    try:
        dossiers, fichiers = stockage.listdir(sous)
    except FileNotFoundError:
        return
    yield from sorted(f"{sous}{nom}" for nom in fichiers if nom)
    for nom in sorted(dossiers):
        yield from _noms(stockage, f"{sous}{nom}/")


def _copier(stockage: Storage, nom: str, racine: Path) -> Piece:
    cible = racine / _sur(nom)
    cible.parent.mkdir(parents=True, exist_ok=True)
    condense, octets = hashlib.sha256(), 0
    with stockage.open(nom, "rb") as entree, cible.open("wb") as sortie:
        for bloc in entree.chunks(BLOC):
            condense.update(bloc)
            octets += sortie.write(bloc)
    return Piece(nom, condense.hexdigest(), octets)


def _ecrire_manifeste(dossier: Path, base: Piece, pieces: list[Piece]) -> None:
    contenu = {
        "version": VERSION,
        "cree_le": horloge.maintenant().isoformat(),
        "base": asdict(base),
        "fichiers": [asdict(piece) for piece in pieces],
    }
    contenu["empreinte"] = _empreinte_du_manifeste(contenu)
    provisoire = dossier / f"{MANIFESTE}.partiel"
    provisoire.write_text(json.dumps(contenu, ensure_ascii=False, indent=1), encoding="utf-8")
    provisoire.rename(dossier / MANIFESTE)


# --- Restaurer ----------------------------------------------------------------------------------
def restaurer(
    dossier: Path, *, ecraser: bool = False, stockage: Storage = default_storage
) -> Bilan:
    """Reprend la base et les fichiers de ``dossier``.

    Tout est vérifié avant que rien ne soit touché : chaque empreinte, la base (vide, sauf si
    ``ecraser``), les fichiers en place. Les fichiers reviennent d'abord, la base ensuite, en une
    transaction : un échec laisse la base comme elle était. Lève ``SauvegardeRefusee``.
    """
    base, pieces = verifier(dossier)
    try:
        if not ecraser and not base_est_vide():
            raise SauvegardeRefusee(
                "La base de données n'est pas vide : rien n'a été touché. Restaurez dans une base "
                "neuve, ou ajoutez --ecraser pour remplacer tout ce qu'elle contient."
            )
        a_ecrire = [piece for piece in pieces if not _deja_la(stockage, piece, ecraser)]
        with tempfile.TemporaryDirectory(prefix="appels-reprise-") as travail:
            script = Path(travail) / "base.sql"
            preparer_la_reprise(dossier / BASE, script)
            for piece in a_ecrire:
                _rendre(stockage, piece, dossier / FICHIERS)
            reprendre_la_base(script)
    except BaseRefusee as erreur:
        raise SauvegardeRefusee(str(erreur)) from None
    except OSError as erreur:
        raise SauvegardeRefusee(f"La reprise a échoué : {cause(erreur)}.") from erreur
    return Bilan(len(pieces), base.octets + sum(piece.octets for piece in pieces))


def verifier(dossier: Path) -> tuple[Piece, list[Piece]]:
    """Relit chaque fichier de la sauvegarde ; lève ``SauvegardeRefusee`` au premier écart."""
    base, pieces = _lire_manifeste(dossier)
    for fichier, piece in [
        (dossier / BASE, base),
        *((dossier / FICHIERS / _sur(piece.nom), piece) for piece in pieces),
    ]:
        try:
            juste = _empreinte(fichier) == (piece.sha256, piece.octets)
        except OSError as erreur:
            raise SauvegardeRefusee(
                f"Le fichier {fichier} de la sauvegarde ne se lit pas ({cause(erreur)}) : "
                "rien n'a été touché."
            ) from None
        if not juste:
            raise SauvegardeRefusee(
                f"Le fichier {fichier} de la sauvegarde est abîmé (son SHA-256 n'est pas celui du "
                "manifeste) : rien n'a été touché."
            )
    return base, pieces


def _lire_manifeste(dossier: Path) -> tuple[Piece, list[Piece]]:
    if not dossier.is_dir():
        raise SauvegardeRefusee(f"Le dossier {dossier} n'existe pas.")
    try:
        contenu: dict[str, Any] = json.loads((dossier / MANIFESTE).read_text(encoding="utf-8"))
        empreinte = contenu.pop("empreinte")
        if empreinte != _empreinte_du_manifeste(contenu):
            raise ValueError
        if contenu["version"] != VERSION:
            raise SauvegardeRefusee(
                f"La sauvegarde {dossier} est au format {contenu['version']}, que cette version "
                "de l'application ne lit pas."
            )
        return Piece(**contenu["base"]), [Piece(**piece) for piece in contenu["fichiers"]]
    except FileNotFoundError:
        raise SauvegardeRefusee(
            f"Le dossier {dossier} n'a pas de {MANIFESTE} : ce n'est pas une sauvegarde, ou elle "
            "n'a pas été menée à son terme."
        ) from None
    except OSError as erreur:
        raise SauvegardeRefusee(f"{dossier / MANIFESTE} ne se lit pas : {cause(erreur)}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SauvegardeRefusee(
            f"Le fichier {dossier / MANIFESTE} est abîmé : rien n'a été touché."
        ) from None


def _deja_la(stockage: Storage, piece: Piece, ecraser: bool) -> bool:
    """Vrai si le stockage a déjà ce fichier, le même ; un autre sous ce nom est refusé."""
    if not stockage.exists(piece.nom):
        return False
    condense = hashlib.sha256()
    with stockage.open(piece.nom, "rb") as fichier:
        for bloc in fichier.chunks(BLOC):
            condense.update(bloc)
    if condense.hexdigest() == piece.sha256:
        return True
    if not ecraser:
        raise SauvegardeRefusee(
            f"Le stockage a déjà un autre fichier nommé {piece.nom} : rien n'a été touché. "
            "Restaurez dans un stockage neuf, ou ajoutez --ecraser."
        )
    return False


def _rendre(stockage: Storage, piece: Piece, racine: Path) -> None:
    """Remet un fichier sous son nom exact, celui que la base garde."""
    if stockage.exists(piece.nom):
        stockage.delete(piece.nom)
    with (racine / _sur(piece.nom)).open("rb") as fichier:
        nom = stockage.save(piece.nom, File(fichier, name=piece.nom))
    if nom != piece.nom:
        raise SauvegardeRefusee(f"Le stockage a refusé le nom {piece.nom} (il propose {nom}).")


# --- Empreintes et noms -------------------------------------------------------------------------
def _empreinte(fichier: Path) -> tuple[str, int]:
    with fichier.open("rb") as flux:
        condense = hashlib.file_digest(flux, "sha256").hexdigest()
        return condense, flux.tell()


def _empreinte_du_manifeste(contenu: dict[str, Any]) -> str:
    canonique = json.dumps(contenu, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonique.encode()).hexdigest()


def _sur(nom: str) -> PurePosixPath:
    """Le nom comme chemin relatif ; un nom qui sortirait du dossier est refusé."""
    chemin = PurePosixPath(nom)
    if chemin.is_absolute() or ".." in chemin.parts or not chemin.parts:
        raise SauvegardeRefusee(f"Le nom de fichier « {nom} » n'est pas permis.")
    return chemin
