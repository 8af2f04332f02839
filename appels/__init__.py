"""Plan d'action, appel, demande, budget, pièces, recevabilité."""
