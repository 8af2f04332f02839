"""« Ma semaine » : ce qui attend une personne de la Ville, avec l'action prête et sa date."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from appels.models import Appel, Complement, Demande
from appels.services import echanges, questions_publiques
from financement.attente import PAR_SORTE, Attente
from financement.models import Avenant, Convention, Rapport
from financement.semaine_argent import (
    a_autoriser,
    a_encaisser,
    a_payer,
    lots_remis,
    soldes,
    versements_a_proposer,
)
from financement.semaine_decisions import (
    a_reveiller,
    lettres_non_arrivees,
    pages_a_ranger,
    reexamens,
    reserves,
    signatures_a_inscrire,
)
from financement.services.lettres import lettres_a_emettre
from socle import horloge
from socle.templatetags.affichage import pluriel, temps_ecoule


def attentes(personne: Any) -> list[Attente]:
    """Tout ce qui attend ``personne``, le plus pressant d'abord."""
    # Une source commune à plusieurs rôles ne se lit qu'une fois.
    siennes = dict.fromkeys(
        source for role, sources in SOURCES.items() if role in personne.roles for source in sources
    )
    trouvees = {attente for source in siennes for attente in source(personne)}
    loin = dt.date.max
    return sorted(trouvees, key=lambda attente: (attente.quand or loin, attente.titre))


def _demandes(personne: Any) -> Any:
    return Demande.objects.sans_recusation(personne).select_related("appel", "organisme")


def _a_verifier(personne: Any) -> Iterator[Attente]:
    for demande in _demandes(personne).filter(etat="deposee").order_by("deposee_le")[:PAR_SORTE]:
        yield Attente(
            "Recevabilité",
            demande.titre,
            f"{demande.organisme} — {demande.reference}",
            reverse("ville:demande", args=[demande.reference]),
            "Vérifier",
            horloge.jour_de(demande.deposee_le),
            est_echeance=False,
        )


def _echanges(personne: Any) -> Iterator[Attente]:
    """Les échanges où un organisme attend une réponse, avec leur âge."""
    lignes = list(echanges.en_attente(personne)[:PAR_SORTE])
    demandes = Demande.objects.select_related("organisme").in_bulk([e["demande"] for e in lignes])
    for ligne in lignes:
        demande = demandes[ligne["demande"]]
        yield Attente(
            "Question",
            demande.titre,
            f"{demande.organisme} — attend une réponse depuis {temps_ecoule(ligne['depuis'])}",
            reverse("ville:echange", args=[demande.reference]),
            "Répondre",
            horloge.jour_de(ligne["depuis"]),
            est_echeance=False,
        )


def _questions(personne: Any) -> Iterator[Attente]:
    """Les appels où des questions attendent une réponse, avec l'âge de la plus ancienne."""
    for ligne in questions_publiques.en_attente(personne)[:PAR_SORTE]:
        seule = ligne["nombre"] == 1
        yield Attente(
            "Questions sur un appel",
            ligne["titre"],
            f"{ligne['nombre']} à répondre, depuis {temps_ecoule(ligne['depuis'])}",
            reverse("ville:question", args=[ligne["premiere"]])
            if seule
            else reverse("ville:questions", args=[ligne["code"]]),
            "Répondre",
            horloge.jour_de(ligne["depuis"]),
            est_echeance=False,
        )


def _complements(personne: Any) -> Iterator[Attente]:
    for complement in (
        Complement.objects.filter(complete_le=None, demande__etat="a_completer")
        .filter(demande__in=Demande.objects.sans_recusation(personne))
        .select_related("demande__organisme")[:PAR_SORTE]
    ):
        demande = complement.demande
        yield Attente(
            "Complément attendu",
            demande.titre,
            f"{demande.organisme} — {demande.reference}",
            reverse("ville:demande", args=[demande.reference]),
            "Voir",
            horloge.jour_de(complement.echeance),
        )


def _appels(personne: Any) -> Iterator[Attente]:
    clos = Q(etat="publie", cloture__lt=horloge.a_la_seconde())
    for appel in Appel.objects.filter(clos | Q(etat__in=["brouillon", "en_evaluation"])):
        yield _attente_appel(appel)


def _attente_appel(appel: Appel) -> Attente:
    if appel.etat == "brouillon":
        return Attente(
            "Appel",
            appel.titre,
            "À composer et à publier",
            reverse("ville:appel", args=[appel.code]),
            "Continuer",
            horloge.jour_de(appel.ouverture),
        )
    if appel.etat == "publie":
        return Attente(
            "Appel",
            appel.titre,
            "Clos : vérifiez les demandes, puis passez au comité",
            reverse("ville:appel", args=[appel.code]),
            "Ouvrir",
            horloge.jour_de(appel.cloture),
        )
    return Attente(
        "Comité",
        appel.titre,
        "Suivre les déclarations et les fiches",
        reverse("ville:comite", args=[appel.code]),
        "Suivre",
        appel.seance_comite,
    )


