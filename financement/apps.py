from typing import Any

from django.apps import AppConfig


class FinancementConfig(AppConfig):
    name = "financement"
    verbose_name = "Financement"

    def ready(self) -> None:
        from appels.cumul import declarer_aides_passees
        from appels.services.formulaires import RAPPORTS
        from appels.services.revisions import declarer_suiveur
        from financement.candidats import voit_les_scenarios
        from financement.renseignements import des_signatures
        from financement.services import (
            archives,
            bilans,
            lots_lettres,
            rapports_attendus,
            reprise,
            retours,
        )
        from financement.tasks import (
            classer_retours,
            emettre_lettres,
            produire_archive,
            produire_bilan,
        )
        from financement.verbes import PHRASES
        from socle.authenticite import declarer_remplacement
        from socle.renseignements import declarer_renseignements
        from socle.services.travaux import declarer_tache
        from socle.verbes import declarer_verbes
        from socle.views.documents import declarer_acces

        declarer_verbes(PHRASES)
        declarer_aides_passees(reprise.aides_passees)
        declarer_remplacement("financement.lettre", lambda lettre: lettre.remplacee_le)
        declarer_remplacement("financement.scenario", lambda scenario: scenario.remplace_le)
        # Le document signé s'ajoute au texte présenté : celui-ci, signé sur papier, vaut encore.
        for modele in ("convention", "avenant"):
            declarer_remplacement(f"financement.{modele}", lambda objet: None)
        declarer_renseignements(des_signatures)
        for nature in RAPPORTS:
            declarer_suiveur(nature, rapports_attendus.suivre_revision)
        declarer_tache(lots_lettres.NATURE, emettre_lettres.delay)
        declarer_tache(retours.NATURE, classer_retours.delay)
        declarer_tache(archives.NATURE, produire_archive.delay)
        declarer_tache(bilans.NATURE, produire_bilan.delay, d_un_trait=True)
        for modele in ("Lettre", "Convention", "Avenant", "Reexamen"):
            declarer_acces(f"financement.{modele.lower()}", self._est_visible)
        declarer_acces(
            "financement.scenario",
            lambda personne, scenario: voit_les_scenarios(personne, scenario.appel),
        )
        declarer_acces(
            "appels.demande", lambda personne, demande: personne.peut("demande.voir", demande)
        )
        for porte in ("appels.appel", "appels.planaction", "financement.anneebilan"):
            declarer_acces(porte, lambda personne, objet: personne.peut("bilan.voir", objet))

    @staticmethod
    def _est_visible(personne: Any, objet: Any) -> bool:
        """Le document se voit comme l'objet dont il parle."""
        visibles = type(objet)._default_manager.visibles_par(personne)
        return visibles.filter(pk=objet.pk).exists()
