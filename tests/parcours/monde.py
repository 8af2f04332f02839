"""Une ville en pleine saison : une demande à chaque moment, des noms longs, des montants pleins.

Les pages se regardent avec ce qu'elles portent vraiment : un titre qui déborde, un tableau plein.
"""

import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image
from post_office.models import Email

from appels.models import Message, PieceOrganisme
from appels.services import formulaires
from evaluations.models import Souhait
from evaluations.services import interets, repartition, seances
from financement.models import Lettre, PileNumerisee, RetourNumerise
from financement.services import reexamens
from financement.services.modeles import fixer_modele
from financement.services.prochain_plan import preparer
from socle.models import Document, Travail
from tests.evaluations.objets import clore, declarer, recommander, seance_ouverte, soumettre
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    AtelierFactory,
    BesoinFactory,
    ConventionFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    OrganismeFactory,
    RapportFactory,
    RecommandationFactory,
    ResolutionFactory,
    UtilisateurFactory,
    VersementFactory,
    VersionActiviteFactory,
    dans,
)
from vitrine.models import TempsFort

TITRE = "Cuisiner, jardiner, parler : des ateliers intergénérationnels d'accueil au cœur du Cap"
ORGANISME = "Regroupement des organismes d'accueil interculturel de la Mauricie-et-du-Littoral"
BESOIN = "Accès difficile aux services : surcharge informationnelle, littératie numérique, langue"
RESUME = (
    "Des personnes nouvellement arrivées et des gens du quartier cuisinent ensemble, deux soirs "
    "par semaine, dans une salle prêtée par la paroisse.\n\nLe projet se termine par un banquet."
)
TEXTE_FIGE = (
    "<html><body><main><h1>Convention d'aide financière</h1><div class='clauses'><h2>Objet</h2>"
    f"<p class='clause'>{RESUME * 12}</p></div></main></body></html>"
)
SECTIONS = [
    {
        "code": "besoin",
        "titre": "Le besoin et les personnes visées",
        "questions": [
            {"code": "besoin", "libelle": "À quel besoin du plan d'action répondez-vous ?"},
            {"code": "nombre", "libelle": "Combien de personnes ?", "type": "nombre"},
            {"code": "debut", "libelle": "Quand commencez-vous ?", "type": "date"},
            {
                "code": "langues",
                "libelle": "En quelles langues ?",
                "type": "choix_multiples",
                "choix": ["français", "espagnol", "arabe"],
            },
        ],
    }
]


def un_monde() -> Any:
    """Les personnes, les appels et les demandes dont chaque page a besoin."""
    m = SimpleNamespace()
    m.organisme = OrganismeFactory(nom=ORGANISME, mission=RESUME, signataire_nom="Amina Traoré")
    m.responsable = AdhesionFactory(
        organisme=m.organisme, utilisateur__nom="Amina Traoré"
    ).utilisateur
    AdhesionFactory(organisme=m.organisme, role="redacteur")
    m.agent = UtilisateurFactory(agent=True)
    m.approbation = UtilisateurFactory(approbation=True, nom="Louise Gélinas-Beauchesne")
    m.tresorerie = UtilisateurFactory(tresorerie=True, nom="Marc Bourassa")
    m.administration = UtilisateurFactory(administration=True)
    m.mifi = UtilisateurFactory(mifi=True)
    _appels(m)
    _comite(m)
    _lectures(m)
    _argent(m)
    _vitrine(m)
    _consultation(m)
    m.travail = Travail.objects.create(
        nature="essai", titre="Émission des lettres", total=12, faits=5, cree_par=m.agent
    )
    m.courriel = Email.objects.create(
        from_email="ville@exemple.test",
        to=["responsable-des-communications@regroupement-interculturel.exemple.test"],
        subject=f"Votre demande « {TITRE} »",
        message="Bonjour,",
    )
    return m


