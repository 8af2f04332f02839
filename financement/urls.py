"""Les adresses de l'application, par salle."""

from financement import urls_decision, urls_suivi

organisme = [*urls_decision.organisme, *urls_suivi.organisme]
ville = [*urls_decision.ville, *urls_suivi.ville]
bilan = urls_suivi.bilan
