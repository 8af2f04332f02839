"""Le comité de la démonstration : ses thèmes, deux liens possibles, ses fiches, sa séance."""

import datetime as dt

from django.utils import timezone

from appels.models import Appel, Demande
from evaluations.services import comite, fiches, interets, seances
from financement.importation.acteurs import Acteurs
from socle.models import Organisme

# Membre → rangs des thèmes du plan qu'il connaît, et son employeur.
PORTRAITS = {
    "M3": ((0, 1), "Centre intégré de santé"),
    "M4": ((1, 2), "Élan Emploi Mauricie"),
    "M5": ((0,), ""),
}
# (membre, rang de la demande) → ses notes, du premier critère au dernier. La seconde divise.
FICHES = {
    ("M1", 0): (5, 4, 4, 4, 4, 3),
    ("M2", 0): (4, 4, 5, 4, 4, 3),
    ("M3", 0): (4, 5, 4, 4, 3, 4),
    ("M4", 0): (5, 4, 4, 5, 4, 4),
    ("M1", 1): (4, 4, 3, 4, 4, 3),
    ("M2", 1): (3, 4, 4, 3, 4, 4),
    ("M3", 1): (2, 3, 3, 2, 3, 3),
    ("M4", 1): (4, 5, 4, 4, 5, 4),
}
PRESENTS = ("M1", "M2", "M3", "M4")


def presenter_le_comite(appel: Appel, acteurs: Acteurs) -> None:
    """Idriss travaille chez un organisme ; Léa porte le nom d'une administratrice d'un autre."""
    themes = list(appel.plan.themes.all())
    for code, (rangs, employeur) in PORTRAITS.items():
        interets.se_decrire(
            acteur=acteurs.comite[code],
            membre=appel.membres.get(code=code),
            themes=[theme for rang, theme in enumerate(themes) if rang in rangs],
            employeur=employeur,
        )
    Organisme.objects.filter(demandes__appel=appel, nom="Maison Familles Horizon").update(
        administrateurs="Marthe Prototype\nÉmile Gabarit"
    )


def premieres_fiches(deposees: list[Demande], acteurs: Acteurs) -> None:
    """Quatre membres ont soumis deux fiches ; M6 s'est récusé de la troisième demande."""
    for (code, rang), notes in FICHES.items():
        affectation = deposees[rang].affectations.get(membre__code=code)
        personne = acteurs.comite[code]
        comite.declarer_interets(acteur=personne, affectation=affectation, conflit=False)
        fiches.importer_fiche(acteur=personne, affectation=affectation, notes=_par_critere(notes))
    comite.declarer_interets(
        acteur=acteurs.comite["M3"],
        affectation=deposees[2].affectations.get(membre__code="M3"),
        conflit=False,
    )
    comite.declarer_interets(
        acteur=acteurs.comite["M6"],
        affectation=deposees[2].affectations.get(membre__code="M6"),
        conflit=True,
        lien="partenaire",
        precision="Mon entreprise accueille des ateliers du projet.",
    )


def _par_critere(notes: tuple[int, ...]) -> dict[str, int]:
    return {f"C{rang}": note for rang, note in enumerate(notes, start=1)}


def preparer_la_seance(appel: Appel, deposees: list[Demande], acteurs: Acteurs) -> None:
    """Deux demandes attendent l'avis du comité ; il ne reste qu'à ouvrir la séance."""
    for demande in deposees[:2]:
        demande.refresh_from_db()
        fiches.clore_evaluation(acteur=acteurs.agent, demande=demande)
    seance = seances.preparer_seance(
        acteur=acteurs.agent,
        appel=appel,
        date=timezone.make_aware(dt.datetime.combine(appel.seance_comite, dt.time(9))),
        lieu="Hôtel de ville, salle Saint-Maurice",
    )
    seances.inscrire_presences(
        acteur=acteurs.agent,
        seance=seance,
        presents=appel.membres.filter(code__in=PRESENTS),
    )
