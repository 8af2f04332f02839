"""Une fiche : ce qu'on y range, ce qui la fige, ce qui la rouvre."""

import pytest
from django.db import DatabaseError, connection, transaction

from evaluations.services import fiches
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.evaluations.objets import affectation, clore, declarer, soumettre, un_comite

pytestmark = pytest.mark.django_db


@pytest.fixture
def pret():
    return un_comite()


@pytest.fixture
def soumise(pret):
    return soumettre(pret.demandes[0], pret.membres[0])


@pytest.mark.parametrize(
    "requete",
    [
        "UPDATE evaluations_note SET note = 0 WHERE evaluation_id = %s",
        "UPDATE evaluations_note SET commentaire = 'autre' WHERE evaluation_id = %s",
        "DELETE FROM evaluations_note WHERE evaluation_id = %s",
        "UPDATE evaluations_evaluation SET score = 99 WHERE id = %s",
    ],
)
def test_la_base_refuse_de_changer_une_fiche_soumise(soumise, requete):
    with (
        pytest.raises(DatabaseError, match="ne se modifie pas"),
        transaction.atomic(),
        connection.cursor() as curseur,
    ):
        curseur.execute(requete, [soumise.pk])


def test_la_base_refuse_une_note_hors_de_l_echelle(pret):
    declarer(pret.demandes[0], pret.membres[0])
    fiche = affectation(pret.demandes[0], pret.membres[0]).evaluation
    with (
        pytest.raises(DatabaseError, match="échelle"),
        transaction.atomic(),
        connection.cursor() as curseur,
    ):
        curseur.execute(
            "INSERT INTO evaluations_note (evaluation_id, critere_id, note, commentaire) "
            "VALUES (%s, %s, 6, '')",
            [fiche.pk, pret.appel.criteres.first().pk],
        )


def noter(pret, **saisie):
    """Range ce que le premier membre saisit pour le premier critère de la première demande."""
    return fiches.enregistrer_fiche(
        acteur=pret.membres[0].utilisateur,
        affectation=affectation(pret.demandes[0], pret.membres[0]),
        notes={pret.appel.criteres.first(): saisie},
    )


def test_une_fiche_soumise_ne_s_enregistre_plus(pret, soumise):
    with pytest.raises(RegleViolee) as refus:
        noter(pret, note=1)
    assert refus.value.code == "soumise"


def test_personne_ne_note_la_fiche_d_un_autre(pret):
    declarer(pret.demandes[0], pret.membres[0])
    with pytest.raises(PermissionRefusee):
        fiches.enregistrer_fiche(
            acteur=pret.membres[1].utilisateur,
            affectation=affectation(pret.demandes[0], pret.membres[0]),
            notes={},
        )


@pytest.mark.parametrize("note", [-1, 6, "abc", "3.5"])
def test_une_note_hors_de_l_echelle_est_refusee(pret, note):
    declarer(pret.demandes[0], pret.membres[0])
    with pytest.raises(RegleViolee) as refus:
        noter(pret, note=note)
    assert refus.value.code == "echelle"


@pytest.mark.parametrize("note", [0, 5])
def test_les_bouts_de_l_echelle_sont_permis(pret, note):
    declarer(pret.demandes[0], pret.membres[0])
    assert noter(pret, note=note).notes.get().note == note


def test_un_commentaire_trop_long_est_refuse(pret):
    declarer(pret.demandes[0], pret.membres[0])
    noter(pret, commentaire="x" * fiches.COMMENTAIRE_MAX)
    with pytest.raises(RegleViolee) as refus:
        noter(pret, commentaire="x" * (fiches.COMMENTAIRE_MAX + 1))
    assert refus.value.code == "longueur"


def test_rouvrir_garde_les_notes_d_avant(pret, soumise):
    fiches.rouvrir_fiche(
        acteur=pret.membres[0].utilisateur, evaluation=soumise, motif="Mauvais critère noté."
    )

    assert (soumise.etat, soumise.score) == ("rouverte", None)
    gardee = soumise.reouvertures.get()
    assert gardee.notes_avant["notes"]["C1"]["note"] == 4
    assert gardee.notes_avant["score"].startswith("72")
    assert soumise.manques() == []


def test_rouvrir_demande_un_motif_et_la_presidence(pret, soumise):
    with pytest.raises(RegleViolee, match="motif"):
        fiches.rouvrir_fiche(acteur=pret.membres[0].utilisateur, evaluation=soumise, motif=" ")
    for autre in (pret.membres[1].utilisateur, pret.agente):
        with pytest.raises(PermissionRefusee):
            fiches.rouvrir_fiche(acteur=autre, evaluation=soumise, motif="Erreur.")


def test_une_evaluation_close_se_rouvre_avant_la_fiche(pret, soumise):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[1])
    clore(pret, demande)
    president = pret.membres[0].utilisateur
    soumise = type(soumise).objects.get(pk=soumise.pk)
    with pytest.raises(RegleViolee, match="rouvrez-la"):
        fiches.rouvrir_fiche(acteur=president, evaluation=soumise, motif="Erreur.")

    fiches.rouvrir_evaluation(acteur=president, demande=demande, motif="Une fiche à reprendre.")
    demande.refresh_from_db()
    assert demande.etat == "en_evaluation"


def test_clore_demande_le_minimum_de_fiches(pret):
    demande = pret.demandes[0]
    soumettre(demande, pret.membres[0])
    with pytest.raises(RegleViolee, match="fiches"):
        clore(pret, demande)
    soumettre(demande, pret.membres[1])
    clore(pret, demande)
    assert demande.etat == "evaluee"


def test_la_fiche_d_un_recuse_ne_compte_pas_pour_clore(pret):
    demande = pret.demandes[0]
    for membre in pret.membres[:2]:
        soumettre(demande, membre)
    declarer(demande, pret.membres[1], conflit=True)
    with pytest.raises(RegleViolee, match="fiches"):
        clore(pret, demande)


def test_importer_refuse_un_critere_inconnu_et_une_fiche_incomplete(pret):
    demande, membre = pret.demandes[0], pret.membres[0]
    declarer(demande, membre)
    liee = affectation(demande, membre)
    for notes, code in (({"C9": 3}, "critere"), ({"C1": 3}, "incomplete"), ({"C1": 9}, "echelle")):
        with pytest.raises(RegleViolee) as refus:
            fiches.importer_fiche(acteur=membre.utilisateur, affectation=liee, notes=notes)
        assert refus.value.code == code
