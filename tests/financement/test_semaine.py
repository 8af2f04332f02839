"""« Ma semaine » range ce qui attend : en retard d'abord, et une arrivée n'est pas une échéance."""

import datetime as dt
from html import unescape

import pytest
from django.urls import reverse

from appels.services import questions_publiques
from financement import semaine
from financement.attente import Attente, par_moment
from financement.models import LotPaiement, Recuperation
from financement.semaine import attentes
from financement.services import versements
from financement.services.lettres import decisions_sans_lettre
from socle import horloge
from tests.appels.test_questions_publiques import un_appel
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    UtilisateurFactory,
    dans,
)
from tests.financement.objets import envoyer, page, requetes, un_projet

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
def test_autoriser_n_attend_que_qui_le_peut(settings) -> None:
    projet = un_projet()
    versements.proposer_versement(acteur=projet.gens.agent, versement=projet.versements[0])

    def autorisent() -> list[bool]:
        gens = (projet.gens.approbation, projet.gens.tresorerie)
        return [any(a.action == "Autoriser" for a in attentes(qui)) for qui in gens]

    settings.SEUIL_AUTORISATION_TRESORERIE = 8000
    assert autorisent() == [True, True]
    settings.SEUIL_AUTORISATION_TRESORERIE = 7999
    assert autorisent() == [True, False]
    settings.SEUIL_AUTORISATION_TRESORERIE = 8000
    projet.demande.rapports.filter(nature="etape").update(
        echeance=horloge.aujourdhui() - JOUR, etat="attendu"
    )
    assert autorisent() == [False, False]


@pytest.mark.django_db
def test_de_l_autorisation_au_lot_paye_ma_semaine_mene_la_tresorerie() -> None:
    projets = [un_projet(), un_projet()]
    tresorerie = projets[0].gens.tresorerie
    payables = [projet.versements[0] for projet in projets]

    def attend() -> list[tuple[str, str]]:
        return [(a.action, a.url) for a in attentes(tresorerie)]

    for projet, versement in zip(projets, payables, strict=True):
        versements.proposer_versement(acteur=projet.gens.agent, versement=versement)
        versements.autoriser_versement(acteur=projet.gens.approbation, versement=versement)
        if versement == payables[0]:
            reference = projet.demande.reference
            assert attend() == [("Payer", f"{reverse('ville:versements')}?reference={reference}")]
            seule = page(tresorerie, "ville:accueil").text
            assert "1 chose vous attend." in seule
    assert attend() == [("Payer", reverse("ville:paiements"))]
    assert "16\u00a0000,00\u00a0$ en tout" in page(tresorerie, "ville:accueil").text

    envoyer(tresorerie, "ville:paiements", versement=[v.pk for v in payables])

    lot = LotPaiement.objects.get()
    assert attend() == [("Inscrire", reverse("ville:lot_paiement", args=[lot.pk]))]
    assert "2 paiements à inscrire" in page(tresorerie, "ville:accueil").text
    for versement in payables:
        versements.verser_versement(acteur=tresorerie, versement=versement, reference="VIR-1")
    assert attend() == []


@pytest.mark.django_db
def test_du_trop_verse_a_la_fermeture_chacun_voit_son_tour() -> None:
    projet = un_projet()
    agent, tresorerie = projet.gens.agent, projet.gens.tresorerie
    paye = projet.versements[0]
    versements.proposer_versement(acteur=agent, versement=paye)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=paye)
    versements.verser_versement(acteur=tresorerie, versement=paye, reference="VIR-1")
    maintenant = horloge.maintenant()
    projet.demande.rapports.filter(nature="final").update(
        etat="accepte", depose_le=maintenant, accepte_le=maintenant
    )
    recuperation = Recuperation.objects.create(demande=projet.demande, montant=800)
    fermeture = reverse("ville:fermeture", args=[projet.demande.reference])

    def mene(qui) -> list[str]:
        return [a.action for a in attentes(qui) if a.url == fermeture]

    assert (mene(agent), mene(tresorerie)) == ([], ["Suivre"])
    assert "800,00\u00a0$ réclamés" in page(tresorerie, "ville:accueil").text
    avant = page(tresorerie, "ville:fermeture", projet.demande.reference).text
    assert "encart--avertissement" in avant
    assert "ne se défait pas" in unescape(avant)

    envoyer(tresorerie, "ville:fermeture_agir", projet.demande.reference, "encaisser")

    recuperation.refresh_from_db()
    assert recuperation.etat == "remboursee"
    assert (mene(agent), mene(tresorerie)) == (["Fermer"], [])
    apres = page(tresorerie, "ville:fermeture", projet.demande.reference).text
    assert "encart--avertissement" not in apres
    assert "ne se défait pas" not in unescape(apres)


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


@pytest.mark.django_db
def test_la_semaine_coute_autant_a_une_ligne_qu_a_trois() -> None:
    personne = UtilisateurFactory(roles=[*semaine.SOURCES])
    comptes = []
    for nombre in (1, 2):
        for _ in range(nombre):
            projet = un_projet()
            type(projet.etape).objects.filter(pk=projet.etape.pk).update(
                etat="depose", depose_le=dans(days=-1)
            )
            DecisionFactory()
            DemandeFactory(deposee=True)
            DemandeFactory(recommandee=True)
            AppelFactory(clos=True)
            AppelFactory()
        comptes.append(requetes(personne, "ville:accueil"))
    assert comptes[0] == comptes[1] <= 31
    assert {"Recevabilité", "Décision", "Lettres", "Appel", "Comité", "Versement"} <= {
        attente.sorte for attente in attentes(personne)
    }


@pytest.mark.django_db
def test_une_source_commune_a_deux_roles_ne_se_lit_qu_une_fois(monkeypatch) -> None:
    appels = []

    def commune(personne):
        appels.append(personne)
        yield attente(1)

    monkeypatch.setattr(semaine, "SOURCES", {"agent": (commune,), "approbation": (commune,)})
    personne = UtilisateurFactory(roles=["agent", "approbation"])
    assert [a.titre for a in attentes(personne)] == ["Le 1"]
    assert appels == [personne]


@pytest.mark.django_db
def test_les_lettres_a_emettre_se_comptent_par_appel_sans_les_recusees() -> None:
    agente = UtilisateurFactory(agent=True)
    seule, deux = DecisionFactory(), DecisionFactory()
    DecisionFactory(demande__appel=deux.demande.appel)
    recusee = DecisionFactory(demande__appel=deux.demande.appel)
    AffectationFactory(demande=recusee.demande, membre__utilisateur=agente, recusee=True)
    lettres = {a.url: a.detail for a in attentes(agente) if a.sorte == "Lettres"}
    assert lettres == {
        reverse("ville:lettres", args=[seule.demande.appel.code]): "1 lettre à émettre",
        reverse("ville:lettres", args=[deux.demande.appel.code]): "2 lettres à émettre",
    }
    assert decisions_sans_lettre(deux.demande.appel, agente).count() == 2
