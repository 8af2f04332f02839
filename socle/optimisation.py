"""Un programme en nombres entiers, résolu par HiGHS : le même pour tout ce qui se répartit.

Le solveur compte à virgule : qui s'en sert recompte en entiers ce qu'il propose.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Ce que dit le solveur ; ``valeurs`` est None quand il n'a rien trouvé."""

    valeurs: list[int] | None
    impossible: bool
    optimal: bool
    borne: float
    marge: float
    duree: float


class Modele:
    """Un programme en nombres entiers, monté colonne par colonne puis passé à HiGHS."""

    def __init__(self) -> None:
        self.couts: list[float] = []
        self.bornes: list[tuple[float, float]] = []
        self.colonnes: list[list[tuple[int, int]]] = []
        self.lignes: list[tuple[float, float]] = []

    def ligne(self, mini: float, maxi: float) -> int:
        self.lignes.append((mini, maxi))
        return len(self.lignes) - 1

    def colonne(self, cout: float, maxi: float, *termes: tuple[int, int], mini: float = 0) -> int:
        """Une variable entière de ``mini`` à ``maxi`` ; ``termes`` : (ligne, coefficient)."""
        self.couts.append(cout)
        self.bornes.append((mini, maxi))
        self.colonnes.append(list(termes))
        return len(self.couts) - 1

    def resoudre(self, limite: float) -> Verdict:
        # Un tiers de seconde à charger : seulement quand il sert.
        import highspy
        import numpy as np

        with _sortie_muette():
            solveur = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
            "time_limit": float(limite),
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.5,  # tout est entier : à moins de 1, c'est l'optimum
        }
        for nom, valeur in options.items():
            solveur.setOptionValue(nom, valeur)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.couts), len(self.lignes)
        lp.col_cost_ = np.array(self.couts, dtype=np.double)
        lp.col_lower_ = np.array([mini for mini, _ in self.bornes], dtype=np.double)
        lp.col_upper_ = np.array([maxi for _, maxi in self.bornes], dtype=np.double)
        lp.row_lower_ = np.array([mini for mini, _ in self.lignes], dtype=np.double)
        lp.row_upper_ = np.array([maxi for _, maxi in self.lignes], dtype=np.double)
        lp.integrality_ = [highspy.HighsVarType.kInteger] * len(self.couts)
        termes = [terme for colonne in self.colonnes for terme in colonne]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
        lp.a_matrix_.start_ = np.cumsum([0, *map(len, self.colonnes)])
        lp.a_matrix_.index_ = np.array([ligne for ligne, _ in termes], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([valeur for _, valeur in termes], dtype=np.double)
        solveur.passModel(lp)
        solveur.run()
        info, etat = solveur.getInfo(), solveur.getModelStatus()
        trouve = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        valeurs = solveur.getSolution().col_value if trouve else None
        return Verdict(
            valeurs=None if valeurs is None else [round(valeur) for valeur in valeurs],
            impossible=etat == highspy.HighsModelStatus.kInfeasible,
            optimal=etat == highspy.HighsModelStatus.kOptimal,
            borne=info.mip_dual_bound,
            marge=info.mip_gap,
            duree=solveur.getRunTime(),
        )


@contextlib.contextmanager
def _sortie_muette() -> Iterator[None]:
    """HiGHS se présente en anglais sur la sortie, avant qu'on puisse le lui défendre."""
    gardee, rien = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(rien, 1)
        yield
    finally:
        os.dup2(gardee, 1)
        os.close(gardee)
        os.close(rien)
