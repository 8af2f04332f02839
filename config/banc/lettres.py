"""Un lot de lettres scellées, de la demande au dernier PDF, par un ouvrier puis par deux."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import NoReverseMatch

from config.banc.donnees import Jeu
from config.banc.serveur import BancImpossible, processus
from socle.models import Document, Travail

PATIENCE = 30
RENDUS = 15


def preparer_le_sceau() -> None:
    """Un certificat RSA de 3072 bits, comme ceux des villes : chaque lettre mesurée est scellée."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    from socle.sceau_demonstration import fabriquer_certificat

    cle = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    Path(settings.SCEAU_PKCS12).write_bytes(
        fabriquer_certificat(nom="Banc", mot_de_passe=settings.SCEAU_MOT_DE_PASSE, cle=cle)
    )


def emettre_un_lot(jeu: Jeu, combien: int, *, ouvriers: int) -> float | None:
    """Millisecondes par lettre, au mur ; None quand le lot de lettres n'existe pas encore.

    L'ouvrier a déjà servi une tâche vide : on mesure les lettres, pas son démarrage.
    """
    try:
        from financement.services.lots_lettres import preparer_lot
    except ImportError:
        return None
    with _ouvrier(ouvriers):
        debut = time.perf_counter()
        try:
            travail = preparer_lot(acteur=jeu.agent, appel=jeu.decide)
        except NoReverseMatch:  # le service est là, ses pages pas encore
            return None
        _attendre(travail)
        duree = time.perf_counter() - debut
    emises = Document.objects.filter(nature="lettre").count()
    if Document.objects.filter(nature="lettre", scelle=False).exists():
        raise BancImpossible("Des lettres ont été émises sans sceau : la mesure ne vaudrait rien.")
    if emises != combien:
        raise BancImpossible(f"{emises} lettres émises au lieu de {combien} : {travail.erreurs}")
    return duree * 1000 / combien


def rendu_nu() -> float:
    """La médiane d'un rendu WeasyPrint du même HTML, sans rien autour ni variante PDF/UA."""
    from weasyprint import HTML

    from socle.documents import FichiersStatiques

    durees = []
    for html in Document.objects.filter(nature="lettre").values_list("html", flat=True)[
        : RENDUS + 2
    ]:
        debut = time.perf_counter()
        HTML(string=html, base_url="static:/", url_fetcher=FichiersStatiques()).write_pdf()
        durees.append((time.perf_counter() - debut) * 1000)
    return median(durees[2:])


def _attendre(travail: Travail) -> None:
    """Lève ``BancImpossible`` quand le travail n'avance plus : une tâche tombée ne le finit pas."""
    faits, depuis = -1, time.monotonic()
    while not travail.est_fini:
        if travail.faits != faits:
            faits, depuis = travail.faits, time.monotonic()
        elif time.monotonic() - depuis > PATIENCE:
            raise BancImpossible(
                f"Le lot n'avance plus à {faits} lettres sur {travail.total} : voir "
                f"{settings.VAR_DIR / 'banc.log'}."
            )
        time.sleep(0.05)
        travail.refresh_from_db()


@contextmanager
def _ouvrier(combien: int) -> Iterator[None]:
    from config.celery import app

    app.control.purge()
    with processus(
        *("celery", "--app", "config", "worker", "--concurrency", str(combien)),
        *("--loglevel", "warning", "--without-gossip", "--without-mingle"),
    ) as ouvrier:
        limite = time.monotonic() + 60
        while not app.control.ping(timeout=0.5):
            if ouvrier.poll() is not None or time.monotonic() > limite:
                raise BancImpossible("L'ouvrier Celery ne démarre pas.")
        yield
        connection.close()


def remettre_a_zero(jeu: Jeu) -> None:
    """Efface les lettres émises, pour que le lot suivant les émette de nouveau."""
    modeles: list[Any] = [type(jeu.decide).demandes.rel.related_model]
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("DELETE FROM financement_envoilettre")
        curseur.execute("DELETE FROM financement_lettre")
        curseur.execute("DELETE FROM socle_document WHERE nature = 'lettre'")
        modeles[0]._base_manager.filter(appel=jeu.decide).update(etat_annonce="")
