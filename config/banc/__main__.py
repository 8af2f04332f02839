"""``script/bench [--json FICHIER] [--n 50,1000,5000] [--noms …] [--repetitions 40]``."""

import argparse
import json
import os
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from config.embarque import RACINE, ServeurIndisponible, assurer_serveurs

N_PAR_DEFAUT = "50,1000,5000"
CHAUFFE = 6
LETTRES = 100


def principal() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _environnement()
    try:
        assurer_serveurs()
    except ServeurIndisponible as erreur:
        sys.stderr.write(f"{erreur}\n")
        return 1
    import django

    django.setup()
    del os.environ["DATABASE_POOL"]
    from config.banc.serveur import BancImpossible

    try:
        resultats = _mesurer(options)
    except BancImpossible as erreur:
        sys.stderr.write(f"{erreur}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(_tableau(resultats))
    if options.json:
        options.json.write_text(
            json.dumps(resultats, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return 0


def _options() -> argparse.Namespace:
    analyseur = argparse.ArgumentParser(
        prog="script/bench", description="Mesure les pages et les lettres, en rapports."
    )
    analyseur.add_argument("--json", type=Path, metavar="FICHIER")
    analyseur.add_argument(
        "--n", default=N_PAR_DEFAUT, help="nombres de demandes, séparés par des virgules"
    )
    analyseur.add_argument("--noms", default="", help="ces mesures seulement")
    analyseur.add_argument("--repetitions", type=int, default=40)
    analyseur.add_argument("--lettres", type=int, default=LETTRES, help="0 : aucune")
    options = analyseur.parse_args()
    try:
        options.n = [int(n) for n in options.n.split(",")]
    except ValueError:
        analyseur.error("--n attend des nombres séparés par des virgules.")
    if min(options.n) < 1 or options.repetitions < 1 or options.lettres < 0:
        analyseur.error("Les nombres doivent être positifs.")
    if options.json and not options.json.resolve().parent.is_dir():
        analyseur.error(f"Le dossier de {options.json} n'existe pas.")
    options.noms = [nom for nom in options.noms.split(",") if nom]
    return options


def _environnement() -> None:
    """Ses serveurs et ses données à lui, sous var/banc ; rien de l'environnement ne s'y mêle."""
    for nom in (
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "EMAIL_URL",
        "MEDIA_STORAGE",
        "SITE_URL",
        "SCEAU_HORODATAGE_URL",
    ):
        os.environ.pop(nom, None)
    os.environ.update(
        APPELS_VAR=str(RACINE / "var" / "banc"),
        SCEAU_PKCS12=str(RACINE / "var" / "banc" / "sceau.p12"),
        SCEAU_MOT_DE_PASSE="banc",
        DJANGO_SETTINGS_MODULE="config.banc.reglages",
        DEBUG="0",
        DEMONSTRATION="0",
        SECOND_FACTEUR_EXIGE="0",
        NIVEAU_JOURNAL="WARNING",
        WEB_OUVRIERS="2",
        # Ce processus change de base : sans réserve. Ceux qu'il lance en ont une, comme en service.
        DATABASE_POOL="0",
    )


def _mesurer(options: argparse.Namespace) -> list[dict[str, Any]]:
    from config.banc.donnees import peupler
    from config.banc.serveur import base_d_un_moment, gunicorn, preparer_modele
    from config.preparation import rassembler_les_fichiers_statiques

    rassembler_les_fichiers_statiques()
    _dire("Base modèle…")
    preparer_modele()
    resultats: list[dict[str, Any]] = []
    for rang, n in enumerate(options.n):
        lettres = options.lettres if rang == 0 and _voulu("lettre", options) else 0
        with ExitStack() as pile:
            pile.enter_context(base_d_un_moment(f"banc_{n}"))
            _dire(f"{n} demandes…")
            jeu = peupler(n, lettres=lettres)
            _analyser()
            with gunicorn() as client:
                resultats += _pages(client, jeu, n, options)
            if lettres:
                resultats += _lettres(jeu, lettres)
                pile.callback(shutil.rmtree, RACINE / "var/banc/fichiers", ignore_errors=True)
    if _voulu("scenario", options):
        from config.banc.scenario import mesurer_scenario

        _dire("Scénario…")
        resultats.append(mesurer_scenario())
    if _voulu("affectation", options):
        from config.banc.affectation import mesurer_affectation

        _dire("Répartition des lectures…")
        resultats.append(mesurer_affectation())
    if _voulu("bootstrap", options):
        from config.banc.bootstrap import mesurer_bootstrap

        _dire("Solidité d'un classement…")
        resultats.append(mesurer_bootstrap())
    return resultats


def _pages(client: Any, jeu: Any, n: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Chaque page et son témoin, l'une après l'autre, pour que la machine les traite pareil."""
    from config.banc.mesures import MESURES, temoin_de

    resultats = []
    for nom, trouver in MESURES.items():
        demande = trouver(jeu) if _voulu(nom, options) else None
        if demande is None:
            continue
        temoin = temoin_de(nom, jeu)
        for rang in range(CHAUFFE):
            client.demander(temoin)
            client.demander(demande, rang)
        planchers, durees, requetes = [], [], []
        for rang in range(options.repetitions):
            planchers.append(client.demander(temoin)[0])
            duree, compte = client.demander(demande, CHAUFFE + rang)
            durees.append(duree)
            requetes.append(compte)
        resultats.append(_ligne(nom, n, median(durees), median(planchers), max(requetes)))
    return resultats


def _lettres(jeu: Any, combien: int) -> list[dict[str, Any]]:
    from config.banc.lettres import (
        emettre_un_lot,
        preparer_le_sceau,
        remettre_a_zero,
        rendu_nu,
    )

    preparer_le_sceau()
    resultats = []
    for ouvriers, nom in ((1, "lettre"), (2, "lettre_2_ouvriers")):
        _dire(f"{combien} lettres, {ouvriers} ouvrier(s)…")
        duree = emettre_un_lot(jeu, combien, ouvriers=ouvriers)
        if duree is None:
            break
        resultats.append(_ligne(nom, combien, duree, rendu_nu(), None))
        remettre_a_zero(jeu)
    return resultats


def _voulu(nom: str, options: argparse.Namespace) -> bool:
    return not options.noms or nom in options.noms


def _analyser() -> None:
    from django.db import connection

    with connection.cursor() as curseur:
        curseur.execute("VACUUM ANALYZE")


def _ligne(nom: str, n: int, mediane: float, plancher: float, requetes: int | None) -> dict:
    return {
        "nom": nom,
        "n": n,
        "mediane_ms": round(mediane, 2),
        "plancher_ms": round(plancher, 2),
        "ratio": round(mediane / plancher, 2),
        "requetes": requetes,
    }


def _tableau(resultats: list[dict[str, Any]]) -> str:
    if not resultats:
        return "Aucune des pages à mesurer n'existe encore.\n"
    titres = ("mesure", "n", "médiane (ms)", "plancher (ms)", "rapport", "requêtes")
    lignes = [
        (
            ligne["nom"],
            str(ligne["n"]),
            _nombre(ligne["mediane_ms"]),
            _nombre(ligne["plancher_ms"]),
            _nombre(ligne["ratio"]),
            "—" if ligne["requetes"] is None else str(ligne["requetes"]),
        )
        for ligne in resultats
    ]
    largeurs = [max(map(len, colonne)) for colonne in zip(titres, *lignes, strict=True)]

    def ecrire(cases: tuple[str, ...]) -> str:
        premiere, *autres = cases
        chiffres = (c.rjust(largeur) for c, largeur in zip(autres, largeurs[1:], strict=True))
        return "  ".join([premiere.ljust(largeurs[0]), *chiffres]) + "\n"

    trait = "  ".join("─" * largeur for largeur in largeurs) + "\n"
    return "\n" + ecrire(titres) + trait + "".join(map(ecrire, lignes))


def _nombre(valeur: float | None) -> str:
    return "—" if valeur is None else f"{valeur:.1f}".replace(".", ",")


def _dire(texte: str) -> None:
    sys.stderr.write(f"{texte}\n")


if __name__ == "__main__":
    sys.exit(principal())
