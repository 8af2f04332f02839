"""La séance : quorum par demande, montants, avis remplacé, compte rendu."""

import datetime as dt
from decimal import Decimal

import pytest
from icalendar import Calendar
from post_office.models import Email

from evaluations.models import Recommandation
from evaluations.quorum import quorum_de
from evaluations.services import comite, seances
from socle import horloge
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


# --- Quorum ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("presents", "atteint"), [(1, False), (2, True), (3, True)])
def test_le_quorum_des_deux_cotes_du_bord(presents, atteint):
    pret, demande = evaluee(quorum=2)
    seance = seance_ouverte(pret, presents=pret.membres[:presents])

    assert quorum_de(seance, demande).atteint is atteint
    if atteint:
        assert recommander(seance, demande, pret.membres[0]).presents == presents
    else:
        with pytest.raises(RegleViolee) as refus:
            recommander(seance, demande, pret.membres[0])
        assert refus.value.code == "quorum"


def test_le_quorum_se_compte_apres_les_recusations():
    pret, demande = evaluee(membres=4, recuses=(3,), quorum=3)
    seance = seance_ouverte(pret, presents=pret.membres[1:])

    quorum = quorum_de(seance, demande)
    assert (quorum.presents, quorum.atteint) == (2, False)
    assert quorum.recuses == (str(pret.membres[3]),)
    seances.inscrire_presences(acteur=pret.agente, seance=seance, presents=pret.membres)
    assert quorum_de(seance, demande).atteint


def test_un_membre_qui_n_a_pas_declare_ne_compte_pas():
    pret = un_comite(quorum=3)
    demande = pret.demandes[0]
    for membre in pret.membres[:2]:
        soumettre(demande, membre)
    clore(pret, demande)
    seance = seance_ouverte(pret)

    assert quorum_de(seance, demande).presents == 2


def test_un_depart_en_seance_se_note_et_sort_du_quorum():
    pret, demande = evaluee(quorum=3)
    seance = seance_ouverte(pret)
    seances.inscrire_presences(acteur=pret.agente, seance=seance, presents=pret.membres[:2])

    assert quorum_de(seance, demande).presents == 2
    partie = seance.presences.get(membre=pret.membres[2])
    assert partie.presente
    assert partie.depart_le is not None


def test_un_comite_plus_petit_que_le_quorum_ne_l_atteint_pas():
    """Retirer des membres n'abaisse pas ce que l'appel exige (regles.md, 11)."""
    pret, demande = evaluee(membres=2, quorum=4)
    quorum = quorum_de(seance_ouverte(pret), demande)
    assert (quorum.requis, quorum.presents, quorum.atteint) == (4, 2, False)


def test_un_quorum_de_zero_demande_quand_meme_quelqu_un():
    pret, demande = evaluee(membres=2, quorum=0)
    seance = seance_ouverte(pret)
    seance.presences.update(presente=False)
    quorum = quorum_de(seance, demande)
    assert (quorum.requis, quorum.presents, quorum.atteint) == (1, 0, False)


# --- Montants -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("avis", "montant", "champ"),
    [
        ("favorable", "16000.01", "montant"),
        ("favorable", "15999.99", "avis"),
        ("favorable", "0", "montant"),
        ("favorable_partiel", "16000", "avis"),
        ("favorable_partiel", "-1", "montant"),
        ("defavorable", "1", "montant"),
        ("liste_attente", "100", "montant"),
        ("peut-être", "0", "avis"),
    ],
)
def test_un_montant_contraire_a_l_avis_est_refuse(avis, montant, champ):
    pret, demande = evaluee()
    seance = seance_ouverte(pret)
    with pytest.raises(RegleViolee) as refus:
        recommander(seance, demande, pret.membres[0], avis=avis, montant=montant)
    assert refus.value.champ == champ
    assert not Recommandation.objects.exists()


@pytest.mark.parametrize(
    ("avis", "montant"),
    [
        ("favorable", "16000"),
        ("favorable_partiel", "15999.99"),
        ("favorable_partiel", "0.01"),
        ("defavorable", "0"),
        ("liste_attente", "0"),
    ],
)
def test_un_montant_permis_est_inscrit(avis, montant):
    pret, demande = evaluee()
    seance = seance_ouverte(pret)
    avis = recommander(seance, demande, pret.membres[0], avis=avis, montant=montant)

    demande.refresh_from_db()
    assert (avis.montant, avis.score, demande.etat) == (
        Decimal(montant),
        Decimal("80.0"),
        "recommandee",
    )


def test_une_aide_annoncee_depuis_abaisse_le_maximum():
    pret, demande = evaluee()
    # 90 % de 20 000 $ moins 2 000 $ (Québec) et 1 500,50 $ annoncés : 14 499,50 $.
    demande.aides_annoncees.create(
        date="2030-01-01", source="canada", libelle="Aide", montant=Decimal("1500.50")
    )
    seance = seance_ouverte(pret)
    president = pret.membres[0]
    with pytest.raises(RegleViolee, match="dépasser"):
        recommander(seance, demande, president, avis="favorable_partiel", montant="14499.51")
    recommander(seance, demande, president, avis="favorable_partiel", montant="14499.50")


