"""La convention : préparée, transmise, signée des deux côtés, résiliée."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.indicateurs import CASES, incoherences, par_case
from appels.models import Demande
from financement.documents_fusionnes import champs_vides, contexte_convention
from financement.indicateurs import resultats_vises
from financement.models import Convention, ModeleDocument, Signature, Versement
from financement.montants import calendrier_versements, conditions_versements
from financement.services import signatures
from financement.services.modeles import fixer_modele
from financement.services.rapports_attendus import attendre_rapport
from financement.services.reserves import reserves_ouvertes
from financement.services.signatures import Preuve
from socle.cycle_de_vie import transitionner
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document
from socle.services import courriels


@transaction.atomic
def preparer_convention(
    *,
    acteur: Any,
    demande: Demande,
    debut: dt.date | None = None,
    fin: dt.date | None = None,
    resultats_attendus: Mapping[str, int] | None = None,
) -> Convention:
    """Crée la convention d'une demande acceptée et annoncée, ses versements et ses rapports.

    ``resultats_attendus`` None reprend ce que la demande prévoit ; la Ville l'ajuste ensuite.
    """
    exiger_permission(acteur, "convention.preparer", demande)
    demande = (
        Demande.objects.select_for_update(no_key=True, of=("self",))
        .select_related("appel")
        .get(pk=demande.pk)
    )
    appel = demande.appel
    if demande.etat != Demande.Etat.ACCEPTEE or demande.etat_annonce != "acceptee":
        raise RegleViolee(
            "La convention se prépare quand la demande est acceptée et sa lettre émise.",
            code="etat",
        )
    if demande.conventions.exclude(etat="resiliee").exists():
        raise RegleViolee("La convention de cette demande est déjà préparée.", code="existe")
    if ouvertes := reserves_ouvertes(demande):
        raise RegleViolee(
            "La convention attend que les réserves soient levées : "
            + " ; ".join(reserve.texte for reserve in ouvertes),
            code="reserve",
        )
    debut, fin = debut or appel.projet_debut, fin or appel.projet_fin
    if debut is None or fin is None:
        raise RegleViolee("Écrivez les dates du projet.", champ="debut")
    if fin < debut:
        raise RegleViolee("La fin doit suivre le début.", champ="fin")
    decision = demande.decisions.get(en_vigueur=True)
    rang = demande.conventions.count()
    convention = Convention.objects.create(
        demande=demande,
        decision=decision,
        numero=f"CONV-{demande.reference}" + (f"-{rang + 1}" if rang else ""),
        montant=decision.montant_accorde,
        debut=debut,
        fin=fin,
        resultats_attendus=dict(
            resultats_vises(demande) if resultats_attendus is None else resultats_attendus
        ),
    )
    montants = calendrier_versements(decision.montant_accorde, appel.plan_versements)
    conditions = conditions_versements(len(montants))
    for no, (montant, condition) in enumerate(zip(montants, conditions, strict=True), start=1):
        Versement.objects.create(convention=convention, no=no, montant=montant, condition=condition)
    _attendre_rapports(demande, fin, avec_etape="etape" in conditions)
    journaliser(acteur=acteur, verbe="convention.preparer", objet=convention)
    return convention


def _attendre_rapports(demande: Demande, fin: dt.date, *, avec_etape: bool) -> None:
    appel = demande.appel
    echeances = {"final": appel.rapport_final_le or fin + dt.timedelta(days=30)}
    if appel.rapport_etape_le or avec_etape:
        echeances["etape"] = appel.rapport_etape_le or fin
    for nature, echeance in echeances.items():
        attendre_rapport(demande=demande, nature=nature, echeance=echeance)


@transaction.atomic
def ajuster_resultats(
    *, acteur: Any, convention: Convention, resultats: Mapping[str, int]
) -> Convention:
    """Écrit ce que la Ville et l'organisme conviennent d'atteindre, tant que rien n'est transmis.

    ``resultats`` : par nom de case. Lève ``RegleViolee`` : ``transmise``, et ce que dit
    ``verifier_les_attendus``.
    """
    exiger_permission(acteur, "convention.preparer", convention)
    convention = Convention.objects.select_for_update(no_key=True).get(pk=convention.pk)
    if convention.etat != Convention.Etat.BROUILLON:
        raise RegleViolee(
            "La convention est transmise : ses résultats attendus ne changent plus.",
            code="transmise",
        )
    verifier_les_attendus(resultats)
    convention.resultats_attendus = dict(resultats)
    convention.save(update_fields=["resultats_attendus"])
    journaliser(
        acteur=acteur,
        verbe="convention.ajuster_resultats",
        objet=convention,
        details={"resultats": convention.resultats_attendus},
    )
    return convention


def verifier_les_attendus(resultats: Mapping[str, int]) -> None:
    """Le prévu s'additionne comme le réel (regles.md, 15).

    Lève ``RegleViolee`` : ``incoherent``, ou le nom d'une case inconnue.
    """
    for nom in resultats.keys() - CASES:
        raise RegleViolee(f"« {nom} » n'est pas un indicateur qui se prévoit.", champ=nom)
    if fautes := incoherences(par_case(resultats)):
        raise RegleViolee(fautes[0][1], champ=fautes[0][0], code="incoherent")


@transaction.atomic
def transmettre_convention(*, acteur: Any, convention: Convention) -> Convention:
    """Fige le PDF selon le modèle qui vaut et l'envoie à l'organisme pour signature.

    Lève ``RegleViolee`` (``champ_vide``) quand le modèle demande ce que la convention n'a pas.
    """
    exiger_permission(acteur, "convention.preparer", convention)
    demande = convention.demande
    modele = fixer_modele(ModeleDocument.Genre.CONVENTION, demande.appel)
    if vides := champs_vides(modele, convention):
        raise RegleViolee(
            f"Le modèle demande ce que cette convention n'a pas : {', '.join(vides)}.",
            code="champ_vide",
        )
    document = figer_document(
        nature=Document.Nature.CONVENTION,
        objet=convention,
        gabarit="pdf/convention.html",
        contexte=contexte_convention(convention, modele),
        titre=f"Convention d'aide financière — {demande.reference}",
        acteur=acteur,
    )
    convention = transitionner(
        convention,
        "transmettre",
        acteur=acteur,
        champs={"document": document, "modele": modele},
    )
    courriels.envoyer(
        gabarit="convention_transmise",
        destinataires=courriels.adresses_organisme(demande.organisme, responsables=True),
        objet=f"Convention à signer — {demande.titre}",
        contexte={"demande": demande, "convention": convention, "lien": _adresse(demande)},
    )
    return convention


def _adresse(demande: Demande) -> str:
    return settings.SITE_URL + reverse(
        "organisme:convention", kwargs={"reference": demande.reference}
    )


@transaction.atomic
def signer_convention(
    *, acteur: Any, convention: Convention, nom: str, titre: str = "", preuve: Preuve
) -> Convention:
    """La personne autorisée signe en ligne pour l'organisme ; la preuve est gardée."""
    return _signer_pour_l_organisme(
        convention, signe=acteur, inscrit=acteur, nom=nom, titre=titre, preuve=preuve
    )


