"""Les lettres : faites d'un modèle, émises une seule fois, remplacées ; rien avant elles."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from post_office.models import Email
from pypdf import PdfReader

from financement.models import Lettre, ModeleDocument
from financement.semaine import attentes
from financement.services import conventions, lettres, lots_lettres, modeles
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Document, Travail
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)
from tests.financement.objets import envoyer, messages_de, page, requetes, verbes

pytestmark = pytest.mark.django_db


@pytest.fixture
def decision():
    decision = DecisionFactory()
    AdhesionFactory(organisme=decision.demande.organisme)
    return decision


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


def emettre(decision, agente):
    return lettres.emettre_lettre(acteur=agente, lettre=lettres.preparer_lettre(decision=decision))


def publier(agente, genre, corps, *, objet="Votre demande", appel=None):
    modele = modeles.ouvrir_brouillon(acteur=agente, genre=genre, appel=appel)
    modele = modeles.enregistrer_modele(acteur=agente, modele=modele, objet=objet, corps=corps)
    return modeles.publier_modele(acteur=agente, modele=modele)


def voisine(decision, **traits):
    """Une autre décision du même appel."""
    demande = DemandeFactory(
        recommandee=True, appel=decision.demande.appel, etat=traits.pop("etat", "acceptee")
    )
    return DecisionFactory(demande=demande, resolution=decision.resolution, **traits)


# --- Avant elle -----------------------------------------------------------------------------------
def test_rien_ne_se_voit_avant_la_lettre(decision, agente, client):
    demande = decision.demande
    client.force_login(demande.organisme.adhesions.get().utilisateur)
    adresse = f"/organisme/demandes/{demande.reference}/"

    avant = client.get(adresse).text
    assert "En traitement" in avant
    assert "Acceptée" not in avant
    assert demande.reference not in client.get("/projets/").text

    emettre(decision, agente)

    assert "Acceptée" in client.get(adresse).text
    assert demande.reference in client.get("/projets/").text


# --- Une seule fois, figée ------------------------------------------------------------------------
def test_emise_deux_fois_elle_n_existe_qu_une_fois(decision, agente):
    for _ in range(2):
        emettre(decision, agente)

    assert Document.objects.count() == 1
    assert Email.objects.count() == 1
    lettre = Lettre.objects.get()
    assert (lettre.etat, lettre.modele.version) == ("transmise", 1)


def test_une_lettre_emise_dit_sa_version_et_ne_change_plus(decision, agente):
    premiere = emettre(decision, agente)
    html = premiere.document.html
    publier(agente, "acceptee", "<p>Tout autre chose pour {{ organisme }}.</p>")

    seconde = emettre(voisine(decision), agente)

    premiere.refresh_from_db()
    assert (premiere.modele.version, premiere.document.html) == (1, html)
    assert seconde.modele.version == 2
    assert "Tout autre chose" in seconde.document.html


def test_une_lettre_de_refus_ordinaire_tient_sur_une_page(decision, agente):
    motifs = "Le projet répond à un besoin réel, mais son budget n'est pas assez détaillé."
    refus = voisine(decision, etat="refusee", resultat="refusee", montant_accorde=0, motifs=motifs)
    lettre = emettre(refus, agente)
    with lettre.document.pdf.open("rb") as pdf:
        pages = PdfReader(pdf).pages
        assert len(pages) == 1, pages[1].extract_text()


def test_la_formule_et_la_signature_ne_sont_jamais_seules_sur_une_page(decision, agente):
    phrase = "Le projet répond à un besoin réel, mais son budget n'est pas assez détaillé. "
    motifs = phrase * 4
    refus = voisine(decision, etat="refusee", resultat="refusee", montant_accorde=0, motifs=motifs)
    lettre = emettre(refus, agente)
    with lettre.document.pdf.open("rb") as pdf:
        derniere = PdfReader(pdf).pages[-1].extract_text().split("Veuillez recevoir")[0]
    assert "Pour toute question" in derniere
    assert "nous pouvons" in " ".join(derniere.lower().split())


def test_le_modele_de_l_appel_passe_avant_celui_de_la_ville(decision, agente):
    publier(agente, "acceptee", "<p>Cet appel-ci.</p>", appel=decision.demande.appel)
    ailleurs = DecisionFactory()

    assert "Cet appel-ci." in emettre(decision, agente).document.html
    assert "Cet appel-ci." not in emettre(ailleurs, agente).document.html


def test_un_titre_de_projet_hostile_reste_du_texte_jusque_dans_le_pdf(decision, agente):
    hostile = '<img src="file:///etc/passwd"><script>x</script>{{ contact }}'
    type(decision.demande).objects.filter(pk=decision.demande_id).update(titre=hostile)
    publier(agente, "acceptee", "<p>Projet {{ projet }}.</p>", objet="Projet {{ projet }}")

    lettre = emettre(decision, agente)

    assert "<script" not in lettre.document.html
    assert "<img" not in lettre.document.html
    with lettre.document.pdf.open("rb") as pdf:
        texte = "".join(p.extract_text() for p in PdfReader(pdf).pages)
    assert texte.replace("\n", "").replace(" ", "").count(hostile.replace(" ", "")) >= 2


def test_la_lettre_et_la_convention_portent_le_signataire_du_reglage(decision, agente, settings):
    settings.VILLE = {
        **settings.VILLE,
        "signataire_nom": "Sacha Signature",
        "signataire_titre": "greffière adjointe",
    }
    lettre = emettre(decision, agente)
    convention = conventions.preparer_convention(acteur=agente, demande=decision.demande)
    convention = conventions.transmettre_convention(acteur=agente, convention=convention)

    assert "Sacha Signature" in lettre.document.html
    assert "Greffière adjointe" in lettre.document.html
    html = re.sub(r"\s+", " ", convention.document.html)
    assert "représentée par Sacha Signature, greffière adjointe" in html
    assert convention.modele.genre == "convention"


# --- Remplacée ------------------------------------------------------------------------------------
def test_une_nouvelle_lettre_remplace_et_l_ancienne_reste(decision, agente):
    ancienne = emettre(decision, agente)
    refusee = envoyer(agente, "ville:lettre_remplacer", ancienne.pk, motif="")
    assert "obligatoire" in refusee.text

    envoyer(agente, "ville:lettre_remplacer", ancienne.pk, motif="Une faute au nom du projet.")
    nouvelle = emettre(decision, agente)

    ancienne.refresh_from_db()
    assert ancienne.remplacee_le
    assert nouvelle.pk != ancienne.pk
    assert Document.objects.filter(nature="lettre").count() == 2
    assert nouvelle.document.pdf.name.endswith("-2.pdf")
    assert verbes(ancienne)[-1] == "lettre.remplacer"
    texte = page(agente, "ville:lettres", decision.demande.appel.code).text
    assert "Remplacée" in texte
    assert page(agente, "ville:lettre_remplacer", ancienne.pk).status_code == 404


def test_la_lettre_qui_remplace_part_avec_la_prochaine_emission(decision, agente):
    """L'ancienne, transmise, ne tient pas lieu de la nouvelle."""
    appel = decision.demande.appel

    def a_emettre():
        return [a.detail for a in attentes(agente) if a.action == "Émettre"]

    ancienne = emettre(decision, agente)
    assert a_emettre() == []
    envoyer(agente, "ville:lettre_remplacer", ancienne.pk, motif="Une faute au nom du projet.")

    texte = page(agente, "ville:lettres", appel.code).text
    assert "1 lettre à émettre" in texte
    assert "Émettre les lettres" in texte
    assert a_emettre() == ["1 lettre à émettre"]
    envoyer(agente, "ville:lettres_emettre", appel.code)
    (nouvelle,) = Travail.objects.get().lettres.all()
    assert nouvelle.pk != ancienne.pk
    lettres.emettre_lettre(acteur=agente, lettre=nouvelle)
    assert "Toutes les lettres sont transmises" in page(agente, "ville:lettres", appel.code).text
    assert a_emettre() == []


