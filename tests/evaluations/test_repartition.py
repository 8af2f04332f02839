"""La répartition des lectures : proposée, expliquée, retouchée, acceptée, périmée, impossible."""

import datetime as dt
from collections import Counter
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from evaluations.lectures_a_repartir import lire_probleme
from evaluations.models import Affectation, Repartition, Souhait
from evaluations.services import comite, fiches, interets
from evaluations.services import repartition as services
from evaluations.tasks import calculer_repartition
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal, Travail
from socle.renseignements import renseignements_de
from socle.services import travaux
from tests.evaluations.objets import declarer
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    BesoinFactory,
    DemandeFactory,
    MembreComiteFactory,
    OrganismeFactory,
    ThemeFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


class Essai:
    """Un appel en évaluation dont rien n'est confié."""

    def __init__(self, membres=4, demandes=4):
        self.appel = AppelFactory(en_evaluation=True)
        self.agente = UtilisateurFactory(agent=True)
        self.membres = [
            MembreComiteFactory(appel=self.appel, code=f"M{n}", presidence=n == 1)
            for n in range(1, membres + 1)
        ]
        self.demandes = [
            DemandeFactory(
                recevable=True,
                appel=self.appel,
                code=f"D{n:02d}",
                titre=f"Projetunique{n}",
                organisme=OrganismeFactory(nom=f"Organismeunique{n}"),
            )
            for n in range(1, demandes + 1)
        ]

    def proposer(self, nombre=2, charge_max=None):
        return services.proposer(
            acteur=self.agente, appel=self.appel, nombre=nombre, charge_max=charge_max
        )

    def recuser(self, demande, membre):
        return AffectationFactory(demande=demande, membre=membre, recusee=True)

    def confiees(self):
        return set(
            Affectation.objects.exclude(etat="recusee").values_list("demande_id", "membre_id")
        )


@pytest.fixture
def essai():
    return Essai()


def page(qui, nom, *args, methode="get", **donnees):
    client = Client()
    client.force_login(qui)
    return getattr(client, methode)(reverse(nom, args=args), donnees)


def envoyer(qui, nom, *args, **donnees):
    return page(qui, nom, *args, methode="post", **donnees)


# --- Proposer -------------------------------------------------------------------------------------
def test_proposer_ne_confie_rien(essai):
    proposition = essai.proposer()

    assert proposition.prouvee
    assert len(proposition.paires) == 8
    assert proposition.ecart == 0
    assert not Affectation.objects.exists()


def test_la_page_montre_la_preuve_les_charges_et_chaque_raison(essai):
    theme = ThemeFactory(plan=essai.appel.plan, code="emploi", libelle="Emploi")
    essai.demandes[0].besoins.add(BesoinFactory(plan=essai.appel.plan, theme=theme))
    essai.membres[0].themes.add(theme)
    Souhait.objects.create(demande=essai.demandes[1], membre=essai.membres[1], sens=1)
    envoyer(essai.agente, "ville:repartition", essai.appel.code, nombre="2")

    texte = page(essai.agente, "ville:repartition", essai.appel.code).text
    assert "Optimum prouvé" in texte
    assert "Lectures de chaque membre" in texte
    assert "<svg" in texte
    for raison in ("volontiers", "connaît : Emploi", "égalise les charges"):
        assert raison in texte
    for demande in essai.demandes:
        assert demande.titre in texte


def test_la_proposition_se_telecharge(essai):
    essai.proposer()
    client = Client()
    client.force_login(essai.agente)
    adresse = reverse("ville:repartition", args=[essai.appel.code])
    feuille = load_workbook(BytesIO(client.get(f"{adresse}?format=xlsx").content)).active

    assert feuille.max_row == 9
    assert [cellule.value for cellule in feuille[2]][:2] == ["D01", "Projetunique1"]


