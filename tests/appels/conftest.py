"""Une demande en rédaction, ses personnes, et une horloge que les pages suivent aussi."""

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from appels.models import Formulaire
from socle import horloge
from socle.middleware import HeureDeReceptionMiddleware
from tests.factories import AdhesionFactory, AppelFactory, BesoinFactory, DemandeFactory

TORONTO = ZoneInfo("America/Toronto")


def toronto(*moment: int) -> dt.datetime:
    return dt.datetime(*moment, tzinfo=TORONTO)


@pytest.fixture
def accuses_confies(monkeypatch):
    """Les dépôts confiés à l'ouvrier, au lieu de lui être envoyés."""
    from appels.services import depot

    confies = []
    monkeypatch.setattr(depot, "_confier_accuse", confies.append)
    return confies


@pytest.fixture
def a_l_heure(monkeypatch):
    """``a_l_heure(moment)`` : les services et les pages vivent à ``moment``."""
    reglages = []

    def regler(moment: dt.datetime) -> None:
        reglage = horloge.a_la_date(moment)
        reglage.__enter__()
        reglages.append(reglage)
        monkeypatch.setattr(
            HeureDeReceptionMiddleware, "_reception", staticmethod(lambda request: moment)
        )

    yield regler
    for reglage in reversed(reglages):
        reglage.__exit__(None, None, None)


def brouillon_complet(*, cloture: dt.datetime | None = None) -> SimpleNamespace:
    """Un brouillon auquel rien ne manque, sa responsable et sa rédactrice."""
    dates = {"cloture": cloture, "ouverture": cloture - dt.timedelta(days=20)} if cloture else {}
    appel = AppelFactory(ouvert=True, **dates)
    demande = DemandeFactory(appel=appel)
    demande.besoins.add(BesoinFactory(plan=appel.plan))
    responsable = AdhesionFactory(organisme=demande.organisme).utilisateur
    redacteur = AdhesionFactory(organisme=demande.organisme, role="redacteur").utilisateur
    return SimpleNamespace(
        appel=appel, demande=demande, responsable=responsable, redacteur=redacteur
    )


@pytest.fixture
def prete():
    return brouillon_complet()


TYPES = (
    "texte_court", "texte_long", "choix", "choix_multiples", "nombre", "montant", "date",
    "adresse", "personnes", "resultats", "activites", "partenaires", "realisees", "declaration",
)  # fmt: skip


@pytest.fixture
def questionnaire(prete):
    """La demande ``prete`` avec une section d'une question facultative par type."""
    formulaire = Formulaire.objects.create(
        appel=prete.appel, revision=2, publie_le=prete.appel.publie_le
    )
    section = formulaire.sections.create(code="besoin", titre="Le besoin", ordre=1)
    prete.questions = {
        type_: section.questions.create(
            code=type_.replace("_", "-"), libelle=f"Question {type_}", type=type_, ordre=ordre,
            obligatoire=False, mots_max=5 if type_ == "texte_long" else None,
            choix=["Un", "Deux", "Trois"] if type_.startswith("choix") else [],
        )
        for ordre, type_ in enumerate(TYPES)
    }  # fmt: skip
    prete.section = section
    prete.demande.formulaire = formulaire
    prete.demande.save()
    return prete


def adresse(demande, partie="relecture") -> str:
    return reverse("organisme:rediger", kwargs={"reference": demande.reference, "partie": partie})


DEPOT = {"signataire": "Marie Signataire", "exactitude": "on"}