# --- Les appels, la rédaction, la recevabilité --------------------------------------------------
def _appels(m: Any) -> None:
    m.ouvert = AppelFactory(ouvert=True, titre="Accueil, inclusion et intégration interculturelle")
    m.ouvert.formulaires.all().delete()
    formulaires.creer_formulaire(appel=m.ouvert, sections=SECTIONS)
    m.ouvert.pieces_exigees.create(
        code="ca", libelle="Résolution du conseil d'administration autorisant la demande"
    )
    m.ouvert.conditions.create(
        ordre=1, question="Le projet se passe-t-il à Trois-Rivières ({dates}) ?", explication=RESUME
    )
    m.ouvert.conditions.create(ordre=2, question="Avez-vous un conseil d'administration ?")
    m.besoin = BesoinFactory(plan=m.ouvert.plan, libelle=BESOIN)
    m.ouvert.besoins.add(m.besoin, BesoinFactory(plan=m.ouvert.plan))
    m.edition = AppelFactory(titre="Participation citoyenne", plan=m.ouvert.plan)
    m.edition.pieces_exigees.create(code="budget", libelle="Budget détaillé")
    m.edition.formulaires.all().delete()
    m.section = formulaires.creer_formulaire_par_defaut(appel=m.edition).sections.first()
    m.brouillon = _demande(m, m.ouvert, "brouillon", code="D01", titre=TITRE)
    m.brouillon.besoins.add(m.besoin)
    m.deposee = _demande(m, m.ouvert, "deposee", code="D02")
    m.depot = m.deposee.depots.create(
        numero="D02-1", depose_le=dans(), contenu={}, empreinte="0" * 64
    )
    m.a_completer = _demande(m, m.ouvert, "a_completer", code="D03")
    complement = m.a_completer.complements.create(
        texte="Le budget ne compte pas la salle.", budget=True, echeance=dans(days=6)
    )
    complement.pieces.add(m.ouvert.pieces_exigees.get())
    _echanges(m)


def _echanges(m: Any) -> None:
    """Un document rangé au dossier, un message sur une demande, une question de tous."""
    PieceOrganisme.objects.create(
        organisme=m.organisme, genre="rapport_annuel", date_document="2030-01-01",
        nom="rapport-annuel-2029-version-finale-adoptee-par-l-assemblee.pdf", taille=5,
        fichier=ContentFile(b"%PDF-", name="rapport.pdf"), type_mime="application/pdf",
        empreinte="0" * 64,
    )  # fmt: skip
    m.message = Message.objects.create(
        demande=m.deposee, cote="organisme", texte=RESUME, auteur=m.responsable
    )
    m.question = m.ouvert.questions_publiques.create(
        posee_par=m.responsable, texte="Le repas est-il admissible ?"
    )
    m.publiee = m.ouvert.questions_publiques.create(
        posee_par=m.responsable, texte=RESUME, enonce="Le repas est-il admissible ?",
        reponse=RESUME, etat="publiee", numero=1, publiee_le=dans(),
    )  # fmt: skip


def _demande(m: Any, appel: Any, etat: str, **champs: Any) -> Any:
    champs = {"organisme": m.organisme, "resume": RESUME, "deposee_le": dans(days=-2), **champs}
    if etat == "brouillon":
        champs["deposee_le"] = None
    return DemandeFactory(appel=appel, etat=etat, **champs)


# --- Le comité ----------------------------------------------------------------------------------
def _comite(m: Any) -> None:
    """Deux membres ; une demande à déclarer, une à noter, une close, une recommandée."""
    m.appel = AppelFactory(en_evaluation=True, titre="Vivre ensemble", evaluations_min=1, quorum=1)
    m.presidence = MembreComiteFactory(
        appel=m.appel, presidence=True, utilisateur__nom="Idriss Nadeau-Benhaddou"
    )
    m.second = MembreComiteFactory(appel=m.appel)
    m.membre = m.presidence.utilisateur
    m.recevable = _demande(m, m.appel, "recevable", code="D10")
    m.a_declarer = _demande(m, m.appel, "en_evaluation", code="D11", titre=TITRE)
    AffectationFactory(demande=m.a_declarer, membre=m.presidence)
    m.a_noter = _demande(m, m.appel, "en_evaluation", code="D12", titre=TITRE)
    AffectationFactory(demande=m.a_noter, membre=m.presidence)
    declarer(m.a_noter, m.presidence)
    m.a_clore, m.evaluee, m.a_decider = (
        _demande(m, m.appel, "en_evaluation", code=code, titre=TITRE)
        for code in ("D13", "D14", "D15")
    )
    for demande in (m.a_clore, m.evaluee, m.a_decider):
        AffectationFactory(demande=demande, membre=m.presidence)
        AffectationFactory(demande=demande, membre=m.second)
        soumettre(demande, m.presidence, (4, 3))
    soumettre(m.evaluee, m.second, (2, 1))
    comite = SimpleNamespace(appel=m.appel, agente=m.agent, membres=[m.presidence, m.second])
    for demande in (m.evaluee, m.a_decider):
        clore(comite, demande)
    _calibrer(m, "Un dossier fictif à noter")
    m.seance_preparee = seances.preparer_seance(
        acteur=m.agent, appel=m.appel, date=dans(days=9), lieu="Hôtel de ville, salle 2"
    )
    m.seance = seance_ouverte(comite)
    m.a_decider.refresh_from_db()
    recommander(m.seance, m.a_decider, m.presidence, conditions="Deux rapports.\nUn banquet.")
    seances.montrer_a_l_ecran(acteur=m.agent, seance=m.seance, demande=m.evaluee)
    m.seance_close = m.appel.seances.create(
        date=dans(days=-9), etat="close", close_le=dans(days=-9), compte_rendu=_pdf(m)
    )
    m.seance_close.addendas.create(no=1, texte="Lire 9 h 15.", document=_pdf(m))


