"""Récusé, on ne déduit rien non plus : la demande change, aucune page ne change.

Chaque adresse se lit comme la personne récusée, avant et après que la demande cachée a pris un
autre titre, un autre score, un autre montant et le premier rang de la liste d'attente.
"""

import datetime as dt
import re
from decimal import Decimal as D

import pytest
from django.test import Client
from django.urls import reverse

from appels.models import Demande
from evaluations.models import ScoreDemande
from financement.models import Decision
from financement.services.attente import liste_d_attente
from financement.services.grand_livre import soldes
from socle import horloge
from tests.evaluations.test_recusation_partout import (
    COMPTE,
    adresse_de,
    cles_primaires,
    monde,
    texte_de,
)
from tests.factories import DecisionFactory, DemandeFactory
from tests.test_acces import motifs_nommes

pytestmark = pytest.mark.django_db
__all__ = ["monde"]

# Ce qui change d'une lecture à l'autre sans que rien n'ait changé.
BRUIT = re.compile(
    r'csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"|X-CSRFToken[^}]+|name="cle" value="[^"]+"'
    r"|(DTSTAMP|UID):\S+|[\d,]+ Go libres"
)


def en_attente(appel, rang):
    demande = DemandeFactory(recommandee=True, etat="liste_attente", appel=appel, code=f"D9{rang}")
    DecisionFactory(
        en_attente=True, demande=demande, rang_attente=rang,
        attente_jusqu_au=horloge.aujourdhui() + dt.timedelta(days=30),
    )  # fmt: skip
    return demande


def lire(client, monde, questions):
    objets, lues = cles_primaires(monde), {}
    for nom, motif in motifs_nommes():
        if nom.startswith(COMPTE):
            continue
        adresse = adresse_de(nom, motif, objets, monde)
        for question in questions:
            reponse = client.get(f"{adresse}?{question}")
            if reponse.status_code != 200:
                break
            lues[f"{nom}?{question}"] = BRUIT.sub("", texte_de(reponse)).splitlines()
            if question == "" and "html" not in reponse["Content-Type"]:
                break  # un fichier ne se cherche pas
    return lues


def changer(cachee):
    """Tout ce que la personne récusée n'a pas à savoir d'elle."""
    ScoreDemande.objects.filter(demande=cachee).update(moyenne=D("99.0"))
    Demande.objects.filter(pk=cachee.pk).update(
        titre="Autre titre", montant_demande=D("1234.56"), etat="liste_attente"
    )
    Decision.objects.filter(demande=cachee).update(
        resultat="liste_attente", rang_attente=1,
        attente_jusqu_au=horloge.aujourdhui() + dt.timedelta(days=30),
    )  # fmt: skip


@pytest.mark.parametrize("qui", ["membre", "siegeante"])
def test_la_demande_change_et_rien_ne_le_laisse_voir(monde, qui):
    Demande.objects.filter(pk=monde.cachee.pk).update(etat="refusee")
    DecisionFactory(demande=monde.cachee, resultat="refusee", montant_accorde=0, motifs="Non")
    en_attente(monde.pret.appel, 2)
    # L'argent libre suffit juste à celle qui attend : une autre servie avant elle se verrait.
    volet = monde.cachee.volet
    (solde,) = (s for s in soldes(monde.pret.appel) if s.volet.pk == volet.pk)
    volet.enveloppe -= solde.libre - D("16000.00")
    volet.save()
    monde.pret.demandes[0].recommandations.update(avis="liste_attente", montant=0)
    client = Client()
    client.force_login(getattr(monde, qui))
    questions = ("", "format=csv", "recherche=autre&q=autre")
    avant = lire(client, monde, questions)

    changer(monde.cachee)

    apres = lire(client, monde, questions)
    fuites = []
    for page, lignes in apres.items():
        if lignes != avant.get(page):
            neuves = [ligne.strip() for ligne in lignes if ligne not in (avant.get(page) or [])]
            fuites.append(f"{page} : {neuves[:4]}")
    assert avant.keys() == apres.keys()
    assert not fuites, "\n".join(fuites)


@pytest.mark.parametrize(("qui", "voit"), [("siegeante", False), ("agente", True)])
def test_la_liste_d_attente_et_ses_rangs_se_ferment_a_qui_est_recuse(monde, qui, voit):
    appel = monde.pret.appel
    en_attente(appel, 2)
    en_attente(appel, 1)
    personne = monde.siegeante if qui == "siegeante" else monde.pret.agente
    client = Client()
    client.force_login(personne)

    texte = client.get(reverse("ville:decisions", args=[appel.code])).text

    assert bool(liste_d_attente(personne, appel)) is voit
    assert ("· rang 2" in texte) is voit
