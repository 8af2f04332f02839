"""L'importation d'un appel complet : lire le fichier, puis le rejouer par les services."""
