"""L'avis du comité sur une demande : s'écrire à plusieurs pendant la séance, puis s'inscrire."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from appels.models import Demande
from appels.montants import montant_maximal
from appels.regles import dollars, regles_budget
from evaluations.classement import lignes_de
from evaluations.models import BrouillonAvis, Recommandation, Seance
from evaluations.quorum import Quorum, quorum_de
from socle import horloge
from socle.concurrence import Issue, SaisieActuelle, SaisieConcurrente, comparer, empreinte
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

AVIS_FAVORABLES = frozenset({Recommandation.Avis.FAVORABLE, Recommandation.Avis.FAVORABLE_PARTIEL})
TEXTE_MAX = 6000


@dataclass(frozen=True)
class Vote:
    """Les voix comptées, jamais nominatives."""

    pour: int
    contre: int
    abstentions: int

    @property
    def total(self) -> int:
        return self.pour + self.contre + self.abstentions


# --- Écrire l'avis --------------------------------------------------------------------------------
def valeurs_de_l_avis(seance: Seance, demande: Demande) -> dict[str, str]:
    """Chaque champ de l'avis tel qu'il se lit maintenant : le brouillon, sinon l'avis inscrit,
    sinon ce que le montant permis propose."""
    valeurs = dict.fromkeys(
        ("avis", "montant", "motifs", "conditions", "pour", "contre", "abstentions"), ""
    )
    criteres = list(demande.appel.criteres.all())
    valeurs |= {f"motif_{critere.pk}": "" for critere in criteres}
    avis = demande.recommandations.filter(en_vigueur=True).first()
    if avis is None:
        maximum = maximum_recommandable(demande)
        entier = maximum == demande.montant_demande
        valeurs |= {"montant": _ecrit(maximum)} if maximum else {}
        valeurs["avis"] = "favorable" if entier else "favorable_partiel"
    else:
        valeurs |= {
            "avis": avis.avis,
            "montant": _ecrit(avis.montant) if avis.montant else "",
            "motifs": avis.motifs,
            "conditions": avis.conditions,
            **{f"motif_{c.pk}": avis.motifs_par_critere.get(c.code, "") for c in criteres},
        }
        if avis.a_un_vote:
            valeurs |= {nom: str(getattr(avis, nom)) for nom in ("pour", "contre", "abstentions")}
    brouillon = BrouillonAvis.objects.filter(seance=seance, demande=demande).first()
    if brouillon:
        valeurs |= {nom: v for nom, v in brouillon.contenu.items() if nom in valeurs}
    return valeurs


def _ecrit(montant: Decimal) -> str:
    return f"{montant:.2f}".replace(".", ",")


def _propre(texte: str) -> str:
    return texte.replace("\r\n", "\n").replace("\x00", "").strip()


@transaction.atomic
def enregistrer_champ(
    *, acteur: Any, seance: Seance, demande: Demande, champ: str, valeur: str, base: str = ""
) -> str:
    """Range un champ de l'avis tel que saisi, sans le juger ; rend la valeur rangée.

    ``base`` est l'empreinte de ce que la page montrait. Lève ``SaisieConcurrente`` quand une autre
    personne y a écrit autre chose : rien n'est alors perdu ni écrasé.
    """
    demande = Demande.objects.select_for_update(of=("self",), no_key=True).get(pk=demande.pk)
    exiger_permission(acteur, "demande.preparer_avis", demande)
    _verifier_seance(seance, demande)
    actuelles = valeurs_de_l_avis(seance, demande)
    if champ not in actuelles:
        raise RegleViolee("Ce champ n'est pas de l'avis.", code="champ")
    valeur = _propre(valeur)
    if len(valeur) > TEXTE_MAX:
        raise RegleViolee(
            f"Ce texte dépasse {TEXTE_MAX} caractères : raccourcissez-le.", champ=champ
        )
    issue = comparer(base=base, saisi=valeur, actuel=actuelles[champ])
    if issue is Issue.CONFLIT:
        _refuser_saisie(seance, demande, champ, actuelles[champ])
    if issue is Issue.RIEN:
        return actuelles[champ]
    brouillon, _ = BrouillonAvis.objects.select_for_update().get_or_create(
        seance=seance, demande=demande
    )
    brouillon.contenu = {**brouillon.contenu, champ: valeur}
    brouillon.modifie_le, brouillon.modifie_par = horloge.maintenant(), acteur
    brouillon.save()
    return valeur


def _refuser_saisie(seance: Seance, demande: Demande, champ: str, actuelle: str) -> None:
    brouillon = BrouillonAvis.objects.filter(seance=seance, demande=demande).first()
    avis = demande.recommandations.filter(en_vigueur=True).select_related("inscrite_par").first()
    if brouillon and champ in brouillon.contenu:
        auteur, le = brouillon.modifie_par, brouillon.modifie_le
    else:
        auteur, le = (avis.inscrite_par, avis.adoptee_le) if avis else (None, horloge.maintenant())
    lisible = dict(Recommandation.Avis.choices).get(actuelle, actuelle)
    raise SaisieConcurrente(
        "Une autre personne a écrit autre chose.",
        champ=champ,
        actuel=SaisieActuelle(actuelle, lisible, auteur.nom if auteur else "Une autre page", le),
    )


# --- Inscrire l'avis ------------------------------------------------------------------------------
@transaction.atomic
def recommander(
    *,
    acteur: Any,
    seance: Seance,
    demande: Demande,
    avis: str,
    montant: Decimal | int | str = 0,
    motifs: str,
    motifs_par_critere: dict[str, str] | None = None,
    conditions: str = "",
    vote: Vote | None = None,
    vu: Mapping[str, tuple[str, str]] | None = None,
) -> Recommandation:
    """Inscrit l'avis du comité ; tant que la séance est ouverte, un nouvel avis le remplace.

    ``vu`` donne, par champ, l'empreinte de ce que la page montrait et ce qui est envoyé : un champ
    qu'une autre personne a changé entre-temps refuse l'inscription (``SaisieConcurrente``), même
    s'il n'a pas été touché ici. Refuse aussi sans quorum (code ``quorum``), sans score
    (``score``), sans motifs (``motifs``), au-delà du montant demandé ou de l'aide maximale
    (``montant``), ou quand il y a plus de voix que de membres présents et sans conflit (``vote``).
    """
    demande = Demande.objects.select_for_update(of=("self",), no_key=True).get(pk=demande.pk)
    exiger_permission(acteur, "demande.recommander", demande)
    _verifier_seance(seance, demande)
    _verifier_ce_qui_est_vu(seance, demande, vu or {})
    quorum = _verifier_quorum(seance, demande)
    ligne = lignes_de(demande.appel, Demande.objects.filter(pk=demande.pk)).get(demande.pk)
    if ligne is None or ligne.score is None:
        raise RegleViolee(
            "Il ne reste pas assez de fiches de membres sans conflit : la demande n'a pas de "
            "score. Rouvrez son évaluation.",
            code="score",
        )
    montant = verifier_montant(demande, avis, montant)
    motifs = (motifs or "").strip()
    if not motifs:
        raise RegleViolee("Écrivez les motifs de l'avis.", champ="motifs", code="motifs")
    _verifier_vote(vote, quorum)
    demande.recommandations.filter(en_vigueur=True).update(en_vigueur=False)
    recommandation = Recommandation.objects.create(
        demande=demande,
        seance=seance,
        avis=avis,
        montant=montant,
        motifs=motifs,
        motifs_par_critere=_motifs_par_critere(demande, motifs_par_critere or {}),
        conditions=(conditions or "").strip(),
        presents=quorum.presents,
        pour=vote.pour if vote else None,
        contre=vote.contre if vote else None,
        abstentions=vote.abstentions if vote else None,
        score=ligne.score,
        adoptee_le=horloge.maintenant(),
        inscrite_par=acteur,
    )
    BrouillonAvis.objects.filter(seance=seance, demande=demande).delete()
    details = {"avis": avis, "montant": str(montant), "presents": quorum.presents}
    if demande.etat == "evaluee":
        transitionner(demande, "recommander", acteur=acteur, details=details)
    else:
        journaliser(
            acteur=acteur, verbe="demande.corriger_recommandation", objet=demande, details=details
        )
    return recommandation


def _verifier_ce_qui_est_vu(
    seance: Seance, demande: Demande, vu: Mapping[str, tuple[str, str]]
) -> None:
    if not vu:
        return
    actuelles = valeurs_de_l_avis(seance, demande)
    for champ, (base, saisi) in vu.items():
        actuelle = actuelles.get(champ, "")
        if base and empreinte(actuelle) not in (base, empreinte(_propre(saisi))):
            _refuser_saisie(seance, demande, champ, actuelle)


def _verifier_vote(vote: Vote | None, quorum: Quorum) -> None:
    if vote is None:
        return
    if min(vote.pour, vote.contre, vote.abstentions) < 0 or not vote.total:
        raise RegleViolee("Comptez les voix, ou laissez le vote vide.", champ="pour", code="vote")
    if vote.total > quorum.presents:
        raise RegleViolee(
            f"Il y a {vote.total} voix pour {quorum.presents} membre"
            f"{'s' if quorum.presents > 1 else ''} présent et sans conflit : recomptez.",
            champ="pour",
            code="vote",
        )


def _verifier_seance(seance: Seance, demande: Demande) -> None:
    if seance.appel_id != demande.appel_id:
        raise RegleViolee("Cette demande n'est pas de l'appel de la séance.", code="appel")
    etat = Seance.objects.values_list("etat", flat=True).get(pk=seance.pk)
    if etat != Seance.Etat.OUVERTE:
        raise RegleViolee(
            "La séance n'est pas ouverte. On n'y travaille qu'entre son ouverture et sa clôture.",
            code="seance",
        )
    if demande.etat == "recommandee":
        if not demande.recommandations.filter(en_vigueur=True, seance=seance).exists():
            raise RegleViolee("Cette demande a déjà eu son avis à une autre séance.", code="etat")
    elif demande.etat != "evaluee":
        raise RegleViolee(
            "L'évaluation de cette demande doit être close avant la recommandation.", code="etat"
        )


def _verifier_quorum(seance: Seance, demande: Demande) -> Quorum:
    quorum = quorum_de(seance, demande)
    if not quorum.atteint:
        raise RegleViolee(
            f"Le quorum n'est pas atteint pour cette demande : {quorum.presents} présent"
            f"{'s' if quorum.presents > 1 else ''} sans conflit, il en faut {quorum.requis}.",
            code="quorum",
        )
    return quorum


def maximum_recommandable(demande: Demande) -> Decimal:
    """Le moindre du montant demandé et de l'aide maximale d'aujourd'hui (regles.md, 5)."""
    return min(
        demande.montant_demande or Decimal(0),
        montant_maximal(demande.budget(), regles_budget(demande)),
    )


