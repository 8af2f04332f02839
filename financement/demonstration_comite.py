"""Le comité de la démonstration : ses thèmes, un employeur, deux liens possibles, ses fiches."""

from appels.models import Appel, Demande
from evaluations.services import comite, fiches, interets
from financement.importation.acteurs import Acteurs
from socle.models import Organisme

# Membre → rangs des thèmes du plan qu'il connaît, et son employeur.
PORTRAITS = {
    "M3": ((0, 1), "Centre intégré de santé"),
    "M4": ((1, 2), "Élan Emploi Mauricie"),
    "M5": ((0,), ""),
}


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
    """M1 et M2 ont soumis deux fiches, M3 a déclaré ; M6 s'est récusé de la troisième demande."""
    notes = {
        ("M1", 0): {"C1": 5, "C2": 4, "C3": 4, "C4": 4, "C5": 4, "C6": 3},
        ("M1", 1): {"C1": 4, "C2": 4, "C3": 3, "C4": 4, "C5": 4, "C6": 3},
        ("M2", 0): {"C1": 4, "C2": 4, "C3": 5, "C4": 4, "C5": 4, "C6": 3},
        ("M2", 1): {"C1": 3, "C2": 4, "C3": 4, "C4": 3, "C5": 4, "C6": 4},
    }
    for (code, rang), valeurs in notes.items():
        affectation = deposees[rang].affectations.get(membre__code=code)
        personne = acteurs.comite[code]
        comite.declarer_interets(acteur=personne, affectation=affectation, conflit=False)
        fiches.importer_fiche(acteur=personne, affectation=affectation, notes=valeurs)
    for demande in deposees[:3]:
        comite.declarer_interets(
            acteur=acteurs.comite["M3"],
            affectation=demande.affectations.get(membre__code="M3"),
            conflit=False,
        )
    comite.declarer_interets(
        acteur=acteurs.comite["M6"],
        affectation=deposees[2].affectations.get(membre__code="M6"),
        conflit=True,
        lien="partenaire",
        precision="Mon entreprise accueille des ateliers du projet.",
    )
