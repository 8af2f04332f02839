"""Les adresses d'une partie de l'application, par salle."""

public: list = []
organisme: list = []
ville: list = []
bilan: list = []
