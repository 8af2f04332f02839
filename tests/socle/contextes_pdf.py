"""Des contextes vraisemblables pour chaque gabarit PDF ; tout est fictif."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from financement.avenants import EcartPoste
from financement.champs_fusion import CHAMPS, connus
from financement.documents_fusionnes import en_clauses
from financement.fusion import fusionner
from financement.modeles_livres import livre
from financement.models import ModeleDocument, Signature
from financement.solde import DepenseJugee, Solde, lignes_du_solde
from socle.graphiques import Part
from socle.graphiques_classement import Rang
from socle.models import Utilisateur
from socle.templatetags.documents import reponse
from tests.socle.contexte_bilan import BILAN


def _bloc(nom: str, **contexte: Any) -> str:
    return SafeString(render_to_string(f"pdf/{nom}.html", contexte))


ICI = ZoneInfo("America/Toronto")
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
DOUBLONS = "non dédoublonné"
APPEL = {
    "code": "AP-2026-01",
    "titre": "Enracinement et vivre-ensemble 2026-2027",
    "cloture": dt.datetime(2026, 6, 12, 16, tzinfo=ICI),
    "seuil_passage": Decimal(60),
}
ORGANISME = {
    "nom": "Carrefour Racines trifluviennes",
    "neq": "1100000018",
    "adresse": "123, rue des Exemples, bureau 200",
    "ville": "Trois-Rivières",
    "code_postal": "G9A 5H3",
    "telephone": "819 555-0142",
    "courriel": "direction@exemple.test",
    "signataire_nom": "Amina Spécimen",
    "signataire_titre": "directrice générale",
}
DESTINATAIRE = {
    **ORGANISME,
    "personne": ORGANISME["signataire_nom"],
    "titre": ORGANISME["signataire_titre"],
}
RESUME = (
    "Un guide illustré, douze ateliers et un service de jumelage pour que chaque personne qui "
    "arrive à Trois-Rivières sache, selon son statut, à quelle porte frapper.\n\n"
    "Le projet réunit six partenaires du milieu et forme vingt bénévoles."
)
DEMANDE = {
    "reference": "AP-2026-01-D01",
    "titre": "Guide d'enracinement selon les statuts",
    "resume": RESUME,
    "secteur": "Centre-ville",
    "montant_demande": Decimal("19500"),
    "contribution_nature": Decimal("2000"),
}
VOLET = "Volet 1 — Projets structurants"
RESOLUTION = {"numero": "C-2026-0818", "date": dt.date(2026, 8, 18)}
VERSEMENTS = [
    {"no": 1, "montant": Decimal("9750"), "condition": "À la signature de la convention"},
    {"no": 2, "montant": Decimal("7800"), "condition": "À l'acceptation du rapport d'étape"},
    {"no": 3, "montant": Decimal("1950"), "condition": "À l'acceptation du rapport final"},
]
RAPPORTS = [
    {"libelle": "Rapport d'étape", "echeance": dt.date(2027, 3, 31)},
    {"libelle": "Rapport final", "echeance": dt.date(2027, 9, 30)},
]
CONDITIONS = [
    "Confirmer par écrit la participation des six partenaires avant le premier versement.",
    "Offrir au moins quatre ateliers en dehors du centre-ville.",
]
MOTIFS_PAR_CRITERE = [
    {
        "critere": "Réponse à un besoin démontré et lien avec le plan d'action",
        "motif": "Le besoin est réel, mais le lien avec les besoins P07 et R03 reste à démontrer.",
    },
    {
        "critere": "Qualité et faisabilité : objectifs, activités, échéancier",
        "motif": "L'échéancier ne prévoit pas de période pour recruter les bénévoles.",
    },
    {
        "critere": "Capacité de l'organisme et réalisme budgétaire",
        "motif": "Les frais de coordination paraissent élevés pour le nombre d'activités.",
    },
]
LETTRE: dict[str, Any] = {
    "reference": "L-AP-2026-01-D01",
    "date": dt.date(2026, 8, 20),
    "destinataire": DESTINATAIRE,
    "appel": APPEL,
    "demande": DEMANDE,
    "volet": VOLET,
    "resolution": RESOLUTION,
    "signataire": {"nom": "Dominique Approbation", "titre": "Cheffe de service"},
    "contact": {
        "nom": "Bureau de développement social",
        "telephone": "819 374-2002",
        "courriel": "appels@exemple.test",
    },
}
MOTIFS = (
    "Le comité reconnaît l'utilité du projet et la qualité de ses partenaires.\n\n"
    "Il recommande de soutenir les ateliers et le guide, mais non la plateforme en ligne, dont "
    "les coûts d'entretien ne sont pas prévus après la première année."
)
POSTES = [
    ("Salaires et charges sociales", "Coordination et animation", 14300, True),
    ("Location de salles et d'équipement", "Salles", 2600, True),
    ("Matériel et fournitures", "Impression du guide, fournitures d'atelier", 3900, True),
    ("Promotion et visibilité", "Affiches et infolettre", 2080, True),
    ("Repas et accueil", "Collations", 1300, True),
    ("Frais d'administration", "", 1820, True),
    ("Autre", "Achat d'un ordinateur", 600, False),
]
POSTES = [
    dict(zip(("categorie", "libelle", "montant", "admissible"), poste, strict=True))
    for poste in POSTES
]
BESOINS = [
    ("P07", "Outiller les personnes selon leur statut"),
    ("R03", "Tenir un répertoire à jour des services"),
    ("B12", "Briser l'isolement des familles nouvellement arrivées"),
]
ACCUSE = {
    "reference": "AR-AP-2026-01-D01-1",
    "depose_le": dt.datetime(2026, 6, 10, 11, 30, 7, tzinfo=ICI),
    "depose_par": "Rémi Rédaction",
    "signataire": "Amina Spécimen, directrice générale",
    "empreinte": SHA,
    "appel": APPEL,
    "organisme": ORGANISME,
    "demande": DEMANDE,
    "volet": VOLET,
    "besoins": [{"code": code, "libelle": libelle} for code, libelle in BESOINS],
    "sections": [
        {
            "titre": "Le besoin",
            "reponses": [
                {
                    "question": "À quel besoin votre projet répond-il ?",
                    "texte": "Les personnes arrivées depuis moins de deux ans disent ne pas savoir "
                    "à quels services leur statut donne droit. " * 3,
                },
                {
                    "question": "Comment l'avez-vous constaté ?",
                    "texte": "Trois rencontres de groupe.\n\nUn sondage auprès de 84 personnes.",
                },
            ],
        },
        {
            "titre": "Les activités",
            "reponses": [
                {
                    "question": "Quelles activités réaliserez-vous ?",
                    "texte": ["Douze ateliers", "Un guide illustré", "Un service de jumelage"],
                },
                {"question": "Autres précisions", "texte": ""},
            ],
        },
    ],
    "postes": POSTES,
    "revenus": [
        {"source": "Gouvernement du Québec", "statut": "confirmée", "montant": Decimal(3000)},
        {"source": "Fonds propres de l'organisme", "statut": "confirmée", "montant": Decimal(4100)},
    ],
    "totaux": {
        "depenses": Decimal(26600),
        "admissible": Decimal(26000),
        "non_admissible": Decimal(600),
        "revenus": Decimal(26600),
        "taux_aide": Decimal("75.0"),
        "taux_cumul": Decimal("86.5"),
    },
    "parts": [
        Part("Aide demandée à la Ville", Decimal(19500)),
        Part("Gouvernement du Québec", Decimal(3000)),
        Part("Fonds propres de l'organisme", Decimal(4100)),
    ],
    "pieces": [
        {
            "libelle": "Lettres patentes",
            "nom": "lettres-patentes.pdf",
            "taille": 348_160,
            "empreinte": SHA,
        },
        {
            "libelle": "Résolution du conseil d'administration",
            "nom": "resolution-ca-2026-05.pdf",
            "taille": 1_520_000,
            "empreinte": SHA[::-1],
        },
    ],
}
# Ce que valent les champs des modèles livrés, blocs rendus.
VALEURS = {
    **dict.fromkeys((champ.nom for champ in CHAMPS), "valeur"),
    "projet": DEMANDE["titre"],
    "reference": DEMANDE["reference"],
    "volet": VOLET,
    "contact": "téléphonez au 819 374-2002 ou écrivez à appels@exemple.test",
    "montant_demande": "19 500,00 $",
    "montant_accorde": "19 500,00 $",
    "montant_en_lettres": "dix-neuf mille cinq cents dollars",
    "provenance": "MIFI, 14 625,00 $ ; Ville, 4 875,00 $",
    "taux_aide": "80 %",
    "taux_cumul": "90 %",
    "ecart_sans_avenant": "15 %",
    "resolution": RESOLUTION["numero"],
    "date_resolution": "18 août 2026",
    "debut": "1er septembre 2026",
    "fin_projet": "31 août 2027",
    "rapport_etape_le": "mercredi 31 mars 2027",
    "rapport_final_le": "jeudi 30 septembre 2027",
    "rang_attente": "1er",
    "attente_jusqu_au": "mercredi 31 mars 2027",
    "reexamen_jours": "30",
    "reexamen_limite": "samedi 19 septembre 2026",
    "versements": _bloc("_versements", versements=VERSEMENTS, total=Decimal("19500")),
    "motifs": reponse(MOTIFS),
    "motifs_par_critere": _bloc("_motifs_par_critere", motifs_par_critere=MOTIFS_PAR_CRITERE),
    "conditions": reponse(CONDITIONS),
    "rapports": reponse([rapport["libelle"] for rapport in RAPPORTS]),
    "reexamen_demande_le": "jeudi 10 septembre 2026",
    "decision_contestee": "la décision prise par la résolution 2026-0457 du 18 août 2026",
    "motifs_invoques": reponse("Une fiche n'a pas été comptée."),
    "reponse": reponse("Les quatre fiches ont été relues : la procédure a été suivie."),
    "suite": "au comité",
    "resume": SafeString(f'<div class="retrait">{reponse(RESUME)}</div>'),
}


def _corps(genre: str, valeurs: dict[str, str]) -> str:
    return SafeString(fusionner(livre(genre)[1], connus(genre), valeurs))


def _lettre(genre: str, **valeurs: str) -> dict[str, Any]:
    return {
        **LETTRE,
        "genre": "Lettre de décision",
        "objet": livre(genre)[0],
        "corps": _corps(genre, VALEURS | valeurs),
    }


_AVIS = [
    ("D01", "Guide d'enracinement selon les statuts", "85.8", 19500, "Favorable", 19500),
    ("D05", "Cafés du monde au parc", "84.8", 12000, "Favorable", 12000),
    ("D02", "Jumelage interculturel et plateforme de liens", "81.8", 18000, "Favorable", 18000),
    ("D03", "Premiers pas en français au travail", "77.8", 20000, "Favorable en partie", 16000),
    ("D07", "Festival des voisins venus d'ailleurs", "77.0", 20000, "Favorable en partie", 12000),
    ("D11", "Clinique juridique mobile", "66.8", 16000, "Liste d'attente", 0),
    ("D08", "Annuaire des entreprises accueillantes", "54.6", 15000, "Défavorable", 0),
]
_MEMBRES = [
    ("Camille Exemple", "Ville — Bureau de développement social", "Présidence", True),
    ("Noé Fictif", "Ville — culture, loisirs et vie communautaire", "Membre", True),
    ("Maude Modèle", "Partenaire institutionnel (santé)", "Membre", True),
    ("Idriss Spécimen", "Partenaire communautaire (table locale)", "Membre", True),
    ("Léa Prototype", "Citoyenne issue de l'immigration", "Membre", True),
    ("Hugo Témoin", "Partenaire économique", "Membre", False),
]
COMPTE_RENDU = {
    "reference": "CR-AP-2026-01-2026-07-09",
    "projet": False,
    "textes": {
        "ouverture": "La présidence ouvre la séance et rappelle la règle des récusations.",
        "suites": "La Ville écrit aux organismes après le conseil.",
        "annexe": "Le comité a suivi le guide d'évaluation de 2026.",
    },
    "explication": {
        "alpha": Decimal("0.71"),
        "accord": "accord moyen : fiez-vous à l'ordre avec prudence",
        "icc_moyenne": Decimal("0.84"),
        "fidelite": "sur les 7 demandes que les 5 membres ont notées",
        "limites": ["Avec 5 membres, la solidité est un ordre de grandeur."],
    },
    "sans_avis": ["D11 — Un atelier de théâtre"],
    "appel": APPEL,
    "seance": {
        "date": dt.datetime(2026, 7, 9, 9, tzinfo=ICI),
        "lieu": "salle Saint-Maurice, hôtel de ville",
        "ouverte_le": dt.datetime(2026, 7, 9, 9, 5, tzinfo=ICI),
        "close_le": dt.datetime(2026, 7, 9, 11, 40, tzinfo=ICI),
    },
    "notes": "Le comité souhaite que le prochain appel prévoie un volet pour l'emploi.",
    "presences": [
        {
            "nom": nom,
            "qualite": qualite,
            "role": role,
            "presente": presente,
            "heures": "jusqu'à 10 h, puis dès 10 h 20" if nom == "Noé Fictif" else "",
        }
        for nom, qualite, role, presente in _MEMBRES
    ],
    "quorum": 4,
    "recusations": [
        {
            "nom": "Idriss Spécimen",
            "demandes": ["D03 — Premiers pas en français au travail"],
        }
    ],
    "volets": [
        {
            "nom": VOLET,
            "enveloppe": Decimal(78000),
            "total_recommande": Decimal(77500),
            "rangs": [
                Rang(f"{code} — {titre}", Decimal(score), Decimal(demande))
                for code, titre, score, demande, _, _ in _AVIS
            ],
            "chiffres": [
                {
                    "rang": rang,
                    "code": code,
                    "titre": titre,
                    "score": Decimal(score),
                    "corrigee": Decimal(score) - Decimal("0.6"),
                    "ecart": Decimal("9.0"),
                    "ecart_type": Decimal("4.1"),
                    "solidite": Decimal(97 - 20 * rang),
                }
                for rang, (code, titre, score, *_) in enumerate(_AVIS, start=1)
            ],
            "demandes": [
                {
                    "vote": {"pour": 4, "contre": 0, "abstentions": 1} if code == "D08" else None,
                    "discussion": "Le comité salue la qualité du partenariat.",
                    "fiches_modifiees": {
                        "nombre": 1,
                        "avant": Decimal("70.0"),
                        "apres": Decimal(score),
                    }
                    if code == "D08"
                    else None,
                    "rang": rang,
                    "ex_aequo": False,
                    "code": code,
                    "reference": f"AP-2026-01-{code}",
                    "organisme": "Les Ponts du Saint-Maurice",
                    "titre": titre,
                    "score": Decimal(score),
                    "ecart": Decimal("9.0"),
                    "alerte_ecart": code == "D08",
                    "montant_demande": Decimal(demande),
                    "avis": avis,
                    "montant": Decimal(montant),
                    "motifs": MOTIFS,
                    "motifs_par_critere": MOTIFS_PAR_CRITERE if code == "D08" else [],
                    "conditions": CONDITIONS if code == "D03" else [],
                    "presents": 4 if code == "D03" else 5,
                    "recuses": ["Idriss Spécimen"] if code == "D03" else [],
                }
                for rang, (code, titre, score, demande, avis, montant) in enumerate(_AVIS, start=1)
            ],
        }
    ],
    "presidence": "Camille Exemple",
    "secretaire": "Alex Agent",
}
CONVENTION = {
    "reference": "CV-AP-2026-01-D01",
    "date": dt.date(2026, 8, 25),
    "representant": {"nom": "Dominique Approbation", "titre": "cheffe de service"},
    "organisme": ORGANISME,
    "appel": APPEL,
    "demande": DEMANDE,
    "resolution": RESOLUTION,
    "objet": "Convention d'aide financière",
    "corps": en_clauses(_corps("convention", VALEURS)),
    "postes": POSTES,
    "totaux": ACCUSE["totaux"],
}
SIGNE = {
    "reference": "CV-AP-2026-01-D01-S",
    "titre": "Convention signée — AP-2026-01-D01",
    "corps": SafeString(f"<h1>Convention d'aide financière</h1>{CONVENTION['corps']}"),
    "document": {
        "titre": "Convention d'aide financière — AP-2026-01-D01",
        "empreinte": SHA,
        "cree_le": dt.datetime(2026, 8, 25, 9, 30, 5, tzinfo=ICI),
    },
    "signatures": [
        Signature(
            cote="organisme",
            mode="en_ligne",
            nom="Amina Spécimen",
            titre="directrice générale",
            personne=Utilisateur(nom="Amina Spécimen", email="direction@exemple.test"),
            courriel="direction@exemple.test",
            verification="mot_de_passe",
            adresse="192.0.2.10",
            consentement="J'ai lu la convention et je l'accepte.",
            empreinte=SHA,
            signee_le=dt.datetime(2026, 8, 27, 14, 3, 9, tzinfo=ICI),
        ),
        Signature(
            cote="ville",
            mode="papier",
            nom="Dominique Approbation",
            titre="cheffe de service",
            personne=Utilisateur(nom="Alex Agent", email="agent@exemple.test"),
            empreinte=SHA,
            signee_le=dt.datetime(2026, 8, 28, 10, 0, 0, tzinfo=ICI),
        ),
    ],
}
SOLDE = Solde(
    prevu=Decimal(15000),
    accorde=Decimal(12000),
    depenses=(
        DepenseJugee("Salaires", Decimal("12500")),
        DepenseJugee(
            "Ordinateur portable",
            Decimal("1120.50"),
            admissible=False,
            motif="Équipement exclu des dépenses admissibles",
        ),
    ),
    autres_aides=Decimal(0),
    taux_aide=Decimal("0.80"),
    taux_cumul=Decimal("0.90"),
    verse=Decimal(10800),
)
CALCUL = _bloc("_calcul", lignes=lignes_du_solde(SOLDE))
REMBOURSEMENT = _lettre(
    "remboursement",
    calcul=CALCUL,
    a_rembourser="800,00 $",
    a_rembourser_en_lettres="huit cents dollars",
    remboursement_avant="mercredi 1er décembre 2027",
) | {"objet": "Fermeture de votre projet et remboursement de 800,00 $"}
AVENANT = {
    **CONVENTION,
    "reference": "CONV-AP-2026-01-D05-A1",
    "convention": {"numero": "CONV-AP-2026-01-D05"},
    "avenant": {
        "no": 1,
        "motif": "La salle n'est libre qu'à l'automne ; deux groupes s'ajoutent.",
        "montant": Decimal("17500"),
        "montant_avant": Decimal("16000"),
        "dates": [("fin du projet", dt.date(2027, 8, 31), dt.date(2027, 10, 31))],
        "portee": "Deux groupes de conversation de plus, le samedi matin.",
    },
    "versements": [
        {"no": 3, "condition": "À l'acceptation du rapport final", "montant": Decimal("3100")}
    ],
    "ecarts": [
        EcartPoste("Salaires et charges sociales", Decimal("12000"), Decimal("13200")),
        EcartPoste("Matériel et fournitures : livres", Decimal("900"), Decimal("600.50")),
    ],
}
CONTEXTES: dict[str, dict[str, Any]] = {
    "accuse_reception": ACCUSE,
    "lettre_acceptee": _lettre("acceptee"),
    "lettre_acceptee_partielle": _lettre(
        "acceptee_partielle",
        montant_accorde="12 000,00 $",
        montant_en_lettres="douze mille dollars",
    ),
    "lettre_refusee": _lettre("refusee"),
    "lettre_liste_attente": _lettre("liste_attente"),
    "lettre_reexamen_maintenu": _lettre("reexamen_maintenu"),
    "lettre_reexamen_modifie": _lettre("reexamen_modifie"),
    "lettre_remboursement": REMBOURSEMENT,
    "lettre_fermeture": _lettre(
        "fermeture", calcul=CALCUL, dernier_versement="", rapport_accepte_le=""
    ),
    "compte_rendu": COMPTE_RENDU,
    "convention": CONVENTION,
    "avenant": AVENANT,
    "bilan": BILAN,
    "document_signe": SIGNE,
}
# Ces lettres partagent un gabarit : leur texte vient d'un modèle.
_DU_MODELE = {f"lettre_{genre}" for genre in ModeleDocument.Genre.values}
GABARITS = {nom: "pdf/lettre.html" if nom in _DU_MODELE else f"pdf/{nom}.html" for nom in CONTEXTES}
