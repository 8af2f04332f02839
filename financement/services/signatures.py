"""Signer une convention ou un avenant, en ligne ou sur papier, et figer la preuve."""

from dataclasses import dataclass
from typing import Any

from financement.documents_fusionnes import contexte_signe
from financement.models import Avenant, Convention, RetourNumerise, Signature
from socle import horloge
from socle.documents import figer_document
from socle.exceptions import RegleViolee
from socle.models import Document
from socle.services import courriels


@dataclass(frozen=True)
class Preuve:
    """Ce que la page sait de qui signe en ligne.

    ``verification`` : comment l'identité vient d'être vérifiée à nouveau
    (``Signature.Verification``) ; ``adresse`` : son adresse IP ; ``consentement`` : la phrase
    acceptée, mot pour mot.
    """

    verification: str
    adresse: str
    consentement: str


def signer(
    *,
    acteur: Any,
    objet: Convention | Avenant,
    cote: str,
    nom: str,
    titre: str = "",
    preuve: Preuve | None,
) -> Signature:
    """Inscrit la signature d'une partie sur le document que ``objet`` présente.

    Sans ``preuve``, la signature a été reçue sur papier et ``acteur`` l'inscrit ; celle de
    l'organisme a pour preuve l'exemplaire revenu numérisé, s'il l'est en entier. La permission est
    vérifiée par la transition qui appelle ce service.
    """
    if objet.document is None:
        raise RegleViolee(
            "Le document à signer n'est pas prêt. Revenez dans quelques minutes.", code="document"
        )
    est_avenant = isinstance(objet, Avenant)
    sur_papier_par_l_organisme = preuve is None and cote == Signature.Cote.ORGANISME
    retour = retour_complet(objet.document) if sur_papier_par_l_organisme else None
    return Signature.objects.create(
        convention=None if est_avenant else objet,
        avenant=objet if est_avenant else None,
        cote=cote,
        mode=Signature.Mode.EN_LIGNE if preuve else Signature.Mode.PAPIER,
        nom=nom.strip(),
        titre=titre.strip(),
        personne=acteur,
        courriel=acteur.email,
        verification=preuve.verification if preuve else "",
        adresse=preuve.adresse if preuve else None,
        consentement=preuve.consentement if preuve else "",
        document=objet.document,
        empreinte=objet.document.empreinte,
        empreinte_du_retour=retour.empreinte if retour else "",
        signee_le=horloge.maintenant(),
    )


def retour_complet(document: Document) -> RetourNumerise | None:
    """L'exemplaire signé sur papier, revenu numérisé avec toutes ses pages, ou None."""
    retours = RetourNumerise.objects.select_for_update(no_key=True, of=("self",))
    retour = retours.filter(document=document).first()
    return retour if retour is not None and retour.est_complet else None


def figer_les_preuves(*, objet: Convention | Avenant, nature: str, titre: str) -> Document:
    """Le texte signé suivi de la page des preuves, en un nouveau document figé."""
    numero = (
        objet.numero if isinstance(objet, Convention) else f"{objet.convention.numero}-A{objet.no}"
    )
    return figer_document(
        nature=nature,
        objet=objet,
        gabarit="pdf/document_signe.html",
        contexte=contexte_signe(objet, reference=f"{numero}-S", titre=titre),
        titre=titre,
    )


def remettre_le_signe(*, objet: Convention | Avenant, lien: str) -> None:
    """Envoie à l'organisme le document signé des deux parties, joint au courriel."""
    document, demande = objet.document_signe, objet.demande
    with document.pdf.open("rb") as fichier:
        octets = fichier.read()
    courriels.envoyer(
        gabarit="document_signe",
        destinataires=courriels.adresses_organisme(demande.organisme, responsables=True),
        objet=f"Signé des deux parties — {demande.titre}",
        contexte={"demande": demande, "document": document, "lien": lien},
        pieces=[(document.pdf.name.rsplit("/", 1)[-1], octets, "application/pdf")],
    )
