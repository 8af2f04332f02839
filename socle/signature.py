"""Signer un PDF au nom de la Ville : PAdES-B-B, ou B-T avec une autorité d'horodatage.

Le sceau s'ajoute à la fin du fichier : les octets d'avant, donc le balisage PDF/UA, restent là.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from socle.sceau import Certificat, Cle, SceauInutilisable

CHAMP = "Sceau"
# De quoi loger la signature et sa chaîne, en chiffres hexadécimaux : les mesurer demanderait de
# signer deux fois.
PLACE = 16_384
DELAI_HORODATAGE = 5


class _Signataire(SimpleSigner):
    """Garde sa clé ouverte : pyHanko la relit, et la vérifie, à chaque signature."""

    def __init__(self, certificat: Certificat) -> None:
        chaine = SimpleCertificateStore()
        chaine.register_multiple(_asn1(c) for c in certificat.chaine)
        super().__init__(
            signing_cert=_asn1(certificat.certificat),
            signing_key=_cle_asn1(certificat.cle),
            cert_registry=chaine,
        )
        self.cle = certificat.cle

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        if isinstance(self.cle, RSAPrivateKey):
            return self.cle.sign(data, PKCS1v15(), SHA256())
        return self.cle.sign(data, ECDSA(SHA256()))


def _asn1(certificat: Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificat.public_bytes(Encoding.DER))


def _cle_asn1(cle: Cle) -> keys.PrivateKeyInfo:
    return keys.PrivateKeyInfo.load(
        cle.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    )


@lru_cache(maxsize=2)
def _signataire(certificat: Certificat) -> _Signataire:
    return _Signataire(certificat)


def signer(pdf: bytes, *, certificat: Certificat, horodateur: TimeStamper | None = None) -> bytes:
    """``pdf`` signé par ``certificat``. Lève ``SceauInutilisable``.

    ``horodateur`` est à défaut celui de ``SCEAU_HORODATAGE_URL``.
    """
    adresse = settings.SCEAU_HORODATAGE_URL
    if horodateur is None and adresse:
        horodateur = HTTPTimeStamper(adresse, timeout=DELAI_HORODATAGE)
    sortie = io.BytesIO()
    try:
        # pyHanko ouvre une boucle asyncio : dans son fil, elle ne croise pas celle de l'appelant.
        with ThreadPoolExecutor(max_workers=1) as fil:
            fil.submit(
                _apposeur(certificat, horodateur).sign_pdf,
                IncrementalPdfFileWriter(io.BytesIO(pdf)),
                output=sortie,
                bytes_reserved=None if horodateur else PLACE,
            ).result()
    except (OSError, TimestampRequestError) as erreur:
        raise SceauInutilisable("l'autorité d'horodatage ne répond pas.") from erreur
    except SigningError as erreur:
        raise SceauInutilisable("le certificat ne permet pas de signer un document.") from erreur
    return sortie.getvalue()


def _apposeur(certificat: Certificat, horodateur: TimeStamper | None) -> PdfSigner:
    ville = settings.VILLE["nom"]
    return PdfSigner(
        PdfSignatureMetadata(
            field_name=CHAMP,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            # Certifié : tout lecteur dit qu'un changement après le sceau n'est pas permis.
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            name=ville,
            reason=f"Document émis par la {ville}",
        ),
        signer=_signataire(certificat),
        timestamper=horodateur,
        # Cachée, l'annotation n'a pas à être balisée (PDF/UA-1, 7.18.1).
        new_field_spec=SigFieldSpec(
            CHAMP,
            invis_sig_settings=InvisSigSettings(set_print_flag=False, set_hidden_flag=True),
            readable_field_name=f"Sceau de la {ville}",
        ),
    )
