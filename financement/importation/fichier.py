"""Le fichier d'importation (contrat.md), lu et vérifié sans toucher à la base."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appels.models.budget import CategorieDepense, Source, SourceRevenu
from financement.importation.lecture import Lecteur
from financement.indicateurs import VENTILATIONS
from socle.validateurs import NEQ, normaliser_neq

ACTIVITES_PREVUES = ("activites_prevues", "")
RESULTATS = ("acceptee", "acceptee_partielle", "refusee", "liste_attente")


class ImportRefuse(Exception):
    """Le fichier est refusé en entier ; ``refus`` dit chaque raison et sa place."""

    def __init__(self, refus: list[str]) -> None:
        super().__init__("\n".join(refus))
        self.refus = refus


@dataclass
class DecisionLue:
    place: str
    resultat: str
    montant: Decimal
    resolution: str
    date: dt.date
    motif: str = ""


@dataclass
class DemandeLue:
    place: str
    code: str
    nom: str
    neq: str
    fictif: bool
    titre: str
    volet: int
    besoins: list[str]
    secteur: str
    depose_le: dt.datetime | None
    postes: list[dict[str, Any]]
    revenus: list[dict[str, Any]]
    montant_demande: Decimal
    contribution_nature: Decimal
    evenements: list[dict[str, Any]]
    recusations: list[str]
    fiches: dict[str, dict[str, int]]
    decision: DecisionLue | None
    realise: dict[str, Decimal] | None
    indicateurs: dict[tuple[str, str], int] | None

    @property
    def resultats_attendus(self) -> dict[str, int]:
        """Ce que le fichier prévoyait : la convention le portera."""
        prevues = (self.indicateurs or {}).get(ACTIVITES_PREVUES)
        return {} if prevues is None else {"activites_realisees": prevues}

    @property
    def valeurs_reelles(self) -> dict[tuple[str, str], int] | None:
        """Ce que les rapports diront."""
        if self.indicateurs is None:
            return None
        return {cle: n for cle, n in self.indicateurs.items() if cle != ACTIVITES_PREVUES}


@dataclass
class FichierLu:
    code: str
    plan: str
    champs: dict[str, Any]
    volets: list[dict[str, Any]]
    criteres: list[dict[str, Any]]
    comite: list[dict[str, Any]]
    demandes: list[DemandeLue] = field(default_factory=list)


def lire(donnees: Any) -> FichierLu:
    """Le contenu du fichier, vérifié. Lève ``ImportRefuse`` avec tous les refus et leur place."""
    refus: list[str] = []
    racine = Lecteur(donnees, "", refus)
    if not isinstance(donnees, dict):
        raise ImportRefuse(["Le fichier doit contenir un objet JSON."])
    appel = racine.objet("appel")
    if appel is None:
        raise ImportRefuse(refus)
    racine.fuseau = appel.fuseau = _fuseau(appel)
    lu = _lire_appel(appel)
    lu.comite = _lire_comite(racine)
    for element in racine.liste("demandes"):
        if demande := _lire_demande(element, lu):
            lu.demandes.append(demande)
    _verifier_unicite(racine, lu, refus)
    if refus:
        raise ImportRefuse(refus)
    return lu


def _fuseau(appel: Lecteur) -> ZoneInfo:
    nom = appel.texte("fuseau", "America/Toronto")
    try:
        return ZoneInfo(nom)
    except (ZoneInfoNotFoundError, ValueError):
        appel.refuser(f"« {nom} » n'est pas un fuseau horaire.", "fuseau")
        return ZoneInfo("America/Toronto")


def _lire_appel(appel: Lecteur) -> FichierLu:
    champs: dict[str, Any] = {
        "titre": appel.texte("titre"),
        "ouverture": appel.moment("ouverture"),
        "cloture": appel.moment("cloture"),
        "seance_information": appel.date("seance_information", None),
        "delai_complement_jours": appel.entier("delai_complement_jours_ouvrables", 5),
        "seance_comite": appel.date("seance_comite", None),
        "seance_conseil": appel.date("seance_conseil", None),
    }
    if champs["ouverture"] and champs["cloture"] and champs["cloture"] <= champs["ouverture"]:
        appel.refuser("la clôture doit suivre l'ouverture.", "cloture")
    if periode := appel.objet("periode_projet", None):
        champs["projet_debut"] = periode.date("debut")
        champs["projet_fin"] = periode.date("fin")
        debut, fin = champs["projet_debut"], champs["projet_fin"]
        if debut and fin and fin < debut:
            periode.refuser("la fin doit suivre le début.", "fin")
    if rapports := appel.objet("rapports", None):
        champs["rapport_etape_le"] = rapports.date("etape", None)
        champs["rapport_final_le"] = rapports.date("final", None)
    if (regles := appel.objet("regles")) is not None:
        champs |= _lire_regles(regles)
    code = appel.texte("code")
    if (code and not all(c.isalnum() or c in "-_" for c in code)) or len(code) > 30:
        appel.refuser(f"« {code} » : lettres, chiffres et tirets, 30 au plus.", "code")
    return FichierLu(
        code=code,
        plan=appel.texte("plan_action"),
        champs=champs,
        volets=_lire_volets(appel),
        criteres=_lire_criteres(appel),
        comite=[],
    )


def _lire_regles(regles: Lecteur) -> dict[str, Any]:
    versements = []
    for palier in regles.liste("versements"):
        tranches = palier.valeur.get("tranches") if isinstance(palier.valeur, dict) else None
        nombres = isinstance(tranches, list) and all(
            isinstance(t, int | float) and not isinstance(t, bool) and t > 0 for t in tranches
        )
        if not nombres or sum(Decimal(str(t)) for t in tranches) != 100:
            palier.refuser("les tranches doivent être des pourcentages qui totalisent 100.")
            continue
        borne = palier.valeur.get("jusqu_a")
        if borne is not None:
            borne = str(palier.decimal("jusqu_a"))
        versements.append({"jusqu_a": borne, "tranches": tranches})
    if versements and versements[-1]["jusqu_a"] is not None:
        regles.refuser("le dernier palier doit avoir « jusqu_a » à null.", "versements")
    seuil_max = {"decimales": 1, "maximum": "100"}
    return {
        "taux_aide_max": regles.taux("taux_aide_max"),
        "cumul_public_max": regles.taux("cumul_public_max"),
        "contribution_milieu_min": regles.taux("contribution_milieu_min"),
        "frais_administration_max": regles.taux("frais_administration_max"),
        "seuil_passage": regles.decimal("seuil_passage", **seuil_max),
        "seuil_alerte_ecart": regles.decimal("seuil_alerte_ecart", **seuil_max),
        "quorum": regles.entier("quorum", minimum=1),
        "evaluations_min": regles.entier("evaluations_min", minimum=1),
        "ecart_poste_sans_avenant": regles.taux("ecart_poste_sans_avenant", "0.15"),
        "reexamen_jours": regles.entier("reexamen_jours", 30),
        "plan_versements": versements,
    }


def _lire_volets(appel: Lecteur) -> list[dict[str, Any]]:
    volets, numeros = [], []
    for element in appel.liste("volets"):
        enveloppe = element.decimal("enveloppe")
        sources = [
            {"bailleur": source.texte("bailleur"), "montant": source.decimal("montant")}
            for source in element.liste("sources")
        ]
        somme = sum((source["montant"] for source in sources), Decimal(0))
        if somme != enveloppe:
            element.refuser(
                f"les sources totalisent {somme} et l'enveloppe est de {enveloppe}.", "sources"
            )
        volet = {
            "no": element.entier("no", minimum=1),
            "nom": element.texte("nom"),
            "plafond": element.decimal("plafond"),
            "enveloppe": enveloppe,
            "sources": sources,
        }
        volets.append(volet)
        numeros.append((element, volet["no"]))
    if not volets:
        appel.refuser("l'appel doit avoir au moins un volet.", "volets")
    appel.uniques(numeros, "le volet")
    return volets


def _lire_criteres(appel: Lecteur) -> list[dict[str, Any]]:
    criteres, codes = [], []
    for element in appel.liste("criteres"):
        critere = {
            "code": element.texte("code"),
            "libelle": element.texte("libelle"),
            "poids": element.decimal("poids", maximum="100"),
            "note_min": element.entier("note_min", 0),
            "note_max": element.entier("note_max", 5),
        }
        if critere["note_max"] <= critere["note_min"]:
            element.refuser("la note maximale doit dépasser la note minimale.", "note_max")
        criteres.append(critere)
        codes.append((element, critere["code"]))
    appel.uniques(codes, "le critère")
    somme = sum((critere["poids"] for critere in criteres), Decimal(0))
    if somme != 100:
        appel.refuser(f"les poids totalisent {somme} ; ils doivent totaliser 100.", "criteres")
    return criteres


def _lire_comite(racine: Lecteur) -> list[dict[str, Any]]:
    comite, codes = [], []
    for element in racine.liste("comite"):
        membre = {
            "code": element.texte("id"),
            "nom": element.texte("nom"),
            "qualite": element.texte("qualite", ""),
            "role": element.choix("role", ("presidence", "membre"), "membre"),
        }
        comite.append(membre)
        codes.append((element, membre["code"]))
    racine.uniques(codes, "le membre")
    if sum(membre["role"] == "presidence" for membre in comite) > 1:
        racine.refuser("le comité ne peut avoir qu'une présidence.", "comite")
    return comite


def _lire_demande(element: Lecteur, lu: FichierLu) -> DemandeLue | None:
    organisme, budget = element.objet("organisme"), element.objet("budget")
    if organisme is None or budget is None:
        return None
    neq = normaliser_neq(organisme.texte("neq"))
    if neq and not NEQ.fullmatch(neq):
        organisme.refuser(f"« {neq} » n'est pas un NEQ valide.", "neq")
    volet = element.entier("volet", minimum=1)
    if volet not in {connu["no"] for connu in lu.volets}:
        element.refuser(f"le volet {volet} n'existe pas.", "volet")
    membres = {membre["code"] for membre in lu.comite}
    recusations = [r.valeur for r in element.liste("recusations", [])]
    for rang, code in enumerate(recusations):
        if code not in membres:
            element.refuser(f"« {code} » n'est pas du comité.", f"recusations[{rang}]")
    return DemandeLue(
        place=element.place,
        code=element.texte("code"),
        nom=organisme.texte("nom"),
        neq=neq,
        fictif=organisme.booleen("fictif", False),
        titre=element.texte("projet"),
        volet=volet,
        besoins=[besoin.valeur for besoin in element.liste("besoins", [])],
        secteur=element.texte("secteur", ""),
        depose_le=element.moment("depose_le"),
        postes=[
            {
                "categorie": poste.choix("categorie", CategorieDepense.values),
                "libelle": poste.texte("libelle", ""),
                "montant": poste.decimal("montant"),
                "admissible": poste.booleen("admissible", True),
            }
            for poste in budget.liste("postes")
        ],
        revenus=[
            {
                "source": revenu.choix("source", Source.values),
                "statut": revenu.choix("statut", SourceRevenu.Statut.values, "demandee"),
                "libelle": revenu.texte("libelle", ""),
                "montant": revenu.decimal("montant"),
            }
            for revenu in budget.liste("revenus")
        ],
        montant_demande=budget.decimal("montant_demande"),
        contribution_nature=budget.decimal("contribution_nature", 0),
        evenements=_lire_evenements(element),
        recusations=recusations,
        fiches=_lire_fiches(element, lu, membres, set(recusations)),
        decision=_lire_decision(element),
        realise=_lire_realise(element),
        indicateurs=_lire_indicateurs(element),
    )


def _lire_evenements(element: Lecteur) -> list[dict[str, Any]]:
    return [
        {
            "type": evenement.choix("type", ("aide_publique_confirmee",)),
            "date": evenement.date("date"),
            "libelle": evenement.texte("libelle", "Aide publique confirmée"),
            "montant": evenement.decimal("montant"),
            "contribution_milieu": (
                evenement.decimal("contribution_milieu")
                if evenement.valeur.get("contribution_milieu") is not None
                else None
            ),
            "source": evenement.choix("source", Source.values, "quebec"),
        }
        for evenement in element.liste("evenements", [])
        if isinstance(evenement.valeur, dict)
    ]


def _lire_fiches(
    element: Lecteur, lu: FichierLu, membres: set[str], recusations: set[str]
) -> dict[str, dict[str, int]]:
    """Les fiches par membre : une liste dans l'ordre des critères, ou un objet critère → note."""
    evaluations = element.objet("evaluations", {})
    fiches: dict[str, dict[str, int]] = {}
    criteres = {critere["code"]: critere for critere in lu.criteres}
    for membre, brut in (evaluations.valeur if evaluations else {}).items():
        ici = f"evaluations.{membre}"
        if membre not in membres:
            element.refuser(f"« {membre} » n'est pas du comité.", ici)
            continue
        if membre in recusations:
            element.refuser("ce membre est récusé : il ne peut pas avoir de fiche.", ici)
            continue
        if isinstance(brut, list):
            if len(brut) != len(criteres):
                element.refuser(f"{len(brut)} notes pour {len(criteres)} critères.", ici)
                continue
            brut = dict(zip(criteres, brut, strict=True))
        if not isinstance(brut, dict):
            element.refuser("une liste de notes est attendue.", ici)
            continue
        for inconnu in brut.keys() - criteres.keys():
            element.refuser(f"le critère « {inconnu} » n'existe pas.", ici)
        for absent in criteres.keys() - brut.keys():
            element.refuser(f"la note du critère {absent} manque.", ici)
        for code, note in brut.items():
            critere = criteres.get(code)
            if critere and not (
                isinstance(note, int)
                and not isinstance(note, bool)
                and critere["note_min"] <= note <= critere["note_max"]
            ):
                element.refuser(
                    f"la note {note!r} du critère {code} doit être un entier entre "
                    f"{critere['note_min']} et {critere['note_max']}.",
                    ici,
                )
        fiches[membre] = brut
    return fiches