def test_la_lettre_d_une_nouvelle_decision_remplace_celle_de_l_ancienne(decision, agente):
    ancienne = emettre(decision, agente)
    type(decision).objects.filter(pk=decision.pk).update(en_vigueur=False)
    autre = DecisionFactory(
        demande=decision.demande, resolution=decision.resolution, resultat="refusee",
        montant_accorde=0, motifs="Après réexamen.",
    )  # fmt: skip

    emettre(autre, agente)

    ancienne.refresh_from_db()
    assert ancienne.remplacee_le


# --- Un champ vide --------------------------------------------------------------------------------
def test_un_champ_vide_empeche_l_emission_et_dit_sur_quelles_lettres(decision, agente):
    publier(agente, "acceptee", "<p>{{ organisme }}</p><p>{{ conditions }}</p>")
    appel = decision.demande.appel
    juste = voisine(decision, conditions="Deux rapports.")
    with pytest.raises(RegleViolee, match="conditions") as refus:
        emettre(decision, agente)
    assert refus.value.code == "champ_vide"

    reponse = envoyer(agente, "ville:lettres_emettre", appel.code)

    assert f"{decision.demande.reference} (conditions)" in messages_de(reponse)
    assert juste.demande.reference not in messages_de(reponse)
    assert not Travail.objects.exists()
    texte = page(agente, "ville:lettres", appel.code).text
    assert "À compléter avant d'émettre" in texte
    assert "Émettre seulement les lettres complètes" in texte

    envoyer(agente, "ville:lettres_emettre", appel.code, sans_les_incompletes="1")
    assert [ligne.decision for ligne in Travail.objects.get().lettres.all()] == [juste]


