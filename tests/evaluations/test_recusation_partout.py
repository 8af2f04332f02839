"""Récusé, on ne voit plus rien : chaque adresse de l'application, ses recherches et ses exports.

Le test parcourt toutes les adresses que Django connaît et échoue sur une qu'il ne sait pas former.
"""

import re
import subprocess
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from post_office.models import Email

from appels.models import Message, PieceJointe
from evaluations.models import Evaluation
from evaluations.services import rappels
from evaluations.services import repartition as lectures
from financement.bilan_projets import AXES
from financement.models import LotPaiement, PieceRapport, RepriseEssayee, Scenario
from financement.services.modeles import fixer_modele
from financement.services.prochain_plan import preparer
from socle import horloge
from socle.models import Document, Incident, RoleVille, Travail
from tests.evaluations.test_recusation import MOTS, contenu, prepare
from tests.factories import (
    AffectationFactory,
    AtelierFactory,
    BesoinFactory,
    ConventionFactory,
    DecisionFactory,
    DemandeFactory,
    DocumentFactory,
    OrganismeFactory,
    RapportFactory,
    VersementFactory,
    VersionActiviteFactory,
)
from tests.test_acces import motifs_nommes, papier_et_archive
from vitrine.models import TempsFort

pytestmark = pytest.mark.django_db

MOTS_CACHES = (*MOTS, "Projetconvenu", "Organismeconvenu", "D77", "8 888,88", "8888.88")
# Ce qu'une personne de la Ville peut savoir d'ailleurs : le répertoire des organismes.
# Les pages de connexion ne parlent que du compte ; la galerie, de demandes imaginaires.
COMPTE = ("galerie", "account_", "mfa_", "socialaccount_", "openid_")
REPERTOIRE = {"ville:organismes", "ville:organisme", "ville:comptes", "ville:compte"}
RECHERCHES = (
    "format=csv",
    "format=xlsx&recherche=D0",
    "recherche=unique&q=unique&tri=-organisme&verifier=1",
    "recherche=convenu&q=convenu",
)