# --- L'avis ---------------------------------------------------------------------------------------
def test_un_avis_se_remplace_tant_que_la_seance_est_ouverte():
    pret, demande = evaluee()
    seance = seance_ouverte(pret)
    recommander(seance, demande, pret.membres[0])
    recommander(seance, demande, pret.membres[0], avis="defavorable", montant=0)

    assert demande.recommandations.count() == 2
    assert demande.recommandations.get(en_vigueur=True).avis == "defavorable"
    seances.clore_seance(acteur=pret.agente, seance=seance)
    with pytest.raises(RegleViolee) as refus:
        recommander(seance, demande, pret.membres[0])
    assert refus.value.code == "seance"


def test_les_motifs_sont_exiges():
    pret, demande = evaluee()
    with pytest.raises(RegleViolee) as refus:
        recommander(seance_ouverte(pret), demande, pret.membres[0], motifs="  ")
    assert refus.value.champ == "motifs"


def test_seule_la_presidence_sans_conflit_recommande():
    pret, demande = evaluee(membres=4, recuses=(0,))
    seance = seance_ouverte(pret)
    for acteur in pret.membres[:2]:
        with pytest.raises(PermissionRefusee):
            recommander(seance, demande, acteur)

    comite.designer_presidence(acteur=pret.agente, membre=pret.membres[1])
    assert recommander(seance, demande, pret.membres[1]).presents == 3


def test_une_recusation_apres_la_cloture_peut_retirer_le_score():
    pret, demande = evaluee(membres=3, evaluations_min=3, quorum=1)
    declarer(demande, pret.membres[2], conflit=True)
    assert affectation(demande, pret.membres[2]).etat == "recusee"
    with pytest.raises(RegleViolee) as refus:
        recommander(seance_ouverte(pret), demande, pret.membres[0])
    assert refus.value.code == "score"


def test_le_compte_rendu_ne_porte_aucune_fiche():
    pret, demande = evaluee(membres=4, recuses=(3,))
    seance = seance_ouverte(pret)
    recommander(
        seance,
        demande,
        pret.membres[0],
        conditions="Nommer un partenaire.\nRevoir le calendrier.",
        motifs_par_critere={"C1": "Besoin bien montré."},
    )
    seances.clore_seance(acteur=pret.agente, seance=seance)

    html = seance.compte_rendu.html
    for attendu in ("Projetunique1", "Nommer un partenaire.", "Besoin bien montré.", "80,0"):
        assert attendu in html
    assert str(pret.membres[3]) in html
    assert "motifsecret" not in html


def test_une_seule_seance_ouverte_par_appel():
    pret, _ = evaluee()
    seance_ouverte(pret)
    with pytest.raises(RegleViolee, match="Une autre séance"):
        seance_ouverte(pret)


# --- La convocation -------------------------------------------------------------------------------
def _a_l_agenda(courriel):
    """L'événement du fichier .ics joint à un courriel."""
    (piece,) = courriel.attachments.all()
    assert (piece.name, piece.mimetype) == ("seance.ics", "text/calendar")
    with piece.file.open() as fichier:
        return next(iter(Calendar.from_ical(fichier.read()).walk("VEVENT")))


def test_la_convocation_joint_la_date_a_l_agenda_et_un_report_la_corrige():
    pret, demande = evaluee()
    seance = seances.preparer_seance(
        acteur=pret.agente, appel=pret.appel, date=horloge.maintenant(), lieu="Salle Pélican"
    )
    convocations = list(Email.objects.filter(subject__startswith="Séance du comité le "))
    assert {adresse for c in convocations for adresse in c.to} == {
        membre.utilisateur.email for membre in pret.membres
    }
    premier = _a_l_agenda(convocations[0])
    assert (premier.start, premier["LOCATION"]) == (
        seance.date.replace(microsecond=0),
        "Salle Pélican",
    )
    assert demande.titre not in convocations[0].message

    plus_tard = seance.date + dt.timedelta(days=3)
    champs = {"acteur": pret.agente, "seance": seance, "lieu": "Salle Pélican"}
    seances.modifier_seance(date=plus_tard, notes="Ordre du jour.", **champs)
    deplacees = list(Email.objects.filter(subject__startswith="Séance du comité déplacée"))
    assert len(deplacees) == len(pret.membres)
    corrige = _a_l_agenda(deplacees[0])
    assert (corrige["UID"], corrige.start) == (premier["UID"], plus_tard.replace(microsecond=0))
    # Les notes seules n'écrivent à personne.
    seances.modifier_seance(date=plus_tard, notes="Autre chose.", **champs)
    assert Email.objects.filter(subject__contains="déplacée").count() == len(deplacees)