# --- Qui ------------------------------------------------------------------------------------------
def test_une_personne_d_un_autre_role_ne_peut_pas_emettre(decision):
    tresorerie = UtilisateurFactory(tresorerie=True)
    with pytest.raises(PermissionRefusee):
        lots_lettres.preparer_lot(acteur=tresorerie, appel=decision.demande.appel)
    assert (
        envoyer(tresorerie, "ville:lettres_emettre", decision.demande.appel.code).status_code == 404
    )


def test_qui_est_recuse_n_emet_ni_ne_voit_la_lettre(decision, agente):
    appel = decision.demande.appel
    autre = voisine(decision)
    membre = MembreComiteFactory(appel=appel, utilisateur=agente)
    AffectationFactory(demande=decision.demande, membre=membre, recusee=True)
    assert [a.detail for a in attentes(agente) if a.action == "Émettre"] == ["1 lettre à émettre"]
    lettre = emettre(decision, UtilisateurFactory(agent=True))

    texte = page(agente, "ville:lettres", appel.code).text
    assert decision.demande.reference not in texte
    assert decision.demande.reference not in page(agente, "ville:lettres_envois", appel.code).text
    assert page(agente, "ville:lettre_remplacer", lettre.pk).status_code == 404
    assert page(agente, "ville:lettres_telecharger", appel.code, "zip").status_code == 404
    assert [a.detail for a in attentes(agente) if a.action == "Émettre"] == ["1 lettre à émettre"]
    travail = lots_lettres.preparer_lot(acteur=agente, appel=appel)
    assert [ligne.decision for ligne in travail.lettres.all()] == [autre]


# --- Télécharger ensemble -------------------------------------------------------------------------
def test_les_lettres_se_telechargent_en_un_pdf_ou_en_zip(decision, agente):
    code = decision.demande.appel.code
    assert page(agente, "ville:lettres_telecharger", code, "pdf").status_code == 404
    emises = [emettre(d, agente) for d in (decision, voisine(decision))]

    pdf = b"".join(page(agente, "ville:lettres_telecharger", code, "pdf").streaming_content)
    archive = b"".join(page(agente, "ville:lettres_telecharger", code, "zip").streaming_content)

    pages = PdfReader(io.BytesIO(pdf)).pages
    texte = "".join(p.extract_text() for p in pages)
    assert all(lettre.demande.reference in texte for lettre in emises)
    with zipfile.ZipFile(io.BytesIO(archive)) as ouvert:
        contenus = [ouvert.read(nom) for nom in ouvert.namelist()]
    for lettre in emises:
        with lettre.document.pdf.open("rb") as fichier:
            assert fichier.read() in contenus
    assert page(agente, "ville:lettres_telecharger", code, "exe").status_code == 404


@pytest.mark.parametrize("forme", ["pdf", "zip"])
@pytest.mark.parametrize("abimer", ["vider", "effacer"])
def test_une_lettre_au_fichier_perdu_est_nommee(decision, agente, forme, abimer):
    code = decision.demande.appel.code
    document = emettre(decision, agente).document
    chemin = Path(document.pdf.path)
    if abimer == "effacer":
        chemin.unlink()
    else:
        chemin.write_bytes(b"%PDF-1.7")

    reponse = page(agente, "ville:lettres_telecharger", code, forme)

    if (forme, abimer) == ("zip", "vider"):  # Le ZIP garde chaque fichier tel qu'il est.
        assert reponse.status_code == 200
        reponse.close()
        return
    assert reponse.status_code == 302
    assert f"Le fichier de « {document.titre} » est absent ou abîmé" in messages_de(reponse)


# --- Requêtes -------------------------------------------------------------------------------------
def test_la_page_coute_autant_pour_une_lettre_que_pour_trois(decision, agente):
    code = decision.demande.appel.code
    emettre(decision, agente)
    voisine(decision, conditions="Un rapport.")
    modeles.fixer_modele(ModeleDocument.Genre.ACCEPTEE)
    un = requetes(agente, "ville:lettres", code), requetes(agente, "ville:lettres_envois", code)
    for _ in range(2):
        emettre(voisine(decision), agente)
        voisine(decision, conditions="Un rapport.")
    trois = requetes(agente, "ville:lettres", code), requetes(agente, "ville:lettres_envois", code)
    assert un == trois
