"""La démonstration : le plan de la consultation, deux appels passés, un en évaluation, un ouvert.

Tout passe par les services, aux dates d'un vrai appel ; un second chargement ne change rien.
"""

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from appels.models import Appel, Demande, Verification
from appels.questions import TABLEAUX, colonnes_de
from appels.services import appels as services_appels
from appels.services import (
    budget,
    demandes,
    depot,
    pieces,
    plans,
    recevabilite,
    reponses,
)
from evaluations.services import comite, fiches
from financement import (
    demonstration_calibrages,
    demonstration_comite,
    demonstration_echanges,
    demonstration_plan,
    demonstration_precedent,
    demonstration_scenarios,
    demonstration_suites,
)
from financement.importation.acteurs import Acteurs
from financement.importation.rejeu import importer
from socle import horloge
from socle.documents import rendre_pdf
from socle.models import Adhesion, Organisme, Utilisateur
from socle.services import courriels, organismes

DONNEES = Path(__file__).parent / "donnees"
FUSEAU = ZoneInfo("America/Toronto")
RESULTATS_VISES = {
    "activites_realisees": "24",
    "participations": "240",
    "personnes_distinctes": "60",
    "personnes_immigrantes": "45",
    "partenaires": "4",
    "par_genre:femmes": "24",
    "par_genre:hommes": "19",
    "par_genre:autre_ou_non_declare": "2",
}


def charger() -> list[str]:
    """Charge ce qui manque et rend ce qui a été fait, en phrases."""
    fait: list[str] = []
    contenu = _lire("demonstration.json")
    passe = _lire("demo.json")
    with transaction.atomic():
        plan = plans.plan_ou_consultation(passe["appel"]["plan_action"])
        acteurs = _acteurs(contenu, passe)
        if not Appel.objects.filter(code=passe["appel"]["code"]).exists():
            with courriels.silencieux():
                importer(
                    passe,
                    acteurs=acteurs,
                    avant_la_seance=lambda appel: demonstration_scenarios.preparer(appel, acteurs),
                )
                demonstration_suites.avancer(passe, acteurs)
            fait.append(f"Appel {passe['appel']['code']} importé.")
        for cle, construire in (("evaluation", _en_evaluation), ("ouvert", _ouvert)):
            if not Appel.objects.filter(titre=contenu[cle]["titre"]).exists():
                construire(plan, contenu[cle], acteurs)
                fait.append(f"Appel « {contenu[cle]['titre']} » créé.")
        precedent = _lire("precedent.json")
        if not Appel.objects.filter(code=precedent["appel"]["code"]).exists():
            vers = Appel.objects.get(titre=contenu["ouvert"]["titre"])
            demonstration_precedent.construire(precedent, passe, acteurs, vers=vers)
            fait.append(f"Appel {precedent['appel']['code']} importé.")
        fait += demonstration_plan.avancer(plan, acteurs)
    return fait


def _lire(nom: str) -> Any:
    return json.loads((DONNEES / nom).read_text(encoding="utf-8"))


# --- Comptes ------------------------------------------------------------------------------------
def _acteurs(contenu: dict[str, Any], passe: dict[str, Any]) -> Acteurs:
    comptes = {c["courriel"].split("@")[0]: _compte(**c) for c in contenu["comptes"]}
    acteurs = Acteurs(
        agent=comptes["agent"],
        approbation=comptes["approbation"],
        tresorerie=comptes["tresorerie"],
        comite={
            membre["id"]: _compte(
                courriel=f"comite{membre['id'].removeprefix('M')}@exemple.test", nom=membre["nom"]
            )
            for membre in passe["comite"]
        },
        responsables={"1100000059": comptes["organisme"]},
    )
    parlures = Organisme.objects.filter(neq="1100000059").first()
    if parlures is None:
        parlures = organismes.creer_organisme(
            acteur=comptes["organisme"],
            nom="Café Parlures",
            neq="1100000059",
            fictif=True,
            mission="Faire vivre le français par la conversation et l'écriture.",
            adresse="500, rue des Forges",
            code_postal="G9A 2H7",
            courriel="cafe-parlures@exemple.test",
            signataire_nom="Amina Responsable",
            signataire_titre="Directrice générale",
        )
    Adhesion.objects.get_or_create(
        organisme=parlures, utilisateur=comptes["redaction"], defaults={"role": "redacteur"}
    )
    return acteurs


