"""L'appel d'avant dans la démonstration : un rapport en retard à corriger, un projet fermé.

Du projet fermé viennent un témoignage et une photo publiés, et une somme reportée à l'appel ouvert.
"""

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from appels.formulaires import questions_de
from appels.models import Appel, Demande
from financement.importation.acteurs import Acteurs
from financement.importation.fichier import lire
from financement.importation.rejeu import importer
from financement.importation.suites import mettre_en_vigueur
from financement.models import Credit, Rapport
from financement.remarques import places
from financement.services import (
    decisions,
    fermeture,
    rapports,
    sommes_reportees,
    temoignages,
    versements,
)
from socle import horloge
from socle.services import courriels

DONNEES = Path(__file__).parent / "donnees"
FUSEAU = ZoneInfo("America/Toronto")
SIGNATURE = dt.datetime(2025, 12, 16, 10, tzinfo=FUSEAU)
FERMETURE = dt.datetime(2026, 11, 3, 10, tzinfo=FUSEAU)


def construire(
    contenu: dict[str, Any], passe: dict[str, Any], acteurs: Acteurs, *, vers: Appel
) -> None:
    """Importe l'appel, puis vit ses projets : conventions, versements, rapports, fermeture.

    ``passe`` prête ses critères, ses règles et son comité ; ce qui reste est reporté à ``vers``.
    """
    fichier = {
        "appel": {
            **contenu["appel"],
            **{nom: passe["appel"][nom] for nom in ("criteres", "regles")},
        },
        "comite": passe["comite"],
        "demandes": contenu["demandes"],
    }
    appel = importer(fichier, acteurs=acteurs)
    with courriels.silencieux():
        for lue in lire(fichier).demandes:
            demande = appel.demandes.get(code=lue.code)
            with horloge.a_la_date(min(SIGNATURE, horloge.maintenant())):
                sien = contenu["rapports"][lue.code]
                convention = mettre_en_vigueur(lue, demande, acteurs, sien["attendus"])
                _payer(convention.versements.get(no=1), acteurs)
            _rapporter(demande, sien, acteurs)
        _fermer(appel, vers, acteurs)


def _fermer(appel: Appel, vers: Appel, acteurs: Acteurs) -> None:
    """Ferme le projet accepté ; ce qu'il n'a pas utilisé du MIFI passe à l'appel ``vers``."""
    demande = appel.demandes.get(rapports__nature="final", rapports__etat="accepte")
    with horloge.a_la_date(min(FERMETURE, horloge.maintenant())):
        fermeture.regler_solde(acteur=acteurs.agent, demande=demande)
        fermeture.fermer_demande(acteur=acteurs.agent, demande=demande)
        credit = Credit.objects.get(volet__appel=appel, bailleur="MIFI")
        volet = vers.volets.get(no=1)
        sommes_reportees.reporter_somme(
            acteur=acteurs.approbation,
            demande=demande,
            resolution=decisions.inscrire_resolution(
                acteur=acteurs.approbation,
                appel=appel,
                numero="C-2026-1103",
                date=FERMETURE.date(),
            ),
            credit=credit,
            volet=volet,
            exercice=volet.credits.get(bailleur="MIFI").exercice,
            montant=sommes_reportees.reportable(demande)[credit.pk],
            motif="La terre a été donnée : le projet a coûté moins que prévu.",
            autorisation="Accord écrit du MIFI, 28 octobre 2026",
        )


def _payer(versement: Any, acteurs: Acteurs) -> None:
    versements.proposer_versement(acteur=acteurs.agent, versement=versement)
    versements.autoriser_versement(acteur=acteurs.approbation, versement=versement)
    versements.verser_versement(
        acteur=acteurs.tresorerie, versement=versement, reference=f"T-{versement.convention.numero}"
    )


def _rapporter(demande: Demande, contenu: dict[str, Any], acteurs: Acteurs) -> None:
    """Dépose le rapport final ; avec des remarques la Ville le renvoie, sinon elle l'accepte."""
    auteur = acteurs.responsable(neq=demande.organisme.neq, nom=demande.organisme.nom)
    final = demande.rapports.get(nature="final")
    ici = horloge.maintenant()
    with horloge.a_la_date(min(FERMETURE, ici) - dt.timedelta(days=6)):
        _remplir(final, contenu, auteur)
        rapports.deposer_rapport(acteur=auteur, rapport=final)
    final.refresh_from_db()
    with horloge.a_la_date(min(FERMETURE, ici) - dt.timedelta(days=2)):
        if remarques := contenu.get("remarques"):
            _renvoyer(final, remarques, acteurs)
            return
        rapports.accepter_rapport(acteur=acteurs.agent, rapport=final)
        for temoignage in final.temoignages.filter(consentement="publication"):
            temoignages.publier_temoignage(acteur=acteurs.agent, temoignage=temoignage)


def _remplir(final: Rapport, contenu: dict[str, Any], auteur: Any) -> None:
    rapports.enregistrer_rapport(
        acteur=auteur,
        rapport=final,
        champs={"autres_aides_publiques": 0},
        depenses=[
            {"categorie": categorie, "libelle": libelle, "montant": montant}
            for categorie, libelle, montant in contenu["depenses"]
        ],
        valeurs=_valeurs(contenu["valeurs"]),
    )
    for question in questions_de(final.formulaire_id).values():
        if question.code in contenu["reponses"]:
            rapports.enregistrer_reponse(
                acteur=auteur,
                rapport=final,
                question=question,
                valeur=contenu["reponses"][question.code],
            )
    for champs in contenu["temoignages"]:
        image = champs.get("photo")
        temoignages.ajouter_temoignage(
            acteur=auteur,
            rapport=final,
            photo=SimpleUploadedFile(image, (DONNEES / image).read_bytes()) if image else None,
            **{nom: valeur for nom, valeur in champs.items() if nom != "photo"},
            consenti_le=horloge.aujourdhui() if "consenti_par" in champs else None,
        )


def _valeurs(lues: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Les nombres par indicateur et par modalité ; un nombre seul est un total."""
    return {
        (code, modalite): nombre
        for code, lu in lues.items()
        for modalite, nombre in (lu if isinstance(lu, dict) else {"": lu}).items()
    }


def _renvoyer(final: Rapport, remarques: dict[str, str], acteurs: Acteurs) -> None:
    """Chaque remarque va à la question de ce code ou à la dépense de ce nom."""
    codes = {str(q.pk): q.code for q in questions_de(final.formulaire_id).values()}
    depenses = {str(d.cle): d.libelle for d in final.depenses.all()}
    noms = {"question": codes, "depense": depenses}
    a_leur_place = {
        place: remarques[nom]
        for place in places(final)
        if (nom := noms.get(place.genre, {}).get(place.cle)) in remarques
    }
    rapports.renvoyer_rapport(
        acteur=acteurs.agent,
        rapport=final,
        remarques=remarques["rapport"],
        a_leur_place=a_leur_place,
    )
