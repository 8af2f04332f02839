"""Le sceau de la Ville : le certificat qui signe chaque document figé, et ce qui l'empêche.

Le certificat est celui de ``SCEAU_PKCS12``. La démonstration se fait le sien ; sans certificat, les
documents restent sans sceau et la page de vérification le dit. Avec un certificat inutilisable,
rien ne s'émet : un document à demi scellé n'existe pas.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from socle.exceptions import RegleViolee
from socle.sceau_demonstration import MOT_DE_PASSE, certificat_de_demonstration

Cle = RSAPrivateKey | EllipticCurvePrivateKey


class SceauInutilisable(RegleViolee):
    """Le sceau ne peut pas être apposé ; ``raison`` dit pourquoi, en une phrase."""

    def __init__(self, raison: str) -> None:
        super().__init__(
            f"Le sceau de la Ville ne peut pas être apposé : {raison} Rien n'a été émis. "
            "Prévenez la personne qui exploite l'application.",
            code="sceau",
        )
        self.raison = raison


# Par identité : le même certificat ouvert sert à toutes les signatures du processus.
@dataclass(frozen=True, eq=False)
class Certificat:
    """Un certificat ouvert : sa clé privée, lui-même, sa chaîne."""

    cle: Cle
    certificat: x509.Certificate
    chaine: tuple[x509.Certificate, ...]

    @property
    def debut(self) -> dt.datetime:
        return self.certificat.not_valid_before_utc

    @property
    def fin(self) -> dt.datetime:
        return self.certificat.not_valid_after_utc


def est_configure() -> bool:
    return bool(settings.SCEAU_PKCS12 or settings.DEMONSTRATION)


def ouvrir_certificat() -> Certificat:
    """Le certificat de la Ville, en vigueur. Lève ``SceauInutilisable``."""
    if settings.SCEAU_PKCS12:
        chemin, mot_de_passe = Path(settings.SCEAU_PKCS12), settings.SCEAU_MOT_DE_PASSE
    else:
        chemin, mot_de_passe = certificat_de_demonstration(), MOT_DE_PASSE
    try:
        etat = chemin.stat()
        # Lu une fois par processus ; un certificat renouvelé se relit sans redémarrer.
        ouvert = _lire(chemin, mot_de_passe, etat.st_mtime_ns, etat.st_size)
    except OSError as erreur:
        raise SceauInutilisable("le fichier du certificat ne se lit pas.") from erreur
    maintenant = timezone.now()
    if maintenant > ouvert.fin:
        raise SceauInutilisable(f"le certificat est expiré depuis le {_jour(ouvert.fin)}.")
    if maintenant < ouvert.debut:
        raise SceauInutilisable(f"le certificat ne vaut qu'à partir du {_jour(ouvert.debut)}.")
    return ouvert


@lru_cache(maxsize=2)
def _lire(chemin: Path, mot_de_passe: str, _modifie: int, _taille: int) -> Certificat:
    octets = chemin.read_bytes()
    try:
        cle, certificat, chaine = pkcs12.load_key_and_certificates(
            octets, mot_de_passe.encode() or None
        )
    except ValueError as erreur:
        raise SceauInutilisable(
            "le mot de passe du certificat est faux, ou le fichier n'est pas un PKCS #12."
        ) from erreur
    if certificat is None or not isinstance(cle, Cle):
        raise SceauInutilisable(
            "le fichier doit contenir un certificat et sa clé privée (RSA ou courbe elliptique)."
        )
    return Certificat(cle, certificat, tuple(chaine))


def _jour(moment: dt.datetime) -> str:
    return date_format(timezone.localdate(moment), "j F Y")


def exiger_sceau() -> None:
    """Lève ``SceauInutilisable`` quand un certificat est configuré et ne peut pas servir.

    À demander avant un lot : un refus vaut mieux que cent lettres en erreur.
    """
    if est_configure():
        ouvrir_certificat()


def sceller(pdf: bytes) -> bytes:
    """Le même PDF, suivi du sceau. Lève ``SceauInutilisable``."""
    # Chargée à la première signature : pyHanko prend un tiers de seconde que les autres évitent.
    from socle.signature import signer

    return signer(pdf, certificat=ouvrir_certificat())
