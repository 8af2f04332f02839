"""Le sceau : valide, sans toucher aux balises ; et rien d'émis quand il ne peut pas l'être."""

import datetime as dt
import hashlib
import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pdfua
import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.checks import run_checks
from django.core.management import CommandError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from config.preparation import verifier_le_sceau
from socle import sceau, signature
from socle.documents import figer_document, rendre_html, rendre_pdf, verification
from socle.models import Document
from socle.sceau import SceauInutilisable
from socle.sceau_demonstration import certificat_de_demonstration, fabriquer_certificat
from tests.socle.contextes_pdf import CONTEXTES


@pytest.fixture(scope="module")
def lettre() -> bytes:
    contexte = {**CONTEXTES["lettre_acceptee"], "verification": verification("K7RM4XQP2NBD")}
    return rendre_pdf(rendre_html("pdf/lettre.html", contexte), titre="Lettre D01")


def valider(octets: bytes) -> Any:
    """Ce que pyHanko dit de la signature, la Ville étant de confiance."""
    signee = PdfFileReader(io.BytesIO(octets)).embedded_signatures[0]
    confiance = ValidationContext(trust_roots=[signee.signer_cert], allow_fetching=False)
    # Dans un fil à part : le pilote du navigateur d'un autre test garde une boucle dans celui-ci.
    with ThreadPoolExecutor(max_workers=1) as fil:
        verdict = fil.submit(
            validate_pdf_signature, signee, signer_validation_context=confiance
        ).result()
    return signee, verdict


