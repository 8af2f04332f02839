"""Chaque adresse × chaque personne : la matrice d'accès, écrite ici, comparée à ce qui répond.

Une adresse que ce fichier ne connaît pas le fait échouer. « oui » : la page (ou son action) est
servie ; « non » : 404, comme si elle n'existait pas ; sans compte, on mène à la connexion.
"""

import io
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.urls import URLResolver, get_resolver, reverse
from PIL import Image

from appels.models import Appel, Message, PieceJointe, PieceOrganisme
from appels.services import formulaires
from financement.models import (
    Archive,
    LotPaiement,
    PieceRapport,
    PileNumerisee,
    RepriseEssayee,
    RetourNumerise,
    Scenario,
)
from financement.services.modeles import fixer_modele
from financement.services.prochain_plan import preparer
from socle import horloge
from socle.models import Document, Incident, Travail
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    AtelierFactory,
    BesoinFactory,
    ConventionFactory,
    DecisionFactory,
    DemandeFactory,
    DocumentFactory,
    MembreComiteFactory,
    RapportFactory,
    SeanceFactory,
    UtilisateurFactory,
    VersementFactory,
    VersionActiviteFactory,
)
from vitrine.models import Guide, TempsFort

pytestmark = pytest.mark.django_db

EMPLOYES = {"agent", "approbation", "tresorerie", "administration"}
MEMBRES = {"responsable", "redacteur"}
CONNECTES = {
    *EMPLOYES, *MEMBRES, "mifi", "etranger", "libre", "a_declarer", "recuse", "presidence",
    "agent_recuse",
}  # fmt: skip
VILLE = EMPLOYES | {"agent_recuse"}
AGENTS = {"agent", "agent_recuse"}
COMITE = {"libre", "a_declarer", "recuse", "presidence", "agent_recuse"}
TOUS = CONNECTES | {"anonyme"}

