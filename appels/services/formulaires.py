"""Les formulaires d'un appel : composés de sections et de questions, publiés par révisions.

Une révision publiée ne change plus. Pour changer le formulaire d'un appel publié, la Ville en
ouvre une nouvelle, la compose, puis la publie : les brouillons y passent et sont prévenus, les
demandes déposées gardent celle sous laquelle elles l'ont été.
"""

import json
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from appels.models import Appel, Formulaire, Question, Section
from appels.questions import A_CHOIX
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

FORMULAIRE_MINIMAL: list[dict[str, Any]] = []
LIVRES = Path(__file__).parent.parent / "donnees"
FICHIERS_PAR_DEFAUT = {
    Formulaire.Nature.DEMANDE: "formulaire_immigration.json",
    Formulaire.Nature.RAPPORT_ETAPE: "formulaire_rapport_etape.json",
    Formulaire.Nature.RAPPORT_FINAL: "formulaire_rapport_final.json",
}
RAPPORTS = (Formulaire.Nature.RAPPORT_ETAPE, Formulaire.Nature.RAPPORT_FINAL)
CHAMPS_COPIES = ("code", "libelle", "aide", "type", "obligatoire", "mots_max", "choix")


def sections_par_defaut(nature: str = Formulaire.Nature.DEMANDE) -> list[dict[str, Any]]:
    """Le formulaire livré pour les projets en immigration, ou pour leurs rapports."""
    contenu = (LIVRES / FICHIERS_PAR_DEFAUT[nature]).read_text(encoding="utf-8")
    return json.loads(contenu)["sections"]


@transaction.atomic
def creer_formulaire(
    *,
    appel: Appel,
    sections: list[dict[str, Any]],
    nature: str = Formulaire.Nature.DEMANDE,
) -> Formulaire:
    """Une nouvelle révision du formulaire de ``appel``, dans l'ordre des sections données.

    Une question peut porter ``si`` : ``{"question": code, "valeur": …}``, une question d'avant.
    """
    formulaire = _nouvelle_revision(appel, nature)
    posees: dict[str, Question] = {}
    for ordre, contenu in enumerate(sections):
        section = Section.objects.create(
            formulaire=formulaire,
            code=contenu["code"],
            titre=contenu["titre"],
            aide=contenu.get("aide", ""),
            ordre=ordre,
        )
        for rang, question in enumerate(contenu["questions"]):
            champs = dict(question)
            condition = champs.pop("si", None)
            if condition:
                champs |= {
                    "si_question": posees[condition["question"]],
                    "si_valeur": condition["valeur"],
                }
            posees[champs["code"]] = Question.objects.create(section=section, ordre=rang, **champs)
    return formulaire


def _nouvelle_revision(appel: Appel, nature: str) -> Formulaire:
    derniere = appel.formulaires.filter(nature=nature).order_by("-revision").first()
    return Formulaire.objects.create(
        appel=appel, nature=nature, revision=derniere.revision + 1 if derniere else 1
    )


def creer_formulaire_par_defaut(
    *, appel: Appel, nature: str = Formulaire.Nature.DEMANDE
) -> Formulaire:
    return creer_formulaire(appel=appel, sections=sections_par_defaut(nature), nature=nature)


def creer_formulaires_des_rapports(*, appel: Appel) -> None:
    """Les formulaires livrés pour les rapports d'un appel qui n'en a pas encore."""
    for nature in RAPPORTS:
        if formulaire_courant(appel, nature) is None:
            creer_formulaire_par_defaut(appel=appel, nature=nature)


def reprendre_formulaires(*, source: Appel, appel: Appel) -> None:
    """Copie à ``appel``, qui n'en a pas, chaque formulaire de ``source``, à composer."""
    for nature in Formulaire.Nature.values:
        courant = formulaire_courant(source, nature)
        if courant is not None:
            _copier(courant, _nouvelle_revision(appel, nature))


