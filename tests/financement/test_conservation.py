"""Le calendrier de conservation (regles.md, 18) : montré d'abord, exact au jour, sans toucher au
journal."""

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from appels.models import Demande, PieceJointe
from evaluations.models import Note
from evaluations.services.fiches import enregistrer_fiche, soumettre_fiche
from financement.conservation import Sort, echeance
from financement.services import conservation
from socle import horloge
from socle.journal import journaliser
from socle.models import Document, EntreeJournal
from tests.evaluations.objets import affectation, clore, declarer, soumettre, un_comite
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    UtilisateurFactory,
)
from tests.financement.objets import page, raconter, un_projet

pytestmark = pytest.mark.django_db


def finie(etat, moment, **champs):
    """Une demande arrivée à ``etat`` à ce moment, d'après le journal."""
    demande = champs.pop("demande", None) or DemandeFactory(evaluee=True, **champs)
    Demande.objects.filter(pk=demande.pk).update(
        etat=etat, motif_irrecevabilite="x" if etat == "irrecevable" else ""
    )
    demande.refresh_from_db()
    with horloge.a_la_date(moment):
        journaliser(acteur=None, verbe=f"demande.{etat}", objet=demande, details={"vers": etat})
    return demande


def commande(*options):
    sortie = StringIO()
    call_command("purger", *options, stdout=sortie)
    return sortie.getvalue()


@pytest.mark.parametrize(
    ("fin", "ans", "jour"),
    [
        (dt.date(2020, 3, 31), 7, dt.date(2027, 3, 31)),
        (dt.date(2024, 2, 29), 3, dt.date(2027, 3, 1)),
        (dt.date(2024, 2, 29), 4, dt.date(2028, 2, 29)),
    ],
)
def test_le_jour_ou_un_dossier_n_est_plus_a_garder(fin, ans, jour):
    assert echeance(fin, ans) == jour


@pytest.mark.parametrize(
    ("etat", "ans"),
    [("refusee", 3), ("irrecevable", 3), ("retiree", 3), ("fermee", 7), ("resiliee", 7)],
)
def test_la_veille_on_garde_le_jour_meme_on_anonymise(etat, ans):
    fin = horloge.maintenant()
    demande = finie(etat, fin)
    jour = echeance(horloge.aujourdhui(), ans)
    midi = horloge.a_midi(jour)
    with horloge.a_la_date(midi - dt.timedelta(days=1)):
        assert conservation.a_purger() == []
    with horloge.a_la_date(midi):
        (dossier,) = conservation.a_purger()
        assert (dossier.objet, dossier.sort, dossier.depuis) == (demande, Sort.ANONYMISER, jour)


def test_une_demande_en_route_se_garde():
    appel = AppelFactory(ouvert=True)
    for etat in ("deposee", "recevable", "evaluee", "acceptee", "conventionnee"):
        finie(etat, horloge.maintenant(), appel=appel)
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=4000)):
        assert conservation.a_purger() == []


def test_un_brouillon_se_detruit_trois_ans_apres_la_cloture(
    client, django_capture_on_commit_callbacks
):
    brouillon = DemandeFactory(etat="brouillon")
    piece = PieceJointe.objects.create(
        demande=brouillon, nom="a.pdf", fichier=ContentFile(b"%PDF-", "a.pdf"), taille=5,
        type_mime="application/pdf", empreinte="0" * 64,
    )  # fmt: skip
    jour = echeance(timezone.localdate(brouillon.appel.cloture), 3)
    with horloge.a_la_date(horloge.a_midi(jour - dt.timedelta(days=1))):
        assert "Rien n'a fini" in commande()
    with horloge.a_la_date(horloge.a_midi(jour + dt.timedelta(days=1))):
        montre = commande()
        assert brouillon.reference in montre
        assert "Rien n'a été fait" in montre
        assert Demande.objects.filter(pk=brouillon.pk).exists()
        with django_capture_on_commit_callbacks(execute=True):
            assert "1 dossiers détruits" in commande("--executer", "--sans-question")
        assert "Rien n'a fini" in commande("--executer", "--sans-question")
    assert not Demande.objects.filter(pk=brouillon.pk).exists()
    assert not piece.fichier.storage.exists(piece.fichier.name)
    assert EntreeJournal.objects.filter(verbe="demande.detruire").count() == 1


