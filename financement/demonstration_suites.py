"""La démonstration après la décision : de quoi faire pour chacun dans l'appel passé."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from appels.models import Demande
from financement.importation.acteurs import Acteurs
from financement.services import conventions, versements
from financement.services.signatures import Preuve
from socle import horloge

FUSEAU = ZoneInfo("America/Toronto")


def avancer(passe: dict[str, Any], acteurs: Acteurs) -> None:
    """Trois conventions à trois moments : à contresigner, à autoriser, à payer."""
    code = passe["appel"]["code"]
    noms = {d["code"]: d["organisme"] for d in passe["demandes"]}
    moment = dt.datetime(2026, 9, 8, 10, tzinfo=FUSEAU)
    with horloge.a_la_date(min(moment, horloge.maintenant())):
        for numero, jusqu_a in (("D07", "signee"), ("D02", "proposee"), ("D03", "autorisee")):
            demande = Demande.objects.get(reference=f"{code}-{numero}")
            convention = conventions.preparer_convention(acteur=acteurs.agent, demande=demande)
            conventions.transmettre_convention(acteur=acteurs.agent, convention=convention)
            responsable = acteurs.responsable(neq=noms[numero]["neq"], nom=noms[numero]["nom"])
            convention = conventions.signer_convention(
                acteur=responsable,
                convention=convention,
                nom=responsable.nom,
                titre="Présidence",
                preuve=_preuve("l'organisme"),
            )
            if jusqu_a == "signee":
                continue
            conventions.contresigner_convention(
                acteur=acteurs.approbation, convention=convention, preuve=_preuve("la Ville")
            )
            versement = convention.versements.get(no=1)
            versements.proposer_versement(acteur=acteurs.agent, versement=versement)
            if jusqu_a == "autorisee":
                versements.autoriser_versement(acteur=acteurs.approbation, versement=versement)


def _preuve(partie: str) -> Preuve:
    """Une adresse réservée aux exemples (RFC 5737) : personne n'a signé d'ici."""
    return Preuve(
        verification="mot_de_passe",
        adresse="192.0.2.10",
        consentement=f"Je suis une personne autorisée à signer pour {partie}, j'ai lu la "
        "convention et je l'accepte.",
    )
