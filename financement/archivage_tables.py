"""Les tableaux CSV de l'archive d'un appel : un par sujet, relié par le numéro de la demande."""

from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from appels.models import Appel, Demande
from appels.montants import pourcentage
from evaluations.models import Evaluation
from financement.indicateurs import LIBELLES_DES_CASES
from financement.masquage import publier
from financement.models import Decision, DepenseReelle, Rapport, Versement
from financement.retenus import prevus_du_rapport

Lignes = Callable[[Appel], Iterator[Sequence[Any]]]


def demandes_a_archiver(appel: Appel) -> Any:
    """Les demandes déposées, même retirées ensuite ; un brouillon n'en est pas."""
    return (
        Demande.objects.filter(appel=appel, deposee_le__isnull=False)
        .exclude(etat="brouillon")
        .select_related("organisme", "volet", "appel")
        .order_by("code")
    )


def indicateurs_archives(rapport: Rapport) -> list[tuple[str, str, str]]:
    """(indicateur, prévu, réel) de chaque case du rapport, masqués (regles.md, 15)."""
    prevu, reel = publier(prevus_du_rapport(rapport)), publier(rapport.comptes)
    lignes = [
        (libelle, prevu.texte(*case), reel.texte(*case))
        for case, libelle in LIBELLES_DES_CASES.items()
        if reel.texte(*case) or prevu.texte(*case)
    ]
    taux = [
        f"{pourcentage(*publication.satisfaction)} %" if publication.satisfaction else ""
        for publication in (prevu, reel)
    ]
    return [*lignes, ("Satisfaction", *taux)] if any(taux) else lignes


def fiches_de(demande: Demande) -> list[dict[str, Any]]:
    """Les fiches comptées, sans nom : la plus haute d'abord, numérotées dans cet ordre."""
    fiches = (
        Evaluation.objects.comptees()
        .filter(affectation__demande=demande)
        .prefetch_related("notes__critere")
        .order_by("-score", "?")
    )
    return [
        {
            "no": no,
            "score": fiche.score.quantize(Decimal("0.1"), ROUND_HALF_UP),
            "notes": sorted(fiche.notes.all(), key=lambda note: note.critere.ordre),
        }
        for no, fiche in enumerate(fiches, start=1)
    ]


def _demandes(appel: Appel) -> Iterator[Sequence[Any]]:
    for demande in demandes_a_archiver(appel).iterator():
        yield (
            demande.reference, demande.organisme.nom, demande.organisme.neq, demande.titre,
            str(demande.volet or ""), demande.secteur, demande.get_etat_display(),
            f"{demande.deposee_le:%Y-%m-%d}", demande.montant_demande,
        )  # fmt: skip


def _notes(appel: Appel) -> Iterator[Sequence[Any]]:
    for demande in demandes_a_archiver(appel).iterator():
        for fiche in fiches_de(demande):
            for note in fiche["notes"]:
                yield (
                    demande.reference, fiche["no"], fiche["score"], note.critere.code,
                    note.critere.libelle, note.critere.poids, note.note,
                )  # fmt: skip


def _decisions(appel: Appel) -> Iterator[Sequence[Any]]:
    decisions = Decision.objects.filter(demande__appel=appel).select_related(
        "demande", "resolution", "volet"
    )
    for decision in decisions.order_by("demande__code", "prise_le").iterator():
        yield (
            decision.demande.reference, decision.get_resultat_display(), decision.montant_accorde,
            str(decision.volet), decision.resolution.numero, decision.resolution.date,
            "oui" if decision.en_vigueur else "non", decision.motifs,
        )  # fmt: skip


def _versements(appel: Appel) -> Iterator[Sequence[Any]]:
    versements = Versement.objects.filter(convention__demande__appel=appel).select_related(
        "convention__demande"
    )
    for versement in versements.order_by("convention__numero", "no").iterator():
        yield (
            versement.convention.demande.reference, versement.convention.numero, versement.no,
            versement.montant, versement.get_etat_display(), versement.get_condition_display(),
        )  # fmt: skip


def _depenses(appel: Appel) -> Iterator[Sequence[Any]]:
    depenses = DepenseReelle.objects.filter(rapport__demande__appel=appel).select_related(
        "rapport__demande"
    )
    for depense in depenses.order_by("rapport__demande__code", "rapport", "ordre").iterator():
        yield (
            depense.rapport.demande.reference, depense.rapport.get_nature_display(),
            depense.get_categorie_display(), depense.libelle, depense.montant,
            "oui" if depense.admissible else "non", depense.motif_refus,
        )  # fmt: skip


def _indicateurs(appel: Appel) -> Iterator[Sequence[Any]]:
    rapports = (
        Rapport.objects.filter(demande__appel=appel, depose_le__isnull=False)
        .select_related("demande")
        .prefetch_related("valeurs")
    )
    for rapport in rapports.order_by("demande__code", "pk"):
        for ligne in indicateurs_archives(rapport):
            yield (rapport.demande.reference, rapport.get_nature_display(), *ligne)


# (nom du fichier, titre, entêtes, lignes)
TABLES: tuple[tuple[str, str, Sequence[str], Lignes], ...] = (
    ("demandes", "Les demandes déposées",
     ("Demande", "Organisme", "NEQ", "Projet", "Volet", "Secteur", "État", "Déposée", "Demandé"),
     _demandes),
    ("notes", "Les notes du comité, sans nom",
     ("Demande", "Fiche", "Score", "Critère", "Libellé", "Poids", "Note"), _notes),
    ("decisions", "Les décisions",
     ("Demande", "Décision", "Accordé", "Volet", "Résolution", "Date", "En vigueur", "Motifs"),
     _decisions),
    ("versements", "Les versements",
     ("Demande", "Convention", "No", "Montant", "État", "Condition"), _versements),
    ("depenses", "Les dépenses réelles",
     ("Demande", "Rapport", "Catégorie", "Précision", "Montant", "Admissible", "Motif"),
     _depenses),
    ("indicateurs", "Les indicateurs",
     ("Demande", "Rapport", "Indicateur", "Prévu", "Nombre"), _indicateurs),
)  # fmt: skip
