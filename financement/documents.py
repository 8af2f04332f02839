"""Ce que lisent les lettres, les conventions et les avenants ; le texte des modèles est dans
``documents_fusionnes``."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from appels.models import Demande
from evaluations.models import Recommandation
from financement.models import Avenant, Convention, Decision, Lettre, Versement
from financement.montants import calendrier_versements, conditions_versements
from financement.repartition import repartir
from financement.services.grand_livre import parts_par_source
from socle import horloge
from socle.graphiques import Part
from socle.models import Document
from socle.templatetags.affichage import date_longue
from socle.textes import lignes


def documents_de(demande: Demande) -> QuerySet[Document]:
    """Tout ce que la Ville a émis au sujet d'une demande, dans l'ordre où c'est parti."""
    sujets = {
        "appels.demande": [demande.pk],
        "appels.depot": demande.depots.values_list("pk", flat=True),
        "financement.lettre": Lettre.objects.filter(decision__demande=demande).values_list(
            "pk", flat=True
        ),
        "financement.convention": Convention.objects.filter(demande=demande).values_list(
            "pk", flat=True
        ),
        "financement.reexamen": demande.reexamens.values_list("pk", flat=True),
        "financement.avenant": Avenant.objects.filter(convention__demande=demande).values_list(
            "pk", flat=True
        ),
    }
    return Document.objects.sur(sujets).order_by("cree_le")


def representant() -> dict[str, str]:
    """La personne qui signe pour la Ville."""
    return {"nom": settings.VILLE["signataire_nom"], "titre": settings.VILLE["signataire_titre"]}


def contexte_commun(demande: Demande, *, reference: str) -> dict[str, Any]:
    """Les clés que toutes les lettres partagent."""
    organisme = demande.organisme
    return {
        "reference": reference,
        "date": horloge.aujourdhui(),
        "destinataire": {
            "nom": organisme.nom,
            "personne": organisme.signataire_nom,
            "titre": organisme.signataire_titre,
            "adresse": organisme.adresse,
            "ville": organisme.ville,
            "code_postal": organisme.code_postal,
            "courriel": organisme.courriel,
        },
        "appel": demande.appel,
        "demande": demande,
        "volet": str(demande.volet),
        "signataire": representant(),
        "contact": {
            "nom": settings.VILLE["service"],
            "telephone": settings.VILLE["telephone"],
            "courriel": settings.VILLE["courriel"],
        },
    }


def motifs_par_critere(decision: Decision | Recommandation) -> list[dict[str, str]]:
    """Les motifs d'une décision, ou de l'avis du comité dont elle part, critère par critère."""
    libelles = {c.code: c.libelle for c in decision.demande.appel.criteres.all()}
    return [
        {"critere": libelles.get(code, code), "motif": motif}
        for code, motif in decision.motifs_par_critere.items()
        if motif
    ]


def conditions(decision: Decision) -> list[str]:
    """Les conditions du conseil, puis chaque réserve avec sa date.

    Une décision d'essai (l'aperçu d'un modèle) n'est pas inscrite : elle n'a pas de réserve.
    """
    reserves = decision.reserves.all() if decision.pk else ()
    return [
        *lignes(decision.conditions),
        *(
            f"Avant la convention, au plus tard le {date_longue(r.echeance)} : {r.texte}"
            for r in reserves
        ),
    ]


def versements_prevus(decision: Decision) -> list[dict[str, Any]]:
    montants = calendrier_versements(
        decision.montant_accorde, decision.demande.appel.plan_versements
    )
    libelles = dict(Versement.Condition.choices)
    return [
        {"no": no, "montant": montant, "condition": libelles[condition]}
        for no, (montant, condition) in enumerate(
            zip(montants, conditions_versements(len(montants)), strict=True), start=1
        )
    ]


def versements_de(convention: Convention) -> list[dict[str, Any]]:
    return [
        {"no": v.no, "montant": v.montant, "condition": v.get_condition_display()}
        for v in convention.versements.all()
    ]


def rapports_attendus(demande: Demande) -> list[dict[str, Any]]:
    appel = demande.appel
    prevus = [
        ("Rapport d'étape", appel.rapport_etape_le),
        ("Rapport final", appel.rapport_final_le),
    ]
    return [{"libelle": nom, "echeance": jour} for nom, jour in prevus if jour]


def sources(decision: Decision) -> list[Part]:
    """La part de chaque bailleur dans le montant accordé, telle que le grand livre la porte.

    Avant la décision (l'aperçu d'un modèle), la part que les sources du volet annoncent.
    """
    if portees := parts_par_source(decision.demande):
        return [Part(bailleur, part) for bailleur, part in portees]
    annoncees = list(decision.volet.sources.all())
    parts = repartir(decision.montant_accorde, [source.montant for source in annoncees])
    return [Part(source.bailleur, part) for source, part in zip(annoncees, parts, strict=True)]


def contexte_avenant(avenant: Avenant, versements_apres: list[dict[str, Any]]) -> dict[str, Any]:
    """``versements_apres`` : no, condition et montant de ceux qui restent, vide s'ils ne changent
    pas."""
    convention, demande = avenant.convention, avenant.demande
    return {
        "reference": f"{convention.numero}-A{avenant.no}",
        "date": horloge.aujourdhui(),
        "representant": representant(),
        "organisme": demande.organisme,
        "appel": demande.appel,
        "demande": demande,
        "convention": convention,
        "avenant": avenant,
        "resolution": avenant.resolution,
        "ecarts": avenant.ecarts,
        "versements": versements_apres,
    }