@cache
def _mot_de_passe() -> str:
    """Le même pour tous, et connu : son calcul, lent, ne se fait qu'une fois."""
    return make_password(settings.MOT_DE_PASSE_DEMONSTRATION)


def _compte(*, courriel: str, nom: str, roles: list[str] | None = None, **_: Any) -> Utilisateur:
    compte = Utilisateur.objects.filter(email=courriel).first()
    if compte is None:
        compte = Utilisateur.objects.create(
            email=courriel, password=_mot_de_passe(), nom=nom, roles=roles or []
        )
        EmailAddress.objects.create(user=compte, email=courriel, verified=True, primary=True)
    return compte


# --- Les deux appels vivants --------------------------------------------------------------------
def _creer_appel(
    plan: Any, contenu: dict[str, Any], acteurs: Acteurs, *, rang: int, **dates: Any
) -> Appel:
    annee = horloge.aujourdhui().year
    besoins = list(plan.besoins.filter(code__in=contenu["besoins"]))
    criteres = _lire("demo.json")["appel"]["criteres"]
    with horloge.a_la_date(dates["ouverture"] - dt.timedelta(days=10)):
        appel = services_appels.creer_appel(
            acteur=acteurs.agent,
            plan=plan,
            champs={
                "code": f"AP-{annee}-{rang:02d}",
                "titre": contenu["titre"],
                "presentation": contenu["presentation"],
                "admissibilite": (
                    "Les organismes sans but lucratif et les coopératives dont le siège est à "
                    "Trois-Rivières, constitués depuis au moins deux ans."
                ),
                "depenses_admissibles": (
                    "Salaires, honoraires, location, matériel, promotion, repas d'accueil, "
                    "traduction, garde et transport des participants. Les frais d'administration "
                    "sont admis jusqu'à 10 %. Un déficit, une dette ou une immobilisation ne le "
                    "sont pas."
                ),
                "contact": (
                    f"{settings.VILLE['service']} — {settings.VILLE['telephone']} — "
                    f"{settings.VILLE['courriel']}"
                ),
                **dates,
            },
            volets=contenu["volets"],
            criteres=criteres,
            pieces=[
                {
                    "code": "resolution",
                    "libelle": "Résolution du conseil d'administration",
                    "description": "Elle nomme la personne autorisée à signer.",
                    "obligatoire": True,
                },
                {
                    "code": "rapport-annuel",
                    "libelle": "Dernier rapport annuel ou états financiers",
                    "description": "",
                    "obligatoire": True,
                    "genre_dossier": "rapport_annuel",
                },
                {
                    "code": "appuis",
                    "libelle": "Lettres d'appui des partenaires",
                    "description": "",
                    "obligatoire": False,
                },
            ],
            objectifs=list({besoin.objectif for besoin in besoins}),
            besoins=besoins,
        )
    with horloge.a_la_date(dates["ouverture"] - dt.timedelta(days=3)):
        services_appels.publier(acteur=acteurs.agent, appel=appel)
    return appel


