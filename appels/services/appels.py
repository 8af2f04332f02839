"""Un appel : le composer, le publier, le mener à sa fin."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from appels.models import Appel, Critere, PieceExigee, PlanAction, SourceVolet, Volet
from appels.models.appel import echelle_par_defaut, versements_par_defaut
from appels.services import conditions as conditions_admissibilite
from appels.services import formulaires
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services import courriels

# Ce qui se corrige encore après la publication ; le reste est gelé.
TEXTES = frozenset(
    {
        "presentation",
        "admissibilite",
        "depenses_admissibles",
        "contact",
        "seance_information",
        "seance_comite",
        "seance_conseil",
    }
)


@transaction.atomic
def creer_appel(
    *,
    acteur: Any,
    plan: PlanAction,
    champs: dict[str, Any],
    volets: list[dict[str, Any]],
    criteres: list[dict[str, Any]],
    pieces: Iterable[dict[str, Any]] = (),
    objectifs: Iterable[Any] = (),
    besoins: Iterable[Any] = (),
    formulaire: list[dict[str, Any]] | None = None,
    formulaires_de: Appel | None = None,
    conditions: Iterable[dict[str, Any]] = conditions_admissibilite.PAR_DEFAUT,
) -> Appel:
    """Crée un brouillon d'appel complet. ``formulaire`` None prend celui qui est livré ;
    ``formulaires_de`` reprend plutôt ceux d'un autre appel. Les formulaires des rapports qui
    manquent sont ceux qui sont livrés."""
    exiger_permission(acteur, "appel.creer")
    champs = {nom: valeur for nom, valeur in champs.items() if valeur is not None}
    champs.setdefault("plan_versements", versements_par_defaut())
    appel = Appel(plan=plan, cree_par=acteur, cree_le=horloge.maintenant(), **champs)
    _valider(appel)
    appel.save()
    appel.objectifs.set(objectifs)
    appel.besoins.set(besoins)
    _ecrire_volets(appel, volets)
    _ecrire_criteres(appel, criteres)
    _ecrire_pieces(appel, pieces)
    conditions_admissibilite.ecrire_conditions(appel, conditions)
    if formulaires_de is not None:
        formulaires.reprendre_formulaires(source=formulaires_de, appel=appel)
    elif formulaire is None:
        formulaires.creer_formulaire_par_defaut(appel=appel)
    else:
        formulaires.creer_formulaire(appel=appel, sections=formulaire)
    formulaires.creer_formulaires_des_rapports(appel=appel)
    journaliser(acteur=acteur, verbe="appel.creer", objet=appel)
    return appel


def _valider(appel: Appel) -> None:
    """Les règles du modèle, en phrases (``full_clean``)."""
    try:
        appel.full_clean(exclude=["plan", "etat"])
    except ValidationError as erreur:
        champ, phrases = next(iter(erreur.message_dict.items()))
        raise RegleViolee(phrases[0], champ=champ, code="invalide") from None


def _exiger_brouillon(appel: Appel) -> Appel:
    verrou = Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if verrou.etat != Appel.Etat.BROUILLON:
        raise RegleViolee("L'appel est publié : cette partie est gelée.", code="gele")
    return verrou


@transaction.atomic
def modifier_appel(
    *,
    acteur: Any,
    appel: Appel,
    champs: dict[str, Any],
    objectifs: Iterable[Any] | None = None,
    besoins: Iterable[Any] | None = None,
) -> Appel:
    """Écrit les champs de l'appel ; publié, seuls ses textes et ses séances changent encore."""
    exiger_permission(acteur, "appel.modifier", appel)
    appel = Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    geles = set() if appel.etat == Appel.Etat.BROUILLON else champs.keys() - TEXTES
    changes = {nom: v for nom, v in champs.items() if getattr(appel, nom) != v}
    if geles & changes.keys():
        raise RegleViolee("L'appel est publié : seuls ses textes changent encore.", code="gele")
    for nom, valeur in changes.items():
        setattr(appel, nom, valeur)
    _valider(appel)
    appel.save()
    if appel.etat == Appel.Etat.BROUILLON:
        if objectifs is not None:
            appel.objectifs.set(objectifs)
        if besoins is not None:
            appel.besoins.set(besoins)
    journaliser(
        acteur=acteur, verbe="appel.modifier", objet=appel, details={"champs": sorted(changes)}
    )
    return appel


