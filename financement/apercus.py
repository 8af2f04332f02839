"""Montrer un modèle sur une demande, avant toute décision s'il le faut. Rien ne s'enregistre."""

from decimal import Decimal
from typing import Any

from appels.models import Appel, Demande
from financement.champs_fusion import Objet
from financement.documents_fusionnes import champs_vides, contexte_convention, contexte_lettre
from financement.models import Convention, Decision, ModeleDocument, Reexamen, Resolution
from socle import horloge
from socle.documents import rendre_html, rendre_pdf

EXEMPLE = "Texte d'exemple : la décision n'est pas encore inscrite."


def demandes_a_montrer(personne: Any, appel: Appel | None) -> Any:
    """Les demandes déposées que la personne suit, de l'appel s'il y en a un."""
    demandes = (
        Demande.objects.sans_recusation(personne)
        .exclude(etat="brouillon")
        .select_related("organisme", "appel", "volet")
        .order_by("-appel__ouverture", "code")
    )
    return demandes.filter(appel=appel) if appel else demandes


def objet_a_montrer(modele: ModeleDocument, demande: Demande) -> Objet:
    """La décision, la convention ou le réexamen de la demande ; à défaut, un exemple jamais
    enregistré."""
    if modele.est_convention:
        return demande.conventions.order_by("pk").last() or _convention_d_exemple(demande)
    if modele.est_reexamen:
        tranches = demande.reexamens.filter(etat=modele.genre.removeprefix("reexamen_"))
        return tranches.first() or Reexamen(demande=demande, motifs=EXEMPLE, reponse=EXEMPLE)
    decision = demande.decisions.filter(en_vigueur=True).select_related("resolution").first()
    if decision is not None and decision.resultat_exporte == modele.genre:
        return decision
    return _decision_d_exemple(modele.genre, demande)


def _decision_d_exemple(genre: str, demande: Demande) -> Decision:
    aujourdhui = horloge.aujourdhui()
    voulu = demande.montant_demande or Decimal("10000.00")
    parts = {"acceptee": Decimal(1), "acceptee_partielle": Decimal("0.75")}
    criteres = list(demande.appel.criteres.all()[:2])
    return Decision(
        demande=demande,
        volet=demande.volet or demande.appel.volets.first(),
        resolution=Resolution(numero=f"C-{aujourdhui.year}-0000", date=aujourdhui),
        resultat="acceptee" if genre in parts else genre,
        montant_demande=voulu,
        montant_accorde=(voulu * parts.get(genre, Decimal(0))).quantize(Decimal("0.01")),
        motifs="" if genre == "acceptee" else EXEMPLE,
        motifs_par_critere={} if genre == "acceptee" else {c.code: EXEMPLE for c in criteres},
        conditions=EXEMPLE if genre == "acceptee_partielle" else "",
        rang_attente=1,
        attente_jusqu_au=demande.appel.projet_fin or aujourdhui,
    )


def _convention_d_exemple(demande: Demande) -> Convention:
    decision = demande.decisions.filter(en_vigueur=True, resultat="acceptee").first()
    decision = decision or _decision_d_exemple("acceptee", demande)
    aujourdhui = horloge.aujourdhui()
    return Convention(
        demande=demande,
        decision=decision,
        numero=f"CONV-{demande.reference}",
        montant=decision.montant_accorde,
        debut=demande.appel.projet_debut or aujourdhui,
        fin=demande.appel.projet_fin or aujourdhui,
    )


def contexte_de(modele: ModeleDocument, demande: Demande) -> dict[str, Any]:
    """Le contexte du document entier, marqué comme un aperçu."""
    objet = objet_a_montrer(modele, demande)
    contexte = (
        contexte_convention(objet, modele)
        if modele.est_convention
        else contexte_lettre(objet, modele, reference=f"L-{demande.reference}")
    )
    return contexte | {"apercu": True}


def vides_de(modele: ModeleDocument, demande: Demande) -> list[str]:
    """Les champs que cette demande laisserait vides."""
    return champs_vides(modele, objet_a_montrer(modele, demande))


def pdf_de(modele: ModeleDocument, demande: Demande) -> bytes:
    gabarit = "pdf/convention.html" if modele.est_convention else "pdf/lettre.html"
    html = rendre_html(gabarit, contexte_de(modele, demande))
    return rendre_pdf(html, titre=f"Aperçu — {modele.get_genre_display()}")