def _demande(appel: Appel, projet: dict[str, Any], acteurs: Acteurs, *, le: dt.datetime) -> Demande:
    """Un brouillon rempli de ce que ``projet`` donne, et déposé s'il doit l'être."""
    auteur = acteurs.responsable(neq=projet["neq"], nom=projet["nom"])
    with horloge.a_la_date(le - dt.timedelta(days=2)):
        organisme = Organisme.objects.filter(
            neq=projet["neq"]
        ).first() or organismes.creer_organisme(
            acteur=auteur, nom=projet["nom"], neq=projet["neq"], fictif=True
        )
        demande = demandes.commencer_demande(acteur=auteur, appel=appel, organisme=organisme)
        demandes.modifier_projet(
            acteur=auteur,
            demande=demande,
            titre=projet["titre"],
            resume=projet["resume"],
            secteur=projet["secteur"],
            volet=appel.volets.get(no=projet.get("volet", 1)),
            besoins=list(appel.plan.besoins.filter(code__in=projet["besoins"])),
        )
        budget.enregistrer_budget(
            acteur=auteur,
            demande=demande,
            postes=[
                {
                    "categorie": categorie,
                    "libelle": libelle,
                    "montant": Decimal(montant),
                    "admissible": True,
                }
                for categorie, libelle, montant in projet["postes"]
            ],
            revenus=[
                {
                    "source": source,
                    "libelle": "",
                    "statut": "confirmee",
                    "montant": Decimal(montant),
                }
                for source, montant in projet["revenus"]
            ],
            montant_demande=Decimal(projet["demande"]),
            contribution_nature=Decimal(projet["nature"]),
        )
        _repondre(demande, projet, auteur, complet=projet.get("depose", True))
        if not projet.get("depose", True):
            return demande
        for exigee in appel.pieces_exigees.filter(obligatoire=True):
            pieces.joindre_piece(
                acteur=auteur,
                demande=demande,
                fichier=_piece(exigee.libelle, projet["nom"]),
                piece_exigee=exigee,
            )
    with horloge.a_la_date(le):
        depot.deposer(acteur=auteur, demande=demande, signataire=auteur.nom)
    demande.refresh_from_db()
    return demande


def _repondre(
    demande: Demande, projet: dict[str, Any], auteur: Utilisateur, *, complet: bool
) -> None:
    """Répond aux questions dont le code rappelle un texte du projet ; le reste d'une phrase."""
    textes = projet["textes"]
    for section in demande.formulaire.sections.all():
        for question in section.questions.all():
            proche = next((nom for nom in textes if nom == section.code), None)
            cle = question.code if question.code in textes else proche
            # Un tableau ne se remplit que de son propre texte : celui de la section n'y va pas.
            if cle != question.code and question.type in TABLEAUX:
                cle = None
            if cle is None and not complet:
                continue
            valeur = _valeur(question, textes[cle] if cle else "Comme décrit dans le résumé.")
            reponses.enregistrer_reponse(
                acteur=auteur, demande=demande, question=question, valeur=valeur
            )


def _valeur(question: Any, texte: str) -> Any:
    if question.type == "declaration":
        return True
    if question.type in {"nombre", "montant"}:
        return "60"
    debut = horloge.aujourdhui() + dt.timedelta(days=90)
    if question.type == "date":
        return debut.isoformat()
    if question.type == "personnes":
        return {"total": "60", "immigrantes": "45", "benevoles": "8"}
    if question.type == "resultats":
        # Une répartition que rien ne prévoit reste vide : des zéros ne feraient pas son total.
        return {
            c.nom: RESULTATS_VISES.get(c.nom, "" if c.groupe else "0")
            for c in colonnes_de(question)
        }
    if question.type == "activites":
        return [
            {
                "nom": nom,
                "debut": (debut + dt.timedelta(days=jours)).isoformat(),
                "fin": (debut + dt.timedelta(days=jours + duree)).isoformat(),
            }
            for nom, jours, duree in (
                ("Préparation et recrutement", 0, 30),
                ("Les rencontres", 30, 150),
                ("Bilan avec les personnes", 185, 20),
            )
        ]
    if question.type == "partenaires":
        noms = [nom.strip(" .") for nom in texte.split(",")]
        return [{"nom": nom[:1].upper() + nom[1:], "role": "Partenaire du projet"} for nom in noms]
    if question.type in {"choix", "choix_multiples"}:
        premier = question.choix[0]
        premier = premier["valeur"] if isinstance(premier, dict) else premier
        return [premier] if question.type == "choix_multiples" else premier
    return texte if question.type == "texte_long" else texte.split(". ")[0][:120]


def _piece(libelle: str, organisme: str) -> SimpleUploadedFile:
    html = (
        f'<html lang="fr-CA"><head><title>{libelle}</title></head><body><h1>{libelle}</h1>'
        f"<p>{organisme}</p><p>Document fictif de la démonstration.</p></body></html>"
    )
    return SimpleUploadedFile(
        f"{libelle}.pdf", rendre_pdf(html, titre=libelle), content_type="application/pdf"
    )


