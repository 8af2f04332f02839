"""Montrer un modèle sur une demande, avant toute décision s'il le faut. Rien ne s'enregistre."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from appels.models import Appel, Demande
from financement.champs_fusion import Objet
from financement.champs_suites import FinDeProjet
from financement.documents_fusionnes import champs_vides, contexte_convention, contexte_lettre
from financement.models import Convention, Decision, ModeleDocument, Reexamen, Resolution
from financement.services.fermeture import calculer_solde
from financement.solde import DepenseJugee, Solde
from socle import horloge
from socle.documents import rendre_html, rendre_pdf
from socle.exceptions import RegleViolee

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
    """Ce dont le document parle : la décision, la convention, la fin du projet ou le réexamen de la
    demande ; à défaut, un exemple jamais enregistré."""
    if modele.est_fermeture:
        return _fin_d_exemple(modele.genre, demande)
    if modele.est_reexamen:
        tranches = demande.reexamens.filter(etat=modele.genre.removeprefix("reexamen_"))
        return tranches.first() or Reexamen(demande=demande, motifs=EXEMPLE, reponse=EXEMPLE)
    if modele.est_convention:
        return demande.conventions.order_by("pk").last() or _convention_d_exemple(demande)
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


def _fin_d_exemple(genre: str, demande: Demande) -> FinDeProjet:
    """La fin du projet telle qu'elle est ; sinon le budget dépensé en entier, moins une dépense."""
    convention = demande.conventions.order_by("pk").last() or _convention_d_exemple(demande)
    echeance = horloge.aujourdhui() if genre == "remboursement" else None
    try:
        solde = calculer_solde(demande)
    except RegleViolee:
        solde = _solde_d_exemple(genre, demande, convention)
    fin = FinDeProjet(convention, demande.rapports.filter(nature="final").first(), solde, echeance)
    if fin.genre == genre:
        return fin
    return replace(fin, solde=_solde_d_exemple(genre, demande, convention))


def _solde_d_exemple(genre: str, demande: Demande, convention: Convention) -> Solde:
    appel, refusee = demande.appel, Decimal("250.00")
    prevu = demande.budget().admissible or convention.montant
    solde = Solde(
        prevu=prevu,
        accorde=convention.montant,
        depenses=(
            DepenseJugee("Exemple : dépenses du projet", prevu),
            DepenseJugee("Exemple : une dépense refusée", refusee, False, EXEMPLE),
        ),
        autres_aides=Decimal("0.00"),
        taux_aide=appel.taux_aide_max,
        taux_cumul=appel.cumul_public_max,
        verse=Decimal("0.00"),
    )
    verse = solde.aide_finale + (refusee if genre == "remboursement" else 0)
    return replace(solde, verse=verse)


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
