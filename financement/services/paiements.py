"""Payer : où, en quels lots, et ce que le service des finances dit avoir payé."""

import hashlib
import re
from collections.abc import Collection
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone

from appels.models import Demande
from appels.regles import dollars
from financement.models import (
    CoordonneesBancaires,
    LotPaiement,
    RetourPaiement,
    Versement,
)
from financement.paiements import ENTETES, FichierIllisible, LignePaiement, ecrire_csv, lire_retour
from financement.services.versements import verser_versement
from socle import horloge
from socle.chiffrement import chiffrer, dechiffrer
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.exports import classeur
from socle.journal import journaliser
from socle.models import Organisme
from socle.templatetags.affichage import date_courte

USAGE = "coordonnees-bancaires"
FORMES = {
    "institution": (r"\d{3}", "Le numéro d'institution a 3 chiffres."),
    "transit": (r"\d{5}", "Le numéro de transit a 5 chiffres."),
    "compte": (r"\d{5,12}", "Le numéro de compte a de 5 à 12 chiffres."),
}
TAILLE_MAX = 2_000_000


@transaction.atomic
def inscrire_coordonnees(
    *, acteur: Any, organisme: Organisme, institution: str, transit: str, compte: str
) -> CoordonneesBancaires:
    """Garde, chiffrées, les coordonnées où payer ; celles d'avant ne se retrouvent plus."""
    exiger_permission(acteur, "coordonnees.inscrire", organisme)
    saisies = {"institution": institution, "transit": transit, "compte": compte}
    saisies = {champ: re.sub(r"[\s-]", "", valeur) for champ, valeur in saisies.items()}
    for champ, (forme, phrase) in FORMES.items():
        if not re.fullmatch(forme, saisies[champ]):
            raise RegleViolee(phrase, champ=champ)
    coordonnees, _ = CoordonneesBancaires.objects.update_or_create(
        organisme=organisme,
        defaults={
            "chiffre": chiffrer(saisies, usage=USAGE),
            "fin": saisies["compte"][-3:],
            "modifiees_le": horloge.maintenant(),
            "modifiees_par": acteur,
        },
    )
    journaliser(acteur=acteur, verbe="organisme.inscrire_coordonnees", objet=organisme)
    return coordonnees


@transaction.atomic
def lire_coordonnees(*, acteur: Any, organisme: Organisme) -> dict[str, str]:
    """Institution, transit et compte en clair, pour la trésorerie ; la lecture se journalise."""
    exiger_permission(acteur, "coordonnees.lire", organisme)
    coordonnees = CoordonneesBancaires.objects.filter(organisme=organisme).first()
    if coordonnees is None:
        raise RegleViolee("Cet organisme n'a pas encore inscrit ses coordonnées bancaires.")
    journaliser(acteur=acteur, verbe="organisme.lire_coordonnees", objet=organisme)
    return dechiffrer(coordonnees.chiffre, usage=USAGE)


def versements_a_payer(acteur: Any) -> Any:
    """Les versements autorisés qui ne sont dans aucun lot."""
    return (
        Versement.objects.filter(
            etat="autorise",
            lot=None,
            convention__etat="en_vigueur",
            convention__demande__in=Demande.objects.sans_recusation(acteur),
        )
        .select_related("convention__demande__organisme__coordonnees_bancaires")
        .order_by("convention__numero", "no")
    )


@transaction.atomic
def preparer_lot(*, acteur: Any, choisis: Collection[int]) -> LotPaiement:
    """Réunit des versements autorisés en un lot, numéroté dans l'année.

    Lève ``RegleViolee`` si l'un d'eux n'est plus autorisé, ou est déjà dans un lot.
    """
    exiger_permission(acteur, "paiement.gerer")
    if not choisis:
        raise RegleViolee("Choisissez au moins un versement.", code="rien")
    versements = list(
        Versement.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=versements_a_payer(acteur).filter(pk__in=choisis).values("pk"))
        .order_by("pk")
    )
    if len(versements) != len(set(choisis)):
        raise RegleViolee(
            "Un des versements choisis a changé entre-temps : relisez la liste.", code="change"
        )
    lot = LotPaiement.objects.create(
        numero=_prochain_numero(),
        total=sum(versement.montant for versement in versements),
        cree_par=acteur,
    )
    for versement in versements:
        versement.lot = lot
        versement.save(update_fields=["lot"])
    journaliser(
        acteur=acteur,
        verbe="lotpaiement.preparer",
        objet=lot,
        details={"nombre": len(versements), "total": str(lot.total)},
    )
    return lot


def _prochain_numero() -> str:
    """Deux lots préparés en même temps se suivent : le verrou tient jusqu'au bout de l'écriture."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(hashtext('lot_paiement'))")
    annee = horloge.aujourdhui().year
    precedents = LotPaiement.objects.filter(numero__startswith=f"LOT-{annee}-").count()
    return f"LOT-{annee}-{precedents + 1:03d}"


@transaction.atomic
def defaire_lot(*, acteur: Any, lot: LotPaiement) -> LotPaiement:
    """Rend ses versements à la liste ; impossible dès qu'un paiement est inscrit."""
    exiger_permission(acteur, "paiement.gerer")
    lot = LotPaiement.objects.select_for_update().get(pk=lot.pk)
    if lot.annule_le or lot.versements.filter(etat="verse").exists():
        raise RegleViolee("Ce lot ne peut plus se défaire.", code="etat")
    lot.versements.update(lot=None)
    lot.annule_le = horloge.maintenant()
    lot.save(update_fields=["annule_le"])
    journaliser(acteur=acteur, verbe="lotpaiement.defaire", objet=lot)
    return lot


