"""Les tracés du bilan et des années : ce que chacun montre, depuis ce qui se publie.

Un nombre caché n'a pas de barre, un « au moins » en a une ouverte, longue de ce minimum : le dessin
n'en dit jamais plus que le tableau à côté (regles.md, 15).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from financement.annees import Annee, Changement, Comparaison
from financement.bilan import Bilan, Groupe
from financement.bilan_argent import ZERO, LigneSource
from financement.bilan_resultats import Indicateur
from socle.templatetags.affichage import dollars, pourcent
from socle.traces.donnees import Barre, Rangee, Repere, Teinte, Trace

PREVU = Repere(Decimal(100), "100 % du prévu")
AUCUN_RAPPORT = "Les résultats arriveront avec les rapports acceptés."
AUCUN_BESOIN = "Aucun besoin de la consultation."
RIEN_A_COMPARER = "Rien n'a changé."


def traces_du_bilan(bilan: Bilan, comparaison: Comparaison | None) -> dict[str, Trace]:
    """Chaque tracé du bilan, par sa place ; ``changements`` n'y est pas sans comparaison."""
    traces = {
        "sources": _sources(bilan.sources),
        "volets": _volets(bilan),
        "objectifs": _groupes("Aide accordée par objectif", bilan.objectifs),
        "besoins": _groupes("Aide accordée par besoin", bilan.besoins),
        "themes": _groupes("Aide accordée par thème", bilan.themes),
        "secteurs": _groupes("Aide accordée par secteur", bilan.secteurs),
        "couverture": _couverture(bilan),
        "resultats": _resultats(bilan.resultats.indicateurs),
    }
    return traces | traces_des_changements(comparaison)


def traces_des_changements(comparaison: Comparaison | None) -> dict[str, Trace]:
    if comparaison is None:
        return {}
    titre = f"De {comparaison.avant} à {comparaison.apres}, en pour cent"
    rangees = tuple(Rangee(c.libelle, (_changement(c),)) for c in comparaison.mesures)
    return {"changements": Trace(titre, rangees, si_vide=RIEN_A_COMPARER)}


def traces_des_annees(annees: Sequence[Annee]) -> dict[str, Trace]:
    """L'argent et les personnes de chaque année, de la plus ancienne à la plus récente."""
    anciennes = sorted(annees, key=lambda annee: annee.annee)
    return {
        "argent": Trace(
            "Accordé et versé par année",
            tuple(Rangee(str(a.annee), _argent(a.accorde, a.verse)) for a in anciennes),
        ),
        "personnes": Trace(
            "Personnes différentes par année",
            tuple(Rangee(str(a.annee), (_personnes(a),)) for a in anciennes),
            si_vide=AUCUN_RAPPORT,
        ),
    }


def _dollars(montant: Decimal, nom: str = "", teinte: Teinte = Teinte.PLEINE) -> Barre:
    return Barre(montant, dollars(montant, "rond"), nom, teinte)


def _argent(accorde: Decimal, verse: Decimal, depense: Decimal | None = None) -> tuple[Barre, ...]:
    """Accordé, versé, dépensé : le chemin de l'argent, toujours dans cet ordre."""
    barres = (_dollars(accorde, "Accordé"), _dollars(verse, "Versé", Teinte.MOYENNE))
    return barres if depense is None else (*barres, _dollars(depense, "Dépensé", Teinte.PALE))


def _sources(sources: Iterable[LigneSource]) -> Trace:
    """Chaque bailleur, tous exercices ensemble."""
    par_bailleur: dict[str, list[Decimal]] = {}
    for source in sources:
        sommes = par_bailleur.setdefault(source.bailleur, [ZERO, ZERO, ZERO])
        for rang, montant in enumerate((source.accorde, source.verse, source.depense)):
            sommes[rang] += montant
    rangees = tuple(Rangee(nom, _argent(*sommes)) for nom, sommes in par_bailleur.items())
    return Trace("L'aide de chaque bailleur : accordée, versée, dépensée", rangees)


def _volets(bilan: Bilan) -> Trace:
    return Trace(
        "Chaque volet : son enveloppe, et l'aide accordée, versée, dépensée",
        tuple(
            Rangee(
                volet.nom,
                (
                    _dollars(volet.enveloppe, "Enveloppe", Teinte.VIDE),
                    *_argent(volet.accorde, volet.paye, volet.depense),
                ),
            )
            for volet in bilan.volets
        ),
    )


def _groupes(titre: str, groupes: Iterable[Groupe]) -> Trace:
    return Trace(titre, tuple(Rangee(g.nom, (_dollars(g.accorde),)) for g in groupes))


def _couverture(bilan: Bilan) -> Trace:
    """Les besoins de chaque thème : répondus, sans réponse."""
    return Trace(
        "Les besoins de chaque thème, avec et sans réponse",
        tuple(
            Rangee(
                theme.libelle,
                (
                    Barre(Decimal(theme.repondus), str(theme.repondus), "Avec réponse"),
                    Barre(
                        Decimal(theme.sans_reponse),
                        str(theme.sans_reponse),
                        "Sans réponse",
                        Teinte.VIDE,
                    ),
                ),
            )
            for theme in bilan.couverture
        ),
        si_vide=AUCUN_BESOIN,
    )


def _resultats(indicateurs: Iterable[Indicateur]) -> Trace:
    """La part atteinte de ce qui était prévu : les unités diffèrent, les pour cent se comparent."""
    return Trace(
        "Part atteinte de ce qui était prévu",
        tuple(
            Rangee(
                indicateur.libelle[:1].upper() + indicateur.libelle[1:],
                (
                    Barre(
                        indicateur.atteint,
                        indicateur.texte
                        if indicateur.atteint is None
                        else f"{indicateur.atteint_lu} ({indicateur.texte} sur "
                        f"{indicateur.prevu_lu})",
                        teinte=Teinte.OUVERTE if indicateur.en_partie_cache else Teinte.PLEINE,
                    ),
                ),
            )
            for indicateur in indicateurs
            if indicateur.prevu and indicateur.valeur is not None
        ),
        repere=PREVU,
        si_vide="",
    )


def _personnes(annee: Annee) -> Barre:
    ouverte = "personnes" in annee.incomplets
    return Barre(
        Decimal(annee.personnes),
        annee.personnes_lues,
        teinte=Teinte.OUVERTE if ouverte else Teinte.PLEINE,
    )


def _changement(changement: Changement) -> Barre:
    """La hausse ou la baisse, en pour cent ; sans barre quand elle ne se lit pas juste."""
    if changement.incomplet:
        return Barre(None, "ne se compare pas (« au moins »)")
    part = changement.part
    if part is None:
        return Barre(None, "aucun avant")
    signe = "+" if part > 0 else ""
    return Barre(
        part, f"{signe}{pourcent(part)}", teinte=Teinte.PALE if part < 0 else Teinte.PLEINE
    )
