"""Les refus du domaine. Une vue les montre tels quels : leur message est écrit pour la personne."""


class RegleViolee(Exception):
    """Une règle refuse l'action.

    ``message`` dit en français ce qui est refusé et ce qui satisferait la règle ; ``champ`` nomme
    le champ en cause, s'il y en a un ; ``code`` est stable et sert aux exports et aux tests.
    """

    def __init__(self, message: str, *, champ: str | None = None, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.champ = champ
        self.code = code


class PermissionRefusee(RegleViolee):
    """La personne n'a pas le droit de faire cette action sur cet objet."""


class TransitionRefusee(RegleViolee):
    """L'objet n'est pas dans un état qui permet la transition, ou une garde la refuse."""