@transaction.atomic
def fichier_du_lot(*, acteur: Any, lot: LotPaiement, forme: str = "csv") -> bytes:
    """Le fichier pour le service des finances, ``csv`` ou ``xlsx`` ; il porte les comptes en clair.

    Seulement ce qui est encore à payer : un versement retenu depuis, déjà versé ou dont la
    convention est résiliée n'y est pas. Il n'est jamais gardé : chaque téléchargement le refait et
    se journalise. Lève ``RegleViolee`` (``rien``).
    """
    exiger_permission(acteur, "paiement.gerer")
    a_payer = [versement for versement in paiements_du_lot(lot) if versement.est_a_payer]
    if not a_payer:
        raise RegleViolee("Ce lot n'a plus rien à payer. Préparez un nouveau lot.", code="rien")
    lignes = [_ligne(lot, versement) for versement in a_payer]
    journaliser(
        acteur=acteur,
        verbe="lotpaiement.telecharger",
        objet=lot,
        details={"forme": forme, "comptes": sum(1 for ligne in lignes if ligne.compte)},
    )
    if forme == "xlsx":
        return classeur([(lot.numero, ENTETES, (ligne.cellules() for ligne in lignes))])
    return ecrire_csv(lignes)


def paiements_du_lot(lot: LotPaiement) -> Any:
    return lot.versements.select_related(
        "convention__demande__organisme__coordonnees_bancaires"
    ).order_by("convention__numero", "no")


def _ligne(lot: LotPaiement, versement: Versement) -> LignePaiement:
    organisme = versement.demande.organisme
    coordonnees = versement.coordonnees
    return LignePaiement(
        lot=lot.numero,
        paiement=versement.pk,
        beneficiaire=organisme.nom,
        neq=organisme.neq,
        montant=versement.montant,
        reference=f"{versement.convention.numero}-V{versement.no}",
        libelle=f"{versement.demande.titre}, versement {versement.no}",
        **(dechiffrer(coordonnees.chiffre, usage=USAGE) if coordonnees else {}),
    )


@transaction.atomic
def importer_retour(
    *, acteur: Any, lot: LotPaiement, fichier: UploadedFile, total: Any = None
) -> RetourPaiement:
    """Inscrit les paiements faits d'un lot ; tout ou rien, une seule fois par fichier.

    ``total`` : ce que le service des finances annonce, en dollars ; il doit être celui du fichier.
    Lève ``RegleViolee`` (champ ``fichier`` ou ``total``), chaque ligne fautive dans la phrase.
    """
    exiger_permission(acteur, "paiement.gerer")
    lot = LotPaiement.objects.select_for_update().get(pk=lot.pk)
    if fichier.size > TAILLE_MAX:
        raise RegleViolee("Le fichier dépasse 2 Mo. Joignez-en un plus petit.", champ="fichier")
    octets = fichier.read()
    empreinte = hashlib.sha256(octets).hexdigest()
    if deja := RetourPaiement.objects.filter(empreinte=empreinte).first():
        raise RegleViolee(
            f"Ce fichier a déjà été importé le {date_courte(deja.importe_le)} (lot {deja.lot}).",
            champ="fichier",
            code="double",
        )
    try:
        faits = lire_retour(octets)
    except FichierIllisible as erreur:
        raise RegleViolee(str(erreur), champ="fichier", code="lignes") from None
    du_lot = {versement.pk: versement for versement in paiements_du_lot(lot)}
    if problemes := [p for fait in faits if (p := _probleme(fait, du_lot))]:
        raise RegleViolee(" ".join(problemes), champ="fichier", code="lignes")
    somme = sum(fait.montant for fait in faits)
    if total is not None and total != somme:
        raise RegleViolee(
            f"Le fichier totalise {dollars(somme)}, et non {dollars(total)}.",
            champ="total",
            code="total",
        )
    for fait in faits:
        verser_versement(
            acteur=acteur,
            versement=du_lot[fait.paiement],
            reference=fait.reference,
            le=horloge.a_midi(fait.date),
        )
    retour = RetourPaiement.objects.create(
        lot=lot,
        nom=(fichier.name or "fichier")[:200],
        empreinte=empreinte,
        nombre=len(faits),
        total=somme,
        importe_par=acteur,
    )
    journaliser(
        acteur=acteur,
        verbe="lotpaiement.importer_retour",
        objet=lot,
        details={"nombre": len(faits), "total": str(somme), "empreinte": empreinte},
    )
    return retour


def _probleme(fait: Any, du_lot: dict[int, Versement]) -> str:
    versement = du_lot.get(fait.paiement)
    debut = f"Ligne {fait.ligne} : le paiement {fait.paiement}"
    if versement is None:
        return f"{debut} n'est pas de ce lot."
    if versement.etat == "verse":
        return f"{debut} est déjà inscrit."
    if not versement.est_a_payer:
        etat = versement.get_etat_display().lower()
        if versement.etat == "autorise":
            return f"{debut} a une convention qui n'est plus en vigueur."
        return f"{debut} est « {etat} » : il ne devait pas être payé."
    if versement.montant != fait.montant:
        return f"{debut} est de {dollars(versement.montant)}, et non {dollars(fait.montant)}."
    autorise = versement.autorise_le
    if fait.date > horloge.aujourdhui():
        return f"{debut} a une date à venir."
    if autorise and fait.date < timezone.localdate(autorise):
        return f"{debut} a une date d'avant son autorisation."
    return ""
