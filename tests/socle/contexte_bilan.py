"""Un bilan vraisemblable pour son gabarit PDF ; tout est fictif, rien n'est dans la base."""

import datetime as dt
from decimal import Decimal

from appels.models import Appel, Besoin, Demande, PlanAction, Volet
from financement.annees import Changement, Comparaison
from financement.bilan import Bilan, Groupe, LigneAppel, Projet, ThemeCouvert
from financement.bilan_argent import LigneSource, LigneVolet
from financement.bilan_resultats import resultats_de
from financement.bilan_traces import traces_du_bilan
from financement.masquage import publier
from financement.portees import Portee
from socle.models import Organisme

VALEURS = {
    ("activites_realisees", ""): 15,
    ("personnes_distinctes", ""): 127,
    ("personnes_immigrantes", ""): 79,
    ("par_statut", "residence_permanente"): 41,
    ("par_statut", "refugiee_ou_protegee"): 22,
    ("par_statut", "etudes"): 13,
    ("par_statut", "autre_ou_inconnu"): 3,
    ("satisfaction", "repondants"): 50,
    ("satisfaction", "satisfaits"): 46,
}
MONTANTS = (18000, 16000, 15000, 14000, 13000, 12000, 12000, 10000, 5000)
PLAN = PlanAction(titre="Plan d'action en immigration 2022-2025")
APPEL = Appel(
    pk=1,
    code="AP-2026-01",
    titre="Enracinement et vivre-ensemble 2026-2027",
    plan=PLAN,
    projet_debut=dt.date(2026, 9, 1),
    projet_fin=dt.date(2027, 8, 31),
)


def _projet(rang: int, montant: int) -> Projet:
    # Un seul projet a rendu compte : ce qu'il cache ne se retrouve dans aucune somme.
    valeurs = VALEURS if rang == 0 else {}
    return Projet(
        demande=Demande(
            pk=rang + 1,
            reference=f"AP-2026-01-D{rang + 1:02d}",
            titre=f"Jumelage et entraide {rang + 1}",
            etat="fermee" if rang == 0 else "conventionnee",
            appel=APPEL,
            organisme=Organisme(pk=rang + 1, nom="Les Ponts du Saint-Maurice"),
            volet=Volet(no=1, nom="Projets structurants"),
        ),
        accorde=Decimal(montant),
        engage=Decimal(montant),
        verse=Decimal(montant) * Decimal("0.9"),
        recupere=Decimal(800) if rang == 0 else Decimal(0),
        rendu=Decimal(2600) if rang == 0 else Decimal(0),
        publie=publier(valeurs),
        prevu=publier({("activites_realisees", ""): 12} if rang == 0 else {}),
    )


PROJETS = [_projet(rang, montant) for rang, montant in enumerate(MONTANTS)]


def _groupe(code: str, libelle: str, membres: list[Projet], *, code_cite: bool = True) -> Groupe:
    accorde = sum((projet.accorde for projet in membres), Decimal(0))
    return Groupe(code, libelle, code_cite, accorde, membres)


def _source(bailleur: str, enveloppe: int, part: str) -> LigneSource:
    parts = {
        projet.demande.pk: [projet.accorde * Decimal(part), projet.verse * Decimal(part)]
        for projet in PROJETS
    }
    depense = sum((projet.depense for projet in PROJETS), Decimal(0)) * Decimal(part)
    return LigneSource(bailleur, 2027, Decimal(enveloppe), parts, depense)


def _volet(no: int, nom: str, enveloppe: int, membres: list[Projet]) -> LigneVolet:
    accorde = sum((projet.accorde for projet in membres), Decimal(0))
    paye = sum((projet.verse for projet in membres), Decimal(0))
    depense = sum((projet.depense for projet in membres), Decimal(0))
    nom = f"Volet {no} — {nom}"
    return LigneVolet(no, nom, Decimal(enveloppe), accorde, accorde, paye, membres, depense)


COMPARAISON = Comparaison(
    avant=2025,
    apres=2026,
    mesures=[
        Changement("Projets soutenus", Decimal(7), Decimal(9), en_dollars=False),
        Changement("Accordé", Decimal(128000), Decimal(115000), en_dollars=True),
        Changement("Personnes différentes", Decimal(90), Decimal(127), False, incomplet=True),
    ],
)
CHIFFRES = Bilan(
    par_appel=[LigneAppel(APPEL, 11, Decimal(sum(MONTANTS)), len(PROJETS))],
    projets=PROJETS,
    volets=[
        _volet(1, "Projets structurants", 110000, PROJETS[:-1]),
        _volet(2, "Rapprochement et SQRI", 10000, PROJETS[-1:]),
    ],
    sources=[_source("MIFI", 90000, "0.75"), _source("Ville", 30000, "0.25")],
    objectifs=[
        _groupe("O1", "Soutenir l'accueil et l'établissement", PROJETS[:4]),
        _groupe("O2", "Favoriser le rapprochement interculturel", PROJETS[4:8]),
        _groupe("O3", "Soutenir le français et l'emploi", PROJETS[8:]),
    ],
    besoins=[
        _groupe("B01", "Isolement social", PROJETS[:2]),
        _groupe("B12", "Information des personnes sur leurs droits", PROJETS[2:5]),
    ],
    themes=[_groupe("accueil", "Accueil et établissement", PROJETS[:6], code_cite=False)],
    secteurs=[
        _groupe("Centre-ville", "Centre-ville", PROJETS[:5], code_cite=False),
        _groupe("Toute la ville", "Toute la ville", PROJETS[5:], code_cite=False),
    ],
    besoins_sans_reponse=[
        Besoin(code="P02", libelle="Adapter les horaires des services municipaux"),
        Besoin(code="R11", libelle="Former les employés à l'accueil interculturel"),
    ],
    resultats=resultats_de(PROJETS),
    couverture=[
        ThemeCouvert("accueil", "Accueil et établissement", 2, 1),
        ThemeCouvert("emploi", "Emploi", 0, 1),
    ],
)

BILAN = {
    "recits": dict.fromkeys(("essentiel", "argent", "besoins", "resultats", "suite"), "Un texte."),
    "reference": "BIL-AP-2026-01",
    "date": dt.date(2027, 11, 15),
    "portee": Portee("AP-2026-01", APPEL.titre, [APPEL], APPEL),
    "bilan": CHIFFRES,
    "resultats": CHIFFRES.resultats,
    "comparaison": COMPARAISON,
    "traces": traces_du_bilan(CHIFFRES, COMPARAISON),
}
