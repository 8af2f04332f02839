"""La consultation d'un plan : l'inscrire, la publier, tenir ses ateliers, points et étapes."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from appels.models import (
    Atelier,
    Besoin,
    Consultation,
    EtapeDemarche,
    Instance,
    PlanAction,
    PointSouleve,
    QuestionAtelier,
)
from socle import cache_public, horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import EntreeJournal

Champs = Mapping[str, Any]
Objet = TypeVar("Objet", bound=models.Model)
Genre = PointSouleve.Genre
# Le but de l'atelier auquel chaque genre de point répond, dans l'ordre de ses questions.
QUESTION_DU_GENRE = {Genre.FORCE: 0, Genre.DEFI: 1, Genre.PISTE: 2, Genre.ROLE_VILLE: 2}


@transaction.atomic
def enregistrer_consultation(
    *,
    acteur: Any,
    plan: PlanAction,
    champs: Champs,
    instances: Iterable[Champs],
    consultation: Consultation | None = None,
) -> Consultation:
    """Inscrit la consultation d'un plan, ou la corrige. ``instances`` : nom et rôle, en ordre."""
    exiger_permission(acteur, "plan.gerer")
    consultation = _enregistrer(acteur, consultation or Consultation(plan=plan), champs)
    consultation.instances.all().delete()
    _ajouter_instances(consultation, instances)
    return consultation


@transaction.atomic
def publier(*, acteur: Any, consultation: Consultation) -> Consultation:
    """Ouvre à tout le monde la page de la consultation et ses suites."""
    exiger_permission(acteur, "plan.gerer")
    if not consultation.ateliers.exists():
        raise RegleViolee("Inscrivez un atelier avant de publier la consultation.", code="vide")
    return _dater(acteur, consultation, "publier", horloge.maintenant())


@transaction.atomic
def depublier(*, acteur: Any, consultation: Consultation) -> Consultation:
    """Ferme la page publique, le temps d'une correction."""
    exiger_permission(acteur, "plan.gerer")
    return _dater(acteur, consultation, "depublier", None)


@transaction.atomic
def enregistrer_atelier(
    *,
    acteur: Any,
    consultation: Consultation,
    champs: Champs,
    questions: Iterable[Champs],
    groupes: Iterable[Champs],
    atelier: Atelier | None = None,
) -> Atelier:
    """Inscrit un atelier, ses questions et ses groupes, ou les corrige.

    Une ligne qui porte sa clé ``pk`` est corrigée ; une ligne qui n'y est plus est retirée, et les
    points qui la nommaient restent, sans elle.
    """
    exiger_permission(acteur, "plan.gerer")
    groupes = list(groupes)
    _verifier_presences(champs, groupes)
    atelier = _enregistrer(acteur, atelier or Atelier(consultation=consultation), champs)
    _remplacer(atelier.questions, questions)
    _remplacer(atelier.groupes, groupes)
    return atelier


@transaction.atomic
def enregistrer_point(
    *,
    acteur: Any,
    atelier: Atelier,
    champs: Champs,
    besoins: Iterable[Besoin],
    point: PointSouleve | None = None,
) -> PointSouleve:
    """Inscrit ce qui s'est dit et les besoins que c'est devenu, ou le corrige."""
    exiger_permission(acteur, "plan.gerer")
    for nom in ("question", "groupe"):
        if champs.get(nom) and champs[nom].atelier_id != atelier.pk:
            raise RegleViolee("Ce choix vient d'un autre atelier.", champ=nom)
    besoins = list(besoins)
    if champs["genre"] == Genre.FORCE and besoins:
        raise RegleViolee("Une force se garde : elle n'est pas un besoin.", champ="besoins")
    if point is None:
        point = PointSouleve(atelier=atelier, ordre=atelier.points.count())
    point = _enregistrer(acteur, point, champs)
    point.besoins.set(besoins)
    return point


@transaction.atomic
def enregistrer_etape(
    *,
    acteur: Any,
    consultation: Consultation,
    champs: Champs,
    etape: EtapeDemarche | None = None,
) -> EtapeDemarche:
    """Inscrit une étape de la démarche, la corrige, ou dit qu'elle est faite."""
    exiger_permission(acteur, "plan.gerer")
    if (champs.get("faite_le") or dt.date.min) > horloge.aujourdhui():
        raise RegleViolee("Une étape à venir n'est pas encore faite.", champ="faite_le")
    return _enregistrer(acteur, etape or EtapeDemarche(consultation=consultation), champs)


@transaction.atomic
def retirer(*, acteur: Any, objet: Atelier | PointSouleve | EtapeDemarche) -> None:
    """Efface un atelier et ses points, un point ou une étape ; le journal garde ce que c'était."""
    exiger_permission(acteur, "plan.gerer")
    if (
        isinstance(objet, Atelier)
        and objet.consultation.est_publiee
        and objet.consultation.ateliers.count() == 1
    ):
        raise RegleViolee("Une consultation publiée garde au moins un atelier.", code="dernier")
    journaliser(
        acteur=acteur,
        verbe=f"{objet._meta.model_name}.retirer",
        objet=objet,
        details=_siege(objet),
    )
    objet.delete()
    cache_public.perimer()


