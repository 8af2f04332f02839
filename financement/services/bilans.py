"""Figer un bilan en PDF, et l'écrire en tableur."""

from typing import Any

from django.db import transaction
from django.urls import reverse

from appels.models import Appel
from financement.bilan import Bilan, calculer_bilan
from financement.services.recits import recits_de
from socle import horloge
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exports import classeur
from socle.models import Document, Travail
from socle.services import travaux


@transaction.atomic
def demander_bilan(*, acteur: Any, appel: Appel) -> Travail:
    """Confie à un ouvrier le PDF du bilan de ``appel``."""
    exiger_permission(acteur, "bilan.figer", appel)
    parametres = {"appel": appel.pk}
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if travail := travaux.deja_confie(acteur=acteur, nature="bilan", parametres=parametres):
        return travail
    travail = travaux.creer_travail(
        acteur=acteur,
        nature="bilan",
        titre=f"Bilan de l'appel {appel.code}",
        total=1,
        parametres=parametres,
        retour=reverse("bilan:appel", kwargs={"code": appel.code}),
    )
    transaction.on_commit(lambda: _confier(travail.pk))
    return travail


def _confier(travail_id: int) -> None:
    from financement.tasks import produire_bilan

    produire_bilan.delay(travail_id)


def produire(*, travail: Travail) -> None:
    """Fige le bilan une seule fois ; relancé après la fin, ne fait rien."""
    with transaction.atomic():
        travail = Travail.objects.select_for_update().get(pk=travail.pk)
        if travail.est_fini:
            return
        appel = Appel.objects.get(pk=travail.parametres["appel"])
        figer_document(
            nature=Document.Nature.BILAN,
            objet=appel,
            gabarit="pdf/bilan.html",
            contexte=contexte_bilan(appel),
            titre=f"Bilan — {appel.titre}",
            acteur=travail.cree_par,
        )
        travaux.fixer_avancement(travail=travail, faits=1)
        travaux.finir(travail=travail)


def contexte_bilan(appel: Appel) -> dict[str, Any]:
    """Les clés de ``pdf/bilan.html``."""
    bilan = calculer_bilan([appel])
    return {
        "reference": f"BIL-{appel.code}",
        "date": horloge.aujourdhui(),
        "appel": appel,
        "plan": appel.plan.titre,
        "debut": appel.projet_debut,
        "fin": appel.projet_fin,
        "totaux": {
            "enveloppe": bilan.enveloppe,
            "accorde": bilan.accorde,
            "verse": bilan.verse,
            "recupere": bilan.recupere,
            "solde": bilan.solde,
            "deposees": bilan.deposees,
            "financees": len(bilan.projets),
            "organismes": bilan.organismes,
        },
        "sources": bilan.sources,
        "volets": bilan.volets,
        "objectifs": bilan.objectifs,
        "besoins": bilan.besoins,
        "besoins_sans_reponse": bilan.besoins_sans_reponse,
        "secteurs": [
            {"nom": secteur.libelle, "projets": secteur.projets, "accorde": secteur.accorde}
            for secteur in bilan.secteurs
        ],
        "indicateurs": bilan.indicateurs,
        "ventilations": bilan.ventilations,
        "satisfaction": bilan.satisfaction,
        "themes": bilan.themes,
        "recits": recits_de(appel),
        "projets": [
            {
                "reference": projet.demande.reference,
                "titre": projet.demande.titre,
                "organisme": projet.demande.organisme.nom,
                "volet": str(projet.demande.volet),
                "accorde": projet.accorde,
                "verse": projet.verse,
                "etat": projet.demande.get_etat_display(),
            }
            for projet in bilan.projets
        ],
    }


def tableur(bilan: Bilan) -> bytes:
    """Le bilan en classeur : une feuille par sujet."""

    def groupes(lignes: Any) -> list[tuple]:
        return [(g.code, g.libelle, g.projets, g.accorde) for g in lignes]

    entetes = ("Code", "Libellé", "Projets", "Accordé")
    return classeur(
        [
            (
                "Projets",
                ("Numéro", "Projet", "Organisme", "Secteur", "Accordé", "Versé", "État"),
                [
                    (
                        p.demande.reference,
                        p.demande.titre,
                        p.demande.organisme.nom,
                        p.demande.secteur,
                        p.accorde,
                        p.verse,
                        p.demande.get_etat_display(),
                    )
                    for p in bilan.projets
                ],
            ),
            (
                "Volets",
                ("Volet", "Enveloppe", "Accordé", "Engagé", "Payé", "Projets"),
                [
                    (v.nom, v.enveloppe, v.accorde, v.engage, v.paye, v.projets)
                    for v in bilan.volets
                ],
            ),
            (
                "Bailleurs",
                ("Bailleur", "Exercice", "Enveloppe", "Accordé", "Versé", "Solde"),
                [
                    (s.bailleur, s.exercice, s.enveloppe, s.accorde, s.verse, s.solde)
                    for s in bilan.sources
                ],
            ),
            ("Objectifs", entetes, groupes(bilan.objectifs)),
            ("Besoins", entetes, groupes(bilan.besoins)),
            ("Secteurs", entetes, groupes(bilan.secteurs)),
            (
                "Résultats",
                ("Indicateur", "Nombre", "Prévu", "Note"),
                [(i["libelle"], i["valeur"], i["prevu"], i["note"]) for i in bilan.indicateurs],
            ),
            (
                "Ventilations",
                ("Ventilation", "Modalité", "Nombre"),
                [
                    (v["titre"], c["libelle"], c["valeur"])
                    for v in bilan.ventilations
                    for c in v["cellules"]
                ],
            ),
        ]
    )
