"""Une demande, du premier mot au retrait ; le dépôt a son fichier."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from appels.models import AideAnnoncee, Appel, Demande, Derogation
from appels.services.collaboration import derniere_ecriture, noter_ecriture
from appels.services.conditions import garder_reponses
from appels.services.formulaires import formulaire_courant
from appels.services.revisions import rattacher
from socle import horloge
from socle.concurrence import Issue, SaisieConcurrente, comparer
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Organisme

CHAMPS_DU_PROJET = frozenset({"titre", "resume", "secteur", "volet", "besoins"})


@transaction.atomic
def commencer_demande(
    *,
    acteur: Any,
    appel: Appel,
    organisme: Organisme,
    volet: Any = None,
    titre: str = "",
    code: str = "",
    autodiagnostic: Mapping[str, str] | None = None,
) -> Demande:
    """Ouvre un brouillon dans un appel ouvert ; ``code`` n'est donné qu'à l'importation.

    ``autodiagnostic`` : les réponses déjà données aux conditions de l'appel, par clé.
    """
    exiger_permission(acteur, "demande.creer", organisme)
    verrou = Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if not verrou.est_ouvert:
        raise RegleViolee("Cet appel n'est pas ouvert. Ses dates sont sur sa page.", code="ferme")
    demande = creer_brouillon(
        acteur=acteur, appel=verrou, organisme=organisme, volet=volet, titre=titre, code=code
    )
    garder_reponses(demande, autodiagnostic or {})
    return demande


def creer_brouillon(
    *, acteur: Any, appel: Appel, organisme: Organisme, code: str = "", **champs: Any
) -> Demande:
    """Le brouillon, sous le formulaire du jour ; ``appel`` est verrouillé par l'appelant."""
    formulaire = formulaire_courant(appel)
    code = code or _code_suivant(appel)
    demande = Demande.objects.create(
        appel=appel,
        organisme=organisme,
        formulaire=formulaire,
        formulaire_vu=formulaire,
        code=code,
        reference=f"{appel.code}-{code}",
        creee_par=acteur,
        creee_le=horloge.maintenant(),
        **champs,
    )
    journaliser(acteur=acteur, verbe="demande.commencer", objet=demande)
    return demande


def _code_suivant(appel: Appel) -> str:
    pris = {
        int(code[1:])
        for code in appel.demandes.values_list("code", flat=True)
        if code[:1] == "D" and code[1:].isdigit()
    }
    return f"D{max(pris, default=0) + 1:02d}"


def exiger_modifiable(acteur: Any, demande: Demande, *, partie: Any = None) -> None:
    """Lève ``RegleViolee`` si la demande ne s'écrit plus.

    En complément, seule la ``partie`` demandée s'écrit : « projet », « budget », une section ou
    un document exigé.
    """
    exiger_permission(acteur, "demande.rediger", demande)
    if demande.etat == Demande.Etat.A_COMPLETER:
        if complement_ouvre(demande, partie):
            return
        raise RegleViolee(
            "Seules les parties que la Ville demande de compléter peuvent être modifiées.",
            code="hors_complement",
        )
    if demande.etat != Demande.Etat.BROUILLON:
        raise RegleViolee("La demande est déposée : elle ne se modifie plus.", code="deposee")


def complement_ouvre(demande: Demande, partie: Any) -> bool:
    """Vrai si le complément en cours, encore dans son délai, porte sur ``partie``."""
    complement = demande.complements.filter(complete_le=None).first()
    if complement is None or horloge.maintenant() > complement.echeance:
        return False
    if partie == "budget":
        return complement.budget
    if partie is None or isinstance(partie, str):
        return False
    relation = (
        complement.pieces if partie._meta.model_name == "pieceexigee" else complement.sections
    )
    return relation.filter(pk=partie.pk).exists()


def valeurs_du_projet(demande: Demande) -> dict[str, Any]:
    """Ce que la page du projet montre, champ par champ, comparable d'une lecture à l'autre."""
    return {
        "titre": demande.titre,
        "resume": demande.resume,
        "secteur": demande.secteur,
        "volet": demande.volet_id,
        "besoins": sorted(besoin.pk for besoin in demande.besoins.all()),
    }


