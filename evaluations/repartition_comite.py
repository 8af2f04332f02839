"""Répartir les lectures d'un appel entre les membres du comité : calcul pur, optimum prouvé.

Chaque demande reçoit le nombre voulu d'évaluateurs. Dans l'ordre : les charges les plus égales
possible, puis le plus de points (souhaits et expertise). Une paire écartée ne sert jamais ; une
paire déjà confiée reste.

Les charges les plus égales sont celles dont la somme des carrés est la plus petite : dans ce genre
de problème (un flot), elles ont aussi le plus petit écart entre la plus grande et la plus petite
charge. HiGHS résout le tout en une fois, les carrés pesant plus que tous les points réunis.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf

from socle.optimisation import Modele

Paire = tuple[int, int]  # (clé de la demande, clé du membre)

VOLONTIERS, PLUTOT_NON = 1, -1
POINTS_SOUHAIT = 2
POINTS_EXPERTISE = 1
LIMITE = 8.0  # secondes
A_LA_MAIN = "déplacée à la main"


@dataclass(frozen=True)
class ALire:
    """Une demande, et combien d'évaluateurs il lui faut."""

    cle: int
    code: str
    nombre: int
    themes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lecteur:
    """Un membre ; ``charge_deja`` compte ce qu'il lit hors de ce problème."""

    cle: int
    code: str
    charge_max: int | None = None
    charge_deja: int = 0
    themes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Probleme:
    """Ce qu'il faut répartir. ``interdites`` dit le motif de chaque paire écartée."""

    demandes: tuple[ALire, ...]
    membres: tuple[Lecteur, ...]
    interdites: Mapping[Paire, str] = field(default_factory=dict)
    gardees: frozenset[Paire] = frozenset()
    souhaits: Mapping[Paire, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # L'ordre de lecture de la base ne doit pas changer le résultat.
        for nom in ("demandes", "membres"):
            tries = sorted(getattr(self, nom), key=lambda element: (element.code, element.cle))
            object.__setattr__(self, nom, tuple(tries))
        if contredites := self.gardees & self.interdites.keys():
            raise ValueError(f"Paires à la fois gardées et écartées : {sorted(contredites)}")

    @cached_property
    def demande(self) -> dict[int, ALire]:
        return {demande.cle: demande for demande in self.demandes}

    @cached_property
    def membre(self) -> dict[int, Lecteur]:
        return {membre.cle: membre for membre in self.membres}

    @cached_property
    def empreinte(self) -> str:
        """Deux problèmes de même empreinte ont la même solution."""
        contenu = (
            [(d.cle, d.code, d.nombre, sorted(d.themes)) for d in self.demandes],
            [(m.cle, m.code, m.charge_max, m.charge_deja, sorted(m.themes)) for m in self.membres],
            sorted(self.interdites.items()),
            sorted(self.gardees),
            sorted(self.souhaits.items()),
        )
        return hashlib.sha256(repr(contenu).encode()).hexdigest()

    def possibles(self, demande: ALire) -> list[Lecteur]:
        return [m for m in self.membres if (demande.cle, m.cle) not in self.interdites]

    def communs(self, paire: Paire) -> list[str]:
        """Les thèmes de la demande que le membre connaît."""
        return sorted(self.demande[paire[0]].themes & self.membre[paire[1]].themes)

    def points(self, paire: Paire) -> int:
        expertise = POINTS_EXPERTISE if self.communs(paire) else 0
        return POINTS_SOUHAIT * self.souhaits.get(paire, 0) + expertise

    @cached_property
    def gardees_par_demande(self) -> dict[int, int]:
        return {d: sum(1 for paire in self.gardees if paire[0] == d) for d in self.demande}

    def manquantes(self, demande: ALire) -> int:
        """Les lectures à trouver, une fois comptées celles qui sont gardées."""
        return max(0, demande.nombre - self.gardees_par_demande[demande.cle])

    @cached_property
    def charges_de_base(self) -> dict[int, int]:
        bases = {m.cle: m.charge_deja for m in self.membres}
        for _, membre in self.gardees:
            bases[membre] += 1
        return bases


@dataclass(frozen=True)
class Bilan:
    """Ce que vaut une répartition."""

    charges: dict[int, int]
    points: int

    @property
    def ecart(self) -> int:
        return max(self.charges.values(), default=0) - min(self.charges.values(), default=0)

    @property
    def carres(self) -> int:
        return sum(charge**2 for charge in self.charges.values())


@dataclass(frozen=True)
class Proposition:
    """Une répartition complète. ``marge`` est l'écart à l'optimum quand rien n'est prouvé."""

    paires: tuple[Paire, ...]
    bilan: Bilan
    prouvee: bool
    marge: float = 0.0
    duree: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Penurie:
    """Une demande que trop peu de membres peuvent lire."""

    code: str
    voulus: int
    possibles: tuple[str, ...]
    ecartes: tuple[tuple[str, str], ...]  # (code du membre, motif)


@dataclass(frozen=True)
class Goulot:
    """Des demandes que leurs lecteurs possibles, ensemble, n'ont pas la place de lire."""

    demandes: tuple[str, ...]
    voulues: int
    offertes: int


@dataclass(frozen=True)
class Assouplissement:
    """Une contrainte à desserrer. ``nombre`` : le nombre d'évaluateurs à essayer."""

    famille: str
    phrase: str
    nombre: int | None = None


@dataclass(frozen=True)
class Impossible:
    """Pourquoi aucune répartition n'existe, et ce qui la rendrait possible."""

    manque: int
    penuries: tuple[Penurie, ...]
    goulot: Goulot | None
    assouplissements: tuple[Assouplissement, ...]


class DelaiDepasse(Exception):
    """Le solveur n'a rien trouvé dans le temps donné."""


# --- Juger une répartition ------------------------------------------------------------------------
def juger(probleme: Probleme, paires: Iterable[Paire]) -> Bilan:
    charges = {m.cle: m.charge_deja for m in probleme.membres}
    points = 0
    for paire in paires:
        charges[paire[1]] += 1
        points += probleme.points(paire)
    return Bilan(charges, points)


def raisons(probleme: Probleme, paire: Paire, a_la_main: bool = False) -> list[str]:
    """Pourquoi cette paire, en quelques mots."""
    dites = []
    if paire in probleme.gardees:
        dites.append("déjà confiée")
    elif a_la_main:
        dites.append(A_LA_MAIN)
    souhait = probleme.souhaits.get(paire, 0)
    if souhait == VOLONTIERS:
        dites.append("volontiers")
    if themes := probleme.communs(paire):
        dites.append(f"connaît : {', '.join(themes)}")
    demande = probleme.demande[paire[0]]
    comptes = not dites and len(probleme.possibles(demande)) <= demande.nombre
    if comptes:
        dites.append("pas d'autre lecteur possible")
    if souhait == PLUTOT_NON:
        dites.append("« plutôt non », mais l'éviter ne donnait pas mieux ailleurs")
    return dites or ["égalise les charges"]


def deplacer(
    probleme: Probleme, paires: Iterable[Paire], de: Paire, vers: int
) -> tuple[Paire, ...]:
    """Confie la demande de ``de`` à un autre membre ; ValueError dit pourquoi c'est refusé."""
    actuelles = set(paires)
    nouvelle = (de[0], vers)
    if de not in actuelles or vers not in probleme.membre:
        raise ValueError("Cette paire n'est plus dans la proposition.")
    if de in probleme.gardees:
        raise ValueError("Cette demande est déjà confiée à ce membre.")
    if motif := probleme.interdites.get(nouvelle):
        raise ValueError(
            f"{probleme.membre[vers].code} ne peut pas lire {probleme.demande[de[0]].code} : "
            f"{motif}."
        )
    if nouvelle in actuelles:
        raise ValueError(f"{probleme.membre[vers].code} lit déjà {probleme.demande[de[0]].code}.")
    return ranger(probleme, actuelles - {de} | {nouvelle})


def ranger(probleme: Probleme, paires: Iterable[Paire]) -> tuple[Paire, ...]:
    """Par demande, puis par membre, dans l'ordre des codes."""
    rang_demande = {d.cle: rang for rang, d in enumerate(probleme.demandes)}
    rang_membre = {m.cle: rang for rang, m in enumerate(probleme.membres)}
    return tuple(sorted(paires, key=lambda p: (rang_demande[p[0]], rang_membre[p[1]])))


# --- Le solveur -----------------------------------------------------------------------------------
def repartir(probleme: Probleme, limite: float = LIMITE) -> Proposition | Impossible:
    """La meilleure répartition, ou pourquoi il n'y en a pas ; lève ``DelaiDepasse``."""
    besoins = {d.cle: probleme.manquantes(d) for d in probleme.demandes}
    libres = _paires_libres(probleme)
    if not libres:
        if any(besoins.values()):
            return expliquer(probleme)
        gardees = ranger(probleme, probleme.gardees)
        return Proposition(gardees, juger(probleme, gardees), prouvee=True)
    valeurs = [probleme.points(paire) for paire in libres]
    # Un carré de moins vaut plus que tout ce que les points peuvent varier.
    poids = 1 + (max(valeurs) - min(valeurs)) * sum(besoins.values())
    modele = Modele()
    lignes_d = {cle: modele.ligne(besoin, besoin) for cle, besoin in besoins.items()}
    lignes_m = {m.cle: modele.ligne(0, 0) for m in probleme.membres}
    offertes: dict[int, int] = defaultdict(int)
    for (demande, membre), valeur in zip(libres, valeurs, strict=True):
        modele.colonne(-valeur, 1, (lignes_d[demande], 1), (lignes_m[membre], 1))
        offertes[membre] += 1
    for membre in probleme.membres:
        base = probleme.charges_de_base[membre.cle]
        for rang in range(min(offertes[membre.cle], _place(probleme, membre))):
            # Passer de c à c + 1 lectures ajoute 2c + 1 à la somme des carrés.
            modele.colonne(poids * (2 * (base + rang) + 1), 1, (lignes_m[membre.cle], -1))
    verdict = modele.resoudre(limite)
    if verdict.impossible:
        return expliquer(probleme)
    if verdict.valeurs is None:
        raise DelaiDepasse
    choisies = {paire for paire, prise in zip(libres, verdict.valeurs, strict=False) if prise}
    paires = ranger(probleme, choisies | probleme.gardees)
    # Le solveur compte à virgule : son verdict doit tenir une fois recompté en entiers.
    atteint = sum(cout * v for cout, v in zip(modele.couts, verdict.valeurs, strict=True))
    return Proposition(
        paires=paires,
        bilan=juger(probleme, paires),
        prouvee=verdict.optimal and atteint - verdict.borne < 1,
        marge=verdict.marge,
        duree=verdict.duree,
    )


def _paires_libres(probleme: Probleme) -> list[Paire]:
    """Ce que le solveur peut choisir : ni gardé, ni écarté, pour une demande à compléter."""
    return [
        (demande.cle, membre.cle)
        for demande in probleme.demandes
        if probleme.manquantes(demande)
        for membre in probleme.possibles(demande)
        if (demande.cle, membre.cle) not in probleme.gardees
    ]


def _place(probleme: Probleme, membre: Lecteur) -> int:
    """Combien de lectures de plus ce membre accepte."""
    if membre.charge_max is None:
        return len(probleme.demandes)
    return max(0, membre.charge_max - probleme.charges_de_base[membre.cle])


# --- Quand rien n'est possible --------------------------------------------------------------------
@dataclass(frozen=True)
class _Relache:
    """Le moins de manques possible, une famille de contraintes relâchée à la fois."""

    faisable: bool
    lues: frozenset[Paire] = frozenset()
    manques: dict[int, int] = field(default_factory=dict)


def _relacher(probleme: Probleme, *, manque: int = 0, sans_interdites: bool = False) -> _Relache:
    """Permet jusqu'à ``manque`` lectures de moins par demande, ou les paires écartées."""
    modele = Modele()
    lignes_d = {}
    for demande in probleme.demandes:
        besoin = probleme.manquantes(demande)
        lignes_d[demande.cle] = modele.ligne(besoin, besoin)
    lignes_m = {m.cle: modele.ligne(-inf, _place(probleme, m)) for m in probleme.membres}
    libres = _paires_libres(probleme)
    ecartees = sorted(p for p in probleme.interdites if p[0] in lignes_d and p[1] in lignes_m)
    for rang, paire in enumerate(libres + (ecartees if sans_interdites else [])):
        cout = 1 if rang >= len(libres) else 0
        modele.colonne(cout, 1, (lignes_d[paire[0]], 1), (lignes_m[paire[1]], 1))
    manques = {
        cle: modele.colonne(1, manque, (ligne, 1)) for cle, ligne in lignes_d.items() if manque
    }
    if not modele.couts:
        return _Relache(faisable=not any(mini for mini, _ in modele.lignes))
    solution = modele.resoudre(LIMITE).valeurs
    if solution is None:
        return _Relache(faisable=False)
    return _Relache(
        faisable=True,
        lues=frozenset(paire for paire, prise in zip(libres, solution, strict=False) if prise),
        manques={cle: solution[colonne] for cle, colonne in manques.items() if solution[colonne]},
    )


def expliquer(probleme: Probleme) -> Impossible:
    """Pourquoi rien n'existe, en relâchant une famille de contraintes à la fois."""
    plus_grand = max(probleme.manquantes(d) for d in probleme.demandes)
    au_mieux = _relacher(probleme, manque=plus_grand)
    penuries = tuple(_penuries(probleme))
    en_penurie = {penurie.code for penurie in penuries}
    goulot = _goulot(probleme, au_mieux)
    if goulot and set(goulot.demandes) <= en_penurie:
        goulot = None  # Déjà dit, demande par demande.
    essais = (
        _moins_d_evaluateurs(probleme),
        _plus_de_charge(probleme),
        _plus_de_membres(probleme, plus_grand),
        _sans_ecarter(probleme),
    )
    return Impossible(
        manque=sum(au_mieux.manques.values()),
        penuries=penuries,
        goulot=goulot,
        assouplissements=tuple(essai for essai in essais if essai),
    )


def _penuries(probleme: Probleme) -> Iterable[Penurie]:
    for demande in probleme.demandes:
        possibles = probleme.possibles(demande)
        if len(possibles) < demande.nombre and probleme.manquantes(demande):
            yield Penurie(
                code=demande.code,
                voulus=demande.nombre,
                possibles=tuple(membre.code for membre in possibles),
                ecartes=tuple(
                    (membre.code, probleme.interdites[demande.cle, membre.cle])
                    for membre in probleme.membres
                    if (demande.cle, membre.cle) in probleme.interdites
                ),
            )


def _goulot(probleme: Probleme, au_mieux: _Relache) -> Goulot | None:
    """Les demandes qui se disputent des membres pleins : la preuve qu'il manque de la place.

    De chaque demande à court on va aux membres qu'elle pourrait encore prendre, puis aux demandes
    qu'ils lisent à sa place. Rien ne sort de ce cercle, sinon il ne manquerait rien.
    """
    libres = defaultdict(set)
    for demande, membre in _paires_libres(probleme):
        libres[demande].add(membre)
    lues = defaultdict(set)
    for demande, membre in au_mieux.lues:
        lues[membre].add(demande)
    demandes, membres = set(au_mieux.manques), set()
    a_voir = sorted(demandes)
    while a_voir:
        demande = a_voir.pop()
        for membre in libres[demande] - membres:
            if (demande, membre) in au_mieux.lues:
                continue
            membres.add(membre)
            a_voir += sorted(lues[membre] - demandes)
            demandes |= lues[membre]
    if not membres:
        return None
    dans_le_cercle = [d for d in probleme.demandes if d.cle in demandes]
    return Goulot(
        demandes=tuple(demande.code for demande in dans_le_cercle),
        voulues=sum(probleme.manquantes(demande) for demande in dans_le_cercle),
        offertes=sum(_place(probleme, probleme.membre[cle]) for cle in membres)
        + sum(len(libres[demande.cle] - membres) for demande in dans_le_cercle),
    )


def _avec_nombre(probleme: Probleme, nombre: int) -> Probleme:
    demandes = tuple(replace(d, nombre=min(d.nombre, nombre)) for d in probleme.demandes)
    return replace(probleme, demandes=demandes)


def _avec_charge(probleme: Probleme, charge: int) -> Probleme:
    """Chacun accepte au moins ``charge`` lectures."""
    return replace(
        probleme,
        membres=tuple(
            m if m.charge_max is None else replace(m, charge_max=max(m.charge_max, charge))
            for m in probleme.membres
        ),
    )


def _moins_d_evaluateurs(probleme: Probleme) -> Assouplissement | None:
    voulu = max(demande.nombre for demande in probleme.demandes)
    for nombre in range(voulu - 1, 0, -1):
        if _relacher(_avec_nombre(probleme, nombre)).faisable:
            return Assouplissement(
                "nombre",
                f"Demander {nombre} {_pluriel(nombre, 'évaluateur')} par demande au lieu de "
                f"{voulu}.",
                nombre,
            )
    return None


def _plus_de_charge(probleme: Probleme) -> Assouplissement | None:
    """La plus petite charge maximale qui, acceptée de tous, suffirait."""
    limites = [m.charge_max for m in probleme.membres if m.charge_max is not None]
    haut = len(probleme.demandes) + max(probleme.charges_de_base.values(), default=0)
    if not limites or not _relacher(_avec_charge(probleme, haut)).faisable:
        return None
    bas = min(limites)
    while haut - bas > 1:
        milieu = (bas + haut) // 2
        if _relacher(_avec_charge(probleme, milieu)).faisable:
            haut = milieu
        else:
            bas = milieu
    trop_bas = [m for m in probleme.membres if m.charge_max is not None and m.charge_max < haut]
    return Assouplissement(
        "charge",
        f"Relever à {haut} la charge maximale de "
        + (
            "chaque membre."
            if len(trop_bas) == len(probleme.membres)
            else _et([f"{m.code} (maintenant {m.charge_max})" for m in trop_bas]) + "."
        ),
    )


def _plus_de_membres(probleme: Probleme, plus_grand: int) -> Assouplissement | None:
    """Combien de personnes de plus, sans lien avec personne et sans charge maximale."""
    for nombre in range(1, plus_grand + 1):
        relache = _relacher(probleme, manque=nombre)
        if relache.faisable:
            chacun = -(-sum(relache.manques.values()) // nombre)
            return Assouplissement(
                "membres",
                f"Nommer {nombre} {_pluriel(nombre, 'membre')} de plus, sans lien avec ces "
                f"demandes et qui {'peut' if nombre == 1 else 'peuvent'} en lire {chacun}"
                f"{' chacun' if nombre > 1 else ''} ou davantage.",
            )
    return None


def _sans_ecarter(probleme: Probleme) -> Assouplissement | None:
    """Les paires écartées ne se relâchent pas ; il faut seulement savoir si elles sont la cause."""
    if not probleme.interdites or not _relacher(probleme, sans_interdites=True).faisable:
        return None
    return Assouplissement(
        "ecartees",
        "Les membres récusés ou liés à un organisme sont la cause : sans eux écartés, une "
        "répartition existerait. Cette règle ne se desserre pas.",
    )


def _pluriel(nombre: int, mot: str) -> str:
    return mot if nombre < 2 else f"{mot}s"


def _et(elements: list[str]) -> str:
    return " et ".join(filter(None, [", ".join(elements[:-1]), *elements[-1:]]))
