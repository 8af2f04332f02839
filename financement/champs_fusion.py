"""Les champs qu'un modèle de lettre ou de convention peut demander, et ce qu'ils valent.

La liste est la documentation que la Ville lit à côté de l'éditeur. Un champ lit une décision
(lettre), une convention, la fin d'un projet ou un réexamen ; il rend un texte, vide quand il n'y a
rien à dire, ou un bloc rendu.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from appels.models import Demande
from financement.champs_bases import (
    AIDE,
    ATTENTE,
    CONVENTION,
    FERMETURES,
    LETTRES,
    REEXAMENS,
    REFUS,
    TOUS,
    Champ,
    en_retrait,
    gabarit,
    jour,
    liste,
    paragraphes,
)
from financement.champs_suites import CHAMPS_FERMETURE, CHAMPS_REEXAMEN, FinDeProjet
from financement.documents import (
    conditions,
    motifs_par_critere,
    rapports_attendus,
    sources,
    versements_de,
    versements_prevus,
)
from financement.models import Convention, Decision, Reexamen
from socle import horloge
from socle.templatetags.affichage import date_courte, date_longue, dollars, taux, telephone
from socle.textes import montant_en_lettres, ordinal

Objet = Decision | Convention | FinDeProjet | Reexamen


def _demande(objet: Objet) -> Demande:
    return objet.demande


def _decision(objet: Objet) -> Decision:
    return objet if isinstance(objet, Decision) else objet.decision


def _montant(objet: Objet) -> Any:
    return objet.montant_accorde if isinstance(objet, Decision) else objet.montant


def _debut(objet: Objet) -> dt.date | None:
    return objet.debut if isinstance(objet, Convention) else _demande(objet).appel.projet_debut


def _fin(objet: Objet) -> dt.date | None:
    return objet.fin if isinstance(objet, Convention) else _demande(objet).appel.projet_fin


def _versements(objet: Objet) -> str:
    inscrite = isinstance(objet, Convention) and objet.pk is not None
    prevus = versements_de(objet) if inscrite else versements_prevus(_decision(objet))
    return gabarit("_versements", versements=prevus, total=_montant(objet))


def _rapports(objet: Objet) -> str:
    return liste(
        [
            f"{rapport['libelle']} : au plus tard le {date_longue(rapport['echeance'])}"
            for rapport in rapports_attendus(_demande(objet))
        ]
    )


def _motifs_par_critere(objet: Objet) -> str:
    trouves = motifs_par_critere(_decision(objet))
    return gabarit("_motifs_par_critere", motifs_par_critere=trouves) if trouves else ""


def _provenance(objet: Objet) -> str:
    return " ; ".join(f"{p.libelle}, {dollars(p.montant)}" for p in sources(_decision(objet)))


def _contact(objet: Objet) -> str:
    ville = settings.VILLE
    return (
        f"téléphonez au {telephone(ville['telephone'])} ou écrivez à {ville['courriel']} "
        f"({ville['service']}), en rappelant le numéro {_demande(objet).reference}"
    )


def _limite_de_reexamen(objet: Objet) -> str:
    jours = _demande(objet).appel.reexamen_jours
    return date_longue(horloge.aujourdhui() + dt.timedelta(days=jours))


CHAMPS: tuple[Champ, ...] = (
    # Qui et quoi
    Champ("organisme", "le nom de l'organisme", lambda o: _demande(o).organisme.nom),
    Champ("projet", "le titre du projet", lambda o: _demande(o).titre),
    Champ("reference", "le numéro de la demande", lambda o: _demande(o).reference),
    Champ("appel", "le titre de l'appel à projets", lambda o: _demande(o).appel.titre),
    Champ("code_appel", "le numéro de l'appel", lambda o: _demande(o).appel.code),
    Champ("volet", "le volet de la demande", lambda o: str(_demande(o).volet)),
    Champ("date", "la date d'émission", lambda o: date_courte(horloge.aujourdhui())),
    Champ("ville", "le nom de la Ville", lambda o: settings.VILLE["nom"]),
    Champ("contact", "où téléphoner et écrire, avec le numéro à rappeler", _contact),
    Champ(
        "resume",
        "le résumé du projet",
        lambda o: en_retrait(_demande(o).resume),
        CONVENTION,
        bloc=True,
    ),
    # L'argent
    Champ(
        "montant_demande",
        "le montant demandé, en chiffres",
        lambda o: dollars(_demande(o).montant_demande),
    ),
    Champ(
        "montant_accorde",
        "le montant accordé, en chiffres",
        lambda o: dollars(_montant(o)),
        AIDE | FERMETURES,
    ),
    Champ(
        "montant_en_lettres",
        "le montant accordé, en toutes lettres",
        lambda o: montant_en_lettres(_montant(o)),
        AIDE,
    ),
    Champ("provenance", "la part de chaque bailleur", _provenance, AIDE),
    Champ("versements", "le tableau des versements", _versements, AIDE, bloc=True),
    Champ(
        "taux_aide",
        "la part des dépenses admissibles que l'aide ne dépasse pas",
        lambda o: taux(_demande(o).appel.taux_aide_max),
        CONVENTION,
    ),
    Champ(
        "taux_cumul",
        "la part que toutes les aides publiques ne dépassent pas",
        lambda o: taux(_demande(o).appel.cumul_public_max),
        CONVENTION,
    ),
    Champ(
        "ecart_sans_avenant",
        "ce qui se déplace entre deux postes sans avenant",
        lambda o: taux(_demande(o).appel.ecart_poste_sans_avenant),
        CONVENTION,
    ),
    # La décision
    Champ(
        "resolution",
        "le numéro de la résolution",
        lambda o: _decision(o).resolution.numero,
        TOUS - REEXAMENS,
    ),
    Champ(
        "date_resolution",
        "la date de la résolution",
        lambda o: date_courte(_decision(o).resolution.date),
        TOUS - REEXAMENS,
    ),
    Champ("motifs", "les motifs", lambda o: paragraphes(_decision(o).motifs), LETTRES, bloc=True),
    Champ(
        "motifs_par_critere",
        "le tableau des motifs, critère par critère",
        _motifs_par_critere,
        LETTRES,
        bloc=True,
    ),
    Champ(
        "conditions",
        "la liste des conditions du conseil, et des réserves à lever",
        lambda o: liste(conditions(_decision(o))),
        AIDE,
        bloc=True,
    ),
    Champ(
        "rang_attente",
        "le rang sur la liste d'attente",
        lambda o: ordinal(o.rang_attente) if o.rang_attente else "",
        ATTENTE,
    ),
    Champ(
        "attente_jusqu_au",
        "le dernier jour de la liste d'attente",
        lambda o: jour(o.attente_jusqu_au, date_longue),
        ATTENTE,
    ),
    # Les échéances
    Champ("debut", "le début du projet", lambda o: jour(_debut(o)), AIDE),
    Champ("fin_projet", "la fin du projet", lambda o: jour(_fin(o)), AIDE),
    Champ(
        "rapport_etape_le",
        "l'échéance du rapport d'étape",
        lambda o: jour(_demande(o).appel.rapport_etape_le, date_longue),
        AIDE,
    ),
    Champ(
        "rapport_final_le",
        "l'échéance du rapport final",
        lambda o: jour(_demande(o).appel.rapport_final_le, date_longue),
        AIDE,
    ),
    Champ("rapports", "la liste des rapports et de leurs échéances", _rapports, AIDE, bloc=True),
    Champ(
        "reexamen_jours",
        "le délai pour demander un réexamen, en jours",
        lambda o: str(_demande(o).appel.reexamen_jours),
        REFUS,
    ),
    Champ(
        "reexamen_limite",
        "le dernier jour pour demander un réexamen",
        _limite_de_reexamen,
        REFUS,
    ),
    *CHAMPS_FERMETURE,
    *CHAMPS_REEXAMEN,
)


def champs_de(genre: str) -> tuple[Champ, ...]:
    return tuple(champ for champ in CHAMPS if genre in champ.genres)


def connus(genre: str, *, sans_blocs: bool = False) -> dict[str, bool]:
    """Nom du champ → vrai s'il donne un bloc, comme ``financement.fusion`` les attend."""
    return {c.nom: c.bloc for c in champs_de(genre) if not (sans_blocs and c.bloc)}


class Valeurs(Mapping[str, str]):
    """Ce que valent les champs d'un objet, lus seulement quand le modèle les demande."""

    def __init__(self, genre: str, objet: Objet) -> None:
        self._champs = {champ.nom: champ for champ in champs_de(genre)}
        self._objet = objet
        self._lues: dict[str, str] = {}

    def __getitem__(self, nom: str) -> str:
        if nom not in self._lues:
            self._lues[nom] = self._champs[nom].lire(self._objet)
        return self._lues[nom]

    def __iter__(self) -> Iterator[str]:
        return iter(self._champs)

    def __len__(self) -> int:
        return len(self._champs)
