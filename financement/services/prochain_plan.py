"""Le prochain plan : le tirer des besoins, l'écrire version par version, l'adopter."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from appels.models import Besoin, Objectif, PlanAction, Theme
from financement import prochain_plan as propositions
from financement.couverture import couverture_annoncee
from financement.models import ProchainPlan, VersionProchainPlan
from financement.prochain_plan import Ligne
from socle import cache_public, horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

ECRITS = ("libelle", "theme", "objectif", "priorite", "raison", "retenu")


@transaction.atomic
def preparer(*, acteur: Any, plan: PlanAction, code: str, titre: str) -> ProchainPlan:
    """Un brouillon tiré de ``plan`` : ce à quoi rien ne répond d'abord, une raison à chacun."""
    exiger_permission(acteur, "plan.gerer")
    PlanAction.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.prochains.filter(etat="brouillon").exists():
        raise RegleViolee("Un brouillon du prochain plan existe déjà.", code="brouillon")
    _exiger_code_libre(code)
    prochain = ProchainPlan(plan=plan, code=code, titre=titre, cree_par=acteur)
    try:
        prochain.full_clean(exclude=["etat"])
    except ValidationError as erreur:
        champ, phrases = next(iter(erreur.message_dict.items()))
        raise RegleViolee(phrases[0], champ=champ, code="invalide") from None
    prochain.save()
    lignes = [propositions.ligne_du_besoin(r) for r in couverture_annoncee(plan).reponses]
    _ecrire(acteur, prochain, lignes, "Tiré des besoins, de leur couverture et des résultats.")
    journaliser(acteur=acteur, verbe="prochainplan.preparer", objet=prochain)
    return prochain


@transaction.atomic
def actualiser(*, acteur: Any, prochain: ProchainPlan) -> VersionProchainPlan:
    """Refait les propositions d'après les projets annoncés depuis ; ce qui est écrit reste."""
    exiger_permission(acteur, "plan.gerer")
    prochain = _brouillon(prochain)
    reponses = {r.besoin.code: r for r in couverture_annoncee(prochain.plan).reponses}
    lignes = [
        propositions.actualiser_ligne(ligne, reponses.get(ligne["besoin"]))
        for ligne in prochain.version.lignes
    ]
    if lignes == prochain.version.lignes:
        return prochain.version
    journaliser(acteur=acteur, verbe="prochainplan.actualiser", objet=prochain)
    return _ecrire(acteur, prochain, lignes, "Propositions actualisées.")


@transaction.atomic
def modifier_besoin(
    *, acteur: Any, prochain: ProchainPlan, besoin: str, base: int, champs: Mapping[str, Any]
) -> VersionProchainPlan:
    """Change la ligne d'un besoin dans une nouvelle version. ``base`` : le numéro de celle lue."""
    exiger_permission(acteur, "plan.gerer")
    prochain = _brouillon(prochain)
    actuelle = prochain.version.ligne(besoin)
    lue = prochain.versions.filter(numero=base).first()
    if actuelle is None or lue is None or lue.ligne(besoin) != actuelle:
        raise RegleViolee(
            "Une autre personne a changé ce besoin pendant que vous écriviez : relisez-le.",
            code="concurrence",
        )
    neuve = {**actuelle, **{nom: champs[nom] for nom in ECRITS if nom in champs}}
    _valider(prochain, neuve)
    if neuve == actuelle:
        return prochain.version
    lignes = [neuve if ligne is actuelle else ligne for ligne in prochain.version.lignes]
    journaliser(
        acteur=acteur, verbe="prochainplan.modifier", objet=prochain, details={"besoin": besoin}
    )
    return _ecrire(acteur, prochain, lignes, _dire(actuelle, neuve))


@transaction.atomic
def ajouter_besoin(
    *, acteur: Any, prochain: ProchainPlan, champs: Mapping[str, Any]
) -> VersionProchainPlan:
    """Ajoute un besoin que le plan d'avant n'avait pas ; il dit pourquoi."""
    exiger_permission(acteur, "plan.gerer")
    prochain = _brouillon(prochain)
    code = propositions.prochain_code(champs["type"], prochain.version.lignes)
    neuve: Ligne = {
        "besoin": code,
        "type": champs["type"],
        "retenu": True,
        **{nom: champs[nom] for nom in ("libelle", "theme", "objectif", "priorite", "raison")},
        "proposee": {"priorite": 0, "raison": ""},
    }
    _valider(prochain, neuve)
    journaliser(
        acteur=acteur, verbe="prochainplan.modifier", objet=prochain, details={"besoin": code}
    )
    return _ecrire(acteur, prochain, [*prochain.version.lignes, neuve], f"Ajout de {code}.")


