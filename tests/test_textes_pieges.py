"""Ce qu'un organisme écrit ne devient jamais du code dans la page d'une autre personne."""

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from appels.models import Demande
from socle.models import Organisme
from tests.test_acces import ACCES, arguments, un_monde

pytestmark = pytest.mark.django_db

# Un texte qui s'évade par chaque porte : élément, attribut, style, svg, mutation, gabarit.
PIEGE = (
    "</textarea></title></style><script>piege()</script><svg/onload=piege()>"
    "<img src=x onerror=piege()>\"' onfocus=piege() autofocus x=\"'"
    '<a href="javascript:piege()">x</a><noscript><p title="</noscript><img src=x onerror=piege()>">'
    "<math><mtext><table><mglyph><style><!--</style><img onerror=piege()>--> {{ 7|add:7 }} "
)


def pieger(monde):
    """Le texte piégé partout où un organisme écrit librement."""
    demande = monde.demande
    Demande.objects.filter(pk=demande.pk).update(titre=PIEGE[:200], resume=PIEGE)
    Organisme.objects.filter(pk=demande.organisme_id).update(nom=PIEGE[:160])
    demande.messages.create(cote="organisme", texte=PIEGE, auteur=monde.personnes["responsable"])
    demande.reponses.update(valeur=PIEGE)
    demande.postes.update(libelle=PIEGE[:150])
    for rapport in demande.rapports.all():
        rapport.reponses.update(valeur=PIEGE)
        rapport.depenses.update(libelle=PIEGE[:150])
        rapport.temoignages.update(texte=PIEGE)


def pieges_dans(texte):
    """Ce que le navigateur exécuterait : un script, un gestionnaire, un « javascript: »."""
    page = html.fromstring(texte)
    trouves = [e.text for e in page.iter("script") if "piege" in (e.text or "")]
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for nom, valeur in element.attrib.items():
            adresse = nom in {"href", "src", "action", "formaction", "xlink:href"}
            if nom.startswith("on") or (
                adresse and valeur.strip().lower().startswith("javascript")
            ):
                trouves.append(f"{element.tag} {nom}={valeur}")
    return trouves


def test_le_texte_montre_tel_quel_se_verrait():
    assert len(pieges_dans(f"<div>{PIEGE}</div>")) >= 4


@pytest.mark.parametrize("qui", ["agent", "responsable", "presidence", "anonyme"])
def test_aucune_page_n_execute_ce_qu_un_organisme_a_ecrit(qui):
    monde = un_monde()
    pieger(monde)
    client = Client()
    if qui != "anonyme":
        client.force_login(monde.personnes[qui])
    lues, trouves = 0, []
    for nom, lecteurs in ACCES.items():
        if qui not in lecteurs:
            continue
        reponse = client.get(reverse(nom, kwargs=arguments(nom, monde)))
        if reponse.status_code == 200 and "html" in reponse.headers.get("Content-Type", ""):
            lues += "piege()" in reponse.text
            trouves += [f"{nom} : {piege}" for piege in pieges_dans(reponse.text)]
        if reponse.streaming:
            b"".join(reponse.streaming_content)
    assert not trouves, "\n".join(trouves)
    assert lues, "Aucune page n'a montré le texte : l'essai ne prouve rien."
