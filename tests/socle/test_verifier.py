"""La vérification publique : authentique, remplacé, détruit, inconnu ; jamais rien de personnel."""

import hashlib
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from financement.services import lettres
from socle import codes, horloge
from socle.models import Document
from socle.views.verifier import PAR_MINUTE
from tests.factories import (
    AdhesionFactory,
    ConventionFactory,
    DecisionFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lettre(sceau_de_la_ville: Any) -> Any:
    """Une lettre émise, scellée, à un organisme et pour un projet qui ont un nom."""
    decision = DecisionFactory()
    AdhesionFactory(organisme=decision.demande.organisme)
    return lettres.emettre_lettre(
        acteur=UtilisateurFactory(agent=True), lettre=lettres.preparer_lettre(decision=decision)
    )


def octets(document: Document) -> bytes:
    with document.pdf.open() as fichier:
        return fichier.read()


def contenu(reponse: Any) -> str:
    corps = reponse.text.split('id="contenu"')[1].split("<footer")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", corps))


def rien_de_personnel(reponse: Any, lettre: Any) -> None:
    demande = lettre.demande
    texte = contenu(reponse)
    for secret in (
        demande.titre, demande.reference, demande.organisme.nom, lettre.document.titre,
        str(lettre.decision.montant_accorde), lettre.document.empreinte,
    ):  # fmt: skip
        assert secret not in texte


class TestCode:
    @pytest.mark.parametrize("ecrire", [codes.ecrire_code, str, str.lower])
    def test_un_code_connu_se_dit_sans_rien_de_personnel(
        self, lettre: Any, client: Client, ecrire: Any
    ) -> None:
        reponse = client.get(f"/verifier/{ecrire(lettre.document.code)}/")
        texte = contenu(reponse)
        assert "Document authentique" in texte
        assert "Lettre de décision" in texte
        assert "Scellé" in texte
        rien_de_personnel(reponse, lettre)
        assert reponse["X-Robots-Tag"] == "noindex"

    def test_le_code_tape_mene_a_sa_page(self, lettre: Any, client: Client) -> None:
        lisible = codes.ecrire_code(lettre.document.code)
        reponse = client.get("/verifier/", {"code": f" {lisible.lower()} "})
        assert reponse.url == f"/verifier/{lisible}/"

    def test_un_code_mal_ecrit_se_dit_pres_du_champ(self, client: Client) -> None:
        reponse = client.get("/verifier/", {"code": "K7RM-0000"})
        assert reponse.status_code == 400
        assert "douze lettres et chiffres, sans 0, O, 1 ni I" in contenu(reponse)
        assert 'value="K7RM-0000"' in reponse.text

    def test_un_code_inconnu_repond_404(self, lettre: Any, client: Client) -> None:
        reponse = client.get("/verifier/ABCD-EFGH-JKLM/")
        assert reponse.status_code == 404
        assert "n'est pas celui d'un document de la Ville" in contenu(reponse)

    def test_une_lettre_remplacee_le_dit(self, lettre: Any, client: Client) -> None:
        lettres.remplacer_lettre(
            acteur=UtilisateurFactory(agent=True), lettre=lettre, motif="Une coquille."
        )
        texte = contenu(client.get(f"/verifier/{lettre.document.code}/"))
        assert "Document authentique, remplacé" in texte

    def test_une_version_plus_recente_remplace(self, client: Client) -> None:
        ancien, recent = (
            Document.objects.create(
                nature="bilan", titre="Bilan", objet_type="appels.appel", objet_id="1", html="",
                pdf="x.pdf", empreinte=chiffre * 64, taille=1,
            )
            for chiffre in "01"
        )  # fmt: skip
        assert "remplacé" in contenu(client.get(f"/verifier/{ancien.code}/"))
        assert "Document authentique, " not in contenu(client.get(f"/verifier/{recent.code}/"))

    def test_une_convention_vaut_encore_une_fois_signee(self, client: Client) -> None:
        """Le document signé s'ajoute ; l'exemplaire signé sur papier porte le premier code."""
        convention = ConventionFactory(en_vigueur=True)
        presente, signe = (
            Document.objects.create(
                nature="convention", titre="Convention", objet_type="financement.convention",
                objet_id=str(convention.pk), html="", pdf="x.pdf", empreinte=c * 64, taille=1,
            )
            for c in "01"
        )  # fmt: skip
        for document in (presente, signe):
            page = contenu(client.get(f"/verifier/{document.code}/"))
            assert "remplacé" not in page
            assert "Document authentique" in page

    def test_un_document_detruit_est_revoque(self, lettre: Any, client: Client) -> None:
        Document.objects.update(detruit_le=horloge.maintenant(), html="")
        texte = contenu(client.get(f"/verifier/{lettre.document.code}/"))
        assert "révoqué" in texte
        assert "Détruit le" in texte

    def test_sans_sceau_la_page_le_dit(self, lettre: Any, client: Client) -> None:
        Document.objects.update(scelle=False)
        assert "Émis sans sceau" in contenu(client.get(f"/verifier/{lettre.document.code}/"))


class TestFichier:
    def envoyer(self, client: Client, fichier: bytes, adresse: str = "/verifier/") -> Any:
        return client.post(adresse, {"fichier": SimpleUploadedFile("recu.pdf", fichier)})

    def test_le_fichier_emis_est_reconnu(self, lettre: Any, client: Client) -> None:
        reponse = self.envoyer(client, octets(lettre.document))
        assert "Fichier authentique" in contenu(reponse)
        rien_de_personnel(reponse, lettre)

    def test_un_octet_change_se_dit(self, lettre: Any, client: Client) -> None:
        faux = bytearray(octets(lettre.document))
        faux[len(faux) // 2] ^= 1
        assert "n'est pas un document de la Ville" in contenu(self.envoyer(client, bytes(faux)))
        compare = self.envoyer(client, bytes(faux), f"/verifier/{lettre.document.code}/")
        assert "n'est pas celui que la Ville a émis" in contenu(compare)

    def test_l_empreinte_calculee_ailleurs_suffit(self, lettre: Any, client: Client) -> None:
        """Ce que fait le navigateur : le fichier ne part pas."""
        empreinte = hashlib.sha256(octets(lettre.document)).hexdigest()
        assert "Fichier authentique" in contenu(client.get(f"/verifier/?empreinte={empreinte}"))
        assert "n'est pas un document" in contenu(client.get("/verifier/?empreinte=abc"))

    def test_un_autre_document_de_la_ville_n_est_pas_celui_du_code(
        self, lettre: Any, client: Client
    ) -> None:
        autre = Document.objects.create(
            nature="bilan", titre="x", objet_type="appels.appel", objet_id="1", html="",
            pdf="x.pdf", empreinte=hashlib.sha256(b"%PDF").hexdigest(), taille=4,
        )  # fmt: skip
        reponse = self.envoyer(client, b"%PDF", f"/verifier/{lettre.document.code}/")
        assert "n'est pas celui que la Ville a émis" in contenu(reponse)
        assert "Fichier authentique" in contenu(
            self.envoyer(client, b"%PDF", f"/verifier/{autre.code}/")
        )

    def test_aucun_fichier_ou_trop_gros(self, client: Client, settings: Any) -> None:
        settings.TAILLE_MAX_PIECE = 10
        assert client.post("/verifier/").status_code == 400
        reponse = self.envoyer(client, b"x" * 11)
        assert reponse.status_code == 400
        assert "dépasse" in contenu(reponse)


def test_les_verifications_sont_comptees_par_adresse(lettre: Any, client: Client) -> None:
    adresse = f"/verifier/{lettre.document.code}/"
    for _ in range(PAR_MINUTE):
        assert client.get(adresse).status_code == 200
    reponse = client.get(adresse)
    assert reponse.status_code == 429
    assert "Trop de vérifications" in contenu(reponse)
    assert "Document authentique" not in contenu(reponse)
    # La page seule reste ouverte, et une autre adresse n'est pas touchée.
    assert client.get("/verifier/").status_code == 200
    assert client.get(adresse, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_les_codes_ne_se_confondent_pas() -> None:
    tires = {codes.nouveau_code() for _ in range(200)}
    assert len(tires) == 200
    assert not set("01OI") & set("".join(tires))
    code = tires.pop()
    assert codes.normaliser_code(codes.ecrire_code(code).lower()) == code
    assert codes.code_de_l_adresse(codes.adresse_de_verification(code)) == code
    assert codes.code_de_l_adresse("https://ailleurs.test/autre/") == ""
