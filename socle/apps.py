from django.apps import AppConfig


class SocleConfig(AppConfig):
    name = "socle"
    verbose_name = "Socle"

    def ready(self) -> None:
        from socle import permissions, verifications  # noqa: F401
        from socle.renseignements import declarer_renseignements, du_socle
        from socle.verbes import declarer_verbes

        permissions.enregistrer()
        declarer_renseignements(du_socle)
        declarer_verbes(
            {
                "organisme.creer": "a inscrit l'organisme",
                "organisme.modifier": "a modifié le dossier de l'organisme",
                "organisme.inviter": "a invité une personne",
                "organisme.demander_adhesion": "a demandé à rejoindre l'organisme",
                "organisme.ranger_document": "a rangé un document au dossier",
                "organisme.joindre": "a accueilli une personne dans l'organisme",
                "organisme.annuler_invitation": "a annulé une invitation",
                "organisme.changer_role": "a changé le rôle d'un membre",
                "organisme.retirer_membre": "a retiré un membre",
                "organisme.verifier": "a noté l'admissibilité de l'organisme",
                "compte.exporter": "a téléchargé ses renseignements",
                "incident.inscrire": "a inscrit un incident de confidentialité",
                "incident.completer": "a complété un incident de confidentialité",
                "compte.regler": "a réglé un compte",
                "compte.fermer": "a fermé son compte",
            }
        )
