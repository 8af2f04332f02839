"""Pourquoi un projet n'est pas retenu : une phrase, d'après ce qui est retenu maintenant."""

from collections import defaultdict
from collections.abc import Mapping

from financement.scenarios.impossible import argent
from financement.scenarios.probleme import Candidat, Probleme, Regle


def raisons(probleme: Probleme, montants: Mapping[int, int]) -> dict[int, str]:
    """Une phrase pour chaque candidat sans montant ; ``montants`` en cents."""
    marges = _marges(probleme, montants)
    devant: dict[int, list[Candidat]] = defaultdict(list)
    dernier: dict[int, Candidat] = {}
    phrases = {}
    for candidat in probleme.candidats:
        if montants.get(candidat.cle):
            dernier[candidat.volet] = candidat
            continue
        phrases[candidat.cle] = _raison(
            probleme, candidat, marges[candidat.volet], devant[candidat.volet]
        )
        egal = dernier.get(candidat.volet)
        if (
            probleme.regle is Regle.RANG
            and _peut_etre_choisi(probleme, candidat)
            and egal
            and egal.points == candidat.points
        ):
            phrases[candidat.cle] += f" À égalité avec {egal.code}, départagé par le code."
        if _peut_etre_choisi(probleme, candidat):
            devant[candidat.volet].append(candidat)
    return phrases


def _peut_etre_choisi(probleme: Probleme, candidat: Candidat) -> bool:
    return probleme.est_admis(candidat) and not probleme.est_dehors(candidat)


def _marges(probleme: Probleme, montants: Mapping[int, int]) -> dict[int, int]:
    """Ce que chaque volet peut encore donner, tous les retenus ramenés à leur plancher."""
    marges = {no: probleme.disponible(no) for no in probleme.enveloppes}
    for cle, montant in montants.items():
        if montant:
            candidat = probleme.par_cle[cle]
            marges[candidat.volet] -= min(montant, probleme.cout(candidat))
    return marges


def _raison(probleme: Probleme, candidat: Candidat, marge: int, devant: list[Candidat]) -> str:
    if probleme.est_dehors(candidat):
        return "Exclu à la main."
    if not candidat.recommandable:
        return "Le comité ne le recommande pas."
    if candidat.maximum <= 0:
        return "Les règles du budget ne permettent aucun montant."
    if candidat.points < probleme.seuil:
        return f"Score de {_score(candidat.points)}, sous le seuil de {_score(probleme.seuil)}."
    cout = probleme.cout(candidat)
    reduit = f"Même réduit à {argent(cout)}, il" if cout < candidat.maximum else "Il"
    passent = devant if probleme.regle is Regle.RANG else []
    manque = cout + sum(map(probleme.cout, passent)) - marge
    if manque <= 0:
        return f"L'argent suffirait : {argent(marge)} restent à donner au volet {candidat.volet}."
    if passent:
        return (
            f"{reduit} manque {argent(manque)} au volet {candidat.volet} pour descendre jusqu'à "
            f"lui : {passent[0].code} passe avant."
        )
    return f"{reduit} manque {argent(manque)} au volet {candidat.volet}."


def _score(dixiemes: int) -> str:
    entier, reste = divmod(dixiemes, 10)
    return f"{entier},{reste}" if reste else str(entier)
