"""Le fichier d'importation (contrat.md), lu et vérifié sans toucher à la base."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appels.models import Appel, Critere, PlanAction, SourceVolet, Volet
from evaluations.models import MembreComite
from financement.importation.contenu import DemandeLue, FichierLu, ImportRefuse
from financement.importation.demandes import lire_demande
from financement.importation.lecture import Lecteur, citer, longueur
from socle.models import Utilisateur


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
        if demande := lire_demande(element, lu):
            lu.demandes.append(demande)
    _verifier_ensemble(racine, lu, refus)
    racine.refuser_les_fautes_de_frappe()
    if refus:
        raise ImportRefuse(refus)
    return lu


def _fuseau(appel: Lecteur) -> ZoneInfo:
    nom = appel.texte("fuseau", "America/Toronto")
    try:
        return ZoneInfo(nom)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        appel.refuser(f"« {citer(nom)} » n'est pas un fuseau horaire.", "fuseau")
        return ZoneInfo("America/Toronto")


def _lire_appel(appel: Lecteur) -> FichierLu:
    champs: dict[str, Any] = {
        "titre": appel.texte("titre", maximum=longueur(Appel, "titre")),
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
    return FichierLu(
        code=appel.code("code", maximum=longueur(Appel, "code")),
        plan=appel.texte("plan_action", maximum=longueur(PlanAction, "code")),
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
        borne = str(palier.decimal("jusqu_a")) if palier.ecrit("jusqu_a") else None
        versements.append({"jusqu_a": borne, "tranches": tranches})
    bornes = [Decimal(v["jusqu_a"] or "Infinity") for v in versements]
    if not versements or versements[-1]["jusqu_a"] is not None:
        regles.refuser("le dernier palier doit avoir « jusqu_a » à null.", "versements")
    elif any(suivante <= borne for borne, suivante in pairwise(bornes)):
        regles.refuser("les paliers doivent aller du plus petit au plus grand.", "versements")
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
        sources, bailleurs = [], []
        for ligne in element.liste("sources"):
            bailleur = ligne.texte("bailleur", maximum=longueur(SourceVolet, "bailleur"))
            sources.append({"bailleur": bailleur, "montant": ligne.decimal("montant")})
            bailleurs.append((ligne, bailleur))
        element.uniques(bailleurs, "le bailleur")
        somme = sum((source["montant"] for source in sources), Decimal(0))
        if somme != enveloppe:
            element.refuser(
                f"les sources totalisent {somme} et l'enveloppe est de {enveloppe}.", "sources"
            )
        volet = {
            "no": element.entier("no", minimum=1),
            "nom": element.texte("nom", maximum=longueur(Volet, "nom")),
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
            "code": element.texte("code", maximum=longueur(Critere, "code")),
            "libelle": element.texte("libelle", maximum=longueur(Critere, "libelle")),
            "poids": element.decimal("poids", maximum="100"),
            "note_min": element.entier("note_min", 0),
            "note_max": element.entier("note_max", 5),
        }
        if not critere["poids"]:
            element.refuser("le poids doit être plus grand que 0.", "poids")
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
            "code": element.texte("id", maximum=longueur(MembreComite, "code")),
            "nom": element.texte("nom", maximum=longueur(Utilisateur, "nom")),
            "qualite": element.texte("qualite", "", maximum=longueur(MembreComite, "qualite")),
            "role": element.choix("role", ("presidence", "membre"), "membre"),
        }
        comite.append(membre)
        # Le code fait l'adresse du compte, où la casse ne compte pas.
        codes.append((element, membre["code"].lower()))
    racine.uniques(codes, "le membre")
    if sum(membre["role"] == "presidence" for membre in comite) > 1:
        racine.refuser("le comité ne peut avoir qu'une présidence.", "comite")
    return comite


def _verifier_ensemble(racine: Lecteur, lu: FichierLu, refus: list[str]) -> None:
    """Ce qui se contredit d'un endroit à l'autre du fichier."""
    lecteurs = [(Lecteur(None, d.place, refus, fuseau=racine.fuseau), d) for d in lu.demandes]
    racine.uniques([(lecteur, d.code) for lecteur, d in lecteurs], "le code de demande")
    noms: dict[str, str] = {}
    dates: dict[str, dt.date] = {}
    for lecteur, demande in lecteurs:
        connu = noms.setdefault(demande.neq, demande.nom)
        if connu != demande.nom:
            lecteur.refuser(f"le NEQ {demande.neq} est déjà celui de « {connu} ».")
        if (demande.realise or demande.indicateurs) and not (
            demande.decision and demande.decision.resultat.startswith("acceptee")
        ):
            lecteur.refuser("seule une demande acceptée peut avoir des résultats.")
        if demande.decision and (jour := demande.decision.date):
            connue = dates.setdefault(demande.decision.resolution, jour)
            if connue != jour:
                lecteur.refuser(
                    f"la résolution « {demande.decision.resolution} » est déjà datée du {connue}.",
                    "decision.date",
                )
        if lu.champs["ouverture"] and lu.champs["cloture"]:
            _verifier_dates(lecteur, demande, lu.champs["ouverture"], lu.champs["cloture"])
    quorum, decidees = lu.champs.get("quorum", 0), [d for d in lu.demandes if d.decision]
    if decidees and quorum > len(lu.comite):
        racine.refuser(
            f"le quorum est de {quorum} et le comité compte {len(lu.comite)} personnes : "
            "aucune décision n'a pu se prendre.",
            "appel.regles.quorum",
        )


def _verifier_dates(
    lecteur: Lecteur, demande: DemandeLue, ouverture: dt.datetime, cloture: dt.datetime
) -> None:
    if demande.depose_le is None:
        return
    if demande.depose_le < ouverture:
        lecteur.refuser("le dépôt précède l'ouverture de l'appel.", "depose_le")
    depot = demande.depose_le.astimezone(lecteur.fuseau).date()
    for rang, evenement in enumerate(demande.evenements):
        if evenement["date"] and evenement["date"] < depot:
            lecteur.refuser("l'aide précède le dépôt.", f"evenements[{rang}].date")
    decidee = demande.decision and demande.decision.date
    if decidee and decidee < cloture.astimezone(lecteur.fuseau).date():
        lecteur.refuser("la décision précède la clôture de l'appel.", "decision.date")