def _lectures(m: Any) -> None:
    """Deux appels dont les lectures sont à répartir : l'un le peut, l'autre non."""
    noms = ("Idriss Nadeau-Benhaddou", "Marie-Ève Lamontagne-Deschênes", "Tomás Ruiz", "Li Wen")
    for attribut, titre, charge_max in (
        ("a_repartir", "Accueillir le nord", None),
        ("impossible", "Accueillir le sud", 1),
    ):
        appel = AppelFactory(en_evaluation=True, titre=titre, evaluations_min=2, plan=m.ouvert.plan)
        setattr(m, attribut, appel)
        for rang, nom in enumerate(noms, start=1):
            personne = m.membre if rang == 1 else UtilisateurFactory(nom=nom)
            MembreComiteFactory(appel=appel, utilisateur=personne, code=f"M{rang}")
        for rang in range(1, 6):
            organisme = OrganismeFactory(nom=f"{ORGANISME} {rang}")
            _demande(
                m, appel, "recevable", code=f"D{rang:02d}", titre=TITRE, organisme=organisme
            ).besoins.add(m.besoin)
        appel.membres.get(code="M2").themes.add(m.besoin.theme)
        interets.demander_souhaits(acteur=m.agent, appel=appel, jusqu_au=dans(days=5).date())
        Souhait.objects.create(
            demande=appel.demandes.first(), membre=appel.membres.get(code="M3"), sens=1
        )
        repartition.proposer(acteur=m.agent, appel=appel, nombre=2, charge_max=charge_max)
    suspecte = m.a_repartir.demandes.get(code="D03")
    suspecte.organisme.administrateurs = "Jacinthe Lamontagne"
    suspecte.organisme.save()
    m.lecture = m.a_repartir.repartitions.get().paires[0]
    m.suspecte = suspecte


def _calibrer(m: Any, titre: str) -> None:
    """Trois moments d'un dossier fictif : préparé (autre appel), à noter, dévoilé."""
    textes = {"resume": RESUME, "projet": RESUME, "budget": "Salle : 1 200 $."}
    m.calibrage_prepare = m.edition.calibrages.create(no=1, titre=TITRE, **textes)
    m.calibrage_ouvert, m.calibrage_devoile = (
        m.appel.calibrages.create(no=no, titre=titre, etat=etat, ouvert_le=dans(), **textes,
                                  devoile_le=dans() if etat == "devoile" else None)
        for no, etat in ((1, "ouvert"), (2, "devoile"))
    )  # fmt: skip
    for calibrage, membre, note in (
        (m.calibrage_ouvert, m.second, 3),
        (m.calibrage_devoile, m.presidence, 4),
        (m.calibrage_devoile, m.second, 1),
    ):
        fiche = calibrage.fiches.create(membre=membre)
        for critere in m.appel.criteres.all():
            fiche.notes.create(critere=critere, note=note, commentaire=RESUME)
        fiche.soumise_le = dans()
        fiche.save()