# Nom d'adresse → qui est servi (GET). Les actions (POST seulement) répondent 405 à qui les lit.
ACCES: dict[str, set[str]] = {
    **dict.fromkeys(
        (
            "accueil",
            "appel_public",
            "appel_calendrier",
            "appel_autodiagnostic",
            "registre",
            "registre_points",
            "projet",
            "projet_photo",
            "services",
            "activite",
            "activite_ics",
            "calendrier",
            "calendrier_ics",
            "guide",
            "guide_pdf",
            "consultation",
            "consultation_publique",
            "donnees",
            "donnees_fichier",
            "donnees_dictionnaire",
            "donnees_activites",
            "donnees_360",
            "donnees_resultats",
            "api",
            "api_schema",
            "api_appels",
            "api_projets",
            "api_projet",
            "api_activites",
            "sante",
            "verifier",
            "verifier_code",
            "confidentialite",
            "accessibilite",
            "indicateurs",
            "galerie",
        ),
        TOUS,
    ),
    "mon_espace": CONNECTES,
    "mes_renseignements": CONNECTES,
    "compte_fermer": CONNECTES,
    "question_poser": CONNECTES,
    "travail": {"agent"},
    "document": {*EMPLOYES, *MEMBRES, "libre", "presidence"},
    # Organisme
    **dict.fromkeys(("organisme:accueil", "organisme:nouveau", "organisme:invitation"), CONNECTES),
    **dict.fromkeys(
        (
            "organisme:dossier",
            "organisme:ranger_document",
            "organisme:membres",
            "organisme:demande",
            "organisme:rediger",
            "organisme:presents",
            "organisme:demande_copie",
            "organisme:accuse",
            "organisme:convention",
            "organisme:avenant",
            "organisme:avenant_demander",
            "organisme:rapport",
            "organisme:temoignages",
            "organisme:activites",
            "organisme:activite_nouvelle",
            "organisme:activite",
            "organisme:activite_retirer",
        ),
        MEMBRES,
    ),
    "organisme:demande_nouvelle": CONNECTES,
    "organisme:retirer": {"responsable"},
    "organisme:aide": MEMBRES,
    "organisme:echange": MEMBRES,
    "organisme:reexamen": {"responsable"},
    "organisme:piece": {*EMPLOYES, *MEMBRES, "libre", "presidence"},
    "organisme:rapport_piece": {*EMPLOYES, *MEMBRES},
    "organisme:document_dossier": {*VILLE, *MEMBRES},
    # Ville
    **dict.fromkeys(
        (
            "ville:accueil",
            "ville:appels",
            "ville:appel",
            "ville:demandes",
            "ville:echanges",
            "ville:plan",
            "ville:besoin",
            "ville:consultations",
            "ville:consultation",
            "ville:prochain_plan",
            "ville:prochain",
            "ville:prochain_version",
            "ville:organismes",
            "ville:organisme",
            "ville:versements",
            "ville:rapports",
            "ville:reexamens",
            "ville:decisions",
            "ville:grand_livre",
            "ville:lettres",
            "ville:lettres_envois",
        ),
        VILLE,
    ),
    "ville:resolution_extrait": EMPLOYES,
    "ville:lettres_telecharger": {"agent", "approbation"},
    **{f"ville:{nom}": {"agent", "approbation"} for nom in ("lettre_remplacer", "envoi_retour")},
    # Les modèles ne disent rien d'une demande ; leur aperçu écarte celles dont on s'est récusé.
    **{
        f"ville:{nom}": {*AGENTS, "administration"}
        for nom in ("modeles", "modele", "modeles_appel", "modele_appel", "modele_apercu")
    },
    "ville:modele_apercu_pdf": {"agent", "administration"},
    "ville:editeur_textes": CONNECTES,
    **dict.fromkeys(
        (
            "ville:appel_nouveau",
            "ville:reprise",
            "ville:reprise_modele",
            "ville:reprise_confirmer",
            "ville:appel_publier",
            "ville:appel_reporter",
            "ville:appel_modifier",
            "ville:formulaire",
            "ville:formulaire_apercu",
            "ville:formulaire_section",
            "ville:formulaire_section_nouvelle",
            "ville:appel_conditions",
            "ville:messages",
            "ville:papier",
            "ville:repartition",
            "ville:liens",
            "ville:activites",
            "ville:service_nouveau",
            "ville:service",
            "ville:temps_forts",
            "ville:temps_fort",
        ),
        AGENTS,
    ),
    **{
        f"ville:{nom}": {*AGENTS, "administration"}
        for nom in (
            *("consultation_nouvelle", "consultation_modifier", "consultation_retirer"),
            *("atelier_nouveau", "atelier", "point_nouveau", "point", "etape_nouvelle", "etape"),
            *("prochain_besoin", "prochain_besoin_nouveau"),
        )
    },
    "ville:prochain_adopter": {"approbation"},
    "ville:appel_annuler": {"approbation"},
    **dict.fromkeys(
        (
            "ville:demande",
            "ville:convention",
            "ville:avenant",
            "ville:fermeture",
            "ville:rapport",
            "ville:echange",
            "ville:reexamen",
        ),
        EMPLOYES,
    ),
    **{
        f"ville:{nom}": {"agent"}
        for nom in (
            *("complement", "irrecevable", "derogation", "avenant_demander", "doute"),
            "doute_passe",
            *("activite", "activite_retirer"),
        )
    },
    **{f"ville:{nom}": {*AGENTS, "administration"} for nom in ("courriels", "courriel", "etat")},
    **{nom: {"administration"} for nom in ("ville:journal", "ville:comptes", "ville:compte")},
    **{f"ville:{nom}": {"administration"} for nom in ("incidents", "incident", "incident_nouveau")},
    # Une récusation sur une demande de l'appel écarte de ses questions.
    **{
        f"ville:{nom}": {"agent"}
        for nom in ("questions", "question", "question_retirer", "message_publier")
    },
    **{f"ville:{nom}": {"agent"} for nom in ("retours", "pile", "pile_image")},
    "ville:retour": EMPLOYES,
    **{f"ville:{nom}": {"agent", "administration"} for nom in ("archives", "archive")},
    # Un scénario pèse toutes les demandes : une récusation sur une seule en écarte.
    **{
        f"ville:{nom}": {"agent", "approbation"}
        for nom in (
            "scenarios",
            "scenario_nouveau",
            "scenario_comparaison",
            "scenario",
            "scenario_regle",
            "scenario_et_si",
            "scenario_figer",
            "scenario_supprimer",
        )
    },
    "ville:paiements": {"tresorerie"},
    "ville:lot_paiement": {"tresorerie"},
    "organisme:coordonnees": {"responsable"},
    "ville:decisions_lot": {"approbation"},
    "ville:decider": {"approbation"},
    "ville:transfert": {"approbation"},
    "ville:somme_reporter": {"approbation"},
    "ville:abandonner": {"approbation"},
    "ville:reserve": {"agent", "approbation"},
    # Bilan
    **{
        nom: VILLE | {"mifi"}
        for nom in ("bilan:accueil", "bilan:annees", "bilan:bilan", "bilan:xlsx", "bilan:projets")
    },
    "bilan:docx": VILLE,
    # Un enseignement compte toutes les demandes : une récusation sur une seule en écarte.
    "ville:enseignements": EMPLOYES,
    "ville:appel_suivant": {"agent"},
    "bilan:recits": AGENTS,
}
# Ces pages ont leur propre fichier de tests d'accès, récusation comprise.
AILLEURS = ("comite:", "ville:comite", "ville:repartition_", "ville:lien", "ville:seance",
            "ville:classement", "ville:affect", "ville:membre", "ville:calibrage",
            "ville:evaluation", "ville:rappel", "ville:fiches", "ville:clore_evaluation",
            "account_", "mfa_", "socialaccount_", "openid_")  # fmt: skip
