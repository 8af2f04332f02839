"""Chaque compte trouve de quoi faire dans la démonstration ; la recharger ne change rien."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils.html import escape
from post_office.models import Email

from appels.models import Appel, Demande, Message, PieceOrganisme, QuestionPublique
from evaluations.models import Seance
from financement import demonstration
from financement.models import Mouvement, Rapport, SommeReportee
from socle.models import Utilisateur
from vitrine import demonstration as vitrine_de_demonstration

pytestmark = pytest.mark.django_db


def test_chaque_compte_trouve_de_quoi_faire(client, settings, django_capture_on_commit_callbacks):
    settings.DEMONSTRATION = True
    assert len(demonstration.charger()) == 5
    assert demonstration.charger() == []
    assert len(vitrine_de_demonstration.charger()) == 1
    assert vitrine_de_demonstration.charger() == []
    assert Appel.objects.count() == 4
    # Le grand livre dit ce que disent les décisions, conventions, versements et récupérations.
    assert Mouvement.objects.filter(nature="versement").exists()
    call_command("verifier_grand_livre")
    ouvert = Appel.objects.get(code__endswith="-03")

    def pages(compte: str, *adresses: str) -> str:
        client.force_login(Utilisateur.objects.get(email=f"{compte}@exemple.test"))
        reponses = [client.get(adresse) for adresse in adresses]
        assert [r.status_code for r in reponses] == [200] * len(adresses)
        return " ".join(r.content.decode() for r in reponses)

    # L'organisme : un brouillon à finir, un dossier commencé, une réponse de la Ville.
    brouillon = Demande.objects.get(appel=ouvert, etat="brouillon")
    texte = pages(
        "organisme",
        reverse("organisme:accueil"),
        reverse("organisme:echange", args=[brouillon.reference]),
        reverse("organisme:rediger", args=[brouillon.reference, "pieces"]),
        reverse("organisme:dossier", args=[brouillon.organisme_id]),
    )
    assert "La Ville vous a écrit" in texte
    assert "Joindre celui du dossier" in texte
    assert PieceOrganisme.objects.filter(organisme=brouillon.organisme).count() == 2
    assert Message.objects.filter(demande=brouillon).count() == 2
    # Et un rapport à corriger : chaque remarque à sa place, en retard.
    remis = Rapport.objects.get(remarques__genre="depense")
    texte = pages(
        "organisme", reverse("organisme:rapport", args=[remis.demande.reference, "final"])
    )
    assert {r.genre for r in remis.remarques.all()} == {"rapport", "question", "depense"}
    assert all(escape(remarque.texte) in texte for remarque in remis.remarques.all())
    assert remis.est_en_retard
    # Un projet fermé : sa parole et sa photo publiées, ce qu'il n'a pas utilisé reporté.
    somme = SommeReportee.objects.get()
    assert somme.demande.etat == "fermee"
    assert somme.volet.appel == ouvert
    assert somme.demande.rapports.get().temoignages.publies().count() == 2
    client.logout()
    projet = client.get(reverse("projet", args=[somme.demande.reference])).text
    for dit in (
        "Ce projet est terminé.",
        "Des gens en parlent",
        "Ce que le projet a donné",
        "&lt;5",
    ):
        assert dit in projet
    # Le public : les questions et réponses de l'appel, sans le nom de qui demande.
    client.logout()
    public = client.get(reverse("appel_public", args=[ouvert.code])).content.decode()
    assert "Le loyer du local" in public
    assert "Amina" not in public
    # La Ville : une question attend sa réponse.
    assert QuestionPublique.objects.filter(etat="posee").count() == 1
    semaine = pages("agent", reverse("ville:accueil"))
    assert "question" in semaine
    assert "AP-2026-01" not in pages("comite2", reverse("comite:accueil"))
    assert ouvert.code not in pages("comite2", reverse("comite:accueil"))
    # L'administration : un réexamen lui est confié.
    assert "à trancher" in pages("administration", reverse("ville:accueil"))
    # La séance : convoquée, elle s'ouvre d'un clic sur deux demandes dont le quorum est atteint.
    seance = Seance.objects.get(etat="preparee")
    convocations = Email.objects.filter(subject__startswith="Séance du comité")
    assert {piece.name for c in convocations for piece in c.attachments.all()} == {"seance.ics"}
    client.force_login(Utilisateur.objects.get(email="comite1@exemple.test"))
    assert client.post(reverse("comite:seance_ouvrir", args=[seance.pk])).status_code == 302
    a_l_ordre = pages("comite1", reverse("comite:seance", args=[seance.pk]))
    assert "Patins pour tous" in a_l_ordre
    assert a_l_ordre.count("4 / 4") == 2
    assert "Non atteint" not in a_l_ordre
    # Le comité : un dossier fictif à noter, un autre dévoilé.
    a_lire = pages("comite3", reverse("comite:accueil"))
    assert "La Ruche des langues" in a_lire
    assert "Les samedis du Grand Détour" in a_lire
