"""Ce que le public voit des projets soutenus : registre, carte, services, données ouvertes."""