# --- L'argent -----------------------------------------------------------------------------------
def _argent(m: Any) -> None:
    """Après le conseil : refusée, à signer, en cours, à fermer ; et la résolution qui attend."""
    m.resolution = ResolutionFactory(appel=m.appel)
    m.modele = fixer_modele("acceptee")
    m.decide = AppelFactory(
        en_evaluation=True, titre="Appel décidé", etat="decide", plan=m.ouvert.plan
    )
    m.decide.besoins.add(m.besoin)
    m.refusee = _decidee(m, "D20", "refusee", resultat="refusee", motifs="Sous le seuil.")
    m.a_reexaminer = _decidee(m, "D21", "refusee", resultat="refusee", motifs="Sous le seuil.")
    m.reexamen = reexamens.demander_reexamen(
        acteur=m.responsable, demande=m.a_reexaminer, motifs="Une pièce a été oubliée au comité."
    )
    reexamens.confier_reexamen(acteur=None, reexamen=m.reexamen, personne=m.approbation)
    m.lettre = m.refusee.decisions.get().lettres.get()
    m.envoi = m.lettre.envois.create(adresse="direction-generale@regroupement-interculturel.test")
    m.lettre.envois.create(
        adresse="communications@regroupement-interculturel.test", retour_le=dt.date(2030, 3, 1),
        retour_motif="La boîte de ce destinataire est pleine depuis le 12 février.",
    )  # fmt: skip
    m.sans_convention = _decidee(m, "D22", "acceptee")
    m.reserve = m.sans_convention.decisions.get().reserves.create(
        texte="La charte de l'organisme, signée par son conseil d'administration",
        verificateur=m.agent,
        echeance=dt.date(2031, 1, 15),
    )
    m.attend = _decidee(
        m,
        "D27",
        "liste_attente",
        resultat="liste_attente",
        rang_attente=1,
        attente_jusqu_au=dt.date(2031, 3, 31),
    )
    m.a_signer = _decidee(m, "D23", "acceptee")
    m.document = _pdf(m)
    ConventionFactory(
        decision=m.a_signer.decisions.get(),
        etat="transmise",
        transmise_le=dans(),
        document=m.document,
    )
    m.pile = _pile(m)
    m.conventionnee = _decidee(m, "D24", "conventionnee")
    convention = ConventionFactory(decision=m.conventionnee.decisions.get(), en_vigueur=True)
    m.versements = [
        VersementFactory(convention=convention, no=1, montant=Decimal(2000)),
        VersementFactory(
            convention=convention, no=2, montant=Decimal(2000), etat="exigible", propose_par=m.agent
        ),
        VersementFactory(
            convention=convention, no=3, montant=Decimal(2000), etat="autorise",
            propose_par=m.agent, autorise_par=m.approbation,
        ),
        VersementFactory(
            convention=convention, no=4, montant=Decimal(2000), etat="verse", reference="CH-20411",
            propose_par=m.agent, autorise_par=m.approbation, verse_le=dans(days=-3),
            verse_par=m.tresorerie,
        ),
    ]  # fmt: skip
    m.etape = RapportFactory(
        demande=m.conventionnee, nature="etape", depose=True, activites=RESUME,
        echeance=dt.date(2031, 3, 31),
    )  # fmt: skip
    m.final = RapportFactory(demande=m.conventionnee)
    m.a_fermer = _decidee(m, "D25", "conventionnee")
    ConventionFactory(decision=m.a_fermer.decisions.get(), en_vigueur=True)
    m.final_accepte = RapportFactory(
        demande=m.a_fermer, accepte=True, activites=RESUME, resultats=RESUME,
        autres_aides_publiques=Decimal(2000),
    )  # fmt: skip
    _depenses(m.final_accepte)
    m.final_depose = RapportFactory(
        demande=_decidee(m, "D26", "conventionnee"), depose=True, activites=RESUME,
        resultats=RESUME, autres_aides_publiques=Decimal(2000),
    )  # fmt: skip
    _depenses(m.final_depose)


