"""L'archive d'un appel : complète, vérifiable, lisible seule, et pour personne d'autre."""

import hashlib
import io
import re
import zipfile
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from appels.models import PieceJointe
from evaluations.models import Note
from financement.services import archives, lettres
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Document, EntreeJournal
from tests.factories import (
    AffectationFactory,
    CritereFactory,
    DemandeFactory,
    EvaluationFactory,
    MembreComiteFactory,
    SeanceFactory,
    UtilisateurFactory,
)
from tests.financement.objets import un_projet

pytestmark = pytest.mark.django_db
SHA = "0" * 64


@pytest.fixture
def monde():
    """Un appel décidé : un projet, sa lettre, son rapport, la fiche d'un membre, un brouillon."""
    projet = un_projet()
    demande, appel = projet.demande, projet.demande.appel
    agente = UtilisateurFactory(agent=True)
    type(appel).objects.filter(pk=appel.pk).update(etat="decide")
    lettre = lettres.preparer_lettre(decision=demande.decisions.get())
    lettre.document = Document.objects.create(
        nature="lettre", titre="Lettre", objet_type="financement.lettre", objet_id=str(lettre.pk),
        html="", pdf=ContentFile(b"%PDF-1.7 lettre", "lettre.pdf"), empreinte=SHA, taille=15,
    )  # fmt: skip
    PieceJointe.objects.create(
        demande=demande, nom="Règlements généraux — été.pdf", taille=8, type_mime="application/pdf",
        fichier=ContentFile(b"%PDF-1.7", "a.pdf"), empreinte=SHA,
    )  # fmt: skip
    membre = MembreComiteFactory(
        appel=appel, utilisateur=UtilisateurFactory(nom="Gaspard Évaluateur")
    )
    fiche = EvaluationFactory(
        affectation=AffectationFactory(demande=demande, membre=membre, libre=True), soumise=True
    )
    for nature, objet in (
        ("compte_rendu", SeanceFactory(appel=appel)),
        ("convention", projet.convention),
    ):
        Document.objects.create(
            nature=nature, titre=nature, objet_type=objet._meta.label_lower, objet_id=str(objet.pk),
            html="", pdf=ContentFile(b"%PDF-1.7", f"{nature}.pdf"), empreinte=SHA, taille=8,
        )  # fmt: skip
    critere = appel.criteres.first() or CritereFactory(appel=appel)
    if not fiche.notes.exists():
        Note.objects.create(evaluation=fiche, critere=critere, note=4, commentaire="Confidence.")
    DemandeFactory(appel=appel, titre="Brouillon jamais déposé")
    projet.etape.depenses.create(categorie="salaires", libelle="=HYPERLINK", montant=12)
    for indicateur, modalite, valeur in (("par_statut", "etudes", 3), ("outils", "", 2)):
        projet.etape.valeurs.create(indicateur=indicateur, modalite=modalite, valeur=valeur)
    type(projet.etape).objects.filter(pk=projet.etape.pk).update(
        etat="depose", depose_le=horloge.maintenant(), resultats_prevus={"outils": 4}
    )
    projet.final.valeurs.create(indicateur="outils", modalite="", valeur=1)
    return SimpleNamespace(**locals())


def produire(monde):
    travail = archives.demander_archive(acteur=monde.agente, appel=monde.appel)
    archives.produire(travail=travail)
    travail.refresh_from_db()
    return travail


def ouvrir(archive):
    with archive.fichier.open("rb") as fichier:
        return zipfile.ZipFile(io.BytesIO(fichier.read()))


