"""Mes renseignements dans un fichier, et le registre des incidents (regles.md, 18)."""

import json
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from openpyxl import load_workbook

from socle.exceptions import PermissionRefusee
from socle.models import EntreeJournal, Incident
from socle.services.incidents import inscrire_incident
from tests.evaluations.objets import soumettre, un_comite
from tests.factories import AdhesionFactory, DemandeFactory, UtilisateurFactory
from tests.financement.objets import Formulaire, envoyer, page, requetes, verbes

pytestmark = pytest.mark.django_db


def test_chacun_recoit_ses_renseignements_et_eux_seuls():
    une, autre = (AdhesionFactory().utilisateur for _ in range(2))
    mienne = DemandeFactory(creee_par=une, titre="Mon projet")
    DemandeFactory(creee_par=autre, titre="Le projet d'une autre")
    mienne.messages.create(cote="organisme", texte="Ma question", auteur=une)
    mienne.messages.create(cote="organisme", texte="Sa question", auteur=autre)
    assert "Télécharger" in page(une, "mes_renseignements").text
    reponse = envoyer(une, "mes_renseignements")
    assert reponse["Content-Disposition"].startswith("attachment")
    assert reponse["Cache-Control"] == "no-store"
    contenu = json.loads(reponse.content)
    assert contenu["compte"]["courriel"] == une.email
    assert [d["titre"] for d in contenu["demandes_commencees"]] == ["Mon projet"]
    assert [m["texte"] for m in contenu["messages"]] == ["Ma question"]
    assert autre.email not in reponse.text
    assert EntreeJournal.objects.filter(acteur=une, verbe="compte.exporter").count() == 1


def test_un_membre_du_comite_y_lit_ses_notes_pas_celles_des_autres():
    comite = un_comite()
    (demande,) = comite.demandes
    for membre, notes in zip(comite.membres, ((4, 3), (2, 2), (1, 1)), strict=True):
        soumettre(demande, membre, notes)
    contenu = json.loads(envoyer(comite.membres[0].utilisateur, "mes_renseignements").content)
    assert [n["note"] for n in contenu["notes"]] == [4, 3]
    assert contenu["interets_declares"][0]["etat"] == "libre"


# --- Le registre des incidents --------------------------------------------------------------------
JUSTE = {
    "constate_le": "2030-01-10",
    "description": "Un courriel parti à la mauvaise adresse.",
    "renseignements": "Nom et courriel.",
    "personnes": "1",
    "raisons": "L'adresse est celle d'une collègue.",
}


def test_l_administration_inscrit_complete_et_clot_un_incident():
    admin = UtilisateurFactory(administration=True)
    assert "Aucun incident" in page(admin, "ville:incidents").text
    reponse = envoyer(admin, "ville:incident_nouveau", **JUSTE | {"description": ""})
    assert Formulaire(reponse.text).erreur("description")
    assert Formulaire(reponse.text).valeur("raisons") == JUSTE["raisons"]
    envoyer(admin, "ville:incident_nouveau", **JUSTE, prejudice_serieux="on")
    incident = Incident.objects.get()
    assert "Aviser la Commission" in page(admin, "ville:incidents").text
    reponse = envoyer(
        admin, "ville:incident", incident.pk, **JUSTE, prejudice_serieux="on", clos_le="2030-02-01"
    )
    assert "se clôt quand la Commission" in reponse.text
    envoyer(
        admin, "ville:incident", incident.pk, **JUSTE, prejudice_serieux="on",
        clos_le="2030-02-01", commission_avisee_le="2030-01-11", personnes_avisees_le="2030-01-12",
    )  # fmt: skip
    incident.refresh_from_db()
    assert incident.clos_le
    assert verbes(incident) == ["incident.inscrire", "incident.completer"]
    feuille = load_workbook(BytesIO(page(admin, "ville:incidents", format="xlsx").content)).active
    assert feuille.max_row == 2


def test_la_cloture_ne_precede_pas_le_constat():
    with pytest.raises(ValidationError):
        inscrire_incident(
            acteur=UtilisateurFactory(administration=True),
            **JUSTE | {"personnes": None, "constate_le": "2030-01-10", "clos_le": "2030-01-09"},
        )


def test_un_autre_role_ne_voit_pas_le_registre():
    for role in ("agent", "approbation", "tresorerie", "mifi"):
        qui = UtilisateurFactory(roles=[role])
        assert page(qui, "ville:incidents").status_code == 404
        with pytest.raises(PermissionRefusee):
            inscrire_incident(acteur=qui, **JUSTE)


def test_la_liste_coute_autant_a_un_incident_qu_a_trois():
    admin = UtilisateurFactory(administration=True)

    def ajouter():
        Incident.objects.create(
            constate_le="2030-01-01", description="x", renseignements="x", raisons="x"
        )

    ajouter()
    cout = requetes(admin, "ville:incidents")
    ajouter()
    ajouter()
    assert requetes(admin, "ville:incidents") == cout