@pytest.fixture
def monde(request):
    """Deux demandes cachées : l'une devant le comité, l'autre conventionnée sans lettre émise."""
    pret, cachee = prepare(close=getattr(request, "param", True))
    organisme = OrganismeFactory(nom="Organismeconvenu")
    convenue = DemandeFactory(
        appel=pret.appel,
        code="D77",
        titre="Projetconvenu",
        organisme=organisme,
        recommandee=True,
        etat="acceptee",
        montant_demande="8888.88",
    )
    decision = DecisionFactory(demande=convenue)
    convention = ConventionFactory(decision=decision, en_vigueur=True)
    lettre = decision.lettres.create(
        etat="transmise", emise_le=convenue.deposee_le, document=DocumentFactory()
    )
    type(convenue).objects.filter(pk=convenue.pk).update(etat="conventionnee")
    # L'enveloppe compte tout : un total ne doit pas être le montant d'une seule demande.
    voisine = DemandeFactory(appel=pret.appel, recommandee=True, etat="acceptee")
    ConventionFactory(decision=DecisionFactory(demande=voisine), en_vigueur=True)
    type(voisine).objects.filter(pk=voisine.pk).update(
        etat="conventionnee", etat_annonce="acceptee"
    )
    besoin = BesoinFactory(plan=pret.appel.plan)
    pret.appel.besoins.add(besoin)
    for demande in (cachee, convenue, voisine):
        demande.besoins.add(besoin)
    versement = VersementFactory(convention=convention, montant="8888.88")
    rapport = RapportFactory(demande=convenue, depose=True)
    photo = PieceRapport.objects.create(
        rapport=rapport, nom="Projetconvenu.png", fichier=ContentFile(b"\x89PNG", "p.png"),
        taille=4, type_mime="image/png", empreinte="2" * 64,
    )  # fmt: skip
    temoignage = rapport.temoignages.create(
        texte="Projetconvenu m'a aidée.", photo=photo, consentement="publication",
        consenti_par="A.", moyen="ecrit", consenti_le="2030-01-01", publie_le=horloge.maintenant(),
    )  # fmt: skip
    for membre in pret.membres[3:]:
        AffectationFactory(demande=convenue, membre=membre, recusee=True)
    siegeante = pret.siegeante
    siegeante.roles = list(RoleVille.values)
    siegeante.save()
    for demande in (cachee, convenue):
        Message.objects.create(
            demande=demande, cote="organisme", texte=f"Où en est {demande.titre} ?",
            auteur=pret.membres[0].utilisateur,
        )  # fmt: skip
    courriel = Email.objects.create(
        from_email="a@exemple.test", to=["b@exemple.test"], status=0,
        subject=f"{cachee.reference} : votre demande", message=f"« {cachee.titre} »",
    )  # fmt: skip
    piece = PieceJointe.objects.create(
        demande=cachee, nom="Projetunique2.pdf", fichier=ContentFile(b"%PDF-1.7", "a.pdf"),
        taille=8, type_mime="application/pdf", empreinte="0" * 64,
    )  # fmt: skip
    document = Document.objects.create(
        nature="lettre", titre="Lettre Projetunique2", objet_type="appels.demande",
        objet_id=str(cachee.pk), html="", pdf=ContentFile(b"%PDF-1.7", "l.pdf"),
        empreinte="0" * 64, taille=8,
    )  # fmt: skip
    pile, retour, archive = papier_et_archive(cachee, pret.agente, document)
    autre_travail = Travail.objects.create(
        nature="essai", titre="Lettre de Projetunique2", total=1, cree_par=pret.agente
    )
    question = pret.appel.questions_publiques.create(
        posee_par=pret.membres[0].utilisateur, texte="Projetunique2 est-il admissible ?"
    )
    recevable = DemandeFactory(recevable=True, appel=pret.appel, code="D08", titre="Ouvert")
    nombre = len(pret.membres)
    lectures.proposer(acteur=siegeante, appel=pret.appel, nombre=nombre)
    scenario = Scenario.objects.create(appel=pret.appel, nom="Au rang", seuil=60)
    for rang, demande in enumerate(pret.demandes, start=1):
        scenario.lignes.create(
            demande=demande, rang=rang, score=80, maximum=demande.montant_demande
        )
    formulaire = pret.appel.formulaires.first()
    section = formulaire.sections.create(code="s", titre="Section", ordre=1)
    atelier = AtelierFactory(
        consultation__plan=pret.appel.plan, consultation__publiee_le=horloge.maintenant()
    )
    point = atelier.points.create(genre="defi", texte="Un défi")
    point.besoins.add(besoin)
    etape = atelier.consultation.etapes.create(libelle="Présentation", prevue_le="2030-01-01")
    prochain = preparer(
        acteur=pret.agente, plan=pret.appel.plan, code="PAI-SUITE", titre="La suite"
    )
    return SimpleNamespace(
        pret=pret, pile=pile, retour=retour, archive=archive, cachee=cachee,
        convenue=convenue, versement=versement, rapport=rapport,
        courriel=courriel, piece=piece, document=document, travail=autre_travail,
        question=question, section=section, recevable=recevable, siegeante=siegeante,
        membre=pret.membres[3].utilisateur,
        lettre=lettre, envoi=lettre.envois.create(retour_motif="Projetconvenu"),
        modele=fixer_modele("acceptee"), decision=decision, scenario=scenario,
        calibrage=pret.appel.calibrages.create(no=1, titre="Fictif", resume="x", projet="x"),
        reserve=decision.reserves.create(
            texte="Projetconvenu sans charte", verificateur=pret.agente, echeance="2031-01-01"
        ),
        page_projet=VersionActiviteFactory(projet=convenue, debut=convenue.deposee_le.date()),
        temps_fort=TempsFort.objects.create(titre="SQRI", debut="2030-11-04", fin="2030-11-10"),
        reexamen=convenue.reexamens.create(motifs="Projetconvenu a été mal lu"),
        lot=LotPaiement.objects.create(numero="LOT-2030-001", total=100),
        reprise=RepriseEssayee.objects.create(nom="passes.xlsx", lignes=[]),
        incident=Incident.objects.create(
            constate_le="2030-01-01", description="x", renseignements="x", raisons="x"
        ),
        fiche=Evaluation.objects.filter(affectation__demande=cachee).first(),
        message=Message.objects.filter(demande=cachee).first(),
        voisine=voisine, photo=photo, temoignage=temoignage, besoin=besoin, prochain=prochain,
        consultation=atelier.consultation, atelier=atelier, point=point, etape=etape,
    )  # fmt: skip