@pytest.mark.usefixtures("sceau_de_la_ville")
class TestScelle:
    def test_la_signature_est_valide_et_couvre_tout(self, lettre: bytes) -> None:
        signee, verdict = valider(sceau.sceller(lettre))
        assert verdict.bottom_line
        assert verdict.coverage == SignatureCoverageLevel.ENTIRE_FILE
        assert str(signee.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached"
        assert str(signee.sig_object["/Name"]) == "Ville de Trois-Rivières"
        # PAdES-B-B : le certificat est dans les attributs signés.
        attributs = {a["type"].native for a in signee.signer_info["signed_attrs"]}
        assert {"signing_certificate_v2", "message_digest", "content_type"} <= attributs

    def test_un_octet_change_se_dit(self, lettre: bytes) -> None:
        scelle = bytearray(sceau.sceller(lettre))
        position = len(lettre) // 2
        scelle[position] ^= 1
        _, verdict = valider(bytes(scelle))
        assert not verdict.intact
        assert not verdict.bottom_line

    def test_les_balises_la_langue_et_le_titre_restent(self, lettre: bytes, tmp_path: Any) -> None:
        scelle = sceau.sceller(lettre)
        # Le sceau s'ajoute : tout ce qui était là y est encore, octet pour octet.
        assert scelle.startswith(lettre)
        with pikepdf.open(io.BytesIO(lettre)) as avant, pikepdf.open(io.BytesIO(scelle)) as apres:
            assert str(apres.Root.Lang) == "fr-CA"
            assert apres.Root.MarkInfo.Marked
            assert str(apres.docinfo["/Title"]) == "Lettre D01"
            assert len(apres.Root.StructTreeRoot.K) == len(avant.Root.StructTreeRoot.K)
            with apres.open_metadata() as metadonnees:
                assert metadonnees["pdfuaid:part"] == "1"
        fichier = tmp_path / "scelle.pdf"
        fichier.write_bytes(scelle)
        assert [trouve.message for trouve in pdfua.validate(fichier).findings] == []

    def test_l_autorite_d_horodatage_date_le_sceau(self, lettre: bytes) -> None:
        cle = rsa.generate_private_key(65537, 2048)
        autorite = SimpleSigner.load_pkcs12_data(
            fabriquer_certificat(nom="Autorité", mot_de_passe="secret", cle=cle), [], b"secret"
        )
        horodateur = DummyTimeStamper(autorite.signing_cert, autorite.signing_key)
        ouvert = sceau.ouvrir_certificat()
        signee, _ = valider(signature.signer(lettre, certificat=ouvert, horodateur=horodateur))
        attributs = {a["type"].native for a in signee.signer_info["unsigned_attrs"]}
        assert "signature_time_stamp_token" in attributs

    def test_une_autorite_qui_ne_repond_pas_se_dit(self, lettre: bytes, settings: Any) -> None:
        settings.SCEAU_HORODATAGE_URL = "http://127.0.0.1:9/"
        with pytest.raises(SceauInutilisable, match="l'autorité d'horodatage ne répond pas"):
            sceau.sceller(lettre)


@pytest.fixture
def agente(db: None) -> Any:
    from tests.factories import UtilisateurFactory

    return UtilisateurFactory(agent=True)


def figer(objet: Any) -> Document:
    return figer_document(
        nature=Document.Nature.LETTRE, objet=objet, gabarit="pdf/lettre.html",
        contexte=CONTEXTES["lettre_refusee"], titre="Lettre", acteur=objet,
    )  # fmt: skip


def test_l_empreinte_est_celle_du_fichier_scelle(agente: Any, sceau_de_la_ville: Any) -> None:
    document = figer(agente)
    with document.pdf.open() as fichier:
        octets = fichier.read()
    assert document.scelle
    assert valider(octets)[1].bottom_line
    assert document.empreinte == hashlib.sha256(octets).hexdigest()
    assert document.taille == len(octets)
    # Le HTML figé redonne exactement ce que le sceau couvre.
    assert octets.startswith(rendre_pdf(document.html, titre="Lettre"))


def test_sans_certificat_le_document_est_emis_sans_sceau(agente: Any) -> None:
    assert not figer(agente).scelle


def certificat(tmp_path: Any, settings: Any, **champs: Any) -> None:
    fichier = tmp_path / "mauvais.p12"
    fichier.write_bytes(fabriquer_certificat(nom="Ville", mot_de_passe="secret", **champs))
    settings.SCEAU_PKCS12, settings.SCEAU_MOT_DE_PASSE = str(fichier), "secret"


def expire(tmp_path: Any, settings: Any) -> None:
    fin = dt.datetime(2025, 3, 3, 12, tzinfo=dt.UTC)
    certificat(tmp_path, settings, debut=fin - dt.timedelta(days=9), fin=fin)


def pas_encore(tmp_path: Any, settings: Any) -> None:
    certificat(tmp_path, settings, debut=dt.datetime(2090, 3, 3, 12, tzinfo=dt.UTC))


def mot_de_passe_faux(tmp_path: Any, settings: Any) -> None:
    certificat(tmp_path, settings)
    settings.SCEAU_MOT_DE_PASSE = "autre"


def pas_un_certificat(tmp_path: Any, settings: Any) -> None:
    (tmp_path / "texte.p12").write_text("bonjour")
    settings.SCEAU_PKCS12 = str(tmp_path / "texte.p12")


def absent(tmp_path: Any, settings: Any) -> None:
    settings.SCEAU_PKCS12 = str(tmp_path / "absent.p12")


def dit_au_demarrage(code: str) -> list[str]:
    verdicts = run_checks(tags=["security"], include_deployment_checks=True)
    return [verdict.msg for verdict in verdicts if verdict.id == code]


@pytest.mark.parametrize(
    ("defaut", "phrase"),
    [
        (expire, "le certificat est expiré depuis le 3 mars 2025."),
        (pas_encore, "le certificat ne vaut qu'à partir du 3 mars 2090."),
        (mot_de_passe_faux, "le mot de passe du certificat est faux"),
        (pas_un_certificat, "n'est pas un PKCS #12"),
        (absent, "le fichier du certificat ne se lit pas."),
    ],
)
def test_un_certificat_inutilisable_n_emet_rien(
    defaut: Any, phrase: str, agente: Any, tmp_path: Any, settings: Any
) -> None:
    defaut(tmp_path, settings)
    with pytest.raises(SceauInutilisable) as refus:
        figer(agente)
    assert phrase in refus.value.message
    assert "Rien n'a été émis" in refus.value.message
    assert not Document.objects.exists()
    # Et le démarrage le dit aussi (check --deploy).
    (erreur,) = dit_au_demarrage("socle.E001")
    assert phrase in erreur
    with pytest.raises(CommandError, match=re.escape(phrase)):
        verifier_le_sceau()


def test_le_demarrage_previent_avant_l_expiration(tmp_path: Any, settings: Any) -> None:
    certificat(tmp_path, settings, fin=dt.datetime.now(dt.UTC) + dt.timedelta(days=10, hours=1))
    assert dit_au_demarrage("socle.W001") == [
        "Sceau : le certificat expire dans 10 jours ; renouvelez-le."
    ]


def test_un_certificat_renouvele_sert_sans_redemarrer(tmp_path: Any, settings: Any) -> None:
    certificat(tmp_path, settings)
    premier = sceau.ouvrir_certificat()
    assert sceau.ouvrir_certificat() is premier
    certificat(tmp_path, settings)
    assert sceau.ouvrir_certificat() is not premier


def test_la_demonstration_se_fait_le_sien_une_fois(tmp_path: Any, settings: Any) -> None:
    settings.DEMONSTRATION, settings.VAR_DIR = True, tmp_path
    chemin = certificat_de_demonstration()
    octets = chemin.read_bytes()
    assert certificat_de_demonstration().read_bytes() == octets
    assert chemin.stat().st_mode & 0o077 == 0
    assert [f.name for f in tmp_path.iterdir()] == ["sceau-demonstration.p12"]
    assert sceau.ouvrir_certificat().fin > dt.datetime.now(dt.UTC) + dt.timedelta(days=3000)


def test_une_lettre_refusee_par_le_sceau_ne_laisse_rien(
    agente: Any, tmp_path: Any, settings: Any
) -> None:
    """Le lot se refuse avant de commencer ; une lettre seule reste préparée, sans courriel."""
    from post_office.models import Email

    from financement.services import lettres, lots_lettres
    from tests.factories import AdhesionFactory, DecisionFactory

    decision = DecisionFactory()
    AdhesionFactory(organisme=decision.demande.organisme)
    expire(tmp_path, settings)
    with pytest.raises(SceauInutilisable):
        lots_lettres.preparer_lot(acteur=agente, appel=decision.demande.appel)
    lettre = lettres.preparer_lettre(decision=decision)
    with pytest.raises(SceauInutilisable):
        lettres.emettre_lettre(acteur=agente, lettre=lettre)
    lettre.refresh_from_db()
    assert (lettre.etat, Email.objects.count(), Document.objects.count()) == ("preparee", 0, 0)