ACTIONS = {
    "organisme:rejoindre", "organisme:membre_agir", "organisme:invitation_agir",
    "organisme:enregistrer_reponse", "organisme:revision_vue", "organisme:enregistrer_champ",
    "organisme:budget_enregistrer", "organisme:reprendre_du_dossier", "ville:formulaire_agir",
    "ville:formulaire_section_agir", "organisme:budget_calcul", "organisme:reprendre",
    "organisme:completer", "organisme:piece_retirer", "ville:appel_passer", "ville:verifier",
    "ville:echange_classer", "ville:echange_reprendre", "organisme:rapport_enregistrer",
    "organisme:temoignage_agir", "ville:temoignage_agir",
    "ville:resolution", "ville:reexamen_confier", "ville:lettres_emettre", "ville:convention_agir",
    "ville:lot_fichier", "ville:lot_defaire", "ville:coordonnees_lire",
    "ville:envoi_agir", "ville:modele_abandonner", "travail_agir",
    "ville:versement_agir", "ville:rapport_examiner", "ville:fermeture_agir", "bilan:pdf",
}  # fmt: skip


PAGES_DE_CONSULTATION = (
    "consultation_publique",
    *(
        f"ville:{nom}"
        for nom in (
            *("consultation", "consultation_modifier", "consultation_retirer", "atelier_nouveau"),
            *("atelier", "point_nouveau", "point", "etape_nouvelle", "etape"),
        )
    ),
)


def noms(motifs=None, espace=""):
    for motif in get_resolver().url_patterns if motifs is None else motifs:
        if isinstance(motif, URLResolver):
            dedans = f"{espace}{motif.namespace}:" if motif.namespace else espace
            yield from noms(motif.url_patterns, dedans)
        else:
            yield f"{espace}{motif.name}"


def test_chaque_adresse_est_dans_la_matrice():
    connues = ACCES.keys() | ACTIONS
    inconnues = {nom for nom in noms() if nom not in connues and not nom.startswith(AILLEURS)}

    assert not inconnues, f"Ajoutez-les à la matrice d'accès : {sorted(inconnues)}"
    assert not connues - set(noms()), "La matrice nomme des adresses qui n'existent plus."