def cles_primaires(monde):
    """L'objet de chaque adresse qui en demande un, toujours autour d'une demande cachée."""
    pret, organisme = monde.pret, monde.cachee.organisme
    par_salle = {
        "organisme:": organisme,
        "comite:seance": pret.seance,
        "ville:seance": pret.seance,
        "ville:formulaire": monde.section,
        "ville:lot_": monde.lot,
        "ville:organisme": organisme,
        "ville:coordonnees": organisme,
        "ville:membre_": pret.membres[1],
        "ville:lien": pret.membres[1],
        "ville:repartition_deplacer": pret.membres[1],
        "ville:rapport": monde.rapport,
        "ville:question": monde.question,
        "ville:lettre_": monde.lettre,
        "ville:envoi_": monde.envoi,
        "ville:modele_": monde.modele,
        "ville:reserve": monde.reserve,
        "ville:resolution_": monde.decision.resolution,
        "ville:reexamen": monde.reexamen,
        "ville:activite_": monde.page_projet.activite,
        "ville:scenario": monde.scenario,
        "ville:calibrage": monde.calibrage,
        "comite:calibrage": monde.calibrage,
        "ville:pile": monde.pile,
        "ville:retour": monde.retour,
        "ville:archive": monde.archive,
        "ville:temps_fort": monde.temps_fort,
        "activite": monde.page_projet.activite,
        "organisme:activite": monde.page_projet.activite,
        "ville:temoignage": monde.temoignage,
        "organisme:temoignage": monde.temoignage,
        "consultation": monde.consultation,
        "ville:consultation": monde.consultation,
        "ville:atelier": monde.consultation,
        "ville:point": monde.consultation,
        "ville:etape": monde.consultation,
        "ville:prochain": monde.prochain,
    }
    objets = {
        nom: objet
        for prefixe, objet in par_salle.items()
        for nom, _ in motifs_nommes()
        if nom.startswith(prefixe)
    }
    return objets | {
        "comite:rouvrir_fiche": monde.fiche,
        "ville:message_publier": monde.message,
        "ville:courriel": monde.courriel,
        "ville:compte": pret.membres[1].utilisateur,
        "ville:versement_agir": monde.versement,
        "ville:activite": monde.page_projet.activite,
        "ville:service": monde.page_projet.activite,
        "ville:reprise_confirmer": monde.reprise,
        "ville:incident": monde.incident,
        "travail": monde.travail,
        "travail_agir": monde.travail,
        "document": monde.document,
        "projet_photo": monde.photo,
        "organisme:rapport_piece": monde.photo,
        "organisme:piece": monde.piece,
        "organisme:piece_retirer": monde.piece,
        "organisme:document_dossier": monde.piece,
    }


def adresse_derriere(portee, axe, code):
    """La page des projets derrière un chiffre du bilan."""
    return reverse(
        "bilan:projets", args=[portee], query={"axe": axe} | ({"code": code} if code else {})
    )


def adresse_de(nom, motif, objets, monde):
    """L'adresse ``nom``, formée autour d'une demande cachée ; échoue si on ne sait pas."""
    suite = re.search("convention|avenant|fermeture|rapport|reexamen|temoignage|photo", nom)
    genres = {"ville:consultation_retirer": "point"}
    textes = {
        "code": code_de(nom, monde),
        "portee": monde.pret.appel.code,
        "reference": (monde.convenue if suite else monde.cachee).reference,
        "autre": monde.recevable.reference,
        "nature": {"ville:doute": "doublon"}.get(nom, "final" if suite else "demande"),
        "partie": "projet", "onglet": "texte",
        "genre": genres.get(nom, "acceptee" if "modele" in nom else "rapport_annuel"),
        "forme": "zip" if nom == "ville:lettres_telecharger" else "csv",
        "champ": "titre", "jeton": "inconnu", "passage": "archiver", "action": "x", "no": 1,
        "adhesion": 1, "invitation": 1, "statut": "etudes",
        "bloc": f"discussion-{monde.cachee.pk}",
        "atelier": monde.atelier.pk, "point": monde.point.pk, "etape": monde.etape.pk,
        "objet": monde.point.pk, "numero": 1,
    }  # fmt: skip
    arguments = {}
    for converti in motif.pattern.converters:
        if converti in {"pk", "cle"} and nom in objets:
            arguments[converti] = getattr(objets[nom], converti)
        elif converti in textes:
            arguments[converti] = textes[converti]
        else:
            pytest.fail(f"Dites ici de quel objet caché parle l'adresse « {nom} » ({converti}).")
    return reverse(nom, kwargs=arguments)