def histoire(consultation: Consultation) -> models.QuerySet[EntreeJournal]:
    """Ce qui est arrivé à la consultation, à ses ateliers, points et étapes, retirés compris."""
    points = PointSouleve.objects.filter(atelier__consultation=consultation)
    presents = EntreeJournal.objects.pour(
        consultation, *consultation.ateliers.all(), *points, *consultation.etapes.all()
    )
    enfants = [modele._meta.label_lower for modele in (Atelier, PointSouleve, EtapeDemarche)]
    return presents | EntreeJournal.objects.filter(
        objet_type__in=enfants, details__consultation=consultation.pk
    )


# --- Écrire -------------------------------------------------------------------------------------
def _enregistrer(acteur: Any, objet: Objet, champs: Champs) -> Objet:
    """Valide et enregistre ``objet`` ; le journal dit s'il est inscrit ou modifié."""
    verbe = "modifier" if objet.pk else "inscrire"
    for nom, valeur in champs.items():
        setattr(objet, nom, valeur)
    try:
        objet.full_clean()
    except ValidationError as erreur:
        champ, phrases = next(iter(erreur.message_dict.items()))
        raise RegleViolee(phrases[0], champ=champ, code="invalide") from None
    objet.save()
    journaliser(
        acteur=acteur,
        verbe=f"{objet._meta.model_name}.{verbe}",
        objet=objet,
        details=_siege(objet),
    )
    cache_public.perimer()
    return objet


def _siege(objet: models.Model) -> dict[str, int]:
    """La consultation d'un atelier, d'un point ou d'une étape, que le journal garde avec lui."""
    if isinstance(objet, Consultation):
        return {}
    lieu = objet.atelier if isinstance(objet, PointSouleve) else objet
    return {"consultation": lieu.consultation_id}


def _dater(
    acteur: Any, consultation: Consultation, verbe: str, moment: dt.datetime | None
) -> Consultation:
    consultation.publiee_le = moment
    consultation.save(update_fields=["publiee_le"])
    journaliser(acteur=acteur, verbe=f"consultation.{verbe}", objet=consultation)
    cache_public.perimer()
    return consultation


def _verifier_presences(champs: Champs, groupes: list[Champs]) -> None:
    presentes = champs.get("personnes")
    assises = sum(groupe.get("personnes") or 0 for groupe in groupes)
    if presentes is not None and assises > presentes:
        raise RegleViolee(
            f"Les groupes réunissent {assises} personnes : plus que les {presentes} présentes.",
            champ="personnes",
            code="groupes",
        )


def _remplacer(lignes: Any, contenus: Iterable[Champs]) -> None:
    """``lignes`` (les questions ou les groupes d'un atelier) deviennent ``contenus``, en ordre."""
    anciennes = {ligne.pk: ligne for ligne in lignes.all()}
    for ordre, contenu in enumerate(contenus):
        ligne = anciennes.pop(contenu.get("pk"), None) or lignes.model(atelier=lignes.instance)
        for nom, valeur in contenu.items():
            if nom != "pk":
                setattr(ligne, nom, valeur)
        ligne.ordre = ordre
        ligne.save()
    lignes.filter(pk__in=anciennes).delete()


def _ajouter_instances(consultation: Consultation, instances: Iterable[Champs]) -> None:
    Instance.objects.bulk_create(
        Instance(consultation=consultation, ordre=ordre, nom=lue["nom"], role=lue["role"])
        for ordre, lue in enumerate(instances)
    )


# --- La consultation livrée ---------------------------------------------------------------------
def reprendre_consultation(plan: PlanAction, donnees: Champs) -> Consultation:
    """La consultation du fichier livré : ses instances, son atelier, ses points et ses étapes.

    Chaque besoin du plan est un point qui l'a nommé ; une force ne demande rien. Une consultation
    déjà inscrite n'est pas touchée.
    """
    existante = plan.consultations.order_by("pk").first()
    if existante is not None:
        return existante
    lu = donnees["atelier"]
    consultation = Consultation.objects.create(
        plan=plan, titre="Consultation des organismes", source=donnees["source"]
    )
    instances = [{"nom": i["libelle"], "role": i["role"]} for i in donnees["instances"]]
    _ajouter_instances(consultation, instances)
    groupe_min, groupe_max = lu["taille_des_groupes"]
    atelier = Atelier.objects.create(
        consultation=consultation,
        date=dt.date.fromisoformat(lu["date"]),
        lieu=lu["lieu"],
        personnes=lu["personnes"],
        organisations=lu["organisations"],
        groupe_min=groupe_min,
        groupe_max=groupe_max,
    )
    questions = QuestionAtelier.objects.bulk_create(
        QuestionAtelier(atelier=atelier, ordre=ordre, texte=but[:1].upper() + but[1:])
        for ordre, but in enumerate(lu["buts"])
    )
    besoins = {besoin.code: besoin for besoin in plan.besoins.all()}
    dits = [{**force, "type": Genre.FORCE} for force in donnees["forces"]] + donnees["besoins"]
    for ordre, dit in enumerate(dits):
        point = PointSouleve.objects.create(
            atelier=atelier,
            genre=dit["type"],
            texte=dit["libelle"],
            question=questions[QUESTION_DU_GENRE[dit["type"]]],
            ordre=ordre,
        )
        if dit["code"] in besoins:
            point.besoins.add(besoins[dit["code"]])
    EtapeDemarche.objects.bulk_create(
        EtapeDemarche(
            consultation=consultation,
            libelle=etape["libelle"],
            prevue_le=dt.date.fromisoformat(f"{etape['date']}-01"),
        )
        for etape in donnees["etapes"]
    )
    return consultation
