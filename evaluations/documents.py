"""Le compte rendu d'une séance et ses addendas : jamais une fiche, jamais la note d'un membre."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.utils import timezone

from appels.models import Demande, Volet
from evaluations.analyse import Analyse, analyser
from evaluations.classement import LigneClassement, lignes_de
from evaluations.compte_rendu import GENERAUX, cle_discussion, texte_de
from evaluations.explications import expliquer
from evaluations.models import (
    Addenda,
    Affectation,
    CopieCompteRendu,
    Recommandation,
    Reouverture,
    Seance,
)
from evaluations.visibilite import Perimetre
from socle.documents import figer_document
from socle.graphiques_classement import Rang
from socle.models import Document
from socle.textes import lignes as lignes_du_texte


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


def figer_copies(*, seance: Seance, acteur: Any) -> list[CopieCompteRendu]:
    """Fige, pour les membres récusés, le même compte rendu sans les demandes qu'ils ne voient pas.

    Une copie par ensemble de demandes laissées de côté ; personne n'est récusé, aucune copie.
    """
    par_ensemble: dict[frozenset[int], list[int]] = defaultdict(list)
    for membre, demandes in _recusees_par_membre(seance).items():
        par_ensemble[frozenset(demandes)].append(membre)
    copies = []
    for no, (sans, membres) in enumerate(par_ensemble.items(), start=1):
        document = figer_document(
            nature=Document.Nature.COMPTE_RENDU,
            objet=seance,
            gabarit="pdf/compte_rendu.html",
            contexte=contexte_compte_rendu(seance, acteur=acteur, sans=sans)
            | {"reference": f"{reference(seance)}-C{no}"},
            titre=f"Compte rendu du comité, copie {no} — {seance.appel.code}",
            acteur=acteur,
        )
        copie = CopieCompteRendu.objects.create(seance=seance, no=no, document=document)
        copie.membres.set(membres)
        copie.sans.set(sans)
        copies.append(copie)
    return copies


def _recusees_par_membre(seance: Seance) -> dict[int, set[int]]:
    """Par membre de l'appel (identifiant), les demandes dont il est récusé ou partie."""
    recusees: dict[int, set[int]] = defaultdict(set)
    for membre, demande in (
        Affectation.objects.filter(demande__appel=seance.appel_id, etat="recusee")
        .order_by("membre__code", "demande")
        .values_list("membre", "demande")
    ):
        recusees[membre].add(demande)
    sieges = dict(seance.appel.membres.values_list("utilisateur", "pk"))
    for utilisateur, demande in (
        seance.appel.demandes.exclude(etat="brouillon")
        .filter(organisme__adhesions__utilisateur__in=sieges)
        .order_by("pk")
        .values_list("organisme__adhesions__utilisateur", "pk")
    ):
        recusees[sieges[utilisateur]].add(demande)
    return recusees


def figer_addenda(*, addenda: Addenda, acteur: Any) -> Document:
    seance = addenda.seance
    return figer_document(
        nature=Document.Nature.COMPTE_RENDU,
        objet=seance,
        gabarit="pdf/addenda.html",
        contexte={
            "reference": f"{reference(seance)}-A{addenda.no}",
            "appel": seance.appel,
            "seance": seance,
            "no": addenda.no,
            "texte": addenda.texte,
            "date": addenda.emis_le,
            "auteur": acteur.nom if acteur is not None else "",
            "compte_rendu": seance.compte_rendu,
        },
        titre=f"Addenda no {addenda.no} au compte rendu du comité — {seance.appel.code}",
        acteur=acteur,
    )


def reference(seance: Seance) -> str:
    return f"CR-{seance.appel.code}-{timezone.localtime(seance.date):%Y-%m-%d}-{seance.pk}"