@pytest.fixture
def monde():
    return un_monde()


def un_monde():
    """Une demande à chaque moment, et chaque lien qu'une personne peut avoir avec elle."""
    decision = DecisionFactory()
    demande = decision.demande
    demande.appel.besoins.add(BesoinFactory(plan=demande.appel.plan))
    convention = ConventionFactory(decision=decision, en_vigueur=True)
    type(demande).objects.filter(pk=demande.pk).update(
        etat="conventionnee", etat_annonce="acceptee"
    )
    demande.refresh_from_db()
    VersementFactory(convention=convention)
    rapport = RapportFactory(demande=demande)
    photo = PieceRapport.objects.create(
        rapport=rapport, nom="photo.png", fichier=ContentFile(b"\x89PNG", "photo.png"), taille=4,
        type_mime="image/png", empreinte="2" * 64,
    )  # fmt: skip
    rapport.temoignages.create(
        texte="On s'est sentis chez nous.", photo=photo, consentement="publication",
        consenti_par="A.", moyen="ecrit", consenti_le="2030-01-01", publie_le=horloge.maintenant(),
    )  # fmt: skip
    depot = demande.depots.create(
        numero=f"{demande.reference}-1",
        depose_le=demande.deposee_le,
        contenu={},
        empreinte="0" * 64,
    )
    document = Document.objects.create(
        nature="accuse", titre="Accusé", objet_type="appels.depot", objet_id=str(depot.pk),
        html="", pdf=ContentFile(b"%PDF-1.7", "accuse.pdf"), empreinte="0" * 64, taille=8,
    )  # fmt: skip
    piece = PieceJointe.objects.create(
        demande=demande, nom="a.pdf", fichier=ContentFile(b"%PDF-1.7", "a.pdf"), taille=8,
        type_mime="application/pdf", empreinte="0" * 64,
    )  # fmt: skip
    personnes = {role: UtilisateurFactory(roles=[role]) for role in (*sorted(EMPLOYES), "mifi")}
    personnes["responsable"] = AdhesionFactory(organisme=demande.organisme).utilisateur
    personnes["redacteur"] = AdhesionFactory(
        organisme=demande.organisme, role="redacteur"
    ).utilisateur
    personnes["etranger"] = AdhesionFactory().utilisateur
    for nom, traits, roles in (
        ("libre", {"libre": True}, []),
        ("a_declarer", {}, []),
        ("recuse", {"recusee": True}, []),
        ("presidence", {"libre": True}, []),
        ("agent_recuse", {"recusee": True}, ["agent"]),
    ):
        personnes[nom] = UtilisateurFactory(roles=roles)
        siege = MembreComiteFactory(
            appel=demande.appel,
            utilisateur=personnes[nom],
            presidence=nom == "presidence",
        )
        AffectationFactory(demande=demande, membre=siege, **traits)
    SeanceFactory(appel=demande.appel)
    travail = Travail.objects.create(
        nature="essai", titre="Essai", total=1, cree_par=personnes["agent"]
    )
    from post_office.models import Email

    courriel = Email.objects.create(from_email="a@exemple.test", to=["b@exemple.test"], subject="x")
    brouillon = DemandeFactory(organisme=demande.organisme, copiee_de=demande)
    reexamen = demande.reexamens.create(motifs="Erreur")
    reserve = decision.reserves.create(
        texte="La charte signée", verificateur=personnes["agent"], echeance="2031-01-01"
    )
    decision.resolution.extrait.save("extrait.pdf", ContentFile(b"%PDF-1.7"))
    au_dossier = PieceOrganisme.objects.create(
        organisme=demande.organisme, genre="rapport_annuel", date_document="2030-01-01",
        nom="rapport.pdf", fichier=ContentFile(b"%PDF-", name="rapport.pdf"), taille=5,
        type_mime="application/pdf", empreinte="0" * 64,
    )  # fmt: skip
    convention.avenants.create(
        no=1, motif="Plus de temps", portee="Un mois de plus", etat="refuse", reponse="Trop tard"
    )
    voisine = DemandeFactory(recevable=True)
    reprise = RepriseEssayee.objects.create(nom="passes.xlsx", lignes=[])
    incident = Incident.objects.create(
        constate_le="2030-01-01", description="x", renseignements="x", raisons="x"
    )
    pile, retour, archive = papier_et_archive(demande, personnes["agent"], document)
    scenario = Scenario.objects.create(appel=demande.appel, nom="Au rang", seuil=60)
    lot = LotPaiement.objects.create(numero="LOT-2030-001", total=100)
    message = Message.objects.create(
        demande=demande, cote="organisme", texte="Une question ?", auteur=personnes["responsable"]
    )
    question = demande.appel.questions_publiques.create(
        posee_par=personnes["etranger"], texte="Une question ?", enonce="Une question ?",
        reponse="Oui.", etat="publiee", numero=1, publiee_le=demande.deposee_le,
    )  # fmt: skip
    lettre = decision.lettres.create(
        etat="transmise", emise_le=demande.deposee_le,
        document=DocumentFactory(),
    )  # fmt: skip
    envoi = lettre.envois.create(adresse="a@exemple.test")
    modele = fixer_modele("acceptee")
    page_projet = VersionActiviteFactory(projet=demande, debut=demande.deposee_le.date())
    page_service = VersionActiviteFactory()
    temps_fort = TempsFort.objects.create(titre="SQRI", debut="2030-11-04", fin="2030-11-10")
    guide = Guide.objects.create(statut="etudes", pdf=ContentFile(b"%PDF-1.7", "guide.pdf"))
    atelier = AtelierFactory(
        consultation__plan=demande.appel.plan, consultation__publiee_le=demande.deposee_le
    )
    consultation = atelier.consultation
    point = atelier.points.create(genre="defi", texte="Un défi")
    etape = consultation.etapes.create(libelle="Présentation", prevue_le="2030-01-01")
    prochain = preparer(
        acteur=personnes["agent"], plan=demande.appel.plan, code="PAI-SUITE", titre="La suite"
    )
    fini = AppelFactory(en_evaluation=True, etat="decide")
    AffectationFactory(
        demande=DemandeFactory(appel=fini, recevable=True),
        membre=MembreComiteFactory(appel=fini, utilisateur=personnes["agent_recuse"]),
        recusee=True,
    )
    compose = AppelFactory()
    section = formulaires.creer_formulaire_par_defaut(appel=compose).sections.first()
    return SimpleNamespace(**locals())