def formulaire_courant(appel: Appel, nature: str = Formulaire.Nature.DEMANDE) -> Formulaire | None:
    """La révision sous laquelle on écrit : la dernière publiée, sinon celle en préparation."""
    return (
        appel.formulaires.filter(nature=nature)
        .order_by(F("publie_le").desc(nulls_last=True), "-revision")
        .first()
    )


def revision_en_preparation(
    appel: Appel, nature: str = Formulaire.Nature.DEMANDE
) -> Formulaire | None:
    """La révision qui n'est pas encore publiée, s'il y en a une."""
    return appel.formulaires.filter(nature=nature, publie_le=None).order_by("-revision").first()


# --- Composer -----------------------------------------------------------------------------------
@transaction.atomic
def ouvrir_revision(
    *, acteur: Any, appel: Appel, nature: str = Formulaire.Nature.DEMANDE
) -> Formulaire:
    """Une copie modifiable de la révision publiée ; celle déjà ouverte, s'il y en a une.

    Un appel d'avant, sans formulaire de rapport, reçoit celui qui est livré.
    """
    exiger_permission(acteur, "appel.modifier", appel)
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    ouverte = revision_en_preparation(appel, nature)
    if ouverte is not None:
        return ouverte
    if appel.etat != Appel.Etat.BROUILLON and not peut_changer(appel, nature):
        raise RegleViolee("L'appel n'en est plus là : son formulaire ne change plus.")
    courant = formulaire_courant(appel, nature)
    if courant is None:
        return creer_formulaire_par_defaut(appel=appel, nature=nature)
    nouvelle = _nouvelle_revision(appel, nature)
    _copier(courant, nouvelle)
    return nouvelle


def peut_changer(appel: Appel, nature: str) -> bool:
    """Vrai si une révision peut encore se publier : avant la clôture pour la demande ; jusqu'à
    l'archivage pour les rapports, qui s'écrivent après la décision."""
    if nature in RAPPORTS:
        return appel.etat in {
            Appel.Etat.PUBLIE,
            Appel.Etat.EN_EVALUATION,
            Appel.Etat.DECIDE,
        }
    return appel.etat == Appel.Etat.PUBLIE and not appel.est_clos


def _copier(source: Formulaire, cible: Formulaire) -> None:
    """Recopie les sections et les questions, conditions comprises."""
    copies: dict[int, Question] = {}
    for section in source.sections.prefetch_related("questions"):
        copie = Section.objects.create(
            formulaire=cible,
            code=section.code,
            titre=section.titre,
            aide=section.aide,
            ordre=section.ordre,
        )
        for question in section.questions.all():
            copies[question.pk] = Question.objects.create(
                section=copie,
                ordre=question.ordre,
                **{nom: getattr(question, nom) for nom in CHAMPS_COPIES},
            )
    for question in Question.objects.filter(pk__in=copies, si_question__isnull=False):
        copie = copies[question.pk]
        copie.si_question, copie.si_valeur = copies[question.si_question_id], question.si_valeur
        copie.save(update_fields=["si_question", "si_valeur"])


def exiger_en_preparation(acteur: Any, formulaire: Formulaire) -> None:
    exiger_permission(acteur, "appel.modifier", formulaire.appel)
    verrou = Formulaire.objects.select_for_update(no_key=True).get(pk=formulaire.pk)
    if verrou.publie_le is not None:
        raise RegleViolee(
            "Cette révision est publiée : ouvrez-en une nouvelle pour la changer.", code="publiee"
        )


@transaction.atomic
def remplacer_formulaire(
    *, acteur: Any, revision: Formulaire, source: Formulaire | None
) -> Formulaire:
    """Reprend le formulaire d'un autre appel, ou le modèle livré (``source`` None)."""
    exiger_en_preparation(acteur, revision)
    appel, nature = revision.appel, revision.nature
    if source is not None:
        exiger_permission(acteur, "appel.voir", source.appel)
    revision.delete()
    if source is None:
        return creer_formulaire_par_defaut(appel=appel, nature=nature)
    nouveau = _nouvelle_revision(appel, nature)
    _copier(source, nouveau)
    return nouveau


