"""Les données du banc, créées d'un bloc : un appel évalué de ``n`` demandes × 3 fiches.

À côté : un appel ouvert avec un brouillon, un appel annoncé de ``n`` projets que le public lit, un
appel décidé dont les lettres restent à émettre.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from appels.models import (
    Appel,
    Besoin,
    Critere,
    Demande,
    Formulaire,
    Objectif,
    PlanAction,
    PosteDepense,
    Question,
    Reponse,
    Section,
    SourceRevenu,
    SourceVolet,
    Theme,
    Volet,
)
from config.banc.donnees_publiques import annoncer, creer
from evaluations.bareme import Notation, score_fiche
from evaluations.models import (
    Affectation,
    Evaluation,
    MembreComite,
    Note,
    Presence,
    Recommandation,
    Seance,
)
from financement.models import Decision, Resolution
from socle import horloge
from socle.models import Adhesion, Organisme, Utilisateur

POIDS = (25, 25, 20, 15, 15)
FICHES = 3
SECTEURS = ("Centre-ville", "Cap-de-la-Madeleine", "Pointe-du-Lac", "Toute la ville")


@dataclass
class Jeu:
    """Ce que les mesures demandent : qui regarde, et quoi."""

    agent: Utilisateur
    organisme: Utilisateur
    evalue: Appel
    ouvert: Appel
    brouillon: Demande
    reponse: Reponse
    annonce: Appel
    decide: Appel | None = None


@transaction.atomic
def peupler(n: int, *, lettres: int = 0) -> Jeu:
    """Remplit une base migrée et vide."""
    plan = _plan()
    agent = _compte("agent", roles=["agent", "approbation"])
    organisme = _compte("organisme")
    organismes = _organismes(max(n // 2, lettres, 1))
    Adhesion.objects.create(organisme=organismes[0], utilisateur=organisme, role="responsable")
    membres = [_compte(f"comite{i}") for i in range(1, 7)]

    evalue = _appel(plan, "BANC-EVALUE", etat="en_evaluation", jours=-40)
    comite = _comite(evalue, membres)
    demandes = _demandes(evalue, organismes, n, etat="evaluee")
    _fiches(evalue, demandes, comite)

    ouvert = _appel(plan, "BANC-OUVERT", etat="publie", jours=-10)
    brouillon, reponse = _brouillon(ouvert, organismes[0], organisme)

    annonce = _appel(plan, "BANC-ANNONCE", etat="decide", jours=-400)
    annoncer(annonce, _demandes(annonce, organismes, n, etat="acceptee"))

    decide = None
    if lettres:
        decide = _appel(plan, "BANC-DECIDE", etat="en_evaluation", jours=-80)
        _decisions(decide, _demandes(decide, organismes, lettres, etat="acceptee"), membres)
    return Jeu(agent, organisme, evalue, ouvert, brouillon, reponse, annonce, decide)


def _compte(nom: str, roles: Iterable[str] = ()) -> Utilisateur:
    return Utilisateur.objects.create(
        nom=f"Personne {nom}", email=f"{nom}@banc.test", roles=list(roles)
    )


def _plan() -> PlanAction:
    plan = PlanAction.objects.create(code="BANC", titre="Plan d'action du banc", adopte_en=2022)
    objectif = Objectif.objects.create(plan=plan, code="O1", libelle="Connaître les besoins")
    theme = Theme.objects.create(plan=plan, code="integration", libelle="Intégration")
    creer(
        Besoin,
        [
            Besoin(
                plan=plan,
                code=f"B{i:02d}",
                libelle=f"Besoin {i}",
                type="defi",
                theme=theme,
                objectif=objectif,
            )
            for i in range(1, 9)
        ],
    )
    return plan


def _organismes(combien: int) -> list[Organisme]:
    return creer(
        Organisme,
        [
            Organisme(
                nom=f"Organisme numéro {i}",
                neq=f"11{i:08d}",
                adresse="100, rue des Forges",
                code_postal="G9A 5H3",
                courriel=f"organisme{i}@banc.test",
                signataire_nom="Personne Signataire",
                statut="admissible",
            )
            for i in range(combien)
        ],
    )


def _appel(plan: PlanAction, code: str, *, etat: str, jours: int) -> Appel:
    """Un appel ouvert il y a ``-jours`` jours pour 30 jours, avec volets, grille et formulaire."""
    ouverture = horloge.maintenant() + dt.timedelta(days=jours)
    appel = Appel.objects.create(
        code=code,
        titre=f"Appel {code}",
        plan=plan,
        etat=etat,
        presentation="Des projets pour accueillir.\n\nUn deuxième paragraphe.",
        admissibilite="Les organismes à but non lucratif.",
        ouverture=ouverture,
        cloture=ouverture + dt.timedelta(days=30),
        publie_le=ouverture,
        projet_debut=dt.date(2030, 9, 1),
        projet_fin=dt.date(2031, 8, 31),
        rapport_final_le=dt.date(2031, 9, 30),
        quorum=2,
        evaluations_min=2,
    )
    appel.objectifs.set(plan.objectifs.all())
    appel.besoins.set(plan.besoins.all())
    for no in (1, 2):
        volet = Volet.objects.create(
            appel=appel, no=no, nom=f"Volet {no}", plafond=20000, enveloppe=50_000_000
        )
        SourceVolet.objects.create(volet=volet, bailleur="MIFI", montant=volet.enveloppe)
    creer(
        Critere,
        [
            Critere(appel=appel, code=f"C{i}", libelle=f"Critère {i}", poids=poids, ordre=i)
            for i, poids in enumerate(POIDS, 1)
        ],
    )
    Formulaire.objects.create(appel=appel, publie_le=ouverture)
    return appel


def _demandes(appel: Appel, organismes: list[Organisme], n: int, *, etat: str) -> list[Demande]:
    volets, formulaire = list(appel.volets.all()), appel.formulaires.get()
    depot = appel.cloture - dt.timedelta(hours=2)
    demandes = creer(
        Demande,
        [
            Demande(
                appel=appel,
                organisme=organismes[i % len(organismes)],
                volet=volets[i % 2],
                formulaire=formulaire,
                code=f"D{i + 1:02d}",
                reference=f"{appel.code}-D{i + 1:02d}",
                titre=f"Projet numéro {i + 1}",
                resume="Des rencontres entre voisins, un repas chaque mois.",
                secteur=SECTEURS[i % len(SECTEURS)],
                montant_demande=Decimal(10_000 + 7 * (i % 900)),
                etat=etat,
                deposee_le=depot,
                recevable_le=depot + dt.timedelta(days=5),
                creee_le=depot - dt.timedelta(days=9),
            )
            for i in range(n)
        ],
    )
    creer(
        PosteDepense,
        [
            PosteDepense(demande=demande, categorie=categorie, montant=montant, ordre=ordre)
            for demande in demandes
            for ordre, (categorie, montant) in enumerate(
                [("salaires", 18000), ("location", 2000), ("administration", 1500)]
            )
        ],
    )
    creer(
        SourceRevenu,
        [
            SourceRevenu(demande=demande, source=source, statut="confirmee", montant=2000)
            for demande in demandes
            for source in ("quebec", "fonds_propres")
        ],
    )
    return demandes


def _comite(appel: Appel, membres: list[Utilisateur]) -> list[MembreComite]:
    return creer(
        MembreComite,
        [
            MembreComite(
                appel=appel,
                utilisateur=membre,
                code=f"M{i}",
                role="presidence" if i == 1 else "membre",
            )
            for i, membre in enumerate(membres, 1)
        ],
    )


def _fiches(appel: Appel, demandes: list[Demande], comite: list[MembreComite]) -> None:
    """Trois fiches soumises par demande, par trois membres qui tournent."""
    soumise_le = appel.cloture + dt.timedelta(days=8)
    affectations = creer(
        Affectation,
        [
            Affectation(
                demande=demande,
                membre=comite[(i + rang) % len(comite)],
                etat="libre",
                declaree_le=appel.cloture + dt.timedelta(days=6),
            )
            for i, demande in enumerate(demandes)
            for rang in range(FICHES)
        ],
    )
    criteres = list(appel.criteres.all())
    notes = [
        [1 + (7 * i + 3 * c + i // 11) % 5 for c in range(len(criteres))]
        for i in range(len(affectations))
    ]
    evaluations = creer(
        Evaluation,
        [
            Evaluation(
                affectation=affectation,
                etat="soumise",
                soumise_le=soumise_le,
                score=score_fiche(
                    Notation(note=note, note_min=0, note_max=5, poids=critere.poids)
                    for note, critere in zip(notes[i], criteres, strict=True)
                ),
            )
            for i, affectation in enumerate(affectations)
        ],
    )
    creer(
        Note,
        [
            Note(evaluation=evaluation, critere=critere, note=note, commentaire="Bien décrit.")
            for evaluation, ligne in zip(evaluations, notes, strict=True)
            for note, critere in zip(ligne, criteres, strict=True)
        ],
    )


def _brouillon(appel: Appel, organisme: Organisme, auteur: Utilisateur) -> tuple[Demande, Reponse]:
    formulaire = appel.formulaires.get()
    section = Section.objects.create(formulaire=formulaire, code="projet", titre="Le projet")
    questions = creer(
        Question,
        [
            Question(section=section, code=f"q{i}", libelle=f"Question {i}", mots_max=300, ordre=i)
            for i in range(1, 7)
        ],
    )
    demande = Demande.objects.create(
        appel=appel,
        organisme=organisme,
        volet=appel.volets.first(),
        formulaire=formulaire,
        code="D01",
        reference=f"{appel.code}-D01",
        titre="Un brouillon",
        creee_par=auteur,
    )
    return demande, Reponse.objects.create(demande=demande, question=questions[0], valeur="Début")


def _decisions(appel: Appel, demandes: list[Demande], membres: list[Utilisateur]) -> None:
    """Recommandées en séance, acceptées par résolution ; aucune lettre n'est encore émise."""
    comite = _comite(appel, membres)
    seance = Seance.objects.create(
        appel=appel, date=horloge.maintenant() - dt.timedelta(days=20), etat="preparee"
    )
    creer(Presence, [Presence(seance=seance, membre=membre, presente=True) for membre in comite])
    resolution = Resolution.objects.create(
        appel=appel, numero="C-2030-0001", date=horloge.aujourdhui() - dt.timedelta(days=10)
    )
    creer(
        Recommandation,
        [
            Recommandation(
                demande=demande,
                seance=seance,
                avis="favorable",
                montant=demande.montant_demande,
                motifs="Projet solide, budget réaliste.",
                presents=len(comite),
                score=Decimal("78.5"),
            )
            for demande in demandes
        ],
    )
    creer(
        Decision,
        [
            Decision(
                demande=demande,
                volet_id=demande.volet_id,
                resolution=resolution,
                resultat="acceptee",
                montant_demande=demande.montant_demande,
                montant_accorde=demande.montant_demande,
                motifs="Recommandée par le comité.",
            )
            for demande in demandes
        ],
    )