@pytest.mark.parametrize(
    ("saisie", "phrase"),
    [
        ({"nombre": "9"}, "choisissez un nombre de 1 à 4"),
        ({"nombre": "1"}, "L&#x27;appel exige 2 fiches par demande"),
        ({"nombre": "deux"}, "nombre entier"),
        ({"nombre": ""}, "obligatoire"),
        ({"nombre": "2", "charge_max": "0"}, "supérieure ou égale à 1"),
    ],
)
def test_une_mesure_fausse_se_dit_pres_du_champ(essai, saisie, phrase):
    texte = envoyer(essai.agente, "ville:repartition", essai.appel.code, **saisie).text

    assert phrase in texte
    assert "champ--erreur" in texte
    assert not Repartition.objects.exists()


def test_sans_demande_ni_membre_la_page_dit_quoi_faire(essai):
    vide = AppelFactory(en_evaluation=True)
    assert "Le comité est vide" in page(essai.agente, "ville:repartition", vide.code).text
    MembreComiteFactory(appel=vide)
    assert "Rien à répartir" in page(essai.agente, "ville:repartition", vide.code).text


def test_recuses_gens_de_l_organisme_et_liens_possibles_ne_lisent_pas(essai):
    recuse, de_la_maison, suspect, _ = essai.membres
    demande = essai.demandes[0]
    essai.recuser(demande, recuse)
    AdhesionFactory(organisme=demande.organisme, utilisateur=de_la_maison.utilisateur)
    suspect.utilisateur.employeur = demande.organisme.nom
    suspect.utilisateur.save()
    probleme = lire_probleme(essai.agente, essai.appel, nombre=1)

    assert probleme.interdites[demande.pk, recuse.pk] == "récusé"
    assert probleme.interdites[demande.pk, de_la_maison.pk] == "fait partie de l'organisme"
    assert "employeur" in probleme.interdites[demande.pk, suspect.pk]
    interets.ecarter_lien(
        acteur=essai.agente, demande=demande, membre=suspect, motif="Ancien emploi, 2009"
    )
    probleme = lire_probleme(essai.agente, essai.appel, nombre=1)
    assert (demande.pk, suspect.pk) not in probleme.interdites


def test_autant_de_requetes_pour_une_demande_que_pour_trois(django_assert_max_num_queries):
    comptes = []
    for nombre in (1, 3):
        essai = Essai(membres=3, demandes=nombre)
        essai.proposer()
        with django_assert_max_num_queries(60) as requetes:
            assert page(essai.agente, "ville:repartition", essai.appel.code).status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


@pytest.mark.parametrize("nom", ["ville:liens", "comite:interets", "ville:comite"])
def test_les_listes_ne_comptent_pas_par_ligne(nom, django_assert_max_num_queries):
    """Chaque demande a un lien possible, un souhait à dire et une ligne au suivi."""
    comptes = []
    for nombre in (1, 3):
        essai = Essai(membres=3, demandes=nombre)
        interets.demander_souhaits(
            acteur=essai.agente, appel=essai.appel, jusqu_au=horloge.aujourdhui()
        )
        for demande in essai.demandes:
            demande.organisme.administrateurs = essai.membres[1].utilisateur.nom
            demande.organisme.save()
        qui = essai.membres[1].utilisateur if nom.startswith("comite") else essai.agente
        with django_assert_max_num_queries(60) as requetes:
            texte = page(qui, nom, essai.appel.code).text
        assert texte.count("Projetunique") >= nombre
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


# --- Accepter -------------------------------------------------------------------------------------
def test_accepter_confie_et_relancer_garde_ce_qui_est_accepte(essai):
    proposition = essai.proposer()
    paires = {tuple(paire) for paire in proposition.paires}
    envoyer(essai.agente, "ville:repartition_accepter", essai.appel.code)

    assert essai.confiees() == paires
    assert not Repartition.objects.exists()
    nouvelle = DemandeFactory(recevable=True, appel=essai.appel, code="D99")
    relance = {tuple(paire) for paire in essai.proposer().paires}
    assert paires < relance
    assert {demande for demande, _ in relance - paires} == {nouvelle.pk}


