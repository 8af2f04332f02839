"""« Ma semaine », autour de la décision : la liste d'attente, les réserves, les réexamens, ce qui
revient sur papier, les lettres qui ne sont pas arrivées."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef
from django.urls import reverse

from appels.models import Appel, Demande
from appels.regles import dollars
from financement.attente import PAR_SORTE, Attente
from financement.models import Convention, EnvoiLettre, PileNumerisee, Reexamen, Reserve
from financement.services.attente import liste_d_attente
from socle import horloge
from socle.templatetags.affichage import pluriel


def a_reveiller(personne: Any) -> Iterator[Attente]:
    """Les demandes en attente que l'argent revenu permet d'accepter, et celles à clore."""
    en_attente = Demande.objects.filter(appel=OuterRef("pk"), etat=Demande.Etat.LISTE_ATTENTE)
    appels = list(Appel.objects.filter(Exists(en_attente)))
    if not appels:
        return
    for place in liste_d_attente(personne, *appels):
        if not place.est_reveillable and not place.est_echue:
            continue
        demande = place.demande
        detail = (
            "sa place n'est plus valable : à clore"
            if place.est_echue
            else f"rang {place.decision.rang_attente}, {dollars(place.voulu)} sont libres"
        )
        yield Attente(
            "Liste d'attente échue" if place.est_echue else "Liste d'attente à réveiller",
            demande.titre,
            f"{demande.organisme} — {detail}",
            reverse("ville:decisions", args=[demande.appel.code]),
            "Voir",
            place.decision.attente_jusqu_au,
        )


def reserves(personne: Any) -> Iterator[Attente]:
    """Les réserves qui lui reviennent, avant leur échéance."""
    for reserve in (
        Reserve.objects.visibles_par(personne)
        .ouvertes()
        .filter(verificateur=personne, decision__demande__etat=Demande.Etat.ACCEPTEE)
        .select_related("decision__demande__organisme")[:PAR_SORTE]
    ):
        yield Attente(
            "Réserve à lever",
            reserve.demande.titre,
            f"{reserve.demande.organisme} — {reserve.texte}",
            reverse("ville:reserve", args=[reserve.pk]),
            "Vérifier",
            reserve.echeance,
        )


def reexamens(personne: Any) -> Iterator[Attente]:
    """À confier, pour qui le peut ; à trancher, pour qui l'a reçu."""
    for reexamen in Reexamen.objects.filter(
        etat="demande", demande__in=Demande.objects.sans_recusation(personne)
    ).select_related("demande__organisme")[:PAR_SORTE]:
        est_a_elle = reexamen.confie_a_id == personne.pk
        if not est_a_elle and (
            reexamen.confie_a_id or not personne.peut("reexamen.confier", reexamen)
        ):
            continue
        yield Attente(
            "Réexamen",
            reexamen.demande.titre,
            f"{reexamen.demande.organisme} — {'à trancher' if est_a_elle else 'à confier'}",
            reverse("ville:reexamen", args=[reexamen.pk]),
            "Trancher" if est_a_elle else "Confier",
            horloge.jour_de(reexamen.demande_le),
            est_echeance=False,
        )


def signatures_a_inscrire(personne: Any) -> Iterator[Attente]:
    """Les conventions revenues signées sur papier, dont la signature n'est pas inscrite."""
    for convention in (
        Convention.objects.filter(
            etat="transmise",
            document__retour__isnull=False,
            demande__in=Demande.objects.sans_recusation(personne),
        )
        .select_related("demande__organisme", "document__retour")
        .order_by("document__retour__classe_le")[:PAR_SORTE]
    ):
        yield Attente(
            "Convention revenue signée",
            convention.demande.titre,
            f"{convention.demande.organisme} — la signature est à inscrire",
            reverse("ville:convention", args=[convention.demande.reference]) + "#papier",
            "Inscrire",
            horloge.jour_de(convention.document.retour.classe_le),
            est_echeance=False,
        )


def lettres_non_arrivees(personne: Any) -> Iterator[Attente]:
    """Par appel, les lettres revenues, refusées par le serveur ou sans adresse où écrire."""
    appel = "lettre__decision__demande__appel"
    lignes = (
        EnvoiLettre.objects.visibles_par(personne)
        .en_defaut()
        .order_by()
        .values(code=F(f"{appel}__code"), titre=F(f"{appel}__titre"))
        .annotate(nombre=Count("pk"), depuis=Min("envoye_le"))
    )
    for ligne in lignes.order_by("depuis")[:PAR_SORTE]:
        nombre = ligne["nombre"]
        yield Attente(
            "Lettres pas arrivées",
            ligne["titre"],
            f"{nombre} envoi{pluriel(nombre)} à reprendre",
            reverse("ville:lettres_envois", args=[ligne["code"]]),
            "Reprendre",
            horloge.jour_de(ligne["depuis"]),
            est_echeance=False,
        )


def pages_a_ranger(personne: Any) -> Iterator[Attente]:
    """Les piles numérisées dont une page attend qu'une personne la range."""
    piles = PileNumerisee.objects.traitables_par(personne).avec_comptes().filter(a_ranger__gt=0)
    for pile in (
        piles.exclude(fichier="").select_related("appel").order_by("deposee_le")[:PAR_SORTE]
    ):
        yield Attente(
            "Retours sur papier",
            pile.nom,
            f"{pile.appel.code} — {pile.a_ranger} page{pluriel(pile.a_ranger)} à ranger",
            reverse("ville:pile", args=[pile.cle]),
            "Ranger",
            horloge.jour_de(pile.deposee_le),
            est_echeance=False,
        )
