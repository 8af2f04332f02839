"""Un grand choix, volet par volet ; une exigence qui manque impose tour à tour chaque projet.

Sans les exigences, les volets ne se touchent pas : chacun est prouvé seul, réduit à son noyau. S'il
manque un groupe, tout choix qui le couvre contient un de ses projets : on les impose l'un après
l'autre, du moins cher en points au plus cher, jusqu'à ce qu'aucun ne puisse plus faire mieux.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from time import monotonic

from financement.scenarios.choix import Choix, choisir
from financement.scenarios.noyau import Sac, ebaucher, ouvrir_le_sac
from financement.scenarios.probleme import Candidat, DelaiDepasse, Groupe, Probleme

Noeud = tuple[Choix, list[Sac]]


class Exploration:
    """``limite`` : les secondes données à toute la recherche."""

    def __init__(self, probleme: Probleme, limite: float) -> None:
        self.probleme = probleme
        self.sans_exigence = replace(probleme, exigences=frozenset())
        self.fin = monotonic() + limite
        self.meilleur: Choix | None = None
        self.par_volet: dict[int, list[Candidat]] = defaultdict(list)
        for candidat in probleme.choisissables:
            self.par_volet[candidat.volet].append(candidat)
        self.resolus: dict[tuple[int, frozenset[int]], tuple[Choix | None, Sac]] = {}

    def meilleur_choix(self) -> Choix | None:
        """Le meilleur choix ; None s'il n'y en a pas. Lève ``DelaiDepasse`` s'il n'a rien trouvé.

        Si le temps manque, le meilleur choix trouvé n'est pas prouvé.
        """
        imposes = frozenset(
            c.cle for c in self.probleme.choisissables if self.probleme.est_dedans(c)
        )
        try:
            self._explorer(imposes)
        except DelaiDepasse:
            if self.meilleur is None:
                raise
            return replace(self.meilleur, prouve=False)
        return self.meilleur

    def _explorer(self, imposes: frozenset[int]) -> None:
        noeud = self._resoudre(imposes)
        if noeud is None or not self._peut_mieux(noeud[0].points):
            return
        choix, sacs = noeud
        manquants = self.probleme.exigences - choix.groupes
        if not manquants:
            self.meilleur = choix
            return
        borne = sum((sac.borne for sac in sacs), Fraction(0))
        for candidat, ecart in self._du_groupe(min(manquants), sacs):
            if not self._peut_mieux(borne + min(ecart, 0)):
                break
            self._explorer(imposes | {candidat.cle})

    def _peut_mieux(self, points: Fraction | int) -> bool:
        return self.meilleur is None or points >= self.meilleur.points + 1

    def _du_groupe(self, groupe: Groupe, sacs: list[Sac]) -> Iterator[tuple[Candidat, Fraction]]:
        """Les projets du groupe, de celui qui coûte le moins de points à celui qui en coûte le
        plus."""
        siens = [
            (candidat, sac.ecarts[candidat.cle])
            for sac in sacs
            for candidat in sac.libres
            if groupe in candidat.groupes
        ]
        yield from sorted(siens, key=lambda paire: -paire[1])

    def _resoudre(self, imposes: frozenset[int]) -> Noeud | None:
        """Le meilleur choix de chaque volet, sans les exigences, ``imposes`` étant dedans."""
        resolus = [self._resoudre_volet(volet, imposes) for volet in sorted(self.par_volet)]
        choix = [un for un, _ in resolus if un is not None]
        if len(choix) < len(resolus):
            return None
        retenus = tuple(candidat for un in choix for candidat in un.retenus)
        return Choix(retenus, all(un.prouve for un in choix)), [sac for _, sac in resolus]

    def _resoudre_volet(self, volet: int, imposes: frozenset[int]) -> tuple[Choix | None, Sac]:
        siens = self.par_volet[volet]
        imposes &= {candidat.cle for candidat in siens}
        if (volet, imposes) not in self.resolus:
            self.resolus[volet, imposes] = self._ouvrir(volet, siens, imposes)
        return self.resolus[volet, imposes]

    def _ouvrir(
        self, volet: int, siens: list[Candidat], imposes: frozenset[int]
    ) -> tuple[Choix | None, Sac]:
        reste = max(self.probleme.disponible(volet), 0)
        sac = ouvrir_le_sac(self.probleme, siens, reste, imposes)
        if sac.reste < 0:
            return None, sac
        marge = sac.borne - sum(c.points for c in ebaucher(self.probleme, sac))
        fixes = sac.fixes(marge) | {candidat.cle: 1 for candidat in sac.dedans}
        temps = self.fin - monotonic()
        if temps <= 0:
            raise DelaiDepasse
        return choisir(self.sans_exigence, (*sac.dedans, *sac.libres), fixes, temps), sac
