"""L'avenant : demandé par une partie, décidé par la Ville, signé, puis appliqué."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.regles import dollars, regles_budget
from financement.avenants import repartir_le_changement
from financement.documents import contexte_avenant
from financement.models import Avenant, Convention, Decision, Resolution, Signature, Versement
from financement.services import signatures
from financement.services.conventions import verifier_les_attendus
from financement.services.decisions import inscrire_sous_enveloppe, retirer_decision
from financement.services.grand_livre import libre_du_volet
from financement.services.signatures import Preuve
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document
from socle.services import courriels

# Un versement déjà autorisé ou payé ne change plus.
A_VENIR = ("prevu", "exigible", "retenu")
EN_COURS = ("demande", "approuve")


def postes_retenus(convention: Convention) -> list[dict[str, Any]]:
    """Le budget qui vaut : celui du dernier avenant signé qui l'a changé, sinon celui déposé."""
    signes = convention.avenants.filter(etat="signe").exclude(postes=[]).order_by("no")
    if dernier := signes.last():
        return dernier.postes
    return [
        {
            "categorie": poste.categorie,
            "libelle": poste.libelle,
            "montant": poste.montant,
            "admissible": poste.admissible,
        }
        for poste in convention.demande.postes.all()
    ]


@transaction.atomic
def demander_avenant(
    *,
    acteur: Any,
    convention: Convention,
    motif: str,
    montant: Decimal | None = None,
    debut: dt.date | None = None,
    fin: dt.date | None = None,
    portee: str = "",
    postes: Iterable[Mapping[str, Any]] = (),
    resultats: Mapping[str, int] | None = None,
) -> Avenant:
    """Inscrit ce qui changerait ; ce qui est pareil à la convention ne compte pas.

    Montants en dollars. ``resultats`` : tout ce qui serait attendu, par nom de case ; None, rien
    n'y change. Lève ``RegleViolee`` : ``motif``, ``montant``, ``fin``, ``rien``, ``en_cours``,
    ``etat``, et ce que dit ``verifier_les_attendus``.
    """
    exiger_permission(acteur, "avenant.demander", convention)
    convention = Convention.objects.select_for_update(no_key=True).get(pk=convention.pk)
    if convention.etat != Convention.Etat.EN_VIGUEUR:
        raise RegleViolee("Un avenant change une convention en vigueur.", code="etat")
    if convention.avenants.filter(etat__in=EN_COURS).exists():
        raise RegleViolee(
            "Un avenant est déjà en cours : il doit d'abord être tranché ou signé.", code="en_cours"
        )
    if not motif.strip():
        raise RegleViolee("Écrivez pourquoi ce changement.", champ="motif")
    retenus = _comparables(postes_retenus(convention))
    voulus = _comparables(postes)
    changements = {
        "montant": montant if montant != convention.montant else None,
        "debut": debut if debut != convention.debut else None,
        "fin": fin if fin != convention.fin else None,
        "portee": portee.strip(),
        "postes": voulus if voulus and voulus != retenus else [],
        "resultats": resultats if resultats != convention.resultats_attendus else None,
    }
    if all(voulu in (None, "", []) for voulu in changements.values()):
        raise RegleViolee("Rien ne change : modifiez au moins un élément.", code="rien")
    _verifier_les_dates(convention, changements["debut"], changements["fin"])
    _verifier_le_montant(convention, changements["montant"], changements["postes"] or retenus)
    if changements["resultats"] is not None:
        verifier_les_attendus(changements["resultats"])
    avenant = Avenant.objects.create(
        convention=convention,
        no=convention.avenants.count() + 1,
        motif=motif.strip(),
        demande_par=acteur,
        avant={
            "montant": convention.montant,
            "debut": convention.debut,
            "fin": convention.fin,
            "postes": retenus,
            "resultats": convention.resultats_attendus,
        },
        **changements,
    )
    # Relu : les montants du JSON y sont écrits comme la base les rendra.
    avenant = Avenant.objects.get(pk=avenant.pk)
    journaliser(acteur=acteur, verbe="avenant.demander", objet=avenant, motif=motif)
    return avenant


