"""La réponse à un réexamen est écrite d'un modèle, comme les lettres."""

from html import unescape

import pytest

from financement.champs_fusion import Valeurs
from financement.models import Reexamen
from financement.services import modeles
from financement.services import reexamens as services
from socle.exceptions import RegleViolee
from tests.factories import DecisionFactory, DemandeFactory, UtilisateurFactory, dans
from tests.financement.objets import Formulaire, des_gens, envoyer

pytestmark = pytest.mark.django_db


@pytest.fixture
def demande():
    """Refusée et annoncée hier."""
    decision = DecisionFactory(refusee=True, prise_par=UtilisateurFactory(approbation=True))
    decision.lettres.create(emise_le=dans(days=-1))
    demande = decision.demande
    type(demande).objects.filter(pk=demande.pk).update(etat_annonce="refusee")
    demande.refresh_from_db()
    demande.gens = des_gens(demande.organisme)
    demande.decideur = decision.prise_par
    return demande


@pytest.fixture
def reexamen(demande):
    reexamen = services.demander_reexamen(
        acteur=demande.gens.responsable, demande=demande, motifs="Une fiche a été oubliée."
    )
    return services.confier_reexamen(
        acteur=demande.decideur, reexamen=reexamen, personne=demande.gens.approbation
    )


def trancher(reexamen, qui, **donnees):
    complet = {"suite": "maintenir", "reponse": "La procédure a été suivie."}
    return envoyer(qui, "ville:reexamen", reexamen.pk, **complet | donnees)


@pytest.mark.parametrize(("suite", "etat"), [("maintenir", "maintenu"), ("accueillir", "modifie")])
def test_la_lettre_suit_le_modele_que_la_ville_a_publie(demande, reexamen, suite, etat):
    """Le modèle de l'appel passe devant celui de la Ville ; le réexamen dit duquel il vient."""
    agent = demande.gens.agent
    brouillon = modeles.ouvrir_brouillon(
        acteur=agent, genre=f"reexamen_{etat}", appel=demande.appel
    )
    modele = modeles.enregistrer_modele(
        acteur=agent, modele=brouillon, objet="Réponse {{ reference }}",
        corps="<p>Bonjour. {{ decision_contestee }}</p><p>{{ motifs_invoques }}</p>"
        "<p>{{ reponse }}</p>",
    )  # fmt: skip
    modeles.publier_modele(acteur=agent, modele=modele)
    trancher(reexamen, demande.gens.approbation, suite=suite, reponse="Relu <b>en</b> entier.")
    reexamen.refresh_from_db()
    assert reexamen.modele == modele
    lettre = reexamen.document.html
    assert f"Réponse {demande.reference}" in lettre
    numero = demande.decisions.get().resolution.numero
    assert f"la décision prise par la résolution {numero}" in lettre
    assert "Une fiche a été oubliée." in lettre
    assert "Relu &lt;b&gt;en&lt;/b&gt; entier." in lettre


def test_un_champ_inconnu_ou_vide_arrete_la_reponse_et_rien_ne_change(demande, reexamen):
    """« suite » ne se dit que d'une demande rouverte ; un champ vide défait tout, état compris."""
    agent = demande.gens.agent
    brouillon = modeles.ouvrir_brouillon(acteur=agent, genre="reexamen_maintenu")
    with pytest.raises(RegleViolee) as refus:
        modeles.enregistrer_modele(
            acteur=agent, modele=brouillon, objet="Objet", corps="<p>{{ suite }}</p>"
        )
    assert refus.value.code == "champ_inconnu"
    modele = modeles.enregistrer_modele(
        acteur=agent, modele=brouillon, objet="{{ appel }}", corps="<p>{{ motifs_invoques }}</p>"
    )
    modeles.publier_modele(acteur=agent, modele=modele)
    type(demande.appel).objects.update(titre="")
    reponse = trancher(reexamen, demande.gens.approbation)
    assert "Le modèle demande ce que le dossier n'a pas : appel." in unescape(reponse.text)
    # La page est encore celle où l'on répond, avec ce qui était écrit.
    formulaire = Formulaire(reponse.text, action=f"/reexamens/{reexamen.pk}/")
    assert formulaire.valeur("reponse") == "La procédure a été suivie."
    reexamen.refresh_from_db()
    assert (reexamen.etat, reexamen.document) == ("demande", None)


def test_une_irrecevable_rouverte_lit_ou_elle_retourne(db):
    demande = DemandeFactory()
    reexamen = Reexamen(demande=demande, motifs="M", reponse="R")
    valeurs = Valeurs("reexamen_modifie", reexamen)
    assert valeurs["decision_contestee"] == "la décision qui déclarait votre demande irrecevable"
    assert valeurs["suite"] == "à la recevabilité"
