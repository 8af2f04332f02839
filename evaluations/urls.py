"""Les adresses de l'application, par salle."""

public: list = []
organisme: list = []
comite: list = []
ville: list = []
