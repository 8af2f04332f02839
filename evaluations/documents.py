"""Le compte rendu d'une séance : jamais une fiche, jamais la note d'un membre."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.utils import timezone

from evaluations.classement import lignes_de
from evaluations.models import Affectation, Recommandation, Seance
from socle.documents import figer_document
from socle.graphiques import Rang
from socle.models import Document
from socle.textes import lignes


def figer_compte_rendu(*, seance: Seance, acteur: Any) -> Document:
    date = timezone.localtime(seance.date)
    return figer_document(
        nature=Document.Nature.COMPTE_RENDU,
        objet=seance,
        gabarit="pdf/compte_rendu.html",
        contexte=contexte_compte_rendu(seance, acteur=acteur),
        titre=f"Compte rendu du comité — {seance.appel.code} — {date:%Y-%m-%d}",
        acteur=acteur,
    )


def contexte_compte_rendu(seance: Seance, *, acteur: Any) -> dict[str, Any]:
    """Le contexte de ``pdf/compte_rendu.html`` pour les avis adoptés à cette séance."""
    appel = seance.appel
    membres = list(appel.membres.filter(actif=True).select_related("utilisateur"))
    presidence = next((m for m in membres if m.role == "presidence"), None)
    avis = list(
        Recommandation.objects.filter(seance=seance, en_vigueur=True).select_related(
            "demande__organisme", "demande__volet"
        )
    )
    recuses = _recuses([r.demande_id for r in avis])
    return {
        "reference": f"CR-{appel.code}-{timezone.localtime(seance.date):%Y-%m-%d}-{seance.pk}",
        "appel": appel,
        "seance": seance,
        "presences": _presences(seance),
        "quorum": min(appel.quorum, len(membres)) or 1,
        "recusations": _recusations(recuses),
        "volets": _volets(seance, avis, recuses),
        "presidence": str(presidence) if presidence else "",
        "secretaire": acteur.nom if acteur is not None else "",
    }


def _presences(seance: Seance) -> list[dict[str, Any]]:
    presences = seance.presences.select_related("membre__utilisateur").order_by("membre__code")
    return [
        {
            "nom": str(presence.membre),
            "qualite": presence.membre.qualite,
            "role": presence.membre.get_role_display(),
            "presente": presence.presente,
            "arrivee_le": presence.arrivee_le,
            "depart_le": presence.depart_le,
        }
        for presence in presences
    ]


def _recuses(demandes: list[int]) -> dict[int, list[Affectation]]:
    par_demande: dict[int, list[Affectation]] = defaultdict(list)
    affectations = (
        Affectation.objects.filter(demande__in=demandes, etat="recusee")
        .select_related("membre__utilisateur", "demande")
        .order_by("membre__code", "demande__code")
    )
    for affectation in affectations:
        par_demande[affectation.demande_id].append(affectation)
    return par_demande


def _recusations(recuses: dict[int, list[Affectation]]) -> list[dict[str, Any]]:
    par_membre: dict[str, list[str]] = defaultdict(list)
    for affectation in sorted(
        (a for liste in recuses.values() for a in liste),
        key=lambda a: (a.membre.code, a.demande.code),
    ):
        demande = affectation.demande
        par_membre[str(affectation.membre)].append(f"{demande.code} — {demande.titre}")
    return [{"nom": nom, "demandes": demandes} for nom, demandes in par_membre.items()]


def _volets(
    seance: Seance, avis: list[Recommandation], recuses: dict[int, list[Affectation]]
) -> list[dict[str, Any]]:
    classement = lignes_de(seance.appel)
    criteres = {c.code: c.libelle for c in seance.appel.criteres.all()}
    volets = []
    for volet in seance.appel.volets.prefetch_related("credits"):
        du_volet = [r for r in avis if r.demande.volet_id == volet.pk]
        if not du_volet:
            continue
        du_volet.sort(key=lambda r: (-(r.score or 0), r.demande.code))
        volets.append(
            {
                "nom": str(volet),
                "enveloppe": volet.enveloppe_actuelle,
                "total_recommande": sum((r.montant for r in du_volet), Decimal(0)),
                "rangs": [
                    Rang(
                        libelle=f"{r.demande.code} · {r.demande.titre}",
                        score=r.score,
                        montant=r.demande.montant_demande,
                    )
                    for r in du_volet
                ],
                "demandes": [
                    _demande(r, classement.get(r.demande_id), recuses, criteres) for r in du_volet
                ],
            }
        )
    return volets


def _demande(
    avis: Recommandation,
    ligne: Any,
    recuses: dict[int, list[Affectation]],
    criteres: dict[str, str],
) -> dict[str, Any]:
    demande = avis.demande
    return {
        "rang": ligne.rang if ligne else None,
        "ex_aequo": bool(ligne and ligne.ex_aequo),
        "code": demande.code,
        "reference": demande.reference,
        "organisme": demande.organisme.nom,
        "titre": demande.titre,
        "score": avis.score,
        "ecart": ligne.ecart if ligne else None,
        "alerte_ecart": bool(ligne and ligne.alerte_ecart),
        "montant_demande": demande.montant_demande,
        "avis": avis.get_avis_display(),
        "montant": avis.montant,
        "motifs": avis.motifs,
        "motifs_par_critere": [
            {"critere": criteres.get(code, code), "motif": motif}
            for code, motif in avis.motifs_par_critere.items()
        ],
        "conditions": lignes(avis.conditions),
        "presents": avis.presents,
        "recuses": [str(a.membre) for a in recuses.get(demande.pk, [])],
    }