def _lire_decision(element: Lecteur) -> DecisionLue | None:
    decision = element.objet("decision", None)
    if decision is None:
        return None
    lue = DecisionLue(
        place=decision.place,
        resultat=decision.choix("resultat", RESULTATS),
        montant=decision.decimal("montant_accorde", 0),
        resolution=decision.texte("resolution"),
        date=decision.date("date"),
        motif=decision.texte("motif", ""),
    )
    if lue.resultat.startswith("acceptee") and lue.montant <= 0:
        decision.refuser("une demande acceptée doit avoir un montant.", "montant_accorde")
    if lue.resultat in {"refusee", "liste_attente"} and lue.montant:
        decision.refuser("le montant doit être 0 quand rien n'est accordé.", "montant_accorde")
    return lue


def _lire_realise(element: Lecteur) -> dict[str, Decimal] | None:
    realise = element.objet("realise", None)
    if realise is None:
        return None
    return {
        "depenses_admissibles": realise.decimal("depenses_admissibles"),
        "autres_aides_publiques": realise.decimal("autres_aides_publiques", 0),
        "verse": realise.decimal("verse", 0),
    }


def _lire_indicateurs(element: Lecteur) -> dict[tuple[str, str], int] | None:
    indicateurs = element.objet("indicateurs", None)
    if indicateurs is None:
        return None
    valeurs: dict[tuple[str, str], int] = {}
    for cle, brut in indicateurs.valeur.items():
        if not isinstance(brut, dict):
            valeurs[(cle, "")] = indicateurs.entier(cle)
            continue
        ventilation = indicateurs.objet(cle)
        for modalite in brut:
            if cle in VENTILATIONS and modalite not in VENTILATIONS[cle]:
                ventilation.refuser(f"« {modalite} » n'est pas connu.")
            valeurs[(cle, modalite)] = ventilation.entier(modalite)
    return valeurs


def _verifier_unicite(racine: Lecteur, lu: FichierLu, refus: list[str]) -> None:
    lecteurs = [(Lecteur(None, d.place, refus), d) for d in lu.demandes]
    racine.uniques([(lecteur, d.code) for lecteur, d in lecteurs], "le code de demande")
    noms: dict[str, str] = {}
    for lecteur, demande in lecteurs:
        connu = noms.setdefault(demande.neq, demande.nom)
        if connu != demande.nom:
            lecteur.refuser(f"le NEQ {demande.neq} est déjà celui de « {connu} ».")
        if (
            demande.depose_le
            and lu.champs["ouverture"]
            and demande.depose_le < lu.champs["ouverture"]
        ):
            lecteur.refuser("le dépôt précède l'ouverture de l'appel.", "depose_le")
        if (demande.realise or demande.indicateurs) and not (
            demande.decision and demande.decision.resultat.startswith("acceptee")
        ):
            lecteur.refuser("seule une demande acceptée peut avoir des résultats.")