@transaction.atomic
def modifier_projet(
    *, acteur: Any, demande: Demande, bases: Mapping[str, str] | None = None, **champs: Any
) -> Demande:
    """Écrit titre, résumé, secteur, volet et besoins ; ce qui n'est pas donné reste.

    ``bases`` donne l'empreinte de ce que la personne avait sous les yeux, champ par champ. Lève
    ``SaisieConcurrente``, qui nomme le champ, quand une autre personne y a écrit autre chose.
    """
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    exiger_modifiable(acteur, demande, partie="projet")
    inconnus = champs.keys() - CHAMPS_DU_PROJET
    if inconnus:
        raise TypeError(f"Champs inconnus : {sorted(inconnus)}")
    volet = champs.get("volet")
    if volet is not None and volet.appel_id != demande.appel_id:
        raise RegleViolee("Choisissez un volet de cet appel.", champ="volet")
    actuelles = valeurs_du_projet(demande)
    a_ecrire = {
        nom: valeur
        for nom, valeur in champs.items()
        if _issue(demande, nom, valeur, actuelles[nom], bases or {}) is Issue.ECRIRE
    }
    if not a_ecrire:
        return demande
    for nom in a_ecrire:
        noter_ecriture(acteur=acteur, demande=demande, partie=nom)
    besoins = a_ecrire.pop("besoins", None)
    for nom, valeur in a_ecrire.items():
        setattr(demande, nom, valeur)
    demande.modifiee_le = horloge.maintenant()
    demande.save(update_fields=[*a_ecrire, "modifiee_le"])
    if besoins is not None:
        demande.besoins.set(besoins)
    return demande


def _issue(
    demande: Demande, nom: str, valeur: Any, actuelle: Any, bases: Mapping[str, str]
) -> Issue:
    saisie = valeur
    if nom == "volet":
        saisie = valeur.pk if valeur is not None else None
    elif nom == "besoins":
        saisie = sorted(besoin.pk for besoin in valeur)
    issue = comparer(base=bases.get(nom, ""), saisi=saisie, actuel=actuelle)
    if issue is Issue.CONFLIT:
        lisible = {
            "volet": lambda: str(demande.volet or ""),
            "besoins": lambda: " ; ".join(b.libelle for b in demande.besoins.all()),
        }.get(nom, lambda: str(actuelle))()
        raise SaisieConcurrente(
            "Une autre personne a écrit autre chose.",
            champ=nom,
            actuel=derniere_ecriture(demande, nom, valeur=actuelle, texte=lisible),
        )
    return issue


def retirer(*, acteur: Any, demande: Demande, motif: str) -> Demande:
    """L'organisme renonce, avec un motif."""
    if not motif.strip():
        raise RegleViolee("Dites pourquoi vous retirez la demande.", champ="motif")
    return transitionner(demande, "retirer", acteur=acteur, motif=motif)


@transaction.atomic
def reprendre(*, acteur: Any, demande: Demande) -> Demande:
    """Remet la demande en brouillon tant que l'appel est ouvert, sous le formulaire du jour."""
    demande = transitionner(demande, "reprendre", acteur=acteur)
    courant = formulaire_courant(demande.appel)
    if courant is not None:
        rattacher(demande, courant)
    return demande


@transaction.atomic
def annoncer_aide(
    *,
    acteur: Any,
    demande: Demande,
    date: dt.date,
    libelle: str,
    montant: Decimal,
    source: str = "quebec",
    contribution_milieu: Decimal | None = None,
) -> AideAnnoncee:
    """Inscrit une aide confirmée après le dépôt ; les taux se recalculent (regles.md, 5)."""
    exiger_permission(acteur, "demande.annoncer_aide", demande)
    # L'état visible : un refus pas encore annoncé ne se devine pas à cette réponse.
    if demande.etat_visible in {
        "brouillon",
        "retiree",
        "irrecevable",
        "refusee",
        "fermee",
        "resiliee",
    }:
        raise RegleViolee("Une aide s'annonce sur une demande déposée et encore en cours.")
    if montant < 0:
        raise RegleViolee(
            "Le montant ne peut pas être négatif. Écrivez 0 ou plus.", champ="montant"
        )
    aide = AideAnnoncee.objects.create(
        demande=demande,
        date=date,
        libelle=libelle,
        montant=montant,
        source=source,
        contribution_milieu=contribution_milieu,
        annoncee_par=acteur,
        annoncee_le=horloge.maintenant(),
    )
    journaliser(
        acteur=acteur,
        verbe="demande.annoncer_aide",
        objet=demande,
        details={"montant": str(montant), "source": source, "libelle": libelle},
    )
    return aide


@transaction.atomic
def accorder_derogation(
    *, acteur: Any, demande: Demande, jusqu_a: dt.datetime, motif: str
) -> Derogation:
    """Permet, avec un motif, un dépôt après la clôture (regles.md, 4)."""
    exiger_permission(acteur, "demande.accorder_derogation", demande)
    if demande.etat != Demande.Etat.BROUILLON:
        raise RegleViolee("Seul un brouillon peut recevoir une dérogation.")
    if not motif.strip():
        raise RegleViolee("Écrivez le motif de la dérogation.", champ="motif")
    if jusqu_a <= horloge.maintenant():
        raise RegleViolee("La dérogation doit finir plus tard que maintenant.", champ="jusqu_a")
    derogation = Derogation.objects.create(
        demande=demande, jusqu_a=jusqu_a, motif=motif, accordee_par=acteur
    )
    journaliser(
        acteur=acteur,
        verbe="demande.accorder_derogation",
        objet=demande,
        motif=motif,
        details={"jusqu_a": jusqu_a.isoformat()},
    )
    return derogation