def code_de(nom, monde):
    """Le code que cette adresse demande : celui de l'appel, d'un besoin ou d'un document."""
    if nom in {"ville:besoin", "ville:prochain_besoin"}:
        return monde.besoin.code
    return monde.document.code if nom == "verifier_code" else monde.pret.appel.code


def nomme(mot, texte):
    """Le mot entier : un jeton tiré au hasard peut contenir « D02 »."""
    return re.search(rf"\b{re.escape(mot)}\b", texte) is not None


def texte_de(reponse):
    """Ce qu'une personne lit de la réponse, PDF compris."""
    if "pdf" in reponse.headers.get("Content-Type", ""):
        octets = b"".join(reponse.streaming_content) if reponse.streaming else reponse.content
        lu = subprocess.run(["pdftotext", "-", "-"], input=octets, capture_output=True, check=False)
        return lu.stdout.decode()
    return contenu(reponse)


@pytest.mark.parametrize(
    ("qui", "monde"),
    [("membre", False), ("siegeante", True)],
    ids=["membre en séance", "employée après"],
    indirect=["monde"],
)
def test_aucune_adresse_ne_laisse_paraitre_la_demande(monde, qui):
    client = Client()
    client.force_login(getattr(monde, qui))
    vues, fuites = 0, []
    objets = cles_primaires(monde)
    for nom, motif in motifs_nommes():
        if nom.startswith(COMPTE):
            continue
        adresse = adresse_de(nom, motif, objets, monde)
        mots = [m for m in MOTS_CACHES if not (nom in REPERTOIRE and m.startswith("Organisme"))]
        for question in ("", *RECHERCHES):
            reponse = client.get(f"{adresse}?{question}")
            if reponse.status_code != 200:
                break
            vues += 1
            texte = texte_de(reponse)
            fuites += [f"{mot} dans {nom}?{question}" for mot in mots if nomme(mot, texte)]
    assert not fuites, "\n".join(fuites)
    assert vues >= (80 if qui == "membre" else 250)


def test_ni_le_bilan_d_aucune_portee_ni_l_appel_suivant_ne_la_montrent(monde):
    """Ce que la liste des adresses ne forme qu'une fois, ou qu'avant la fin de l'appel."""
    appel = monde.pret.appel
    type(appel).objects.filter(pk=appel.pk).update(etat="decide")
    portees = (appel.code, f"plans/{appel.plan.code}", f"annees/{appel.ouverture.year}")
    codes = {
        "besoin": monde.besoin.code,
        "theme": monde.besoin.theme.code,
        "objectif": monde.besoin.objectif.code,
        "volet": monde.cachee.volet_id,
        "indicateur": "personnes_distinctes",
        "ventilation": "par_genre|femmes",
    }
    pages = [
        reverse(f"ville:{nom}", args=[appel.code]) for nom in ("enseignements", "appel_suivant")
    ]
    for portee in portees:
        pages += [reverse(f"bilan:{nom}", args=[portee]) for nom in ("bilan", "docx", "xlsx")]
        pages += [adresse_derriere(portee, axe, codes.get(axe, "")) for axe in AXES]
    client = Client()
    client.force_login(monde.siegeante)
    lues, fuites = {}, []
    for adresse in pages:
        reponse = client.get(adresse)
        if reponse.status_code == 200:
            lues[adresse] = texte_de(reponse)
            fuites += [f"{mot} dans {adresse}" for mot in MOTS_CACHES if nomme(mot, lues[adresse])]
    assert not fuites, "\n".join(fuites)
    for axe in ("tous", "besoin", "theme", "objectif", "volet"):
        for portee in portees:
            # La voisine annoncée y est : la page n'est pas vide.
            assert monde.voisine.titre in lues[adresse_derriere(portee, axe, codes.get(axe, ""))]
    # Récusé une fois dans l'appel, on n'en lit aucun enseignement.
    assert not set(pages[:2]) & set(lues)


@pytest.mark.parametrize("qui", ["membre", "siegeante"])
def test_aucun_courriel_ne_la_nomme_ni_ne_la_compte(monde, qui):
    personne = getattr(monde, qui)
    rappels.envoyer_rappels()
    recus = [c for c in Email.objects.all() if personne.email in c.to]

    assert recus
    for courriel in recus:
        texte = f"{courriel.subject} {courriel.message}"
        assert not [mot for mot in MOTS_CACHES if mot in texte]