def papier_et_archive(demande, agent, document):
    """Une pile d'une page, son retour et l'archive de l'appel."""
    feuille = io.BytesIO()
    Image.new("L", (85, 110), 255).save(feuille, format="PDF")
    pile = PileNumerisee.objects.create(
        appel=demande.appel, nom="pile.pdf", fichier=ContentFile(feuille.getvalue(), "pile.pdf"),
        empreinte="0" * 64, total=1, deposee_par=agent,
    )  # fmt: skip
    retour = RetourNumerise.objects.create(
        document=document, pile=pile, fichier=ContentFile(b"%PDF-", "retour.pdf"),
        empreinte="0" * 64, attendues=1,
    )  # fmt: skip
    travail = Travail.objects.create(nature="archive", titre="Archive", total=1, cree_par=agent)
    archive = Archive.objects.create(
        appel=demande.appel, travail=travail, fichier=ContentFile(b"PK", "archive.zip"),
        empreinte="0" * 64, demandee_par=agent,
    )  # fmt: skip
    return pile, retour, archive


def arguments(nom, monde):
    """De quoi former l'adresse ``nom`` autour de la demande du monde."""
    demande = monde.demande
    pk = {
        "organisme:dossier": demande.organisme_id,
        "organisme:membres": demande.organisme_id,
        "organisme:ranger_document": demande.organisme_id,
        "ville:organisme": demande.organisme_id,
        "ville:compte": monde.personnes["mifi"].pk,
        "ville:courriel": monde.courriel.pk,
        "ville:rapport": monde.rapport.pk,
        "ville:incident": monde.incident.pk,
        "ville:reprise_confirmer": monde.reprise.pk,
        "ville:lot_paiement": monde.lot.pk,
        **{
            f"ville:scenario{suite}": monde.scenario.pk
            for suite in ("", "_regle", "_et_si", "_figer", "_supprimer")
        },
        "organisme:coordonnees": demande.organisme_id,
        "ville:reexamen": monde.reexamen.pk,
        "ville:reserve": monde.reserve.pk,
        "ville:resolution_extrait": monde.decision.resolution_id,
        "ville:formulaire_section": monde.section.pk,
        "ville:formulaire_apercu": monde.section.pk,
        "ville:question": monde.question.pk,
        "ville:question_retirer": monde.question.pk,
        "ville:message_publier": monde.message.pk,
        "ville:lettre_remplacer": monde.lettre.pk,
        "ville:envoi_retour": monde.envoi.pk,
        "ville:modele_apercu": monde.modele.pk,
        "ville:modele_apercu_pdf": monde.modele.pk,
        "ville:activite": monde.page_projet.activite_id,
        "ville:activite_retirer": monde.page_projet.activite_id,
        "ville:service": monde.page_service.activite_id,
        "ville:temps_fort": monde.temps_fort.pk,
        **dict.fromkeys(PAGES_DE_CONSULTATION, monde.consultation.pk),
        **{
            f"ville:prochain{suite}": monde.prochain.pk
            for suite in ("", "_adopter", "_besoin", "_besoin_nouveau", "_version")
        },
    }
    cle = {
        "document": monde.document.cle,
        "travail": monde.travail.cle,
        "organisme:piece": monde.piece.cle,
        "organisme:rapport_piece": monde.photo.cle,
        "projet_photo": monde.photo.cle,
        "organisme:document_dossier": monde.au_dossier.cle,
        "ville:pile": monde.pile.cle,
        "ville:pile_image": monde.pile.cle,
        "ville:retour": monde.retour.cle,
        "ville:archive": monde.archive.cle,
        **dict.fromkeys(
            ("activite", "activite_ics", "organisme:activite", "organisme:activite_retirer"),
            monde.page_projet.activite.cle,
        ),
    }
    code = {
        "ville:enseignements": monde.fini.code,
        "ville:appel_suivant": monde.fini.code,
        "ville:besoin": demande.appel.besoins.first().code,
        "ville:prochain_besoin": demande.appel.besoins.first().code,
        "verifier_code": monde.document.code,
    }
    if nom in {"ville:enseignements", "ville:appel_suivant"}:
        # Un appel n'enseigne qu'une fois ses décisions prises.
        type(demande.appel).objects.filter(pk=demande.appel_id).update(etat="decide")
    du_formulaire = nom.startswith("ville:formulaire")
    if du_formulaire:
        code[nom] = monde.compose.code
    reference = dict.fromkeys(
        ("organisme:rediger", "organisme:presents", "organisme:demande_copie"),
        monde.brouillon.reference,
    )
    genre = {"ville:consultation_retirer": "point"}
    if nom.startswith("ville:modele"):
        genre[nom] = "acceptee"
    valeurs = {
        "reference": reference.get(nom, demande.reference),
        "code": code.get(nom, demande.appel.code),
        "pk": pk.get(nom, 1),
        "cle": cle.get(nom),
        "partie": "projet",
        "portee": demande.appel.code,
        "nature": {"ville:doute": "doublon"}.get(nom, "demande" if du_formulaire else "final"),
        "onglet": "texte",
        "forme": "zip" if nom == "ville:lettres_telecharger" else "csv",
        "autre": monde.voisine.reference,
        "jeton": "inconnu",
        "statut": monde.guide.statut,
        "no": 1,
        "atelier": monde.atelier.pk,
        "point": monde.point.pk,
        "etape": monde.etape.pk,
        "objet": monde.point.pk,
        "genre": genre.get(nom, "rapport_annuel"),
        "numero": 1,
    }
    motif = next(m for n, m in motifs_nommes() if n == nom)
    return {cle_: valeurs[cle_] for cle_ in motif.pattern.converters}


