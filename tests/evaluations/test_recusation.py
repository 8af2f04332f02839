"""Récusé, on ne voit plus rien de la demande : aucune page, aucun compte, aucun export."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from docx import Document
from openpyxl import load_workbook

from evaluations import urls
from evaluations.models import Evaluation
from evaluations.services import comite, seances
from evaluations.visibilite import nombre_a_faire
from socle.permissions import MATRICE
from tests.evaluations.objets import (
    classement_vu,
    clore,
    declarer,
    recommander,
    seance_ouverte,
    soumettre,
    un_comite,
)
from tests.factories import MembreComiteFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db

MOTS = ("Projetunique2", "Organismeunique2", "D02", "Motifsunique", "7 777,77", "7777")


def prepare(*, close):
    """Trois demandes ; la deuxième, qui serait au milieu, est cachée aux récusés.

    M4 (membre) et M5 (agente qui siège) s'en sont récusés ; M1 préside.
    """
    pret = un_comite(membres=4, demandes=3)
    pret.siegeante = UtilisateurFactory(agent=True)
    m5 = MembreComiteFactory(appel=pret.appel, utilisateur=pret.siegeante, code="M5")
    pret.membres.append(m5)
    comite.affecter_comite_complet(acteur=pret.agente, appel=pret.appel)
    premiere, cachee, troisieme = pret.demandes
    for demande, notes in ((premiere, (5, 5)), (cachee, (4, 4)), (troisieme, (3, 3))):
        for membre in pret.membres:
            if demande == cachee and membre in pret.membres[3:]:
                declarer(demande, membre, conflit=True)
            else:
                soumettre(demande, membre, notes)
        clore(pret, demande)
    pret.seance = seance_ouverte(pret)
    for demande in (premiere, cachee):
        recommander(
            pret.seance,
            demande,
            pret.membres[0],
            avis="favorable_partiel",
            montant="7777.77" if demande == cachee else "5000",
            motifs="Motifsunique" if demande == cachee else "Bien.",
        )
    if close:
        seances.clore_seance(acteur=pret.agente, seance=pret.seance)
    return pret, cachee


def adresses(pret, demande, salle):
    """Chaque adresse de la salle, pour l'appel, la séance et la demande donnés."""
    fiche = Evaluation.objects.filter(affectation__demande=demande).first()
    for motif in getattr(urls, salle):
        parametres = {}
        for nom in motif.pattern.converters:
            parametres[nom] = {
                "code": pret.appel.code,
                "reference": demande.reference,
                "champ": "motifs",
                "bloc": f"discussion-{demande.pk}",
                "no": 1,
                "pk": fiche.pk if "fiches/" in str(motif.pattern) else pret.seance.pk,
            }[nom]
        if motif.name.startswith("membre_"):
            parametres["pk"] = pret.membres[1].pk
        yield motif, reverse(f"{salle}:{motif.name}", kwargs=parametres)


def contenu(reponse):
    if reponse.streaming:
        return b"".join(reponse.streaming_content).decode("latin-1")
    if "spreadsheet" in reponse.headers.get("Content-Type", ""):
        return " ".join(
            str(cellule.value)
            for feuille in load_workbook(BytesIO(reponse.content))
            for ligne in feuille.iter_rows()
            for cellule in ligne
        )
    if "wordprocessing" in reponse.headers.get("Content-Type", ""):
        return " ".join(Document(BytesIO(reponse.content)).element.body.itertext())
    return reponse.text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("rang", [3, 4])
def test_chaque_ecriture_repond_404(rang):
    pret, cachee = prepare(close=False)
    client = Client()
    client.force_login(pret.membres[rang].utilisateur)
    for salle in ("comite", "ville"):
        for motif, adresse in adresses(pret, cachee, salle):
            if "reference" in motif.pattern.converters:
                assert (
                    client.post(adresse, {"motif": "x", "avis": "defavorable"}).status_code == 404
                )


def test_les_rangs_n_ont_pas_de_trou():
    pret, _ = prepare(close=False)
    volet = pret.demandes[0].volet.no
    for personne in (pret.membres[3].utilisateur, pret.siegeante):
        rangs = classement_vu(personne, pret.appel)[volet]
        assert [(r.rang, r.demande.code) for r in rangs] == [(1, "D01"), (2, "D03")]
    rangs = classement_vu(pret.membres[0].utilisateur, pret.appel)[volet]
    assert [r.demande.code for r in rangs] == ["D01", "D02", "D03"]


def test_un_employe_sans_recusation_voit_tout():
    pret, cachee = prepare(close=True)
    client = Client()
    client.force_login(pret.agente)

    assert "Projetunique2" in client.get(reverse("ville:classement", args=[pret.appel.code])).text
    page = client.get(reverse("ville:seance_compte_rendu", args=[pret.seance.pk]))
    assert b"".join(page.streaming_content).startswith(b"%PDF")
    assert page.status_code == 200
    assert client.get(reverse("ville:fiches", args=[cachee.reference])).status_code == 200


@pytest.mark.parametrize("permission", sorted(p for p in MATRICE if p.startswith("demande.")))
def test_la_matrice_refuse_tout_au_recuse(permission):
    pret = un_comite(membres=1)
    demande = pret.demandes[0]
    declarer(demande, pret.membres[0], conflit=True)

    assert not pret.membres[0].utilisateur.peut(permission, demande)


def test_le_compteur_oublie_la_demande():
    pret = un_comite(membres=2, demandes=2)
    membre = pret.membres[1]
    declarer(pret.demandes[0], membre, conflit=True)

    assert nombre_a_faire(membre.utilisateur) == 1


def test_la_recusation_est_definitive():
    pret = un_comite(membres=2)
    membre, demande = pret.membres[1], pret.demandes[0]
    declarer(demande, membre, conflit=True)
    with pytest.raises(Exception, match="n'est plus possible"):
        declarer(demande, membre)
    comite.affecter_a_la_main(acteur=pret.agente, demande=demande, membres=[pret.membres[0]])
    assert demande.affectations.get(membre=membre).etat == "recusee"