def _vitrine(m: Any) -> None:
    """Une page publiée et sa mise à jour proposée, un service, une semaine."""
    semaine = TempsFort.objects.create(titre=TITRE, texte=RESUME, debut=dans(days=9).date(),
                                       fin=dans(days=15).date())  # fmt: skip
    page = {
        "titre": TITRE, "texte": RESUME, "pour_qui": "Parents d'enfants de 0 à 5 ans",
        "sujets": ["francais", "rencontres"], "statuts": ["etudes", "demandeuse_asile"],
        "langues": ["fr", "interprete"], "lieu": "Salle Pélican", "adresse": "500, rue des Forges",
        "latitude": "46.34370", "longitude": "-72.54120", "debut": dans(days=-5).date(),
        "fin": dans(days=90).date(), "jours": [1, 3], "heure_debut": "18:00", "heure_fin": "20:30",
        "inscription": RESUME, "lien": "https://regroupement-interculturel.exemple.test/activites/",
        "contact_nom": "Amina Traoré", "contact_telephone": "+18193742002",
        "contact_courriel": "amina@exemple.test", "contact_consenti": True,
    }  # fmt: skip
    m.page_publiee = VersionActiviteFactory(projet=m.conventionnee, **page)
    page |= {"activite": m.page_publiee.activite, "etat": "proposee", "publiee_le": None}
    VersionActiviteFactory(temps_fort=semaine, **page)
    VersionActiviteFactory(titre=TITRE, gratuit=False, cout="5 $ par famille")


def _consultation(m: Any) -> None:
    """Une consultation publiée, et le prochain plan en brouillon."""
    m.atelier = AtelierFactory(
        consultation__plan=m.besoin.plan, consultation__publiee=True, organisations=25
    )
    m.consultation = m.atelier.consultation
    m.consultation.instances.create(nom="Comité de pilotage", role=RESUME[:300])
    question = m.atelier.questions.create(texte=TITRE)
    m.atelier.groupes.create(nom="Bleu", personnes=3)
    m.point = m.atelier.points.create(genre="defi", texte=TITRE, question=question)
    m.point.besoins.add(m.besoin)
    m.atelier.points.create(genre="force", texte=TITRE)
    m.consultation.etapes.create(libelle=TITRE, prevue_le=dans(days=20).date())
    m.prochain = preparer(acteur=m.agent, plan=m.besoin.plan, code="PAI-SUITE", titre=TITRE)


def _decidee(m: Any, code: str, etat: str, **champs: Any) -> Any:
    """Une demande décidée, sa lettre transmise."""
    demande = _demande(m, m.decide, etat, code=code, titre=f"{TITRE} ({code})")
    demande.besoins.add(m.besoin)
    refusee = champs.get("resultat", "acceptee") != "acceptee"
    accorde = Decimal(0) if refusee else demande.montant_demande
    decision = DecisionFactory(demande=demande, montant_accorde=accorde, **champs)
    RecommandationFactory(demande=demande, avis="defavorable" if not accorde else "favorable",
                          montant=accorde)  # fmt: skip
    Lettre.objects.create(decision=decision, etat="transmise", emise_le=dans(), document=_pdf(m))
    type(demande).objects.filter(pk=demande.pk).update(etat_annonce=decision.resultat)
    demande.refresh_from_db()
    return demande


def _depenses(rapport: Any) -> None:
    rapport.depenses.create(categorie="salaires", montant=Decimal("17500.00"))
    rapport.depenses.create(
        categorie="administration",
        libelle="Assurances, comptabilité et frais de la caisse populaire",
        montant=Decimal("1980.45"),
    )


def _pile(m: Any) -> PileNumerisee:
    """Trois pages numérisées : une rangée, une sans code, une d'ailleurs."""
    feuille = io.BytesIO()
    Image.new("L", (85, 110), 200).save(feuille, format="PDF")
    pile = PileNumerisee.objects.create(
        appel=m.decide, nom="retours-du-comptoir-2026-09-18-lettres-et-conventions.pdf", total=3,
        fichier=ContentFile(feuille.getvalue(), "pile.pdf"), empreinte="0" * 64,
        deposee_par=m.agent, classee_le=dans(),
    )  # fmt: skip
    retour = RetourNumerise.objects.create(
        document=m.document, pile=pile, fichier=ContentFile(b"%PDF-", "retour.pdf"),
        empreinte="0" * 64, attendues=2,
    )  # fmt: skip
    pile.pages.create(no=3, etat="classee", retour=retour)
    pile.pages.create(no=1, etat="illisible")
    pile.pages.create(no=2, etat="etrangere", lu="https://autre.test/verifier/ABCD-EFGH-JKLM/")
    return pile


def _pdf(m: Any) -> Document:
    return Document.objects.create(
        nature="lettre", titre="Lettre", objet_type="appels.demande", objet_id="0", html=TEXTE_FIGE,
        pdf=ContentFile(b"%PDF-1.7", "lettre.pdf"), empreinte="0" * 64, taille=8,
    )  # fmt: skip
