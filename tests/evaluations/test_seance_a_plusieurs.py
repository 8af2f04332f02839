"""La séance à plusieurs : l'avis qui s'écrit, l'écran qui suit, les heures, le vote, les fiches."""

import datetime as dt
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.documents import contexte_compte_rendu
from evaluations.models import BrouillonAvis, Recommandation, Reouverture
from evaluations.services import fiches_seance, recommandations, seances
from evaluations.services.recommandations import Vote
from socle import horloge
from socle.concurrence import SaisieConcurrente, empreinte
from socle.documents import rendre_html
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.evaluations.objets import (
    affectation,
    clore,
    declarer,
    evaluee,
    recommander,
    seance_ouverte,
    soumettre,
    un_comite,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenue():
    """Une séance ouverte sur une demande évaluée ; M4 en est récusé."""
    pret, pret.demande = evaluee(membres=4, recuses=(3,))
    pret.seance = seance_ouverte(pret)
    pret.presidence = pret.membres[0].utilisateur
    return pret


def navigateur(personne):
    client = Client()
    client.force_login(personne)
    return client


def adresse(pret, nom, *suite, salle="comite"):
    return reverse(f"{salle}:seance_{nom}", args=[pret.seance.pk, *suite])


def base(pret, champ):
    return empreinte(recommandations.valeurs_de_l_avis(pret.seance, pret.demande)[champ])


def ecrire(pret, acteur, champ, valeur, empreinte_vue):
    return recommandations.enregistrer_champ(
        acteur=acteur, seance=pret.seance, demande=pret.demande, champ=champ, valeur=valeur,
        base=empreinte_vue,
    )  # fmt: skip


# --- L'avis s'écrit à plusieurs -------------------------------------------------------------------
def test_une_coupure_ne_perd_rien(tenue):
    """Chaque champ s'enregistre en s'écrivant ; la page d'après les retrouve."""
    client = navigateur(tenue.agente)
    chemin = adresse(tenue, "avis", tenue.demande.reference, "motifs", salle="ville")
    reponse = client.post(
        chemin, {"motifs": "Un projet attendu.", "bmotifs": base(tenue, "motifs")}
    )
    assert reponse.status_code == 200
    assert reponse.json()["base"] == empreinte("Un projet attendu.")
    page = client.get(adresse(tenue, "demande", tenue.demande.reference, salle="ville")).text
    assert "Un projet attendu." in page
    assert not Recommandation.objects.exists()


def test_deux_secretaires_ne_s_ecrasent_pas(tenue):
    vue = base(tenue, "conditions")
    ecrire(tenue, tenue.agente, "conditions", "Un rapport.", vue)
    with pytest.raises(SaisieConcurrente) as refus:
        ecrire(tenue, tenue.presidence, "conditions", "Deux rapports.", vue)
    assert refus.value.actuel.texte == "Un rapport."
    assert refus.value.actuel.auteur == tenue.agente.nom
    # Un autre champ, lui, s'écrit en même temps sans conflit.
    ecrire(tenue, tenue.presidence, "motifs", "Utile.", base(tenue, "motifs"))
    assert BrouillonAvis.objects.get().contenu == {"conditions": "Un rapport.", "motifs": "Utile."}


def test_l_avis_ne_s_inscrit_pas_sur_ce_qu_on_n_a_pas_relu(tenue):
    """La présidence inscrit pendant que l'agente change le montant : elle doit relire."""
    page = adresse(tenue, "demande", tenue.demande.reference)
    valeurs = recommandations.valeurs_de_l_avis(tenue.seance, tenue.demande)
    envoi = {**valeurs, "motifs": "Utile."} | {f"b{n}": empreinte(v) for n, v in valeurs.items()}
    ecrire(tenue, tenue.agente, "montant", "9 000", base(tenue, "montant"))

    client = navigateur(tenue.presidence)
    reponse = client.post(page, envoi)
    assert reponse.status_code == 422
    assert "9 000" in reponse.text
    assert "Utile." in reponse.text
    assert not Recommandation.objects.exists()

    valeurs = recommandations.valeurs_de_l_avis(tenue.seance, tenue.demande)
    envoi |= {f"b{n}": empreinte(v) for n, v in valeurs.items()}
    envoi |= {"montant": "9000", "avis": "favorable_partiel"}
    assert client.post(page, envoi).status_code == 302
    assert Recommandation.objects.get().montant == Decimal(9000)
    assert not BrouillonAvis.objects.exists()


def test_l_agente_ecrit_et_n_inscrit_pas(tenue):
    client = navigateur(tenue.agente)
    page = adresse(tenue, "demande", tenue.demande.reference, salle="ville")
    texte = client.get(page).text
    assert "Enregistrer le brouillon" in texte
    assert "Inscrire l'avis" not in texte
    assert client.post(page, {"avis": "favorable", "motifs": "x"}).status_code == 404
    garde = {"brouillon": "1", "motifs": "Sans JavaScript.", "avis": "defavorable"}
    assert client.post(page, garde).status_code == 302
    assert BrouillonAvis.objects.get().contenu["motifs"] == "Sans JavaScript."


def test_ni_un_membre_ni_un_recuse_n_ecrit_l_avis(tenue):
    for rang in (1, 3):
        with pytest.raises(PermissionRefusee):
            ecrire(tenue, tenue.membres[rang].utilisateur, "motifs", "x", "")
    chemin = adresse(tenue, "avis", tenue.demande.reference, "motifs")
    assert navigateur(tenue.membres[1].utilisateur).post(chemin).status_code == 404
    assert navigateur(tenue.presidence).post(chemin.replace("motifs", "x")).status_code == 409


# --- Le vote --------------------------------------------------------------------------------------
def test_un_vote_compte_les_voix_des_presents_sans_conflit(tenue):
    avis = recommander(tenue.seance, tenue.demande, tenue.membres[0], vote=Vote(2, 0, 1))
    assert (avis.pour, avis.contre, avis.abstentions, avis.presents) == (2, 0, 1, 3)
    for vote in (Vote(3, 1, 0), Vote(0, 0, 0)):
        with pytest.raises(RegleViolee) as refus:
            recommander(tenue.seance, tenue.demande, tenue.membres[0], vote=vote)
        assert (refus.value.code, refus.value.champ) == ("vote", "pour")


def test_la_base_refuse_plus_de_voix_que_de_presents(tenue):
    from django.db import IntegrityError, transaction

    avis = recommander(tenue.seance, tenue.demande, tenue.membres[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Recommandation.objects.filter(pk=avis.pk).update(pour=4, contre=0, abstentions=0)


# --- L'écran --------------------------------------------------------------------------------------
def suivre(pret, personne, etat="", salle="comite"):
    chemin = f"{adresse(pret, 'ecran', salle=salle)}?etat={etat}"
    return navigateur(personne).get(chemin, headers={"HX-Request": "true"})


def etat_de(reponse):
    return reponse.text.split("?etat=")[1][:12]


def test_l_ecran_des_membres_suit_de_lui_meme(tenue):
    membre = tenue.membres[1].utilisateur
    debut = suivre(tenue, membre)
    assert "Ordre du jour" in debut.text
    assert suivre(tenue, membre, etat_de(debut)).status_code == 204

    montrer = adresse(tenue, "montrer", salle="ville")
    navigateur(tenue.agente).post(montrer, {"demande": tenue.demande.reference})
    suite = suivre(tenue, membre, etat_de(debut))
    assert suite.status_code == 200
    for mot in (tenue.demande.titre, "Hors de la salle", str(tenue.membres[3])):
        assert mot in suite.text
    assert suivre(tenue, membre, etat_de(suite)).status_code == 204

    ecrire(tenue, tenue.agente, "conditions", "Un rapport.", base(tenue, "conditions"))
    assert "Un rapport." in suivre(tenue, membre, etat_de(suite)).text
    recommander(tenue.seance, tenue.demande, tenue.membres[0], motifs="Solide.")
    assert "Avis inscrit" in suivre(tenue, membre).text


def test_l_ecran_d_un_recuse_ne_dit_rien_de_la_demande(tenue):
    seances.montrer_a_l_ecran(acteur=tenue.agente, seance=tenue.seance, demande=tenue.demande)
    texte = suivre(tenue, tenue.membres[3].utilisateur).text
    assert "restez hors de la salle" in texte
    for mot in ("Projetunique1", "Organismeunique1", "80,0"):
        assert mot not in texte
    page = navigateur(tenue.membres[3].utilisateur).get(adresse(tenue, "ecran"))
    assert "Projetunique1" not in page.text


def test_seul_qui_tient_la_seance_choisit_ce_qui_est_a_l_ecran(tenue):
    envoi = {"demande": tenue.demande.reference}
    client = navigateur(tenue.membres[1].utilisateur)
    assert client.post(adresse(tenue, "montrer"), envoi).status_code == 404
    assert navigateur(tenue.presidence).post(adresse(tenue, "montrer"), envoi).status_code == 302
    tenue.seance.refresh_from_db()
    assert tenue.seance.demande_a_l_ecran == tenue.demande
    navigateur(tenue.presidence).post(adresse(tenue, "montrer"))
    tenue.seance.refresh_from_db()
    assert tenue.seance.demande_a_l_ecran is None


# --- L'ordre du jour ------------------------------------------------------------------------------
def test_l_ordre_du_jour_par_rang_ou_par_desaccord():
    pret = un_comite(membres=2, demandes=3)
    for demande, notes in zip(pret.demandes, ((5, 5), (4, 2), (3, 0)), strict=True):
        for membre, note in zip(pret.membres, notes, strict=True):
            soumettre(demande, membre, (note, note))
        clore(pret, demande)
    pret.seance = seance_ouverte(pret)
    client = navigateur(pret.agente)
    page = reverse("ville:seance", args=[pret.seance.pk])

    def ordre():
        texte = client.get(page).text
        return sorted((f"Projetunique{n}" for n in (1, 2, 3)), key=texte.index)

    assert ordre() == ["Projetunique1", "Projetunique2", "Projetunique3"]
    client.post(adresse(pret, "ordre", salle="ville"), {"ordre": "desaccord"})
    assert ordre() == ["Projetunique3", "Projetunique2", "Projetunique1"]
    client.post(adresse(pret, "ordre", salle="ville"), {"ordre": "au hasard"})
    assert ordre() == ["Projetunique3", "Projetunique2", "Projetunique1"]


# --- Les présences --------------------------------------------------------------------------------
def test_les_heures_d_arrivee_et_de_depart_se_corrigent(tenue):
    m1, m2 = tenue.membres[:2]
    seances.inscrire_presences(
        acteur=tenue.agente,
        seance=tenue.seance,
        presents=tenue.membres[:1],
        heures={m1.pk: (dt.time(9, 15), None), m2.pk: (dt.time(9), dt.time(10, 30))},
    )
    lues = {
        p.membre_id: [
            timezone.localtime(h).strftime("%H:%M") if h else None
            for h in (p.arrivee_le, p.depart_le)
        ]
        for p in tenue.seance.presences.all()
    }
    assert lues[m1.pk] == ["09:15", None]
    assert lues[m2.pk] == ["09:00", "10:30"]
    with pytest.raises(RegleViolee, match="précède") as refus:
        seances.inscrire_presences(
            acteur=tenue.agente, seance=tenue.seance, presents=tenue.membres[:1],
            heures={m2.pk: (None, dt.time(8))},
        )  # fmt: skip
    assert refus.value.champ == f"depart_{m2.pk}"


def test_qui_sort_et_revient_garde_chaque_passage(tenue):
    """Sortir pour une récusation, revenir ensuite : le compte rendu dit les deux passages."""
    tous, membre = tenue.membres, tenue.membres[1]
    debut = timezone.localtime(tenue.seance.date).replace(hour=9, minute=0)

    def inscrire(presents, *, minutes, heures=None):
        with horloge.a_la_date(debut + dt.timedelta(minutes=minutes)):
            seances.inscrire_presences(
                acteur=tenue.agente, seance=tenue.seance, presents=presents, heures=heures
            )
        return tenue.seance.presences.get(membre=membre)

    def lus(presence):
        return [
            tuple(timezone.localtime(h).strftime("%H:%M") if h else None for h in moment)
            for moment in presence.moments
        ]

    inscrire(tous, minutes=0, heures={membre.pk: (dt.time(9), None)})
    sans_lui = [autre for autre in tous if autre != membre]
    inscrire(sans_lui, minutes=30)
    revenu = inscrire(tous, minutes=50)
    assert revenu.est_la
    assert lus(revenu) == [("09:00", "09:30"), ("09:50", None)]
    inscrire(sans_lui, minutes=60)
    # Décochée par erreur et recochée aussitôt : elle n'est pas sortie.
    assert lus(inscrire(tous, minutes=60.5)) == [("09:00", "09:30"), ("09:50", None)]
    with pytest.raises(RegleViolee, match=r"sortie à 9.h.30") as refus:
        inscrire(tous, minutes=70, heures={membre.pk: (dt.time(9, 20), None)})
    assert refus.value.champ == f"arrivee_{membre.pk}"

    inscrire(sans_lui, minutes=90)
    assert lus(inscrire(tous, minutes=100)) == [
        ("09:00", "09:30"), ("09:50", "10:30"), ("10:40", None),
    ]  # fmt: skip
    page = navigateur(tenue.agente).get(reverse("ville:seance", args=[tenue.seance.pk])).text
    assert "D'abord dès 9 h jusqu'à 9 h 30, puis dès 9 h 50 jusqu'à 10 h 30" in lisible(page)
    html = rendre_html(
        "pdf/compte_rendu.html", contexte_compte_rendu(tenue.seance, acteur=tenue.agente)
    )
    assert "dès 9 h jusqu'à 9 h 30, puis dès 9 h 50 jusqu'à 10 h 30, puis dès 10 h 40" in lisible(
        html
    )


def lisible(html):
    return " ".join(unescape(html).replace("\u00a0", " ").replace("\u202f", " ").split())


def test_une_liste_des_presences_perimee_ne_sort_personne(tenue):
    """Un collègue a noté une arrivée : l'ancienne page ne doit pas inscrire un départ."""
    client = navigateur(tenue.agente)
    page = reverse("ville:seance", args=[tenue.seance.pk])
    vue = client.get(page).context["base_presences"]
    seances.inscrire_presences(
        acteur=tenue.presidence, seance=tenue.seance, presents=tenue.membres[:2]
    )
    envoi = {"base": vue, "presents": [tenue.membres[0].pk]}
    reponse = client.post(adresse(tenue, "presences", salle="ville"), envoi)
    assert reponse.status_code == 422
    assert "a changé pendant que vous écriviez" in reponse.text
    assert tenue.seance.presences.get(membre=tenue.membres[1]).est_la

    envoi["base"] = client.get(page).context["base_presences"]
    assert client.post(adresse(tenue, "presences", salle="ville"), envoi).status_code == 302
    assert not tenue.seance.presences.get(membre=tenue.membres[1]).est_la


def test_une_heure_fausse_se_dit_pres_de_son_champ(tenue):
    cle = f"arrivee_{tenue.membres[0].pk}"
    reponse = navigateur(tenue.agente).post(
        adresse(tenue, "presences", salle="ville"), {cle: "midi"}
    )
    assert reponse.status_code == 422
    assert reponse.context["formulaire"].errors[cle]


# --- Une fiche changée en séance ------------------------------------------------------------------
def changer(pret, membre, notes, motif="La discussion m'a convaincu."):
    fiche = affectation(pret.demande, membre).evaluation
    criteres = pret.appel.criteres.all()
    return fiches_seance.modifier_fiche_en_seance(
        acteur=membre.utilisateur,
        seance=pret.seance,
        evaluation=fiche,
        notes={c: {"note": n, "commentaire": "Vu."} for c, n in zip(criteres, notes, strict=True)},
        motif=motif,
    )


def test_l_avant_et_l_apres_sont_gardes_et_le_score_suit(tenue):
    change = changer(tenue, tenue.membres[1], (5, 5))
    assert [n["note"] for n in change.notes_avant["notes"].values()] == [4, 4]
    assert [n["note"] for n in change.notes_apres["notes"].values()] == [5, 5]
    assert (change.notes_avant["score_demande"], change.notes_apres["score_demande"]) == (
        "80.0",
        "86.7",
    )
    assert change.motif == "La discussion m'a convaincu."
    assert recommander(tenue.seance, tenue.demande, tenue.membres[0]).score == Decimal("86.7")


@pytest.mark.parametrize(
    ("notes", "motif", "code"),
    [((5, 5), "  ", "motif"), ((4, 4), "Rien.", "inchangee"), ((9, 4), "Trop.", "echelle")],
)
def test_ce_qui_refuse_un_changement_le_laisse_comme_avant(tenue, notes, motif, code):
    if code == "inchangee":
        changer(tenue, tenue.membres[1], (4, 3))
        notes = (4, 3)
    with pytest.raises(RegleViolee) as refus:
        changer(tenue, tenue.membres[1], notes, motif)
    assert refus.value.code == code
    fiche = affectation(tenue.demande, tenue.membres[1]).evaluation
    assert fiche.etat == "soumise"


def test_chacun_ne_change_que_sa_fiche_en_seance_et_avant_l_avis(tenue):
    fiche = affectation(tenue.demande, tenue.membres[1]).evaluation
    with pytest.raises(PermissionRefusee):
        fiches_seance.modifier_fiche_en_seance(
            acteur=tenue.presidence, seance=tenue.seance, evaluation=fiche, notes={}, motif="x"
        )
    recommander(tenue.seance, tenue.demande, tenue.membres[0])
    with pytest.raises(RegleViolee, match="avis est inscrit"):
        changer(tenue, tenue.membres[1], (5, 5))
    assert not Reouverture.objects.exists()


def test_la_page_de_ma_fiche(tenue):
    membre = tenue.membres[1]
    client = navigateur(membre.utilisateur)
    page = adresse(tenue, "fiche", tenue.demande.reference)
    assert page in client.get(adresse(tenue, "demande", tenue.demande.reference)).text
    c1, c2 = tenue.appel.criteres.all()
    envoi = {f"note_{c1.pk}": "3", f"commentaire_{c1.pk}": "", f"note_{c2.pk}": "4"}
    reponse = client.post(page, envoi)
    assert reponse.status_code == 422
    assert reponse.context["formulaire"].errors["motif"]
    assert client.post(page, {**envoi, "motif": "Moins clair."}).status_code == 302
    assert Reouverture.objects.get().seance == tenue.seance
    fiches = client.get(reverse("comite:fiches", args=[tenue.demande.reference])).text
    assert "Moins clair." in fiches
    assert ": 4, puis 3" in fiches
    assert navigateur(tenue.membres[3].utilisateur).get(page).status_code == 404


def test_une_recusation_pendant_la_seance_ferme_tout(tenue):
    membre = tenue.membres[1]
    declarer(tenue.demande, membre, conflit=True)
    client = navigateur(membre.utilisateur)
    for nom in ("demande", "fiche"):
        assert client.get(adresse(tenue, nom, tenue.demande.reference)).status_code == 404