def verifier_montant(demande: Demande, avis: str, montant: Decimal | int | str) -> Decimal:
    """Le montant recommandé, en dollars ; 0 pour un avis qui n'accorde rien."""
    if avis not in Recommandation.Avis.values:
        raise RegleViolee("Choisissez l'avis du comité.", champ="avis", code="avis")
    try:
        montant = Decimal(montant or 0).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        raise RegleViolee("Écrivez un montant.", champ="montant", code="montant") from None
    if avis not in AVIS_FAVORABLES:
        if montant:
            raise RegleViolee("Cet avis n'accorde aucun montant.", champ="montant", code="montant")
        return montant
    maximum = maximum_recommandable(demande)
    if montant <= 0:
        raise RegleViolee("Écrivez le montant recommandé.", champ="montant", code="montant")
    if montant > maximum:
        raise RegleViolee(
            f"Le montant ne peut pas dépasser {dollars(maximum)} (montant demandé et aide "
            "maximale permise).",
            champ="montant",
            code="montant",
        )
    if avis == Recommandation.Avis.FAVORABLE and montant < demande.montant_demande:
        raise RegleViolee(
            f"Un avis favorable recommande le montant demandé "
            f"({dollars(demande.montant_demande)}). Pour moins, choisissez « Favorable en "
            "partie ».",
            champ="avis",
            code="avis",
        )
    if avis == Recommandation.Avis.FAVORABLE_PARTIEL and montant == demande.montant_demande:
        raise RegleViolee(
            "C'est tout le montant demandé : choisissez « Favorable ».", champ="avis", code="avis"
        )
    return montant


def _motifs_par_critere(demande: Demande, motifs: dict[str, str]) -> dict[str, str]:
    codes = set(demande.appel.criteres.values_list("code", flat=True))
    inconnus = set(motifs) - codes
    if inconnus:
        raise RegleViolee(f"Critères inconnus : {', '.join(sorted(inconnus))}.", code="critere")
    return {code: texte.strip() for code, texte in motifs.items() if texte and texte.strip()}