@transaction.atomic
def enregistrer_volets(*, acteur: Any, appel: Appel, volets: list[dict[str, Any]]) -> Appel:
    exiger_permission(acteur, "appel.modifier", appel)
    appel = _exiger_brouillon(appel)
    appel.volets.all().delete()
    _ecrire_volets(appel, volets)
    journaliser(acteur=acteur, verbe="appel.modifier", objet=appel, details={"partie": "volets"})
    return appel


@transaction.atomic
def enregistrer_criteres(*, acteur: Any, appel: Appel, criteres: list[dict[str, Any]]) -> Appel:
    exiger_permission(acteur, "appel.modifier", appel)
    appel = _exiger_brouillon(appel)
    appel.criteres.all().delete()
    _ecrire_criteres(appel, criteres)
    journaliser(acteur=acteur, verbe="appel.modifier", objet=appel, details={"partie": "criteres"})
    return appel


@transaction.atomic
def enregistrer_pieces(*, acteur: Any, appel: Appel, pieces: Iterable[dict[str, Any]]) -> Appel:
    exiger_permission(acteur, "appel.modifier", appel)
    appel = _exiger_brouillon(appel)
    appel.pieces_exigees.all().delete()
    _ecrire_pieces(appel, pieces)
    journaliser(acteur=acteur, verbe="appel.modifier", objet=appel, details={"partie": "pieces"})
    return appel


@transaction.atomic
def enregistrer_conditions(
    *, acteur: Any, appel: Appel, conditions: Iterable[dict[str, Any]]
) -> Appel:
    """Remplace les conditions de « Est-ce pour nous ? » par celles données, dans leur ordre."""
    exiger_permission(acteur, "appel.modifier", appel)
    appel = _exiger_brouillon(appel)
    appel.conditions.all().delete()
    conditions_admissibilite.ecrire_conditions(appel, conditions)
    journaliser(
        acteur=acteur, verbe="appel.modifier", objet=appel, details={"partie": "conditions"}
    )
    return appel


def _ecrire_volets(appel: Appel, volets: list[dict[str, Any]]) -> None:
    numeros = [volet["no"] for volet in volets]
    if len(numeros) != len(set(numeros)):
        raise RegleViolee(
            "Deux volets portent le même numéro. Changez l'un des deux.", champ="volets"
        )
    for contenu in volets:
        sources = [(s["bailleur"], Decimal(s["montant"])) for s in contenu["sources"]]
        volet = Volet.objects.create(
            appel=appel,
            no=contenu["no"],
            nom=contenu["nom"],
            description=contenu.get("description", ""),
            plafond=Decimal(contenu["plafond"]),
            enveloppe=sum((montant for _, montant in sources), Decimal(0)),
        )
        SourceVolet.objects.bulk_create(
            SourceVolet(
                volet=volet,
                bailleur=bailleur,
                montant=montant,
                exercice=_exercice(appel.projet_debut),
            )
            for bailleur, montant in sources
        )


def _exercice(jour: dt.date | None) -> int | None:
    """L'année où finit l'exercice (31 mars) qui contient ``jour``."""
    if jour is None:
        return None
    return jour.year + (1 if jour.month > 3 else 0)


def _ecrire_criteres(appel: Appel, criteres: list[dict[str, Any]]) -> None:
    codes = [critere["code"] for critere in criteres]
    if len(codes) != len(set(codes)):
        raise RegleViolee(
            "Deux critères portent le même code. Changez l'un des deux.", champ="criteres"
        )
    Critere.objects.bulk_create(
        Critere(
            appel=appel,
            code=critere["code"],
            libelle=critere["libelle"],
            description=critere.get("description", ""),
            poids=critere["poids"],
            note_min=critere.get("note_min", 0),
            note_max=critere.get("note_max", 5),
            echelle=critere.get("echelle") or _echelle(critere),
            ordre=ordre,
        )
        for ordre, critere in enumerate(criteres)
    )


