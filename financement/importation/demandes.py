"""Une demande du fichier d'importation : son budget, ses fiches, sa décision, ses résultats."""

from decimal import Decimal
from typing import Any

from appels.models import AideAnnoncee, Demande, PosteDepense
from appels.models.budget import CategorieDepense, Source, SourceRevenu
from financement.importation.contenu import ACTIVITES_PREVUES, DecisionLue, DemandeLue, FichierLu
from financement.importation.lecture import ENTIER, Lecteur, citer, longueur
from financement.indicateurs import TOTAUX, VENTILATIONS
from financement.models import Resolution
from socle.models import Organisme
from socle.validateurs import NEQ, normaliser_neq

RESULTATS = ("acceptee", "acceptee_partielle", "refusee", "liste_attente")


def lire_demande(element: Lecteur, lu: FichierLu) -> DemandeLue | None:
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
    recusations = element.textes("recusations")
    for rang, code in enumerate(recusations):
        if code not in membres:
            element.refuser(f"« {code} » n'est pas du comité.", f"recusations[{rang}]")
    return DemandeLue(
        place=element.place,
        code=element.code("code", maximum=longueur(Demande, "code")),
        nom=organisme.texte("nom", maximum=longueur(Organisme, "nom")),
        neq=neq,
        fictif=organisme.booleen("fictif", False),
        titre=element.texte("projet", maximum=longueur(Demande, "titre")),
        volet=volet,
        besoins=element.textes("besoins"),
        secteur=element.texte("secteur", "", maximum=longueur(Demande, "secteur")),
        depose_le=element.moment("depose_le"),
        postes=[
            {
                "categorie": poste.choix("categorie", CategorieDepense.values),
                "libelle": poste.texte("libelle", "", maximum=longueur(PosteDepense, "libelle")),
                "montant": poste.decimal("montant"),
                "admissible": poste.booleen("admissible", True),
            }
            for poste in budget.liste("postes")
        ],
        revenus=[
            {
                "source": revenu.choix("source", Source.values),
                "statut": revenu.choix("statut", SourceRevenu.Statut.values, "demandee"),
                "libelle": revenu.texte("libelle", "", maximum=longueur(SourceRevenu, "libelle")),
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
            "libelle": evenement.texte(
                "libelle", "Aide publique confirmée", maximum=longueur(AideAnnoncee, "libelle")
            ),
            "montant": evenement.decimal("montant"),
            "contribution_milieu": (
                evenement.decimal("contribution_milieu")
                if evenement.ecrit("contribution_milieu")
                else None
            ),
            "source": evenement.choix("source", Source.values, "quebec"),
        }
        for evenement in element.liste("evenements", [])
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
        elif isinstance(brut, dict):
            brut = evaluations.objet(membre).valeur
        else:
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
                    f"la note {citer(note)} du critère {code} doit être un entier entre "
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
        resolution=decision.texte("resolution", maximum=longueur(Resolution, "numero")),
        date=decision.date("date"),
        motif=decision.texte("motif", "", en_paragraphes=True),
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
    for cle in indicateurs.valeur:
        if cle in VENTILATIONS:
            if ventilation := indicateurs.objet(cle):
                for modalite in ventilation.valeur:
                    if modalite not in VENTILATIONS[cle]:
                        ventilation.refuser(f"« {citer(modalite)} » n'est pas connu.")
                    valeurs[cle, modalite] = ventilation.entier(modalite, maximum=ENTIER)
        elif cle in TOTAUX or (cle, "") == ACTIVITES_PREVUES:
            valeurs[cle, ""] = indicateurs.entier(cle, maximum=ENTIER)
        else:
            indicateurs.refuser(f"« {citer(cle)} » n'est pas un indicateur connu.")
    return valeurs