def test_une_recusation_apres_coup_ne_remplace_que_le_recuse(essai):
    essai.proposer()
    envoyer(essai.agente, "ville:repartition_accepter", essai.appel.code)
    avant = essai.confiees()
    perdue = Affectation.objects.first()
    declarer(perdue.demande, perdue.membre, conflit=True)
    apres = {tuple(paire) for paire in essai.proposer().paires}

    assert avant - apres == {(perdue.demande_id, perdue.membre_id)}
    assert len(apres - avant) == 1


def test_une_recusation_rend_la_proposition_perimee(essai):
    proposition = essai.proposer()
    demande, membre = proposition.paires[0]
    essai.recuser(
        next(d for d in essai.demandes if d.pk == demande),
        next(m for m in essai.membres if m.pk == membre),
    )

    with pytest.raises(RegleViolee, match="recalculez"):
        services.accepter(acteur=essai.agente, repartition=proposition)
    assert essai.confiees() == set()
    texte = page(essai.agente, "ville:repartition", essai.appel.code).text
    assert "À recalculer" in texte
    assert "Confier ces lectures" not in texte


def test_les_membres_des_evaluations_ouvertes_sont_avertis(essai):
    from post_office.models import Email

    comite.affecter(acteur=essai.agente, demande=essai.demandes[0], membre=essai.membres[0])
    fiches.ouvrir_evaluation(acteur=essai.agente, demande=essai.demandes[0])
    Email.objects.all().delete()
    essai.proposer()
    envoyer(essai.agente, "ville:repartition_accepter", essai.appel.code)

    (courriel,) = Email.objects.all()
    assert "1 demande" in courriel.message
    assert "Projetunique" not in courriel.message


def test_l_histoire_de_chaque_demande_le_dit(essai):
    essai.proposer()
    envoyer(essai.agente, "ville:repartition_accepter", essai.appel.code)

    entrees = EntreeJournal.objects.filter(verbe="demande.affecter_comite")
    assert entrees.count() == 4
    assert all(len(entree.details["membres"]) == 2 for entree in entrees)


def test_abandonner_ne_confie_rien(essai):
    essai.proposer()
    envoyer(essai.agente, "ville:repartition_abandonner", essai.appel.code)

    assert not Repartition.objects.exists()
    assert not Affectation.objects.exists()


# --- Déplacer -------------------------------------------------------------------------------------
def deplacable(essai):
    """Une lecture proposée, et un membre qui ne lit pas cette demande."""
    proposition = essai.proposer()
    demande_pk, membre_pk = proposition.paires[0]
    demande = next(d for d in essai.demandes if d.pk == demande_pk)
    lecteurs = {membre for d, membre in proposition.paires if d == demande_pk}
    de = next(m for m in essai.membres if m.pk == membre_pk)
    vers = next(m for m in essai.membres if m.pk not in lecteurs)
    return proposition, demande, de, vers


def test_l_effet_se_voit_avant_d_etre_garde(essai):
    proposition, demande, de, vers = deplacable(essai)
    chemin = ("ville:repartition_deplacer", demande.reference, de.pk)
    texte = page(essai.agente, *chemin).text

    assert "2 → 3" in texte  # la charge du membre choisi
    assert "0 → 2" in texte  # l'écart entre les charges
    assert "lit déjà" in texte
    proposition.refresh_from_db()
    assert not proposition.deplacees

    envoyer(essai.agente, *chemin, vers=vers.code)
    proposition.refresh_from_db()
    assert [demande.pk, vers.pk] in proposition.paires
    assert [demande.pk, de.pk] not in proposition.paires
    texte = page(essai.agente, "ville:repartition", essai.appel.code).text
    assert "Retouchée à la main" in texte
    assert "déplacée à la main" in texte
    assert "Optimum prouvé" not in texte


def test_un_deplacement_interdit_est_refuse(essai):
    essai.recuser(essai.demandes[0], essai.membres[3])
    proposition = essai.proposer()
    lecteur = next(m for d, m in proposition.paires if d == essai.demandes[0].pk)
    de = next(m for m in essai.membres if m.pk == lecteur)

    with pytest.raises(RegleViolee, match="ne peut pas lire D01 : récusé"):
        services.deplacer_paire(
            acteur=essai.agente,
            repartition=proposition,
            demande=essai.demandes[0],
            de=de,
            vers=essai.membres[3],
        )