@transaction.atomic
def enregistrer_section(
    *,
    acteur: Any,
    revision: Formulaire,
    titre: str,
    aide: str = "",
    questions: list[dict[str, Any]],
    section: Section | None = None,
) -> Section:
    """Écrit une section et ses questions, dans leur ordre.

    Une question donnée avec ``pk`` est gardée et modifiée ; celles qui ne sont plus données sont
    retirées. Lève ``RegleViolee`` quand une condition ne peut pas se vérifier.
    """
    exiger_en_preparation(acteur, revision)
    if section is None:
        section = Section(
            formulaire=revision,
            code=_code_libre(titre, revision.sections.values_list("code", flat=True)),
            ordre=revision.sections.count(),
        )
    section.titre, section.aide = titre, aide
    section.save()
    anciennes = {question.pk: question for question in section.questions.all()}
    gardees: set[int] = set()
    pris = {question.code for question in anciennes.values()}
    for ordre, contenu in enumerate(questions):
        champs = {**contenu, "ordre": ordre}
        question = anciennes.get(champs.pop("pk", None) or 0)
        if question is None:
            question = Question(section=section, code=_code_libre(champs["libelle"], pris))
            pris.add(question.code)
        for nom, valeur in champs.items():
            setattr(question, nom, valeur)
        _exiger_condition(revision, question)
        question.save()
        gardees.add(question.pk)
    section.questions.exclude(pk__in=gardees).delete()
    journaliser(
        acteur=acteur,
        verbe="appel.modifier",
        objet=revision.appel,
        details={"partie": "formulaire", "section": titre},
    )
    return section


def _exiger_condition(formulaire: Formulaire, question: Question) -> None:
    """La question dont celle-ci dépend est du formulaire, a cette réponse, et ne tourne pas."""
    autre = question.si_question
    if autre is None:
        question.si_valeur = ""
        return
    if autre.section.formulaire_id != formulaire.pk:
        raise RegleViolee("La condition porte sur une question d'un autre formulaire.")
    permises = autre.choix if autre.type in A_CHOIX else ["Oui"]
    if question.si_valeur not in permises:
        raise RegleViolee(
            f"« {question.libelle} » : la réponse attendue à « {autre.libelle} » est une de "
            f"celles-ci : {', '.join(permises)}.",
            code="condition",
        )
    vues = {question.pk}
    while autre is not None:
        if autre.pk in vues:
            raise RegleViolee(
                f"« {question.libelle} » : deux questions ne peuvent pas dépendre l'une de "
                "l'autre.",
                code="condition",
            )
        vues.add(autre.pk)
        autre = autre.si_question


def _code_libre(libelle: str, pris: Any) -> str:
    base = slugify(libelle)[:32] or "question"
    code, rang = base, 2
    while code in set(pris):
        code, rang = f"{base}-{rang}", rang + 1
    return code


@transaction.atomic
def deplacer_section(*, acteur: Any, section: Section, vers: int) -> None:
    """Échange la section avec sa voisine : ``vers`` -1 monte, +1 descend."""
    exiger_en_preparation(acteur, section.formulaire)
    sections = list(section.formulaire.sections.all())
    rang = sections.index(section)
    cible = rang + vers
    if 0 <= cible < len(sections):
        sections[rang], sections[cible] = sections[cible], sections[rang]
        for ordre, autre in enumerate(sections):
            autre.ordre = ordre
        Section.objects.bulk_update(sections, ["ordre"])


@transaction.atomic
def retirer_section(*, acteur: Any, section: Section) -> None:
    exiger_en_preparation(acteur, section.formulaire)
    section.delete()


@transaction.atomic
def abandonner_revision(*, acteur: Any, revision: Formulaire) -> None:
    """Efface une révision en préparation ; la publiée reste celle sous laquelle on écrit."""
    exiger_en_preparation(acteur, revision)
    autres = revision.appel.formulaires.filter(nature=revision.nature)
    if not autres.exclude(publie_le=None).exists():
        raise RegleViolee("C'est le seul formulaire de cet appel : modifiez-le.")
    revision.delete()