def _avenants(personne: Any) -> Iterator[Attente]:
    demandes = Avenant.objects.visibles_par(personne).filter(etat="demande")
    for avenant in demandes.select_related("convention__demande__organisme")[:PAR_SORTE]:
        if avenant.demande_par_id == personne.pk:
            continue
        yield Attente(
            "Avenant",
            avenant.demande.titre,
            f"{avenant.demande.organisme} — à approuver ou refuser",
            reverse("ville:avenant", args=[avenant.demande.reference, avenant.no]),
            "Décider",
            horloge.jour_de(avenant.demande_le),
            est_echeance=False,
        )


def _conventions_a_preparer(personne: Any) -> Iterator[Attente]:
    siennes = Convention.objects.filter(demande=OuterRef("pk"))
    acceptees = (
        _demandes(personne)
        .filter(etat="acceptee", etat_annonce="acceptee")
        .annotate(est_preparee=Exists(siennes.filter(etat="brouillon")))
        .filter(Q(est_preparee=True) | ~Exists(siennes))
    )
    for demande in acceptees[:PAR_SORTE]:
        yield Attente(
            "Convention",
            demande.titre,
            f"{demande.organisme} — {'à transmettre' if demande.est_preparee else 'à préparer'}",
            reverse("ville:convention", args=[demande.reference]),
            "Transmettre" if demande.est_preparee else "Préparer",
            demande.appel.projet_debut,
        )


def _rapports(personne: Any) -> Iterator[Attente]:
    for rapport in (
        Rapport.objects.visibles_par(personne)
        .filter(etat="depose")
        .select_related("demande__organisme")[:PAR_SORTE]
    ):
        yield Attente(
            rapport.get_nature_display(),
            rapport.demande.titre,
            f"{rapport.demande.organisme} — à examiner",
            reverse("ville:rapport", args=[rapport.pk]),
            "Examiner",
            horloge.jour_de(rapport.depose_le),
            est_echeance=False,
        )


def _rapports_en_retard(personne: Any) -> Iterator[Attente]:
    en_retard = Rapport.objects.visibles_par(personne) & Rapport.objects.en_retard()
    for rapport in en_retard.select_related("demande__organisme")[:PAR_SORTE]:
        yield Attente(
            rapport.get_nature_display(),
            rapport.demande.titre,
            f"{rapport.demande.organisme} — en retard",
            reverse("ville:rapport", args=[rapport.pk]),
            "Voir",
            rapport.echeance,
        )


def _a_decider(personne: Any) -> Iterator[Attente]:
    for appel in Appel.objects.filter(demandes__etat="recommandee").distinct():
        yield Attente(
            "Décision",
            appel.titre,
            "Des recommandations attendent une résolution",
            reverse("ville:decisions", args=[appel.code]),
            "Décider",
            appel.seance_conseil,
        )


def _lettres(personne: Any) -> Iterator[Attente]:
    for code, titre, seance_conseil, nombre in lettres_a_emettre(personne):
        yield Attente(
            "Lettres",
            titre,
            f"{nombre} lettre{pluriel(nombre)} à émettre",
            reverse("ville:lettres", args=[code]),
            "Émettre",
            seance_conseil,
        )


def _a_contresigner(personne: Any) -> Iterator[Attente]:
    for convention in (
        Convention.objects.visibles_par(personne)
        .filter(etat="signee")
        .select_related("demande__organisme")[:PAR_SORTE]
    ):
        yield Attente(
            "Convention",
            convention.demande.titre,
            f"{convention.demande.organisme} — signée, à contresigner",
            reverse("ville:convention", args=[convention.demande.reference]),
            "Signer",
            horloge.jour_de(convention.signee_le),
            est_echeance=False,
        )


SOURCES = {
    "agent": (
        _a_verifier,
        _echanges,
        _questions,
        _complements,
        _appels,
        _lettres,
        lettres_non_arrivees,
        pages_a_ranger,
        _conventions_a_preparer,
        signatures_a_inscrire,
        versements_a_proposer,
        soldes,
        _rapports,
        _rapports_en_retard,
        a_reveiller,
        reserves,
        reexamens,
    ),
    "approbation": (
        _a_decider,
        a_reveiller,
        _lettres,
        reserves,
        _a_contresigner,
        a_autoriser,
        _avenants,
        reexamens,
    ),
    "tresorerie": (a_autoriser, a_payer, lots_remis, a_encaisser, reexamens),
    "administration": (reexamens,),
}


def declarer_source(role: str, source: Callable[[Any], Iterator[Attente]]) -> None:
    """Ajoute ce qui attend un rôle et que le financement ne connaît pas."""
    if source not in SOURCES[role]:
        SOURCES[role] = (*SOURCES[role], source)
