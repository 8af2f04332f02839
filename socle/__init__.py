"""Ce que les trois domaines partagent : comptes, organismes, permissions, journal, documents."""
