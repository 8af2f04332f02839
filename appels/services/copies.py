"""Reprendre une ancienne demande : la copier en un brouillon d'un autre appel, et dire le reste."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from appels.formulaires import par_code
from appels.models import Appel, Besoin, Demande, Question, Reponse
from appels.questions import TABLEAUX, TypeQuestion
from appels.services.budget import enregistrer_budget
from appels.services.demandes import commencer_demande
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

HORS_PERIODE = "Une date n'est pas dans la période des projets de l'appel : écrivez la nouvelle."


@dataclass(frozen=True)
class Reste:
    """Ce qui n'a pas de place dans le nouveau formulaire : l'ancienne question, l'ancien texte."""

    partie: str
    question: str
    texte: str
    raison: str


@dataclass(frozen=True)
class Copie:
    demande: Demande
    restes: list[Reste]


def copiables(*, acteur: Any, appel: Appel) -> QuerySet[Demande]:
    """Les demandes des organismes de ``acteur`` faites dans d'autres appels, récentes d'abord."""
    return (
        Demande.objects.filter(organisme_id__in=acteur.organismes_ids)
        .exclude(appel=appel)
        .select_related("appel", "organisme")
        .order_by("-creee_le", "-pk")
    )


@transaction.atomic
def copier_demande(
    *,
    acteur: Any,
    ancienne: Demande,
    appel: Appel,
    autodiagnostic: Mapping[str, str] | None = None,
) -> Copie:
    """Ouvre dans ``appel`` un brouillon du même organisme, rempli de ce qui s'y range encore.

    Passent : titre, résumé, secteur, besoins que l'appel vise, réponses aux questions de mêmes
    codes et de même type, budget. Jamais les documents ni les déclarations, qui valent pour un
    seul dépôt ; une aide confirmée redevient « demandée ».
    """
    exiger_permission(acteur, "demande.rediger", ancienne)
    if ancienne.appel_id == appel.pk:
        raise RegleViolee(
            "Choisissez une demande faite dans un autre appel.", champ="ancienne", code="meme_appel"
        )
    demande = commencer_demande(
        acteur=acteur,
        appel=appel,
        organisme=ancienne.organisme,
        titre=ancienne.titre,
        autodiagnostic=autodiagnostic,
    )
    demande.resume, demande.secteur = ancienne.resume, ancienne.secteur
    demande.copiee_de = ancienne
    demande.save(update_fields=["resume", "secteur", "copiee_de"])
    besoins, questions, restes = _trier(ancienne, demande)
    demande.besoins.set(besoins)
    Reponse.objects.bulk_create(
        Reponse(
            demande=demande,
            question=question,
            valeur=valeur,
            modifiee_le=horloge.maintenant(),
            modifiee_par=acteur,
        )
        for question, valeur in questions
    )
    demande = enregistrer_budget(
        acteur=acteur,
        demande=demande,
        postes=list(ancienne.postes.values("categorie", "libelle", "montant", "admissible")),
        revenus=list(ancienne.revenus.values("source", "libelle", "montant")),
        montant_demande=ancienne.montant_demande,
        contribution_nature=ancienne.contribution_nature,
    )
    journaliser(
        acteur=acteur,
        verbe="demande.copier",
        objet=demande,
        details={"de": ancienne.reference, "restes": len(restes)},
    )
    return Copie(demande, restes)


def restes_de(demande: Demande) -> list[Reste]:
    """Ce que l'ancienne demande contient et que le brouillon n'a pas pu recevoir."""
    return _trier(demande.copiee_de, demande)[2]


