"""Décision, lettres, convention, versements, rapports, bilan."""
