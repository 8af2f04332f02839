"""« Ma semaine » range ce qui attend : en retard d'abord, et une arrivée n'est pas une échéance."""

import datetime as dt

import pytest
from django.urls import reverse

from appels.services import questions_publiques
from financement.attente import Attente, par_moment
from financement.semaine import attentes
from socle import horloge
from tests.appels.test_questions_publiques import un_appel
from tests.factories import dans
from tests.financement.objets import page, un_projet

JOUR = dt.timedelta(days=1)


def attente(ecart: int | None, *, echeance: bool = True) -> Attente:
    quand = None if ecart is None else horloge.aujourdhui() + ecart * JOUR
    return Attente("Rapport", f"Le {ecart}", "", "/", "Voir", quand, est_echeance=echeance)


@pytest.mark.parametrize(
    ("ecart", "echeance", "moment"),
    [
        (-1, True, "En retard"), (0, True, "D'ici sept jours"), (7, True, "D'ici sept jours"),
        (8, True, "Plus tard"), (-30, False, "À traiter"), (None, True, "À traiter"),
    ],
)  # fmt: skip
def test_chaque_chose_a_son_moment(ecart: int | None, echeance: bool, moment: str) -> None:
    assert attente(ecart, echeance=echeance).moment == moment


def test_le_plus_pressant_est_en_tete_et_un_titre_vide_est_omis() -> None:
    groupes = par_moment([attente(30), attente(-2), attente(-1, echeance=False)])
    assert [titre for titre, _ in groupes] == ["En retard", "À traiter", "Plus tard"]
    assert [a.titre for _, rangees in groupes for a in rangees] == ["Le -2", "Le -1", "Le 30"]


@pytest.mark.django_db
def test_un_versement_a_proposer_dit_son_montant() -> None:
    projet = un_projet()
    (versement,) = [a for a in attentes(projet.gens.agent) if a.action == "Proposer"]
    assert versement.detail.endswith("versement 1 de 8\u00a0000,00\u00a0$, à proposer")


@pytest.mark.django_db
def test_une_seule_question_s_ouvre_d_un_clic_et_plusieurs_menent_a_leur_liste() -> None:
    monde = un_appel()

    def adresse() -> str:
        (attente,) = [a for a in attentes(monde.agente) if a.action == "Répondre"]
        return attente.url

    seule = questions_publiques.poser(acteur=monde.personne, appel=monde.appel, texte="Le loyer ?")
    assert adresse() == reverse("ville:question", args=[seule.pk])
    questions_publiques.poser(acteur=monde.personne, appel=monde.appel, texte="Et l'auto ?")
    assert adresse() == reverse("ville:questions", args=[monde.appel.code])


@pytest.mark.django_db
def test_un_rapport_depose_hier_attend_sans_etre_en_retard() -> None:
    projet = un_projet()
    type(projet.etape).objects.filter(pk=projet.etape.pk).update(
        etat="depose", depose_le=dans(days=-1)
    )
    (rapport,) = [a for a in attentes(projet.gens.agent) if a.action == "Examiner"]
    assert rapport.moment == "À traiter"
    contenu = page(projet.gens.agent, "ville:accueil").content.decode()
    assert "À traiter" in contenu
    assert "Depuis le" in contenu
    assert contenu.count("btn-primary") == 1
