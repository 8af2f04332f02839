"""Comité : affectation, intérêts, fiches, séance, classement."""
