from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"
    verbose_name = "Évaluations"

    def ready(self) -> None:
        from evaluations.renseignements import du_comite
        from evaluations.services import livrets, repartition
        from evaluations.tasks import calculer_repartition, produire_livret
        from evaluations.verbes import PHRASES
        from evaluations.visibilite import nombre_a_faire
        from socle.authenticite import declarer_remplacement
        from socle.navigation import declarer_compteur
        from socle.renseignements import declarer_renseignements
        from socle.services.travaux import declarer_tache
        from socle.verbes import declarer_verbes

        declarer_verbes(PHRASES)
        declarer_renseignements(du_comite)
        declarer_tache(livrets.NATURE, produire_livret.delay)
        declarer_tache(repartition.NATURE, calculer_repartition.delay, d_un_trait=True)
        # Un addenda s'ajoute au compte rendu, une copie en tire une part : rien ne le remplace.
        declarer_remplacement("evaluations.seance", lambda seance: None)
        declarer_compteur("comite:accueil", nombre_a_faire)