def _en_evaluation(plan: Any, contenu: dict[str, Any], acteurs: Acteurs) -> None:
    """Clos depuis douze jours ; le comité lit encore, sa séance est prête et dans dix jours."""
    ici = horloge.maintenant().astimezone(FUSEAU)
    cloture = (ici - dt.timedelta(days=12)).replace(hour=16, minute=0, second=0, microsecond=0)
    appel = _creer_appel(
        plan,
        contenu,
        acteurs,
        rang=2,
        ouverture=(cloture - dt.timedelta(days=35)).replace(hour=8),
        cloture=cloture,
        seance_comite=(ici + dt.timedelta(days=10)).date(),
        seance_conseil=(ici + dt.timedelta(days=40)).date(),
        projet_debut=(ici + dt.timedelta(days=60)).date(),
        projet_fin=(ici + dt.timedelta(days=300)).date(),
        rapport_etape_le=(ici + dt.timedelta(days=180)).date(),
        rapport_final_le=(ici + dt.timedelta(days=330)).date(),
    )
    deposees = [
        _demande(appel, projet, acteurs, le=cloture - dt.timedelta(days=1, hours=rang))
        for rang, projet in enumerate(contenu["projets"])
    ]
    with horloge.a_la_date(cloture + dt.timedelta(days=3)):
        for demande in deposees:
            for point in Verification.Point.values:
                recevabilite.verifier_point(
                    acteur=acteurs.agent, demande=demande, point=point, reponse="oui"
                )
            recevabilite.declarer_recevable(acteur=acteurs.agent, demande=demande)
        services_appels.ouvrir_evaluation(acteur=acteurs.agent, appel=appel)
        for membre in _lire("demo.json")["comite"]:
            comite.nommer_membre(
                acteur=acteurs.agent,
                appel=appel,
                utilisateur=acteurs.comite[membre["id"]],
                code=membre["id"],
                qualite=membre["qualite"],
                role=membre["role"],
            )
        demonstration_comite.presenter_le_comite(appel, acteurs)
        comite.affecter_comite_complet(acteur=acteurs.agent, appel=appel)
        for demande in deposees:
            fiches.ouvrir_evaluation(acteur=acteurs.agent, demande=demande)
    with horloge.a_la_date(cloture + dt.timedelta(days=5)):
        demonstration_calibrages.calibrer(appel, acteurs)
    with horloge.a_la_date(cloture + dt.timedelta(days=7)):
        demonstration_comite.premieres_fiches(deposees, acteurs)
    with horloge.a_la_date(cloture + dt.timedelta(days=8)):
        demonstration_comite.preparer_la_seance(appel, deposees, acteurs)


def _ouvert(plan: Any, contenu: dict[str, Any], acteurs: Acteurs) -> None:
    """Ouvert depuis douze jours, encore pour neuf ; deux demandes déposées, un brouillon."""
    ici = horloge.maintenant().astimezone(FUSEAU)
    cloture = (ici + dt.timedelta(days=9)).replace(hour=16, minute=0, second=0, microsecond=0)
    appel = _creer_appel(
        plan,
        contenu,
        acteurs,
        rang=3,
        ouverture=(ici - dt.timedelta(days=12)).replace(hour=8, minute=0, second=0, microsecond=0),
        cloture=cloture,
        seance_information=(ici - dt.timedelta(days=6)).date(),
        seance_comite=(ici + dt.timedelta(days=40)).date(),
        seance_conseil=(ici + dt.timedelta(days=70)).date(),
        projet_debut=(ici + dt.timedelta(days=90)).date(),
        projet_fin=(ici + dt.timedelta(days=450)).date(),
        rapport_etape_le=(ici + dt.timedelta(days=270)).date(),
        rapport_final_le=(ici + dt.timedelta(days=480)).date(),
    )
    for rang, projet in enumerate(contenu["projets"]):
        _demande(appel, projet, acteurs, le=ici - dt.timedelta(days=1, hours=rang))
    demonstration_echanges.animer(appel, acteurs, fichier=_piece)