def _echelle(critere: dict[str, Any]) -> dict[str, str]:
    """L'échelle de 0 à 5 décrite en mots ; une autre échelle se décrit par ses bouts."""
    bas, haut = critere.get("note_min", 0), critere.get("note_max", 5)
    if (bas, haut) == (0, 5):
        return echelle_par_defaut()
    return {str(bas): "La plus basse.", str(haut): "La plus haute."}


def _ecrire_pieces(appel: Appel, pieces: Iterable[dict[str, Any]]) -> None:
    PieceExigee.objects.bulk_create(
        PieceExigee(appel=appel, ordre=ordre, **piece) for ordre, piece in enumerate(pieces)
    )


# --- La vie de l'appel --------------------------------------------------------------------------
@transaction.atomic
def publier(*, acteur: Any, appel: Appel) -> Appel:
    """Rend l'appel public ; critères, poids, volets et formulaire sont gelés."""
    appel = transitionner(
        appel, "publier", acteur=acteur, champs={"publie_le": horloge.maintenant()}
    )
    appel.formulaires.filter(publie_le=None).update(publie_le=horloge.maintenant())
    return appel


@transaction.atomic
def reporter_cloture(*, acteur: Any, appel: Appel, cloture: dt.datetime, motif: str) -> Appel:
    """Reporte la clôture et l'écrit aux organismes ; elle ne s'avance jamais une fois ouverte."""
    exiger_permission(acteur, "appel.reporter_cloture", appel)
    appel = Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if appel.etat != Appel.Etat.PUBLIE:
        raise RegleViolee("La clôture se reporte quand l'appel est publié.", code="etat")
    if not motif.strip():
        raise RegleViolee("Écrivez le motif du report.", champ="motif")
    if cloture <= appel.cloture:
        raise RegleViolee(
            "La clôture peut être reportée, jamais avancée.", champ="cloture", code="avancee"
        )
    ancienne, appel.cloture = appel.cloture, cloture
    _valider(appel)
    appel.save(update_fields=["cloture"])
    journaliser(
        acteur=acteur,
        verbe="appel.reporter_cloture",
        objet=appel,
        motif=motif,
        details={"de": ancienne.isoformat(), "vers": cloture.isoformat()},
    )
    adresses = appel.demandes.exclude(etat="retiree").values_list(
        "organisme__adhesions__utilisateur__email", flat=True
    )
    courriels.envoyer(
        gabarit="cloture_reportee",
        destinataires=[adresse for adresse in adresses.distinct() if adresse],
        objet=f"{appel.titre} : la clôture est reportée",
        contexte={
            "appel": appel,
            "motif": motif,
            "lien": settings.SITE_URL + reverse("appel_public", kwargs={"code": appel.code}),
        },
    )
    return appel


def ouvrir_evaluation(*, acteur: Any, appel: Appel) -> Appel:
    """Clos et vérifié, l'appel passe au comité."""
    return transitionner(appel, "ouvrir_evaluation", acteur=acteur)


def arreter_decisions(*, acteur: Any, appel: Appel) -> Appel:
    """Toutes les demandes ont leur décision."""
    return transitionner(
        appel, "arreter_decisions", acteur=acteur, champs={"decide_le": horloge.maintenant()}
    )


def archiver(*, acteur: Any, appel: Appel) -> Appel:
    return transitionner(appel, "archiver", acteur=acteur)


def annuler(*, acteur: Any, appel: Appel, motif: str) -> Appel:
    if not motif.strip():
        raise RegleViolee("Écrivez le motif de l'annulation.", champ="motif")
    return transitionner(appel, "annuler", acteur=acteur, motif=motif)
