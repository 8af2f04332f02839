"""La meilleure répartition, et la preuve qu'il n'y en a pas de meilleure.

Les charges les plus égales sont celles dont la somme des carrés est la plus petite : dans ce genre
de problème (un flot), elles ont aussi le plus petit écart entre la plus grande et la plus petite
charge. HiGHS résout le tout en une fois, les carrés pesant plus que tous les points réunis.
"""

from collections import defaultdict

from evaluations.repartition.impossibilite import expliquer
from evaluations.repartition.probleme import LIMITE, Probleme
from evaluations.repartition.resultat import DelaiDepasse, Impossible, Proposition, juger
from socle.optimisation import Modele


def repartir(probleme: Probleme, limite: float = LIMITE) -> Proposition | Impossible:
    """La meilleure répartition, ou pourquoi il n'y en a pas ; lève ``DelaiDepasse``."""
    besoins = {d.cle: probleme.manquantes(d) for d in probleme.demandes}
    libres = probleme.paires_libres()
    if not libres:
        if any(besoins.values()):
            return expliquer(probleme)
        gardees = probleme.ranger(probleme.gardees)
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
        for rang in range(min(offertes[membre.cle], probleme.place(membre))):
            # Passer de c à c + 1 lectures ajoute 2c + 1 à la somme des carrés.
            modele.colonne(poids * (2 * (base + rang) + 1), 1, (lignes_m[membre.cle], -1))
    verdict = modele.resoudre(limite)
    if verdict.impossible:
        return expliquer(probleme)
    if verdict.valeurs is None:
        raise DelaiDepasse
    choisies = {paire for paire, prise in zip(libres, verdict.valeurs, strict=False) if prise}
    paires = probleme.ranger(choisies | probleme.gardees)
    # Le solveur compte à virgule : son verdict doit tenir une fois recompté en entiers.
    atteint = sum(cout * v for cout, v in zip(modele.couts, verdict.valeurs, strict=True))
    return Proposition(
        paires=paires,
        bilan=juger(probleme, paires),
        prouvee=verdict.optimal and atteint - verdict.borne < 1,
        marge=verdict.marge,
        duree=verdict.duree,
    )
