"""Le compte rendu : ses textes libres avant la clôture, ses addendas après."""

import datetime as dt
from typing import Any

from django.db import transaction

from evaluations.compte_rendu import blocs
from evaluations.documents import figer_addenda
from evaluations.models import Addenda, Seance
from evaluations.services.seances import refuser_close
from socle import horloge
from socle.concurrence import Issue, SaisieActuelle, SaisieConcurrente, comparer
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

TEXTE_MAX = 20_000


@transaction.atomic
def ecrire_texte(
    *, acteur: Any, seance: Seance, bloc: str, texte: str, base: str = ""
) -> dict[str, Any]:
    """Range un bloc du compte rendu ; rend le bloc rangé (``texte``, ``par``, ``le``).

    Lève ``SaisieConcurrente`` quand une autre personne l'a changé depuis ``base``.
    """
    seance = Seance.objects.select_for_update(no_key=True).get(pk=seance.pk)
    _exiger(acteur, seance)
    refuser_close(seance)
    if bloc not in {b.cle for b in blocs(seance)}:
        raise RegleViolee("Ce bloc n'est pas du compte rendu.", code="bloc")
    texte = texte.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(texte) > TEXTE_MAX:
        raise RegleViolee(
            f"Ce texte dépasse {TEXTE_MAX} caractères : raccourcissez-le.", champ=bloc
        )
    actuel = seance.textes.get(bloc, {"texte": "", "par": "", "le": ""})
    issue = comparer(base=base, saisi=texte, actuel=actuel["texte"])
    if issue is Issue.RIEN:
        return actuel
    if issue is Issue.CONFLIT:
        raise SaisieConcurrente(
            "Une autre personne a écrit autre chose.",
            champ=bloc,
            actuel=SaisieActuelle(
                actuel["texte"],
                actuel["texte"],
                actuel["par"] or "Une autre page",
                dt.datetime.fromisoformat(actuel["le"]),
            ),
        )
    ecrit = {"texte": texte, "par": acteur.nom, "le": horloge.maintenant().isoformat()}
    seance.textes = {**seance.textes, bloc: ecrit}
    seance.save(update_fields=["textes"])
    return ecrit


def _exiger(acteur: Any, seance: Seance) -> None:
    """Qui tient la séance et n'est récusé d'aucune demande dont le compte rendu parle."""
    exiger_permission(acteur, "seance.tenir", seance)
    exiger_permission(acteur, "seance.compte_rendu", seance)


@transaction.atomic
def ajouter_addenda(*, acteur: Any, seance: Seance, texte: str) -> Addenda:
    """Corrige un compte rendu figé par un document daté, figé à son tour ; le premier reste."""
    seance = Seance.objects.select_for_update(no_key=True).get(pk=seance.pk)
    _exiger(acteur, seance)
    if seance.etat != Seance.Etat.CLOSE:
        raise RegleViolee(
            "La séance n'est pas close : corrigez le compte rendu lui-même.", code="etat"
        )
    texte = texte.replace("\x00", "").strip()
    if not texte:
        raise RegleViolee("Écrivez ce qui est corrigé.", champ="texte", code="texte")
    addenda = Addenda(
        seance=seance,
        no=seance.addendas.count() + 1,
        texte=texte,
        emis_le=horloge.maintenant(),
        emis_par=acteur,
    )
    addenda.document = figer_addenda(addenda=addenda, acteur=acteur)
    addenda.save()
    journaliser(
        acteur=acteur,
        verbe="seance.ajouter_addenda",
        objet=seance,
        details={"no": addenda.no, "sha256": addenda.document.empreinte},
    )
    return addenda
