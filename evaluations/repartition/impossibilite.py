"""Quand rien n'est possible : pourquoi, et quelle contrainte desserrer."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from evaluations.repartition.probleme import LIMITE, Paire, Probleme
from evaluations.repartition.resultat import Assouplissement, Goulot, Impossible, Penurie
from socle.optimisation import Modele


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
    lignes_m = {m.cle: modele.ligne(-inf, probleme.place(m)) for m in probleme.membres}
    libres = probleme.paires_libres()
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
    for demande, membre in probleme.paires_libres():
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
        offertes=sum(probleme.place(probleme.membre[cle]) for cle in membres)
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
        haut,
    )


def _plus_de_membres(probleme: Probleme, plus_grand: int) -> Assouplissement | None:
    """Combien de personnes de plus, sans lien avec personne et pas plus chargées que les autres."""
    limites = [m.charge_max for m in probleme.membres if m.charge_max]
    for nombre in range(1, plus_grand + 1):
        relache = _relacher(probleme, manque=nombre)
        if relache.faisable:
            manque = sum(relache.manques.values())
            nombre = max(nombre, -(-manque // max(limites)) if limites else 1)
            chacun = -(-manque // nombre)
            return Assouplissement(
                "membres",
                f"Nommer {nombre} {_pluriel(nombre, 'membre')} de plus, sans lien avec ces "
                f"demandes et qui {'peut' if nombre == 1 else 'peuvent'} en lire {chacun}"
                f"{' chacun' if nombre > 1 else ''} ou davantage.",
                nombre,
            )
    return None


def _sans_ecarter(probleme: Probleme) -> Assouplissement | None:
    """Les paires écartées ne se relâchent pas ; il faut seulement savoir si elles sont la cause."""
    if not probleme.interdites or not _relacher(probleme, sans_interdites=True).faisable:
        return None
    return Assouplissement(
        "ecartees",
        "Les membres récusés ou liés à un organisme sont la cause : sans eux écartés, une "
        "répartition existerait. Cette règle ne se desserre pas ; un lien qui n'est que possible "
        "s'examine, lui.",
    )


def _pluriel(nombre: int, mot: str) -> str:
    return mot if nombre < 2 else f"{mot}s"


def _et(elements: list[str]) -> str:
    return " et ".join(filter(None, [", ".join(elements[:-1]), *elements[-1:]]))