def test_ce_qui_est_deja_confie_ne_se_deplace_pas_ici(essai):
    comite.affecter(acteur=essai.agente, demande=essai.demandes[0], membre=essai.membres[0])
    essai.proposer()
    chemin = ("ville:repartition_deplacer", essai.demandes[0].reference, essai.membres[0].pk)

    assert page(essai.agente, *chemin).status_code == 404


# --- Impossible -----------------------------------------------------------------------------------
def test_l_impossible_dit_pourquoi_et_quoi_desserrer(essai):
    essai.proposer(nombre=2, charge_max=1)
    texte = page(essai.agente, "ville:repartition", essai.appel.code).text

    assert "Aucune répartition n'existe" in texte
    assert "attendent ensemble 8 lectures" in texte
    assert "Relever à 2 la charge maximale de chaque membre." in texte
    assert "Essayer à 2" in texte
    envoyer(essai.agente, "ville:repartition", essai.appel.code, nombre="2", charge_max="2")
    assert "Optimum prouvé" in page(essai.agente, "ville:repartition", essai.appel.code).text


def test_la_penurie_nomme_la_demande_et_chaque_ecarte(essai):
    for membre in essai.membres[:3]:
        essai.recuser(essai.demandes[0], membre)
    proposition = essai.proposer()
    texte = page(essai.agente, "ville:repartition", essai.appel.code).text

    assert "D01 n'a pas assez de lecteurs possibles" in texte
    assert "seul peut la lire M4" in texte.replace("\n", " ").replace("  ", " ")
    assert "M1 : récusé" in texte
    assert "pas de score avec moins" in texte  # un seul évaluateur : sous le minimum de l'appel
    with pytest.raises(RegleViolee, match="pas complète"):
        services.accepter(acteur=essai.agente, repartition=proposition)


# --- Un long calcul -------------------------------------------------------------------------------
def test_un_membre_lit_au_plus_ce_qu_il_accepte(essai):
    """Sa limite tient dans le calcul ; quand elle bloque, la page la nomme et mène à elle."""
    peu, *autres = essai.membres
    limite = ("ville:membre_charge", peu.pk)
    refus = envoyer(essai.agente, *limite, charge_max="zéro")
    assert refus.status_code == 422
    assert refus.context["formulaire"].errors["charge_max"]
    assert "zéro" in refus.text
    assert envoyer(essai.agente, *limite, charge_max="1").status_code == 302
    assert "Lit 1 demande au plus" in page(essai.agente, "ville:comite", essai.appel.code).text

    charges = Counter(membre for _, membre in essai.proposer(nombre=2).paires)
    assert charges[peu.pk] == 1
    assert sum(charges.values()) == 8

    for autre in autres:
        comite.limiter_charge(acteur=essai.agente, membre=autre, charge_max=2)
    assert not essai.proposer(nombre=2).est_possible
    impossible = page(essai.agente, "ville:repartition", essai.appel.code).text
    assert "Relever à 2 la charge maximale de M1 (maintenant 1)." in impossible
    assert "Revoir ces limites" in impossible

    envoyer(essai.agente, *limite, charge_max="")
    assert essai.proposer(nombre=2).est_possible
    verbes = EntreeJournal.objects.filter(verbe="membrecomite.limiter_charge")
    assert verbes.count() == 5


