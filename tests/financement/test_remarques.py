"""Renvoyer un rapport : chaque remarque à sa place, marquée traitée, gardée dans l'histoire."""

import pytest
from django.urls import reverse
from lxml import html
from post_office.models import Email

from financement.models import Rapport, Remarque
from financement.remarques import places
from financement.services import rapports as services
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import dans
from tests.financement.objets import Formulaire, envoyer, page, raconter, un_projet

pytestmark = pytest.mark.django_db


@pytest.fixture
def depose():
    """Un rapport final complet et déposé, d'une seule dépense."""
    projet = un_projet()
    projet.final.depenses.create(categorie="salaires", libelle="Intervenante", montant="100.00")
    raconter(projet.final, activites="Dix rencontres.", resultats="Cent personnes.")
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="depose", depose_le=dans(), autres_aides_publiques=0
    )
    projet.final.refresh_from_db()
    projet.depense = projet.final.depenses.get()
    return projet


def renvoyer(projet, **remarques):
    reponse = envoyer(
        projet.gens.agent, "ville:rapport_examiner", projet.final.pk,
        suite="renvoyer", remarques="", **remarques,
    )  # fmt: skip
    projet.final.refresh_from_db()
    return reponse


def partout(projet):
    """Une remarque par sorte de place."""
    question = projet.questions["final"]["activites"]
    return {
        f"remarque-section-{question.section_id}": "Sur la section.",
        f"remarque-question-{question.pk}": "Sur la question.",
        f"remarque-depense-{projet.depense.cle}": "Sur la dépense.",
        "remarque-indicateur-personnes_distinctes": "Sur le nombre.",
    }


def ecrire(projet):
    return page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "final").text


def test_on_peut_remarquer_chaque_place_du_rapport(depose):
    genres = {place.genre for place in places(depose.final)}
    assert genres == {"rapport", "section", "question", "depense", "indicateur"}
    formulaire = Formulaire(
        page(depose.gens.agent, "ville:rapport", depose.final.pk).text, "/examiner/"
    )
    for nom in partout(depose):
        assert formulaire.valeur(nom) == ""


def test_chaque_remarque_se_lit_pres_de_ce_qu_elle_vise(depose):
    assert renvoyer(depose, **partout(depose)).status_code == 302
    assert depose.final.etat == "a_corriger"
    texte = ecrire(depose)
    question = depose.questions["final"]["activites"]
    # Dans l'ordre de la page : la section, puis la question, la dépense, le nombre.
    rangs = [
        texte.index(phrase)
        for phrase in ("Sur la section.", f'name="q{question.pk}"', "Sur la question.",
                       'name="depenses-0-montant"', "Sur la dépense.", "Sur le nombre.")
    ]  # fmt: skip
    assert rangs == sorted(rangs)
    # Celle d'un indicateur se lit aussi sous son nombre.
    assert "La Ville : Sur le nombre." in texte
    courriel = Email.objects.first().message
    for phrase in ("Sur la section.", "Sur la dépense."):
        assert phrase in courriel


def test_le_depot_attend_que_chaque_remarque_soit_traitee(depose):
    renvoyer(depose, **partout(depose))
    donnees = Formulaire(ecrire(depose)).donnees()
    arguments = ("organisme:rapport", depose.demande.reference, "final")
    reponse = envoyer(depose.gens.membre, *arguments, **donnees, deposer="1")
    assert reponse.status_code == 200
    assert "remarque de la Ville est à traiter" in reponse.text
    # Du sommaire des erreurs et de « ce qui manque », un lien mène au champ de chacune.
    question = depose.questions["final"]["activites"]
    de_la_section = Remarque.objects.get(genre="section").pk
    champs = {
        f"id_q{question.pk}", "id_depenses-0-montant", "id_personnes_distinctes",
        f"remarque-{de_la_section}",
    }  # fmt: skip
    lue = html.fromstring(reponse.text)
    for liste in ("sommaire-erreurs", "manques"):
        liens = lue.xpath(f"//*[@class='{liste}']//a/@href")
        assert sorted(liens) == sorted(f"#{champ}" for champ in champs)
    assert champs <= set(lue.xpath("//@id"))
    assert Rapport.objects.get(pk=depose.final.pk).etat == "a_corriger"

    cochees = {f"traitee{r.pk}": "on" for r in Remarque.objects.all()}
    assert envoyer(depose.gens.membre, *arguments, **donnees, **cochees).status_code == 302
    assert not Remarque.objects.filter(traitee_le=None).exists()
    assert {r.traitee_par for r in Remarque.objects.all()} == {depose.gens.membre}
    donnees = Formulaire(ecrire(depose)).donnees()
    assert envoyer(depose.gens.membre, *arguments, **donnees, deposer="1").status_code == 302
    assert Rapport.objects.get(pk=depose.final.pk).etat == "depose"


def test_une_remarque_se_coche_en_ecrivant_et_se_decoche(depose, client):
    renvoyer(depose, **partout(depose))
    remarque = Remarque.objects.first()
    client.force_login(depose.gens.membre)
    adresse = reverse(
        "organisme:rapport_enregistrer",
        args=[depose.demande.reference, "final", f"traitee{remarque.pk}"],
    )
    for donnees, traitee in (({f"traitee{remarque.pk}": "on"}, True), ({}, False)):
        assert client.post(adresse, donnees).status_code == 200
        remarque.refresh_from_db()
        assert (remarque.traitee_le is not None) is traitee


def test_l_histoire_garde_les_remarques_de_chaque_renvoi(depose):
    renvoyer(depose, **partout(depose))
    for remarque in Remarque.objects.all():
        services.traiter_remarque(acteur=depose.gens.membre, remarque=remarque, traitee=True)
    services.deposer_rapport(acteur=depose.gens.membre, rapport=depose.final)
    ville = page(depose.gens.agent, "ville:rapport", depose.final.pk).text
    assert "Sur la dépense." in ville
    assert f"par {depose.gens.membre.nom}" in ville
    services.renvoyer_rapport(
        acteur=depose.gens.agent, rapport=depose.final, remarques="Encore une chose."
    )
    assert set(Remarque.objects.values_list("tour", flat=True)) == {1, 2}
    texte = ecrire(depose)
    assert "Remarques des renvois d'avant (4)" in texte
    assert "Encore une chose." in texte


def test_la_remarque_d_une_depense_retiree_reste_en_tete(depose):
    renvoyer(depose, **partout(depose))
    donnees = Formulaire(ecrire(depose)).donnees()
    envoyer(
        depose.gens.membre, "organisme:rapport", depose.demande.reference, "final",
        **{**donnees, "depenses-0-DELETE": "on"},
    )  # fmt: skip
    texte = ecrire(depose)
    assert texte.index("Sur la dépense.") < texte.index("Sur la section.")


def test_renvoyer_sans_rien_dire_est_refuse_et_seul_l_organisme_traite(depose):
    assert renvoyer(depose).status_code == 200
    with pytest.raises(RegleViolee):
        services.renvoyer_rapport(acteur=depose.gens.agent, rapport=depose.final)
    renvoyer(depose, **partout(depose))
    remarque = Remarque.objects.first()
    for role in ("agent", "autre"):
        with pytest.raises(PermissionRefusee):
            services.traiter_remarque(
                acteur=getattr(depose.gens, role), remarque=remarque, traitee=True
            )