@transaction.atomic
def adopter(
    *,
    acteur: Any,
    prochain: ProchainPlan,
    base: int,
    resolution: str,
    date: dt.date,
    echeance: dt.date,
) -> PlanAction:
    """Le conseil adopte la version ``base`` : elle devient le plan que les appels servent.

    Ses objectifs et ses thèmes viennent du plan d'avant ; un besoin repris garde son code, ce qui
    s'en est dit à la consultation et, par ``issu_de``, ce qui lui répondait.
    """
    exiger_permission(acteur, "plan.adopter", prochain)
    prochain = _brouillon(prochain)
    if prochain.version.numero != base:
        raise RegleViolee("Le brouillon a changé depuis que vous l'avez lu : relisez-le.")
    if not resolution.strip():
        raise RegleViolee("Écrivez le numéro de la résolution.", champ="resolution")
    if date > horloge.aujourdhui():
        raise RegleViolee(
            "La résolution n'est pas encore adoptée. Attendez sa date, ou choisissez-en une autre.",
            champ="date",
        )
    if echeance <= date:
        raise RegleViolee("Le plan finit après son adoption.", champ="echeance")
    _exiger_code_libre(prochain.code)
    plan = _devenir_un_plan(prochain, date, echeance)
    champs = {"resolution": resolution.strip(), "resolution_date": date, "devenu": plan}
    transitionner(
        prochain,
        "adopter",
        acteur=acteur,
        champs=champs,
        details={"resolution": resolution.strip(), "version": base},
    )
    cache_public.perimer()
    return plan


def abandonner(*, acteur: Any, prochain: ProchainPlan) -> ProchainPlan:
    """Laisse le brouillon : on pourra en préparer un autre."""
    return transitionner(prochain, "abandonner", acteur=acteur)


# --- Ce que les services partagent --------------------------------------------------------------
def _brouillon(prochain: ProchainPlan) -> ProchainPlan:
    """Le brouillon, verrouillé : les versions se suivent."""
    verrouille = (
        ProchainPlan.objects.select_for_update(no_key=True, of=("self",))
        .select_related("plan")
        .get(pk=prochain.pk)
    )
    if verrouille.etat != ProchainPlan.Etat.BROUILLON:
        raise RegleViolee("Ce plan n'est plus un brouillon.", code="etat")
    return verrouille


def _ecrire(
    acteur: Any, prochain: ProchainPlan, lignes: list[Ligne], changement: str
) -> VersionProchainPlan:
    themes = prochain.plan.themes.order_by("ordre").values_list("code", flat=True)
    derniere = prochain.versions.order_by("numero").last()
    return prochain.versions.create(
        numero=derniere.numero + 1 if derniere else 1,
        lignes=propositions.ordonner(lignes, themes),
        changement=changement,
        ecrite_par=acteur,
    )


def _valider(prochain: ProchainPlan, ligne: Ligne) -> None:
    for nom in ("libelle", "raison"):
        ligne[nom] = ligne[nom].strip()
    if not ligne["libelle"]:
        raise RegleViolee("Nommez le besoin.", champ="libelle")
    if not ligne["raison"]:
        raise RegleViolee("Écrivez pourquoi : le conseil le lira.", champ="raison")
    if not prochain.plan.themes.filter(code=ligne["theme"]).exists():
        raise RegleViolee("Ce thème n'est pas dans le plan.", champ="theme")
    if not prochain.plan.objectifs.filter(code=ligne["objectif"]).exists():
        raise RegleViolee("Cet objectif n'est pas dans le plan.", champ="objectif")


MOTS: Mapping[str, Callable[[Ligne], str]] = {
    "libelle": lambda ligne: f"nommé « {ligne['libelle']} »",
    "theme": lambda ligne: "autre thème",
    "objectif": lambda ligne: f"objectif {ligne['objectif']}",
    "priorite": lambda ligne: propositions.Priorite(ligne["priorite"]).label.lower(),
    "raison": lambda ligne: "raison réécrite",
    "retenu": lambda ligne: "gardé" if ligne["retenu"] else "écarté",
}


def _dire(avant: Ligne, apres: Ligne) -> str:
    """« B04 : à renforcer, raison réécrite. »"""
    changes = [mots(apres) for nom, mots in MOTS.items() if avant[nom] != apres[nom]]
    return f"{apres['besoin']} : {', '.join(changes)}."[:300]


def _exiger_code_libre(code: str) -> None:
    if PlanAction.objects.filter(code=code).exists():
        raise RegleViolee("Un plan porte déjà ce code.", champ="code")


def _devenir_un_plan(prochain: ProchainPlan, date: dt.date, echeance: dt.date) -> PlanAction:
    ancien = prochain.plan
    plan = PlanAction.objects.create(
        code=prochain.code,
        titre=prochain.titre,
        adopte_en=date.year,
        echeance=f"{echeance:%Y-%m}",
        financement=ancien.financement,
        source=ancien.source,
    )
    objectifs = {
        objectif.code: Objectif.objects.create(
            plan=plan, code=objectif.code, libelle=objectif.libelle
        )
        for objectif in ancien.objectifs.all()
    }
    themes = {
        theme.code: Theme.objects.create(
            plan=plan, code=theme.code, libelle=theme.libelle, ordre=theme.ordre
        )
        for theme in ancien.themes.all()
    }
    anciens = {besoin.code: besoin for besoin in ancien.besoins.prefetch_related("points")}
    for ligne in prochain.retenues:
        issu_de = anciens.get(ligne["besoin"])
        besoin = Besoin.objects.create(
            plan=plan,
            code=ligne["besoin"],
            libelle=ligne["libelle"],
            type=ligne["type"],
            theme=themes[ligne["theme"]],
            objectif=objectifs[ligne["objectif"]],
            issu_de=issu_de,
        )
        if issu_de is not None:
            besoin.points.set(issu_de.points.all())
    return plan