def test_un_long_calcul_va_a_un_ouvrier(essai, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(services, "PAIRES_SUR_PLACE", 1)
    confies = []
    monkeypatch.setitem(travaux._taches, services.NATURE, confies.append)
    with django_capture_on_commit_callbacks(execute=True):
        reponse = envoyer(essai.agente, "ville:repartition", essai.appel.code, nombre="2")
    travail = Travail.objects.get()

    assert reponse.url == reverse("travail", args=[travail.cle])
    assert confies == [travail.pk]
    assert not Repartition.objects.exists()
    calculer_repartition(travail.pk)
    travail.refresh_from_db()
    assert (travail.etat, travail.faits) == ("fini", travail.total)
    assert Repartition.objects.get().prouvee
    calculer_repartition(travail.pk)  # relancé : rien de plus
    assert EntreeJournal.objects.filter(verbe="repartition.proposer").count() == 1


def test_un_calcul_sans_fin_se_dit(essai, monkeypatch):
    monkeypatch.setattr(services, "PAIRES_SUR_PLACE", 1)
    monkeypatch.setattr(services, "LIMITE_OUVRIER", 0)
    travail = essai.proposer()
    calculer_repartition(travail.pk)
    travail.refresh_from_db()

    assert travail.etat == "echoue"
    assert "Demandez moins d'évaluateurs" in travail.phrases_erreurs[0]


# --- Qui voit quoi --------------------------------------------------------------------------------
@pytest.mark.parametrize("rang", [0, 1])
def test_ni_un_membre_ni_un_autre_employe_ne_repartit(essai, rang):
    proposition = essai.proposer()
    qui = (essai.membres[0].utilisateur, UtilisateurFactory(tresorerie=True))[rang]

    assert page(qui, "ville:repartition", essai.appel.code).status_code == 404
    assert envoyer(qui, "ville:repartition_accepter", essai.appel.code).status_code == 404
    with pytest.raises(PermissionRefusee):
        services.accepter(acteur=qui, repartition=proposition)


def test_une_agente_qui_siege_ne_repartit_rien_de_ce_dont_elle_est_recusee(essai):
    siegeante = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=essai.appel, utilisateur=siegeante, code="M5")
    essai.recuser(essai.demandes[1], siege)
    for membre in essai.membres:
        comite.affecter(acteur=essai.agente, demande=essai.demandes[1], membre=membre)
    essai.proposer()
    essai.agente, avant = siegeante, essai.agente
    proposition = essai.proposer()

    assert essai.demandes[1].pk not in {demande for demande, _ in proposition.paires}
    texte = page(siegeante, "ville:repartition", essai.appel.code).text
    assert "Projetunique2" not in texte
    assert "D02" not in texte
    assert "Projetunique1" in texte
    # Chacun la sienne : celle de sa collègue ne change pas.
    assert Repartition.objects.filter(proposee_par=avant).exists()


# --- Le comité complet par défaut -----------------------------------------------------------------
def test_un_petit_appel_confie_d_abord_tout_a_tout_le_comite(essai, monkeypatch):
    texte = page(essai.agente, "ville:comite", essai.appel.code).text
    assert "Confier tout à tout le comité" in texte
    assert "Répartir les lectures" in texte

    monkeypatch.setattr("evaluations.views.ville.PETIT_APPEL", 3)
    texte = page(essai.agente, "ville:comite", essai.appel.code).text
    assert "Confier tout à tout le comité" not in texte
    assert texte.count("Répartir les lectures") == 1


# --- Les souhaits et les thèmes -------------------------------------------------------------------
@pytest.fixture
def collecte(essai):
    interets.demander_souhaits(
        acteur=essai.agente, appel=essai.appel, jusqu_au=horloge.aujourdhui()
    )
    return essai


def test_la_ville_demande_les_souhaits_par_courriel(essai):
    from post_office.models import Email

    hier = horloge.aujourdhui() - dt.timedelta(days=1)
    chemin = ("ville:repartition_souhaits", essai.appel.code)
    assert "Choisissez une date à venir" in envoyer(essai.agente, *chemin, jusqu_au=hier).text
    envoyer(essai.agente, *chemin, jusqu_au=hier + dt.timedelta(days=9))

    assert Email.objects.count() == 4
    assert "Projetunique" not in Email.objects.first().message


def test_les_souhaits_ne_montrent_que_l_organisme_et_le_titre(collecte):
    texte = page(collecte.membres[0].utilisateur, "comite:interets", collecte.appel.code).text

    assert "Projetunique1" in texte
    assert "Organismeunique1" in texte
    assert collecte.demandes[0].resume not in texte
    assert "16" + "\u00a0" + "000" not in texte