def _trier(
    ancienne: Demande, demande: Demande
) -> tuple[list[Besoin], list[tuple[Question, Any]], list[Reste]]:
    """Ce qui passe (besoins, réponses) et ce qui reste, dans l'ordre de l'ancien formulaire."""
    permis, ecartes = [], []
    vises = set(demande.appel.besoins.all()) or set(demande.appel.plan.besoins.all())
    for besoin in ancienne.besoins.all():
        (permis if besoin in vises else ecartes).append(besoin)
    restes = [
        Reste("Le projet", "Besoins visés", besoin.libelle, "L'appel ne vise pas ce besoin.")
        for besoin in ecartes
    ]
    nouvelles = par_code(demande.formulaire_id) if demande.formulaire_id else {}
    passent: dict[Question, Any] = {}
    for reponse in _reponses(ancienne):
        ancienne_question = reponse.question
        cle = (ancienne_question.section.code, ancienne_question.code)
        valeur, reste, raison = _ranger(reponse, nouvelles.get(cle), demande.appel)
        if valeur is not None and nouvelles[cle] in passent:
            valeur, reste, raison = None, reponse.texte, "Une réponse plus récente est reprise."
        if valeur is not None:
            passent[nouvelles[cle]] = valeur
        if reste:
            restes.append(
                Reste(ancienne_question.section.titre, ancienne_question.libelle, reste, raison)
            )
    return permis, list(passent.items()), restes


def _reponses(ancienne: Demande) -> Iterator[Reponse]:
    """Les réponses écrites, sans les déclarations : elles se font de nouveau à chaque dépôt.

    La dernière révision du formulaire d'abord : une réponse peut être restée à une plus ancienne.
    """
    for reponse in (
        ancienne.reponses.exclude(question__type=TypeQuestion.DECLARATION)
        .select_related("question__section")
        .order_by(
            "-question__section__formulaire__revision",
            "question__section__ordre",
            "question__ordre",
        )
    ):
        if not reponse.est_vide:
            yield reponse


def _ranger(reponse: Reponse, question: Question | None, appel: Appel) -> tuple[Any, str, str]:
    """La valeur à copier (ou None), le texte qui reste (ou vide) et pourquoi il reste."""
    valeur = reponse.valeur
    if question is None:
        return None, reponse.texte, "La question n'est plus dans le formulaire."
    if question.type != reponse.question.type:
        return None, reponse.texte, "La question se répond maintenant autrement."
    if question.type == TypeQuestion.CHOIX and valeur not in question.choix:
        return None, reponse.texte, "Ce choix n'est plus offert."
    if question.type == TypeQuestion.CHOIX_MULTIPLES:
        choisis = valeur if isinstance(valeur, list) else [valeur]
        gardes = [choix for choix in choisis if choix in question.choix]
        perdus = ", ".join(str(choix) for choix in choisis if choix not in question.choix)
        return gardes or None, perdus, "Ces choix ne sont plus offerts."
    if question.type == TypeQuestion.DATE and not _dans_la_periode(str(valeur), appel):
        return None, reponse.texte, HORS_PERIODE
    if question.type in TABLEAUX and isinstance(valeur, list):
        lignes = [_sans_dates_passees(question.type, ligne, appel) for ligne in valeur]
        return (lignes, "", "") if lignes == valeur else (lignes, reponse.texte, HORS_PERIODE)
    return valeur, "", ""


def _sans_dates_passees(type_: str, ligne: dict[str, Any], appel: Appel) -> dict[str, Any]:
    """La ligne du tableau, ses dates vidées quand elles sortent de la période."""
    vider = {
        colonne.nom
        for colonne in TABLEAUX[type_]
        if colonne.genre == "date"
        and ligne.get(colonne.nom)
        and not _dans_la_periode(str(ligne[colonne.nom]), appel)
    }
    return {nom: "" if nom in vider else case for nom, case in ligne.items()}


def _dans_la_periode(texte: str, appel: Appel) -> bool:
    """Une date de l'an passé ne se copie pas : personne ne la corrigerait."""
    try:
        jour = dt.date.fromisoformat(texte)
    except ValueError:
        return False
    debut, fin = appel.projet_debut or dt.date.min, appel.projet_fin or dt.date.max
    return debut <= jour <= fin
