"""La démonstration après la décision : de quoi faire pour chacun dans l'appel passé."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from appels.models import Appel, Demande
from financement.importation.acteurs import Acteurs
from financement.portees import portee_d_un_appel, portee_d_un_plan
from financement.services import conventions, reexamens, versements
from financement.services.recits import ecrire_recits
from financement.services.signatures import Preuve
from socle import horloge
from socle.models import Utilisateur

FUSEAU = ZoneInfo("America/Toronto")


def avancer(passe: dict[str, Any], acteurs: Acteurs) -> None:
    """Trois conventions à trois moments : à contresigner, à autoriser, à payer ; un réexamen."""
    code = passe["appel"]["code"]
    noms = {d["code"]: d["organisme"] for d in passe["demandes"]}
    _demander_un_reexamen(passe, acteurs)
    _ecrire_les_bilans(code, acteurs)
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


def _ecrire_les_bilans(code: str, acteurs: Acteurs) -> None:
    """Ce que la Ville dit du premier appel, et du plan."""
    appel = Appel.objects.select_related("plan").get(code=code)
    ecrire_recits(
        acteur=acteurs.agent,
        portee=portee_d_un_appel(appel),
        textes={
            "essentiel": "Pour ce premier appel, chaque volet a trouvé des projets, et plusieurs "
            "organismes travaillaient ensemble pour la première fois.",
            "suite": "Le prochain appel visera les besoins restés sans réponse.",
        },
    )
    ecrire_recits(
        acteur=acteurs.agent,
        portee=portee_d_un_plan(appel.plan),
        textes={"essentiel": "Le plan avance d'appel en appel ; ce bilan les réunit."},
    )


def _demander_un_reexamen(passe: dict[str, Any], acteurs: Acteurs) -> None:
    """La demande refusée en demande un ; l'administration, étrangère au dossier, l'a reçu."""
    refusee = next(d for d in passe["demandes"] if d["decision"]["resultat"] == "refusee")
    demande = Demande.objects.get(reference=f"{passe['appel']['code']}-{refusee['code']}")
    organisme = refusee["organisme"]
    moment = dt.datetime(2026, 9, 1, 9, tzinfo=FUSEAU)
    with horloge.a_la_date(min(moment, horloge.maintenant())):
        reexamen = reexamens.demander_reexamen(
            acteur=acteurs.responsable(neq=organisme["neq"], nom=organisme["nom"]),
            demande=demande,
            motifs="Le comité n'a pas eu notre lettre d'appui, jointe avant la clôture.",
        )
        reexamens.confier_reexamen(
            acteur=acteurs.approbation,
            reexamen=reexamen,
            personne=Utilisateur.objects.get(email="administration@exemple.test"),
        )


def _preuve(partie: str) -> Preuve:
    """Une adresse réservée aux exemples (RFC 5737) : personne n'a signé d'ici."""
    return Preuve(
        verification="mot_de_passe",
        adresse="192.0.2.10",
        consentement=f"Je suis une personne autorisée à signer pour {partie}, j'ai lu la "
        "convention et je l'accepte.",
    )