def contexte_compte_rendu(
    seance: Seance, *, acteur: Any, projet: bool = False, sans: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """Le contexte de ``pdf/compte_rendu.html`` pour les avis adoptés à cette séance.

    ``projet`` : un aperçu avant la clôture, qui dit qu'il n'est pas le compte rendu. ``sans`` : les
    demandes (identifiants) qu'une copie laisse de côté. Les rangs, les totaux et les chiffres se
    comptent alors sans elles, et les textes libres, qui peuvent en parler, n'y sont pas.
    """
    appel = seance.appel
    membres = list(appel.membres.filter(actif=True).select_related("utilisateur"))
    presidence = next((m for m in membres if m.role == "presidence"), None)
    avis = list(
        Recommandation.objects.filter(seance=seance, en_vigueur=True)
        .exclude(demande__in=sans)
        .select_related("demande__organisme", "demande__volet")
    )
    vues = Demande.objects.filter(appel=appel).exclude(pk__in=sans)
    sans_avis = list(vues.filter(etat="evaluee").order_by("code"))
    recuses = _recuses([*(r.demande_id for r in avis), *(demande.pk for demande in sans_avis)])
    analyse = analyser(appel, Perimetre(sauf=tuple(sorted(sans))))
    volets = _volets(seance, avis, recuses, analyse, lignes_de(appel, vues))
    if sans:
        _taire_les_discussions(volets)
    return {
        "reference": reference(seance),
        "projet": projet,
        "copie": bool(sans),
        "appel": appel,
        "seance": seance,
        "presences": _presences(seance),
        "quorum": min(appel.quorum, len(membres)) or 1,
        "recusations": _recusations(recuses),
        "textes": {cle: "" if sans else texte_de(seance, cle) for cle, _, _ in GENERAUX},
        "notes": "" if sans else seance.notes,
        "volets": volets,
        "explication": expliquer(appel, analyse),
        "sans_avis": [f"{demande.code} — {demande.titre}" for demande in sans_avis],
        "presidence": str(presidence) if presidence else "",
        "secretaire": acteur.nom if acteur is not None else "",
    }


def _taire_les_discussions(volets: list[dict[str, Any]]) -> None:
    for volet in volets:
        for demande in volet["demandes"]:
            demande["discussion"] = ""


def _presences(seance: Seance) -> list[dict[str, Any]]:
    presences = (
        seance.presences.select_related("membre__utilisateur")
        .prefetch_related("passages")
        .order_by("membre__code")
    )
    return [
        {
            "nom": str(presence.membre),
            "qualite": presence.membre.qualite,
            "role": presence.membre.get_role_display(),
            "presente": presence.presente,
            "heures": presence.heures,
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
    seance: Seance,
    avis: list[Recommandation],
    recuses: dict[int, list[Affectation]],
    analyse: Analyse,
    lignes: dict[int, LigneClassement],
) -> list[dict[str, Any]]:
    volets = []
    for volet in seance.appel.volets.prefetch_related("credits"):
        du_volet = [r for r in avis if r.demande.volet_id == volet.pk]
        du_volet.sort(key=lambda r: (-(r.score or 0), r.demande.code))
        chiffres = _chiffres(volet, lignes, analyse)
        if not du_volet and not chiffres:
            continue
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
                "demandes": _demandes(seance, du_volet, lignes, recuses),
                "chiffres": chiffres,
            }
        )
    return volets


def _chiffres(
    volet: Volet, lignes: dict[int, LigneClassement], analyse: Analyse
) -> list[dict[str, Any]]:
    """Le classement d'un volet et ses chiffres, par demande ; aucun membre n'y est nommé."""
    chiffres = []
    for ligne in lignes.values():
        if ligne.demande.volet_id != volet.pk or ligne.score is None:
            continue
        autres = analyse.de(ligne.demande.pk)
        chiffres.append(
            {
                "rang": ligne.rang,
                "code": ligne.demande.code,
                "titre": ligne.demande.titre,
                "score": ligne.score,
                "corrigee": autres.corrigee,
                "ecart": ligne.ecart,
                "ecart_type": autres.ecart_type,
                "solidite": autres.solidite,
            }
        )
    return chiffres


def _demandes(
    seance: Seance,
    avis: list[Recommandation],
    lignes: dict[int, LigneClassement],
    recuses: dict[int, list[Affectation]],
) -> list[dict[str, Any]]:
    criteres = {critere.code: critere.libelle for critere in seance.appel.criteres.all()}
    modifiees = _fiches_modifiees(seance)
    demandes = []
    for recommandation in avis:
        demande = recommandation.demande
        ligne = lignes.get(demande.pk)
        demandes.append(
            {
                "rang": ligne.rang if ligne else None,
                "ex_aequo": bool(ligne and ligne.ex_aequo),
                "code": demande.code,
                "reference": demande.reference,
                "organisme": demande.organisme.nom,
                "titre": demande.titre,
                "score": recommandation.score,
                "ecart": ligne.ecart if ligne else None,
                "alerte_ecart": bool(ligne and ligne.alerte_ecart),
                "montant_demande": demande.montant_demande,
                "avis": recommandation.get_avis_display(),
                "montant": recommandation.montant,
                "motifs": recommandation.motifs,
                "motifs_par_critere": [
                    {"critere": criteres.get(code, code), "motif": motif}
                    for code, motif in recommandation.motifs_par_critere.items()
                ],
                "conditions": lignes_du_texte(recommandation.conditions),
                "presents": recommandation.presents,
                "vote": recommandation if recommandation.a_un_vote else None,
                "recuses": [str(a.membre) for a in recuses.get(demande.pk, [])],
                "discussion": texte_de(seance, cle_discussion(demande)),
                "fiches_modifiees": modifiees.get(demande.pk),
            }
        )
    return demandes


def _fiches_modifiees(seance: Seance) -> dict[int, dict[str, Any]]:
    """Par demande, combien de fiches ont changé en séance, et le score d'avant et d'après."""
    par_demande: dict[int, list[Reouverture]] = defaultdict(list)
    changements = (
        Reouverture.objects.filter(seance=seance)
        .select_related("evaluation__affectation")
        .order_by("rouverte_le", "pk")
    )
    for changement in changements:
        par_demande[changement.evaluation.affectation.demande_id].append(changement)
    return {
        demande: {
            "nombre": len({changement.evaluation_id for changement in liste}),
            "avant": Decimal(liste[0].notes_avant["score_demande"]),
            "apres": Decimal(liste[-1].notes_apres["score_demande"]),
        }
        for demande, liste in par_demande.items()
    }