def test_une_demande_refusee_perd_ses_textes_et_garde_son_squelette(
    django_capture_on_commit_callbacks,
):
    comite = un_comite()
    (demande,) = comite.demandes
    une, *autres = comite.membres
    declarer(demande, une)
    fiche = enregistrer_fiche(
        acteur=une.utilisateur,
        affectation=affectation(demande, une),
        notes={
            critere: {"note": 4, "commentaire": "Amina connaît le quartier."}
            for critere in demande.appel.criteres.all()
        },
    )
    soumettre_fiche(acteur=une.utilisateur, evaluation=fiche)
    for membre in autres:
        soumettre(demande, membre)
    clore(comite, demande)
    responsable = AdhesionFactory(organisme=demande.organisme).utilisateur
    demande.messages.create(cote="organisme", texte="Un nom propre", auteur=responsable)
    depot = demande.depots.create(
        numero="X-1", depose_le=demande.deposee_le, contenu={"a": "secret"}, empreinte="0" * 64,
        signataire="Amina Propre",
    )  # fmt: skip
    document = Document.objects.create(
        nature="accuse", titre="Accusé", objet_type="appels.depot", objet_id=str(depot.pk),
        html="<p>secret</p>", pdf=ContentFile(b"%PDF-", "x.pdf"), empreinte="1" * 64, taille=5,
        cree_par=responsable,
    )  # fmt: skip
    demande.postes.update(libelle="Salaire d'Amina")
    finie("refusee", horloge.maintenant(), demande=demande)
    montant, titre = demande.montant_demande, demande.titre
    avant = EntreeJournal.objects.count()
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=1200)):
        with django_capture_on_commit_callbacks(execute=True):
            commande("--executer", "--sans-question")
        assert "Rien n'a fini" in commande()
    demande.refresh_from_db()
    depot.refresh_from_db()
    document.refresh_from_db()
    assert (demande.montant_demande, demande.titre, demande.etat) == (montant, titre, "refusee")
    assert (demande.resume, demande.creee_par, depot.contenu, depot.signataire) == (
        "",
        None,
        {},
        "",
    )
    assert demande.messages.count() == demande.reponses.count() == 0
    assert not Note.objects.exclude(commentaire="").exists()
    assert Note.objects.exclude(note=None).exists()
    assert not demande.postes.exclude(libelle="").exists()
    assert (document.html, document.empreinte) == ("", "1" * 64)
    assert not document.pdf.storage.exists(document.pdf.name)
    assert page(responsable, "document", document.cle).status_code == 404
    assert (
        page(UtilisateurFactory(agent=True), "ville:demande", demande.reference).status_code == 200
    )
    assert EntreeJournal.objects.count() == avant + 1


def test_un_projet_ferme_garde_son_argent_et_ses_nombres():
    projet = un_projet()
    projet.final.valeurs.create(indicateur="personnes_distinctes", modalite="", valeur=80)
    raconter(projet.final, activites="Avec Amina")
    finie("fermee", horloge.maintenant(), demande=projet.demande)
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=7 * 366)):
        commande("--executer", "--sans-question")
    projet.final.refresh_from_db()
    projet.convention.refresh_from_db()
    assert not projet.final.reponses.exists()
    assert projet.final.valeurs.get().valeur == 80
    assert projet.convention.montant == Decimal("16000.00")
    assert projet.convention.versements.count() == 3


def test_ce_qui_est_montre_est_exactement_ce_qui_est_fait():
    for etat in ("refusee", "retiree", "fermee"):
        finie(etat, horloge.maintenant())
    DemandeFactory(etat="brouillon")
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=3000)):
        montres = {d.libelle for d in conservation.a_purger() if isinstance(d.objet, Demande)}
        assert len(montres) == 4
        commande("--executer", "--sans-question")
    purgees = EntreeJournal.objects.filter(verbe__in=["demande.detruire", "demande.anonymiser"])
    assert set(purgees.values_list("objet_libelle", flat=True)) == montres


def test_sans_oui_rien_ne_se_fait(monkeypatch):
    demande = finie("refusee", horloge.maintenant())
    monkeypatch.setattr("builtins.input", lambda _: "non")
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=1200)):
        assert "Rien n'a été fait" in commande("--executer")
    demande.refresh_from_db()
    assert demande.anonymisee_le is None


def test_un_compte_inactif_s_anonymise_les_autres_non():
    vieux = horloge.maintenant() - dt.timedelta(days=1200)
    inactif = UtilisateurFactory(inscrit_le=vieux)
    revenu = UtilisateurFactory(inscrit_le=vieux, last_login=horloge.maintenant())
    employe = UtilisateurFactory(agent=True, inscrit_le=vieux)
    membre = AdhesionFactory(utilisateur__inscrit_le=vieux).utilisateur
    siege = AffectationFactory(libre=True).membre.utilisateur
    type(siege).objects.filter(pk=siege.pk).update(inscrit_le=vieux, last_login=None)
    commande("--executer", "--sans-question")
    inactif.refresh_from_db()
    assert (inactif.nom, inactif.is_active) == ("Compte effacé", False)
    assert inactif.email.endswith(".invalid")
    for autre in (revenu, employe, membre, siege):
        nom = autre.nom
        autre.refresh_from_db()
        assert (autre.nom, autre.is_active) == (nom, True)


def test_une_decision_de_liste_d_attente_echue_suit_les_refus():
    decision = DecisionFactory(
        resultat="liste_attente", montant_accorde=0, rang_attente=1,
        attente_jusqu_au=horloge.aujourdhui(),
    )  # fmt: skip
    finie("liste_attente", horloge.maintenant(), demande=decision.demande)
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=1200)):
        assert [d.objet for d in conservation.a_purger()] == [decision.demande]


def test_la_page_de_confidentialite_dit_ces_durees(client):
    texte = client.get(reverse("confidentialite")).content.decode()
    assert "Sept ans" in texte
    assert "trois ans" in texte
