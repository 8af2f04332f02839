"""Réduire un grand choix à son noyau sans perdre l'optimum.

Sans les exigences, un volet est un sac à remplir. Son prix (les points par cent du premier projet
qui n'entre pas) donne une borne du total, et à chaque projet un écart : ce qu'on perd au moins à en
disposer autrement que la borne. Quand un choix qui vaut ``L`` est connu, un projet dont l'écart
dépasse borne − L est le même dans tout choix qui vaut L ou plus : le solveur n'a plus à y penser.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from financement.scenarios.probleme import Candidat, Probleme

EBAUCHES = 400  # choix gardés à chaque pas de l'ébauche
INDECIS = 40  # projets que l'ébauche remet en cause


@dataclass(frozen=True)
class Sac:
    """Un volet et ce que son argent permet au mieux ; ``ecarts`` : positif s'il entre.

    ``dedans`` sont les projets imposés ; les autres sont ``libres``.
    """

    dedans: tuple[Candidat, ...]
    libres: tuple[Candidat, ...]
    reste: int
    prix: Fraction
    borne: Fraction
    ecarts: dict[int, Fraction]

    def fixes(self, marge: Fraction) -> dict[int, int]:
        """Ceux dont tout choix à moins de ``marge`` de la borne dispose pareillement."""
        return {cle: int(ecart > 0) for cle, ecart in self.ecarts.items() if abs(ecart) > marge}


def ouvrir_le_sac(
    probleme: Probleme, candidats: Iterable[Candidat], reste: int, imposes: frozenset[int]
) -> Sac:
    """``reste`` : l'argent du volet, en cents, avant les projets imposés."""
    siens = list(candidats)
    dedans = tuple(c for c in siens if c.cle in imposes)
    libres = tuple(c for c in siens if c.cle not in imposes)
    reste -= sum(map(probleme.cout, dedans))
    prix = _prix(probleme, libres, reste)
    ecarts = {c.cle: c.points - prix * probleme.cout(c) for c in libres}
    borne = sum((max(ecart, 0) for ecart in ecarts.values()), prix * reste)
    borne += sum(candidat.points for candidat in dedans)
    return Sac(dedans, libres, reste, prix, borne, ecarts)


def _prix(probleme: Probleme, libres: Sequence[Candidat], reste: int) -> Fraction:
    """Les points par cent du premier projet qui n'entre pas ; 0 quand tous entrent."""
    for candidat in sorted(libres, key=lambda c: -c.points / probleme.cout(c)):
        reste -= probleme.cout(candidat)
        if reste < 0:
            return Fraction(candidat.points, probleme.cout(candidat))
    return Fraction(0)


def ebaucher(probleme: Probleme, sac: Sac) -> list[Candidat]:
    """Un bon choix, vite : celui de la borne, dont les projets indécis sont remis en cause."""
    choix = {c.cle: c for c in sac.libres if sac.ecarts[c.cle] > 0}
    libre = sac.reste - sum(map(probleme.cout, choix.values()))
    indecis = sorted(sac.libres, key=lambda c: abs(sac.ecarts[c.cle]))[:INDECIS]
    prix = float(sac.prix)
    # Un essai : (ce qu'il perd sur la borne, l'argent qui reste, ceux dont il change le sort).
    essais: list[tuple[float, int, frozenset[int]]] = [(0.0, libre, frozenset())]
    meilleur: tuple[float, frozenset[int]] | None = None
    for candidat in indecis:
        ecart, cout = float(abs(sac.ecarts[candidat.cle])), probleme.cout(candidat)
        change = cout if candidat.cle in choix else -cout
        essais += [(p + ecart, r + change, cles | {candidat.cle}) for p, r, cles in essais]
        essais.sort(key=lambda essai: essai[0] + prix * abs(essai[1]))
        del essais[EBAUCHES:]
        for perdu, reste, cles in essais:
            perte = perdu + prix * reste
            if reste >= 0 and (meilleur is None or perte < meilleur[0]):
                meilleur = perte, cles
    if meilleur is None:
        return list(sac.dedans)
    change = meilleur[1]
    libres = [c for c in sac.libres if (c.cle in choix) != (c.cle in change)]
    return [*sac.dedans, *libres]