class TestContenu:
    @pytest.fixture
    def contenu(self, monde):
        travail = produire(monde)
        assert (travail.etat, travail.faits, travail.erreurs) == ("fini", travail.total, [])
        return ouvrir(travail.archive)

    def test_tout_y_est_et_rien_d_un_brouillon(self, monde, contenu):
        noms = contenu.namelist()
        racine = f"demandes/{monde.demande.reference}"
        assert f"{racine}/pieces/01-reglements-generaux-ete.pdf" in noms
        for dossier, document in (
            (f"{racine}/documents", "lettre"),
            (f"{racine}/documents", "convention"),
            ("documents", "compte_rendu"),
        ):
            assert any(re.fullmatch(rf"{dossier}/{document}-.*\.pdf", nom) for nom in noms)
        assert "Rapport d&#x27;étape" in contenu.read(f"{racine}/index.html").decode()
        assert {"index.html", "resultats.json", f"{racine}/index.html"} <= set(noms)
        assert {f"csv/{nom}.csv" for nom in (
            "demandes", "notes", "decisions", "versements", "depenses", "indicateurs",
        )} <= set(noms)  # fmt: skip
        assert "Brouillon jamais déposé" not in contenu.read("index.html").decode()
        with monde.lettre.document.pdf.open("rb") as fichier:
            octets = fichier.read()
        (lettre,) = [nom for nom in noms if "/documents/lettre-" in nom]
        assert contenu.read(lettre) == octets

    def test_les_notes_y_sont_sans_nom_ni_commentaire(self, monde, contenu):
        for nom in contenu.namelist():
            if nom.endswith((".html", ".csv", ".json")):
                texte = contenu.read(nom).decode()
                assert "Gaspard" not in texte, nom
                assert "Confidence" not in texte, nom
        notes = contenu.read("csv/notes.csv").decode("utf-8-sig").splitlines()
        assert notes[0] == "Demande;Fiche;Score;Critère;Libellé;Poids;Note"
        assert notes[1].startswith(f"{monde.demande.reference};1;")

    def test_le_manifeste_dit_vrai_de_chaque_fichier(self, contenu):
        lignes = contenu.read(archives.MANIFESTE).decode().splitlines()
        manifeste = dict(reversed(ligne.split("  ", 1)) for ligne in lignes)
        assert manifeste.keys() == set(contenu.namelist()) - {archives.MANIFESTE}
        for nom, empreinte in manifeste.items():
            assert hashlib.sha256(contenu.read(nom)).hexdigest() == empreinte, nom

    def test_les_pages_se_lisent_seules(self, contenu):
        """Aucun lien ne sort de l'archive, et chacun mène à un fichier qu'elle contient."""
        noms = set(contenu.namelist())
        for page in [nom for nom in noms if nom.endswith(".html")]:
            html = contenu.read(page).decode()
            assert '<html lang="fr-CA">' in html
            assert html.count("<h1>") == 1
            assert "<script" not in html
            dossier = page.rpartition("/")[0]
            for lien in re.findall(r'(?:href|src)="([^"]*)"', html):
                cible = [*dossier.split("/")] if dossier else []
                for morceau in lien.split("/"):
                    cible = cible[:-1] if morceau == ".." else [*cible, morceau]
                assert "/".join(cible) in noms, f"{page} : {lien}"

    def test_un_texte_qui_ressemble_a_une_formule_reste_un_texte(self, contenu):
        assert "'=HYPERLINK" in contenu.read("csv/depenses.csv").decode("utf-8-sig")

    def test_les_indicateurs_des_rapports_remis_y_sont_prevus_reels_et_masques(self, contenu):
        """Le rapport final, pas encore remis, n'y est pas."""
        lignes = contenu.read("csv/indicateurs.csv").decode("utf-8-sig").split("\r\n")[1:]
        assert [ligne.split(";", 2)[2] for ligne in lignes if ligne] == [
            "Personnes immigrantes par statut : Études;;<5",
            "Outils produits;4;2",
        ]


def test_elle_se_telecharge_par_morceaux_et_le_journal_le_garde(monde, client):
    archive = produire(monde).archive
    client.force_login(monde.agente)
    reponse = client.get(reverse("ville:archive", kwargs={"cle": archive.cle}))
    octets = b"".join(reponse.streaming_content)
    assert reponse.streaming
    assert hashlib.sha256(octets).hexdigest() == archive.empreinte
    assert len(octets) == archive.taille
    assert EntreeJournal.objects.filter(verbe="archive.telecharger", acteur=monde.agente).exists()
    page = client.get(reverse("ville:archives", kwargs={"code": monde.appel.code}))
    assert "Prête" in page.text


def test_relancee_elle_ne_se_refait_pas_et_deux_clics_n_en_font_qu_une(monde):
    travail = archives.demander_archive(acteur=monde.agente, appel=monde.appel)
    assert archives.demander_archive(acteur=monde.agente, appel=monde.appel) == travail
    archives.produire(travail=travail)
    nom = travail.archive.fichier.name
    archives.produire(travail=travail)
    travail.archive.refresh_from_db()
    assert travail.archive.fichier.name == nom


def test_pas_avant_les_decisions(monde, client):
    type(monde.appel).objects.filter(pk=monde.appel.pk).update(etat="en_evaluation")
    monde.appel.refresh_from_db()
    with pytest.raises(RegleViolee, match="une fois les décisions arrêtées"):
        archives.demander_archive(acteur=monde.agente, appel=monde.appel)
    client.force_login(monde.agente)
    page = client.get(reverse("ville:archives", kwargs={"code": monde.appel.code}))
    assert "Pas encore" in page.text
    assert "Produire l" not in page.text


def test_recuse_sur_une_demande_on_n_a_rien_de_l_archive(monde, client):
    archive = produire(monde).archive
    recuse = UtilisateurFactory(agent=True)
    AffectationFactory(
        demande=monde.demande,
        membre=MembreComiteFactory(appel=monde.appel, utilisateur=recuse),
        recusee=True,
    )
    with pytest.raises(PermissionRefusee):
        archives.demander_archive(acteur=recuse, appel=monde.appel)
    client.force_login(recuse)
    assert client.get(reverse("ville:archive", kwargs={"cle": archive.cle})).status_code == 404
    assert client.get(f"/ville/appels/{monde.appel.code}/archives/").status_code == 404


def test_un_dossier_detruit_emporte_les_archives_qui_le_contiennent(
    monde, django_capture_on_commit_callbacks
):
    archive = produire(monde).archive
    stockage, nom = archive.fichier.storage, archive.fichier.name
    with django_capture_on_commit_callbacks(execute=True):
        archives.detruire_archives(monde.appel)
    archive.refresh_from_db()
    assert not archive.fichier
    assert not stockage.exists(nom)
    with pytest.raises(RegleViolee, match="détruite"):
        archives.telecharger_archive(acteur=monde.agente, archive=archive)


def test_la_memoire_ne_suit_pas_la_taille_des_fichiers(monde, monkeypatch):
    """Un fichier se copie par morceaux : aucune lecture entière."""
    lectures = []
    copier = archives._copier

    def noter(source, cible, condense):
        class Comptee:
            def read(self, nombre=-1):
                lectures.append(nombre)
                return source.read(nombre)

        copier(Comptee(), cible, condense)

    monkeypatch.setattr(archives, "_copier", noter)
    produire(monde)
    assert lectures
    assert set(lectures) == {archives.MORCEAU}