def motifs_nommes(motifs=None, espace=""):
    for motif in get_resolver().url_patterns if motifs is None else motifs:
        if isinstance(motif, URLResolver):
            dedans = f"{espace}{motif.namespace}:" if motif.namespace else espace
            yield from motifs_nommes(motif.url_patterns, dedans)
        else:
            yield f"{espace}{motif.name}", motif


@pytest.mark.parametrize("nom", sorted(ACCES))
def test_chaque_personne_voit_ce_que_la_matrice_dit(nom, monde, client):
    adresse = reverse(nom, kwargs=arguments(nom, monde))
    if nom == "organisme:demande_nouvelle":
        adresse += f"?appel={monde.brouillon.appel.code}"
    if nom in {"ville:enseignements", "ville:appel_suivant"}:
        Appel.objects.filter(pk=monde.demande.appel_id).update(etat="decide")
    if nom == "bilan:projets":
        adresse += "?axe=indicateur&code=personnes_distinctes"
    ecarts = []
    for qui in sorted(TOUS):
        client.logout()
        if qui != "anonyme":
            client.force_login(monde.personnes[qui])
        reponse = client.get(adresse)
        if reponse.streaming:
            # Lue jusqu'au bout, elle ferme son fichier.
            b"".join(reponse.streaming_content)
        statut = reponse.status_code
        servie = statut in {200, 302} if qui != "anonyme" else statut in {200, 503}
        if servie != (qui in ACCES[nom]) or (qui != "anonyme" and not servie and statut != 404):
            ecarts.append(f"{qui} : {statut}")
    assert not ecarts, f"{adresse} {ecarts}"


