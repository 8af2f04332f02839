"""Une page renvoyée avec une erreur n'oublie pas qu'une collègue a écrit pendant ce temps."""

import pytest

from appels.models import Demande
from tests.appels.conftest import adresse
from tests.appels.test_redaction import budget

pytestmark = pytest.mark.django_db


def cachees(reponse, noms):
    return {nom: valeur for nom, valeur in reponse.context["bases"] if nom in noms}


def test_deux_champs_du_projet_changes_par_une_collegue_se_demandent_tous_deux(prete, client):
    url = adresse(prete.demande, "projet")
    client.force_login(prete.redacteur)
    bases = dict(client.get(url).context["bases"])
    Demande.objects.update(titre="Le sien", resume="Son résumé")
    saisie = {"titre": "Le mien", "resume": "Mon résumé"}

    premier = client.post(url, {**bases, **saisie})
    second = client.post(url, {**dict(premier.context["bases"]), **saisie})

    assert premier.context["conflit"][0] == "titre"
    assert second.context["conflit"][0] == "resume"
    assert Demande.objects.get(pk=prete.demande.pk).resume == "Son résumé"


def test_une_reponse_d_une_collegue_survit_a_une_erreur_ailleurs(questionnaire, client):
    demande, questions = questionnaire.demande, questionnaire.questions
    url = adresse(demande, "besoin")
    client.force_login(questionnaire.redacteur)
    bases = dict(client.get(url).context["form"].bases)
    demande.reponses.create(question=questions["texte_court"], valeur="La sienne")
    saisie = {f"q{questions['texte_court'].pk}": "La mienne"}

    erreur = client.post(url, {**bases, **saisie, f"q{questions['choix'].pk}": "Hors liste"})
    assert erreur.context["form"].errors.keys() == {f"q{questions['choix'].pk}"}
    conflit = client.post(url, {**dict(erreur.context["form"].bases), **saisie})

    assert "a répondu autrement" in conflit.text
    assert demande.reponses.get(question=questions["texte_court"]).valeur == "La sienne"


def test_un_budget_renvoye_pour_une_ligne_de_plus_garde_sa_base(prete, client):
    url = adresse(prete.demande, "budget")
    client.force_login(prete.redacteur)
    base = client.get(url).context["base"]
    Demande.objects.update(contribution_nature=5)

    renvoi = client.post(url, budget([("Crayons", "")], base=base, ajouter_postes="1"))
    conflit = client.post(url, budget([("Crayons", "10")], base=renvoi.context["base"]))

    assert conflit.context["conflit"] is not None
    assert prete.demande.postes.count() == 2
