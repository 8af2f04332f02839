"""Les pages du comité : ce que chacun voit et fait, de la déclaration au compte rendu."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import Affectation, Evaluation, Seance
from tests.evaluations.objets import (
    affectation,
    clore,
    declarer,
    seance_ouverte,
    soumettre,
    un_comite,
)
from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db


def page(qui, adresse, /, *args, methode="get", **donnees):
    client = Client()
    client.force_login(qui)
    return getattr(client, methode)(reverse(adresse, args=args), donnees)


def envoyer(qui, adresse, /, *args, **donnees):
    return page(qui, adresse, *args, methode="post", **donnees)


@pytest.fixture
def pret():
    return un_comite(demandes=2)


# --- À lire et déclarer ---------------------------------------------------------------------------
def test_a_lire_ne_montre_rien_avant_la_declaration(pret):
    reponse = page(pret.membres[0].utilisateur, "comite:accueil")

    assert "2 demandes" in reponse.text
    assert "Projetunique1" not in reponse.text


def test_la_declaration_ne_montre_que_l_organisme_et_le_titre(pret):
    texte = page(pret.membres[0].utilisateur, "comite:interets", pret.appel.code).text

    assert "Projetunique1" in texte
    assert "Organismeunique1" in texte
    assert pret.demandes[0].resume not in texte
    assert "16" + "\u00a0" + "000" not in texte


def test_lire_avant_de_declarer_mene_a_la_declaration(pret):
    reponse = page(pret.membres[0].utilisateur, "comite:lecture", pret.demandes[0].reference)

    assert reponse.status_code == 302
    assert reponse.url == reverse("comite:interets", args=[pret.appel.code])


def test_declarer_sans_lien_ouvre_la_lecture_et_se_recuser_la_ferme(pret):
    membre = pret.membres[1]
    libre, conflit = (affectation(d, membre) for d in pret.demandes)
    envoyer(
        membre.utilisateur,
        "comite:interets",
        pret.appel.code,
        **{
            f"conflit_{libre.pk}": "non",
            f"conflit_{conflit.pk}": "oui",
            f"lien_{conflit.pk}": "familial",
        },
    )

    lecture = page(membre.utilisateur, "comite:lecture", pret.demandes[0].reference)
    assert lecture.status_code == 200
    assert pret.demandes[0].resume in lecture.text
    recusee = page(membre.utilisateur, "comite:lecture", pret.demandes[1].reference)
    assert recusee.status_code == 404


def test_un_conflit_sans_lien_est_refuse_et_garde_la_reponse(pret):
    membre = pret.membres[1]
    conflit = affectation(pret.demandes[0], membre)
    reponse = envoyer(
        membre.utilisateur,
        "comite:interets",
        pret.appel.code,
        **{f"conflit_{conflit.pk}": "oui", f"precision_{conflit.pk}": "Ma sœur y travaille"},
    )

    assert "Dites quel est le lien." in reponse.text
    assert "Ma sœur y travaille" in reponse.text
    conflit.refresh_from_db()
    assert conflit.etat == "a_declarer"


def test_un_lien_decouvert_plus_tard_recuse_aussitot(pret):
    membre, demande = pret.membres[0], pret.demandes[0]
    soumettre(demande, membre)
    envoyer(membre.utilisateur, "comite:recusation", demande.reference, lien="financier")

    assert affectation(demande, membre).etat == Affectation.Etat.RECUSEE
    assert Evaluation.objects.comptees().filter(affectation__demande=demande).count() == 0
    assert page(membre.utilisateur, "comite:lecture", demande.reference).status_code == 404


# --- Noter ----------------------------------------------------------------------------------------
def champs_de(demande, notes=(4, 3), commentaire=""):
    donnees = {}
    for critere, note in zip(demande.appel.criteres.all(), notes, strict=False):
        donnees[f"note_{critere.pk}"] = str(note)
        donnees[f"commentaire_{critere.pk}"] = commentaire
    return donnees


def test_enregistrer_sans_javascript_garde_les_notes(pret):
    membre, demande = pret.membres[0], pret.demandes[0]
    declarer(demande, membre)
    reponse = envoyer(
        membre.utilisateur,
        "comite:enregistrer",
        demande.reference,
        notes_privees="À vérifier",
        **champs_de(demande),
    )

    assert reponse.status_code == 302
    fiche = Evaluation.objects.get(affectation__demande=demande, affectation__membre=membre)
    assert [note.note for note in fiche.notes.order_by("critere__ordre")] == [4, 3]
    assert fiche.notes_privees == "À vérifier"


def test_enregistrer_par_fetch_rend_l_avancement(pret):
    membre, demande = pret.membres[0], pret.demandes[0]
    declarer(demande, membre)
    critere = pret.appel.criteres.first()
    client = Client()
    client.force_login(membre.utilisateur)
    reponse = client.post(
        reverse("comite:enregistrer", args=[demande.reference]),
        {f"note_{critere.pk}": "1"},
        headers={"Accept": "application/json"},
    )

    bilan = reponse.json()
    assert (bilan["faites"], bilan["total"]) == (1, 2)
    assert [m["libelle"].split(" : ")[0] for m in bilan["manques"]] == ["Commentaire", "Note"]


@pytest.mark.parametrize("note", ["6", "-1", "trois", "2.5", "9" * 40, "²"])
def test_une_note_hors_de_l_echelle_est_refusee_et_le_reste_est_garde_a_l_ecran(pret, note):
    membre, demande = pret.membres[0], pret.demandes[0]
    declarer(demande, membre)
    donnees = champs_de(demande, commentaire="Mon commentaire")
    donnees[f"note_{pret.appel.criteres.first().pk}"] = note
    reponse = envoyer(membre.utilisateur, "comite:enregistrer", demande.reference, **donnees)

    assert reponse.status_code == 422
    assert "nombre entier de 0 à 5" in reponse.text
    assert "Mon commentaire" in reponse.text


def test_soumettre_une_fiche_incomplete_dit_ce_qui_manque(pret):
    membre, demande = pret.membres[0], pret.demandes[0]
    declarer(demande, membre)
    envoyer(
        membre.utilisateur,
        "comite:enregistrer",
        demande.reference,
        **champs_de(demande, notes=(5, 3)),
    )
    apercu = page(membre.utilisateur, "comite:soumettre", demande.reference)
    assert "Commentaire : " in apercu.text
    envoyer(membre.utilisateur, "comite:soumettre", demande.reference)

    fiche = Evaluation.objects.get(affectation__demande=demande, affectation__membre=membre)
    assert fiche.etat == "en_cours"


def test_soumettre_fige_la_fiche(pret):
    membre, demande = pret.membres[0], pret.demandes[0]
    declarer(demande, membre)
    donnees = champs_de(demande, notes=(5, 3), commentaire="Preuves à l'appui.")
    envoyer(membre.utilisateur, "comite:enregistrer", demande.reference, **donnees)
    envoyer(membre.utilisateur, "comite:soumettre", demande.reference)
    envoyer(
        membre.utilisateur,
        "comite:enregistrer",
        demande.reference,
        **champs_de(demande, notes=(0, 0), commentaire="Autre"),
    )

    fiche = Evaluation.objects.get(affectation__demande=demande, affectation__membre=membre)
    assert fiche.etat == "soumise"
    assert fiche.score == 84
    assert "soumise" in page(membre.utilisateur, "comite:lecture", demande.reference).text


# --- Séance ---------------------------------------------------------------------------------------
@pytest.fixture
def en_seance(pret):
    for demande in pret.demandes:
        for membre in pret.membres:
            soumettre(demande, membre)
        clore(pret, demande)
    pret.seance = seance_ouverte(pret)
    return pret


def test_la_presidence_inscrit_l_avis_et_l_agente_clot(en_seance):
    pret, demande = en_seance, en_seance.demandes[0]
    president = pret.membres[0].utilisateur
    ecran = page(president, "comite:seance_demande", pret.seance.pk, demande.reference)
    assert "Quorum" in ecran.text
    reponse = envoyer(
        president,
        "comite:seance_demande",
        pret.seance.pk,
        demande.reference,
        avis="favorable_partiel",
        montant="9 500,50 $",
        motifs="Un projet utile.",
        conditions="Nommer un partenaire.",
    )
    assert reponse.status_code == 302
    assert envoyer(pret.agente, "ville:seance_clore", pret.seance.pk).status_code == 302

    seance = Seance.objects.get(pk=pret.seance.pk)
    assert seance.etat == "close"
    pdf = page(pret.agente, "ville:seance_compte_rendu", seance.pk)
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    pdf.close()


def test_un_montant_trop_haut_est_refuse_pres_du_champ(en_seance):
    pret, demande = en_seance, en_seance.demandes[0]
    reponse = envoyer(
        pret.membres[0].utilisateur,
        "comite:seance_demande",
        pret.seance.pk,
        demande.reference,
        avis="favorable",
        montant="16000,01",
        motifs="Un projet utile.",
    )

    assert reponse.status_code == 422
    assert "ne peut pas dépasser" in reponse.text
    assert "Un projet utile." in reponse.text


def test_le_montant_d_un_avis_ambigu_est_redemande(en_seance):
    pret, demande = en_seance, en_seance.demandes[0]
    reponse = envoyer(
        pret.membres[0].utilisateur,
        "comite:seance_demande",
        pret.seance.pk,
        demande.reference,
        avis="favorable_partiel",
        montant="9,500",
        motifs="Un projet utile.",
    )

    assert reponse.status_code == 422
    assert "écrivez 9 500 ou 9,50" in reponse.text


def test_un_membre_ne_recommande_pas(en_seance):
    pret, demande = en_seance, en_seance.demandes[0]
    adresse = ("comite:seance_demande", pret.seance.pk, demande.reference)
    membre = pret.membres[1].utilisateur

    assert page(membre, *adresse).status_code == 200
    assert envoyer(membre, *adresse, avis="defavorable", motifs="Non").status_code == 404


# --- Chaque page s'ouvre, pour les bonnes personnes -----------------------------------------------
def adresses(pret):
    code, reference = pret.appel.code, pret.demandes[0].reference
    fiche = Evaluation.objects.filter(affectation__demande=pret.demandes[0]).first()
    seance = pret.seance.pk
    comite = [
        ("comite:accueil",),
        ("comite:interets", code),
        ("comite:classement", code),
        ("comite:lecture", reference),
        ("comite:recusation", reference),
        ("comite:fiches", reference),
        ("comite:seance", seance),
        ("comite:seance_demande", seance, reference),
    ]
    presidence = [
        ("comite:rouvrir_fiche", fiche.pk),
        ("comite:rouvrir_evaluation", reference),
        ("comite:seance_modifier", seance),
        ("comite:seance_clore", seance),
    ]
    ville = [
        ("ville:comite", code),
        ("ville:membre_retirer", pret.membres[1].pk),
        ("ville:fiches", reference),
        ("ville:classement", code),
        ("ville:classement_export", code),
        ("ville:seances", code),
        ("ville:seance", seance),
        ("ville:seance_demande", seance, reference),
        ("ville:seance_modifier", seance),
        ("ville:seance_clore", seance),
    ]
    return comite, presidence, ville


def test_chaque_page_s_ouvre_dans_sa_salle_et_nulle_part_ailleurs(en_seance):
    pret = en_seance
    comite, presidence, ville = adresses(pret)
    membre, president = pret.membres[1].utilisateur, pret.membres[0].utilisateur
    etranger = UtilisateurFactory()
    for adresse in comite:
        assert page(membre, *adresse).status_code == 200, adresse
        assert page(pret.agente, *adresse).status_code == 404, adresse
        assert page(etranger, *adresse).status_code == 404, adresse
    for adresse in presidence:
        assert page(president, *adresse).status_code == 200, adresse
        assert page(membre, *adresse).status_code == 404, adresse
    for adresse in ville:
        assert page(pret.agente, *adresse).status_code == 200, adresse
        assert page(president, *adresse).status_code == 404, adresse
        assert page(etranger, *adresse).status_code == 404, adresse


# --- La Ville -------------------------------------------------------------------------------------
def test_nommer_une_personne_sans_compte_en_ouvre_un(pret):
    reponse = envoyer(
        pret.agente,
        "ville:comite",
        pret.appel.code,
        courriel="Nouvelle@exemple.test",
        nom="Nouvelle Personne",
        role="membre",
    )

    assert reponse.status_code == 302
    siege = pret.appel.membres.get(utilisateur__email="nouvelle@exemple.test")
    assert (siege.code, siege.utilisateur.nom) == ("M4", "Nouvelle Personne")


def test_le_suivi_du_comite_se_lit_par_pages_et_compte_tout(pret, monkeypatch):
    monkeypatch.setattr("evaluations.views.ville.PAR_PAGE", 1)
    codes = list(
        pret.appel.demandes.filter(etat="en_evaluation")
        .order_by("volet__no", "code")
        .values_list("code", flat=True)
    )
    assert len(codes) > 1
    adresse = reverse("ville:comite", args=[pret.appel.code])
    client = Client()
    client.force_login(pret.agente)
    for rang, code in enumerate(codes, start=1):
        lue = client.get(adresse, {"page": rang})
        assert [ligne.demande.code for ligne in lue.context["page_obj"]] == [code]
        assert len(lue.context["suivi"]) == len(codes)
        assert "Pages des fiches par demande" in lue.text


def test_nommer_deux_fois_est_refuse_pres_du_champ(pret):
    courriel = pret.membres[0].utilisateur.email
    reponse = envoyer(
        pret.agente, "ville:comite", pret.appel.code, courriel=courriel, role="membre"
    )

    assert "siège déjà" in reponse.text
    assert courriel in reponse.text


def test_confier_puis_ouvrir_puis_clore_en_lot(pret):
    code = pret.appel.code
    soumettre(pret.demandes[0], pret.membres[0])
    soumettre(pret.demandes[0], pret.membres[1])
    envoyer(pret.agente, "ville:comite_clore", code)
    pret.demandes[0].refresh_from_db()
    assert pret.demandes[0].etat == "en_evaluation"

    soumettre(pret.demandes[0], pret.membres[2])
    envoyer(pret.agente, "ville:comite_clore", code)
    pret.demandes[0].refresh_from_db()
    assert pret.demandes[0].etat == "evaluee"


def test_choisir_les_membres_a_la_main(pret):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0])
    envoyer(pret.agente, "ville:affecter_demande", demande.reference, membres=[pret.membres[1].pk])
    assert demande.affectations.count() == 3

    envoyer(
        pret.agente,
        "ville:affecter_demande",
        demande.reference,
        membres=[pret.membres[0].pk, pret.membres[1].pk],
    )
    assert demande.affectations.count() == 2
