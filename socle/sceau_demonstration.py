"""Le certificat de la démonstration : fait une fois, signé par lui-même, gardé dans ``var/``.

Aucune autorité ne le reconnaît : un lecteur de PDF dira que la signature est intacte et que son
titulaire n'est pas vérifié, ce qui est vrai.
"""

import datetime as dt
import os
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils import timezone

MOT_DE_PASSE = "demonstration"
ANNEES = 10


def certificat_de_demonstration() -> Path:
    """Le chemin du certificat, fait au besoin. Deux processus qui le font n'en gardent qu'un."""
    chemin = Path(settings.VAR_DIR) / "sceau-demonstration.p12"
    if not chemin.exists():
        chemin.parent.mkdir(parents=True, exist_ok=True)
        essai = chemin.with_suffix(f".{secrets.token_hex(4)}")
        essai.touch(mode=0o600)
        essai.write_bytes(fabriquer_certificat(nom=f"{settings.VILLE['nom']} — démonstration"))
        try:
            os.link(essai, chemin)
        except FileExistsError:
            pass
        finally:
            essai.unlink()
    return chemin


def fabriquer_certificat(
    *,
    nom: str,
    mot_de_passe: str = MOT_DE_PASSE,
    debut: dt.datetime | None = None,
    fin: dt.datetime | None = None,
    cle: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
) -> bytes:
    """Un PKCS #12 : une clé (P-256 à défaut) et son certificat, signé par lui-même."""
    debut = debut or timezone.now() - dt.timedelta(hours=1)
    cle = cle or ec.generate_private_key(ec.SECP256R1())
    titulaire = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, nom)])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificat = (
        x509.CertificateBuilder()
        .subject_name(titulaire)
        .issuer_name(titulaire)
        .public_key(cle.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(debut)
        .not_valid_after(fin or debut + dt.timedelta(days=365 * ANNEES))
        .add_extension(usage, critical=True)
        .sign(cle, SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        nom.encode(), cle, certificat, None, BestAvailableEncryption(mot_de_passe.encode())
    )