def test_un_membre_dit_ses_souhaits_et_un_lien(collecte):
    membre, (premiere, seconde, troisieme, _) = collecte.membres[1], collecte.demandes
    envoyer(
        membre.utilisateur,
        "comite:souhaits",
        collecte.appel.code,
        **{
            f"souhait_{premiere.pk}": "1",
            f"souhait_{seconde.pk}": "-1",
            f"souhait_{troisieme.pk}": "lien",
            f"lien_{troisieme.pk}": "familial",
        },
    )

    assert dict(Souhait.objects.values_list("demande", "sens")) == {
        premiere.pk: 1, seconde.pk: -1,
    }  # fmt: skip
    assert Affectation.objects.get().etat == "recusee"
    texte = page(membre.utilisateur, "comite:interets", collecte.appel.code).text
    assert "Projetunique3" not in texte


def test_un_lien_sans_sa_nature_est_refuse_et_garde_la_saisie(collecte):
    membre, demande = collecte.membres[1], collecte.demandes[0]
    texte = envoyer(
        membre.utilisateur,
        "comite:souhaits",
        collecte.appel.code,
        **{f"souhait_{demande.pk}": "lien"},
    ).text

    assert "Dites quel est le lien." in texte
    assert 'value="lien" id="id_souhait' in texte
    assert not Affectation.objects.exists()


def test_apres_la_date_les_souhaits_sont_clos(collecte):
    membre, demande = collecte.membres[0], collecte.demandes[0]
    collecte.appel.collecte_souhaits.jusqu_au -= dt.timedelta(days=1)
    collecte.appel.collecte_souhaits.save()

    with pytest.raises(RegleViolee, match="ne recueille plus"):
        interets.exprimer_souhaits(acteur=membre.utilisateur, membre=membre, souhaits={demande: 1})
    texte = page(membre.utilisateur, "comite:interets", collecte.appel.code).text
    assert "a recueilli les souhaits" in texte
    assert "Projetunique1" not in texte


def test_on_ne_parle_pas_pour_un_autre_membre(collecte):
    with pytest.raises(PermissionRefusee):
        interets.exprimer_souhaits(
            acteur=collecte.membres[0].utilisateur,
            membre=collecte.membres[1],
            souhaits={collecte.demandes[0]: 1},
        )
    assert page(collecte.agente, "comite:interets", collecte.appel.code).status_code == 404


def test_un_membre_dit_ses_themes_et_son_employeur(essai):
    theme = ThemeFactory(plan=essai.appel.plan)
    ailleurs = ThemeFactory(plan__code="AUTRE")
    membre = essai.membres[0]
    chemin = ("comite:portrait", essai.appel.code)
    envoyer(membre.utilisateur, *chemin, themes=[theme.pk], employeur="Cégep")

    membre.utilisateur.refresh_from_db()
    assert membre.utilisateur.employeur == "Cégep"
    gardes = renseignements_de(membre.utilisateur)
    assert gardes["themes_connus"][0]["theme__libelle"] == theme.libelle
    assert list(membre.themes.all()) == [theme]
    texte = envoyer(membre.utilisateur, *chemin, themes=[ailleurs.pk], employeur="Ville").text
    assert "Sélectionnez un choix valide" in texte
    assert list(membre.themes.all()) == [theme]


def test_a_charges_egales_les_souhaits_font_la_repartition(collecte):
    """M1 et M2 veulent les deux premières demandes, M3 et M4 les deux autres."""
    for rang, demande in enumerate(collecte.demandes):
        for membre in collecte.membres[:2] if rang < 2 else collecte.membres[2:]:
            Souhait.objects.create(demande=demande, membre=membre, sens=1)
    proposition = collecte.proposer()

    voulues = {(s.demande_id, s.membre_id) for s in Souhait.objects.all()}
    assert {tuple(paire) for paire in proposition.paires} == voulues
    assert proposition.ecart == 0