@transaction.atomic
def inscrire_signature_papier(
    *, acteur: Any, convention: Convention, nom: str, titre: str = ""
) -> Convention:
    """L'agent inscrit une signature reçue sur papier ; le journal garde qui l'a inscrite."""
    exiger_permission(acteur, "convention.preparer", convention)
    convention = _signer_pour_l_organisme(
        convention, signe=None, inscrit=acteur, nom=nom, titre=titre, preuve=None
    )
    journaliser(acteur=acteur, verbe="convention.inscrire_signature", objet=convention)
    return convention


def _signer_pour_l_organisme(
    convention: Convention, *, signe: Any, inscrit: Any, nom: str, titre: str, preuve: Preuve | None
) -> Convention:
    if not nom.strip():
        raise RegleViolee("Écrivez votre nom complet.", champ="nom")
    convention = transitionner(
        convention,
        "signer",
        acteur=signe,
        champs={
            "signataire_nom": nom.strip(),
            "signataire_titre": titre.strip(),
            "signature_papier": preuve is None,
        },
    )
    signatures.signer(
        acteur=inscrit,
        objet=convention,
        cote=Signature.Cote.ORGANISME,
        nom=nom,
        titre=titre,
        preuve=preuve,
    )
    return convention


@transaction.atomic
def contresigner_convention(
    *, acteur: Any, convention: Convention, preuve: Preuve | None
) -> Convention:
    """La Ville signe : la convention est en vigueur et la demande, conventionnée.

    Le texte et ses preuves deviennent un nouveau document figé, envoyé à l'organisme. Sans
    ``preuve``, la Ville a signé l'exemplaire papier que l'organisme a signé.
    """
    if preuve is None and not convention.signature_papier:
        raise RegleViolee("Confirmez votre identité pour signer.", code="preuve")
    convention = transitionner(convention, "contresigner", acteur=acteur)
    signatures.signer(
        acteur=acteur,
        objet=convention,
        cote=Signature.Cote.VILLE,
        nom=acteur.nom,
        titre=f"pour la {settings.VILLE['nom']}",
        preuve=preuve,
    )
    convention.document_signe = signatures.figer_les_preuves(
        objet=convention,
        nature=Document.Nature.CONVENTION,
        titre=f"Convention signée — {convention.demande.reference}",
    )
    convention.save(update_fields=["document_signe"])
    signatures.remettre_le_signe(objet=convention, lien=_adresse(convention.demande))
    transitionner(convention.demande, "conventionner", acteur=None)
    return convention


@transaction.atomic
def resilier_convention(*, acteur: Any, convention: Convention, motif: str) -> Convention:
    """Met fin à la convention avant terme ; les versements à venir sont annulés."""
    if not motif.strip():
        raise RegleViolee("Écrivez le motif de la résiliation.", champ="motif")
    convention = transitionner(convention, "resilier", acteur=acteur, motif=motif)
    transitionner(convention.demande, "resilier", acteur=acteur, motif=motif)
    for versement in convention.versements.filter(etat__in=["prevu", "exigible", "retenu"]):
        transitionner(
            versement, "annuler", acteur=None, motif=motif, champs={"motif": "Résiliation"}
        )
    return convention