def test_le_bailleur_lit_sa_reddition_de_comptes_et_rien_d_autre(monde, client):
    """Toutes les adresses de l'application, hors celles du public : ce qui répond au bailleur."""
    client.force_login(monde.personnes["mifi"])
    publiques = {nom for nom, qui in ACCES.items() if "anonyme" in qui}
    lues = set()
    for nom in sorted({nom for nom in noms() if not nom.startswith(AILLEURS)} - publiques):
        adresse = reverse(nom, kwargs=arguments(nom, monde) if nom in ACCES else a_agir(nom, monde))
        reponse = client.get(adresse, {"axe": "tous"} if nom == "bilan:projets" else {})
        if reponse.status_code not in {404, 405}:
            lues.add(nom)
    compte = {
        "mon_espace", "mes_renseignements", "compte_fermer", "organisme:accueil",
        "organisme:nouveau",
        "organisme:invitation", "question_poser", "ville:editeur_textes",
    }  # fmt: skip
    reddition = {"bilan:accueil", "bilan:annees", "bilan:bilan", "bilan:projets", "bilan:xlsx"}
    assert lues - compte == reddition


def a_agir(nom, monde):
    """De quoi former l'adresse d'une action."""
    valeurs = {
        "partie": "depenses",
        "reference": monde.demande.reference, "code": monde.demande.appel.code, "pk": 1,
        "cle": monde.piece.cle, "action": "x", "passage": "archiver", "adhesion": 1,
        "invitation": 1, "nature": "demande", "champ": "titre", "forme": "csv",
        "portee": monde.demande.appel.code,
    }  # fmt: skip
    motif = next(m for n, m in motifs_nommes() if n == nom)
    return {cle: valeurs[cle] for cle in motif.pattern.converters}


@pytest.mark.parametrize("nom", sorted(ACTIONS))
def test_une_action_ne_se_lit_pas_et_demande_un_compte(nom, monde, client):
    adresse = reverse(nom, kwargs=a_agir(nom, monde))

    assert client.post(adresse).status_code == 302
    client.force_login(monde.personnes["etranger"])
    assert client.get(adresse).status_code == 405
    if nom != "organisme:rejoindre":
        assert client.post(adresse).status_code == 404