def _comparables(postes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Les mêmes clés et la même écriture des montants, d'où qu'ils viennent."""
    return [
        {
            "categorie": poste["categorie"],
            "libelle": (poste.get("libelle") or "").strip(),
            "montant": str(Decimal(str(poste["montant"])).quantize(Decimal("0.01"))),
            "admissible": bool(poste.get("admissible", True)),
        }
        for poste in postes
        if poste.get("montant") is not None
    ]


def _verifier_les_dates(convention: Convention, debut: dt.date | None, fin: dt.date | None) -> None:
    if (fin or convention.fin) < (debut or convention.debut):
        raise RegleViolee("La fin doit suivre le début.", champ="fin")


def _verifier_le_montant(
    convention: Convention, montant: Decimal | None, postes: list[dict[str, Any]]
) -> None:
    """Le montant qui vaudrait reste sous ce qui est demandé, versé et permis par les règles."""
    demande = convention.demande
    if montant is not None:
        if montant <= 0:
            raise RegleViolee("Écrivez un montant plus grand que 0.", champ="montant")
        if montant > demande.montant_demande:
            raise RegleViolee(
                f"L'aide ne dépasse pas ce qui était demandé ({dollars(demande.montant_demande)}).",
                champ="montant",
            )
        if _versements_apres(convention, montant - convention.montant) is None:
            raise RegleViolee(
                f"{dollars(_deja_parti(convention))} sont déjà autorisés ou versés : l'aide ne "
                "peut pas descendre plus bas.",
                champ="montant",
            )
    regles = regles_budget(demande)
    admissible = sum((Decimal(p["montant"]) for p in postes if p["admissible"]), Decimal(0))
    maximum = min(regles.plafond, regles.taux_aide_max * admissible)
    voulu = montant if montant is not None else convention.montant
    if voulu > maximum:
        raise RegleViolee(
            f"Avec ce budget, l'aide ne peut pas dépasser {dollars(maximum)} : "
            "réduisez l'aide ou gardez plus de dépenses admissibles.",
            champ="montant",
            code="taux_aide",
        )


def _a_venir(convention: Convention) -> list[Versement]:
    return list(convention.versements.filter(etat__in=A_VENIR).order_by("no"))


def _deja_parti(convention: Convention) -> Decimal:
    partis = convention.versements.exclude(etat__in=[*A_VENIR, "annule"])
    return sum((versement.montant for versement in partis), Decimal("0.00"))


def _versements_apres(convention: Convention, difference: Decimal) -> list[Decimal] | None:
    restants = [versement.montant for versement in _a_venir(convention)]
    return repartir_le_changement(restants=restants, difference=difference)


@transaction.atomic
def approuver_avenant(
    *, acteur: Any, avenant: Avenant, preuve: Preuve | None, resolution: Resolution | None = None
) -> Avenant:
    """La Ville approuve et signe : le PDF est figé et l'organisme, invité à signer.

    Sans ``preuve``, la Ville a signé l'exemplaire papier.

    Un autre montant demande une résolution du même appel, et de l'argent dans l'enveloppe : il
    est vérifié ici pour le dire tôt, et encore à la signature, sous verrou.
    """
    exiger_permission(acteur, "avenant.decider", avenant)
    convention, appel = avenant.convention, avenant.demande.appel
    if avenant.montant is not None:
        if resolution is None:
            raise RegleViolee(
                "Un autre montant demande une résolution du conseil.", champ="resolution"
            )
        if resolution.appel_id != appel.pk:
            raise RegleViolee(
                "Cette résolution vise un autre appel. Choisissez une résolution de cet appel.",
                champ="resolution",
            )
        libre = libre_du_volet(convention.decision.volet)
        if avenant.difference > libre:
            raise RegleViolee(
                f"Il manque {dollars(avenant.difference - libre)} dans l'enveloppe du volet.",
                champ="resolution",
                code="enveloppe",
            )
        if _versements_apres(convention, avenant.difference) is None:
            raise RegleViolee(
                "Trop est déjà autorisé ou versé pour réduire l'aide à ce point.", code="versements"
            )
    avenant.resolution = resolution if avenant.montant is not None else None
    document = figer_document(
        nature=Document.Nature.AVENANT,
        objet=avenant,
        gabarit="pdf/avenant.html",
        contexte=contexte_avenant(avenant, _versements_a_lire(avenant)),
        titre=f"Avenant {avenant.no} — {avenant.demande.reference}",
        acteur=acteur,
    )
    avenant = transitionner(
        avenant,
        "approuver",
        acteur=acteur,
        champs={"document": document, "resolution": avenant.resolution},
    )
    signatures.signer(
        acteur=acteur,
        objet=avenant,
        cote=Signature.Cote.VILLE,
        nom=acteur.nom,
        titre=f"pour la {settings.VILLE['nom']}",
        preuve=preuve,
    )
    _prevenir(avenant, "avenant_a_signer", f"Avenant à signer — {avenant.demande.titre}")
    return avenant


def _versements_a_lire(avenant: Avenant) -> list[dict[str, Any]]:
    """Les versements à venir tels qu'ils seraient, pour le document."""
    montants = _versements_apres(avenant.convention, avenant.difference) or []
    return [
        {"no": versement.no, "condition": versement.get_condition_display(), "montant": montant}
        for versement, montant in zip(_a_venir(avenant.convention), montants, strict=False)
        if avenant.difference
    ]


@transaction.atomic
def refuser_avenant(*, acteur: Any, avenant: Avenant, motif: str) -> Avenant:
    """La convention ne change pas ; l'organisme lit le motif."""
    if not motif.strip():
        raise RegleViolee("Écrivez le motif du refus.", champ="motif")
    avenant = transitionner(
        avenant, "refuser", acteur=acteur, motif=motif, champs={"reponse": motif.strip()}
    )
    _prevenir(avenant, "avenant_refuse", f"Avenant refusé — {avenant.demande.titre}")
    return avenant


@transaction.atomic
def signer_avenant(
    *, acteur: Any, avenant: Avenant, nom: str, titre: str = "", preuve: Preuve
) -> Avenant:
    """L'organisme signe en ligne : l'avenant s'applique et ses preuves sont figées.

    Lève ``RegleViolee`` : ``enveloppe`` ou ``versements``, si quelque chose a changé depuis
    l'approbation.
    """
    return _signer(avenant, signe=acteur, inscrit=acteur, nom=nom, titre=titre, preuve=preuve)


@transaction.atomic
def inscrire_signature_papier(
    *, acteur: Any, avenant: Avenant, nom: str, titre: str = ""
) -> Avenant:
    """L'agent inscrit la signature de l'organisme reçue sur papier ; l'avenant s'applique."""
    exiger_permission(acteur, "convention.preparer", avenant)
    avenant = _signer(avenant, signe=None, inscrit=acteur, nom=nom, titre=titre, preuve=None)
    journaliser(acteur=acteur, verbe="avenant.inscrire_signature", objet=avenant)
    return avenant


def _signer(
    avenant: Avenant, *, signe: Any, inscrit: Any, nom: str, titre: str, preuve: Preuve | None
) -> Avenant:
    """Dans l'ordre : la signature, la décision, la convention, les versements, les rapports."""
    if not nom.strip():
        raise RegleViolee("Écrivez votre nom complet.", champ="nom")
    Convention.objects.select_for_update(no_key=True).get(pk=avenant.convention_id)
    avenant = transitionner(
        avenant,
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
        objet=avenant,
        cote=Signature.Cote.ORGANISME,
        nom=nom,
        titre=titre,
        preuve=preuve,
    )
    convention = Convention.objects.get(pk=avenant.convention_id)
    if avenant.montant is not None:
        _changer_le_montant(avenant, convention)
    if avenant.fin is not None:
        _reporter_le_rapport_final(convention, avenant.fin - convention.fin)
    convention.debut = avenant.debut or convention.debut
    convention.fin = avenant.fin or convention.fin
    convention.save(update_fields=["debut", "fin"])
    if avenant.resultats is not None:
        _changer_les_attendus(inscrit, avenant, convention)
    avenant.document_signe = signatures.figer_les_preuves(
        objet=avenant,
        nature=Document.Nature.AVENANT,
        titre=f"Avenant {avenant.no} signé — {avenant.demande.reference}",
    )
    avenant.save(update_fields=["document_signe"])
    signatures.remettre_le_signe(objet=avenant, lien=_adresse(avenant))
    return avenant


def _changer_les_attendus(acteur: Any, avenant: Avenant, convention: Convention) -> None:
    """Les rapports à remettre s'y mesurent ; ceux déjà remis gardent ce qui valait alors."""
    convention.resultats_attendus = avenant.resultats
    convention.save(update_fields=["resultats_attendus"])
    journaliser(
        acteur=acteur,
        verbe="convention.amender_resultats",
        objet=convention,
        motif=avenant.motif,
        details={
            "avenant": avenant.no,
            "avant": avenant.avant["resultats"],
            "resultats": avenant.resultats,
        },
    )


def _changer_le_montant(avenant: Avenant, convention: Convention) -> None:
    """Une nouvelle décision, sous la résolution de l'avenant, remplace celle de la convention."""
    ancienne = convention.decision
    difference = avenant.montant - convention.montant
    montants = _versements_apres(convention, difference)
    if montants is None:
        raise RegleViolee(
            "Trop a été versé depuis l'approbation : cet avenant ne peut plus s'appliquer.",
            code="versements",
        )
    decision = Decision(
        demande=ancienne.demande,
        volet=ancienne.volet,
        resolution=avenant.resolution,
        resultat=ancienne.resultat,
        montant_demande=ancienne.montant_demande,
        montant_accorde=avenant.montant,
        motifs=ancienne.motifs,
        motifs_par_critere=ancienne.motifs_par_critere,
        conditions=ancienne.conditions,
        prise_le=horloge.maintenant(),
        prise_par=avenant.approuve_par,
    )
    a_venir = list(zip(_a_venir(convention), montants, strict=True))
    # À aucun moment les versements ne dépassent la convention, ni elle la décision : la base les
    # refuserait. Une baisse commence donc par les versements, une hausse par la décision.
    etapes = [
        lambda: _remplacer_la_decision(ancienne, decision, convention),
        lambda: _fixer_le_montant(convention, avenant.montant),
        lambda: _fixer_les_versements(a_venir),
    ]
    for etape in etapes if difference > 0 else reversed(etapes):
        etape()


def _remplacer_la_decision(ancienne: Decision, decision: Decision, convention: Convention) -> None:
    retirer_decision(ancienne.demande)
    inscrire_sous_enveloppe(decision)
    convention.decision = decision
    convention.save(update_fields=["decision"])


def _fixer_le_montant(convention: Convention, montant: Decimal) -> None:
    convention.montant = montant
    convention.save(update_fields=["montant"])


def _fixer_les_versements(a_venir: Iterable[tuple[Versement, Decimal]]) -> None:
    for versement, montant in a_venir:
        if versement.montant != montant:
            versement.montant = montant
            versement.save(update_fields=["montant"])


def _reporter_le_rapport_final(convention: Convention, ecart: dt.timedelta) -> None:
    """Le rapport final, s'il n'est pas remis, suit la fin du projet."""
    final = convention.demande.rapports.filter(nature="final", etat="attendu").first()
    if final is not None:
        final.echeance += ecart
        final.save(update_fields=["echeance"])


def _prevenir(avenant: Avenant, gabarit: str, objet: str) -> None:
    demande = avenant.demande
    courriels.envoyer(
        gabarit=gabarit,
        destinataires=courriels.adresses_organisme(demande.organisme, responsables=True),
        objet=objet,
        contexte={
            "avenant": avenant,
            "demande": demande,
            "lien": _adresse(avenant),
        },
    )


def _adresse(avenant: Avenant) -> str:
    return settings.SITE_URL + reverse(
        "organisme:avenant", args=[avenant.demande.reference, avenant.no]
    )
