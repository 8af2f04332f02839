"""Lire le registre : les projets annoncés et les services, filtrés ; leurs points sur la carte."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.core.paginator import Page, Paginator
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import TruncDate

from appels.models import Besoin, Demande
from financement.bilan import projets_annonces
from financement.models import Decision, Mouvement
from socle import horloge
from vitrine.models import VersionActivite
from vitrine.recherche import CONFIGURATION, mots_cherches

PAR_PAGE = 12
# Les filtres auxquels seule une activité peut répondre.
OFFRE = ("statut", "langue", "gratuit")
Choix = Mapping[str, Any]


def projets_publics() -> QuerySet[Demande]:
    """Les projets annoncés, avec leur décision : rien avant la lettre."""
    return projets_annonces().annotate(
        accorde=_accorde(),
        resolution=_de_la_decision("resolution__numero"),
        date_decision=_de_la_decision("resolution__date"),
    )


def _de_la_decision(champ: str) -> Subquery:
    """Un champ de la décision en vigueur : il n'y en a qu'une, l'ordre habituel coûterait."""
    decision = Decision.objects.filter(demande=OuterRef("pk"), en_vigueur=True).order_by()
    return Subquery(decision.values(champ)[:1])


def _accorde() -> Subquery:
    """Le montant accordé, en dollars, d'après le grand livre."""
    accords = (
        Mouvement.objects.filter(demande=OuterRef("pk"), nature=Mouvement.Nature.ACCORD)
        .order_by()
        .values("demande")
        .annotate(total=Sum("montant"))
    )
    return Subquery(accords.values("total"))


def lire_page(choix: Choix, numero: Any) -> Page:
    """Une page du registre : projets et services ensemble, du plus récent au plus ancien.

    Chaque élément est une ``Demande`` annotée (``accorde``, ``activites_ouvertes``) ou une
    ``VersionActivite`` ; le nombre de requêtes ne dépend pas du nombre de lignes.
    """
    demandes, offerts = projets(choix), services(choix)
    # Il n'y a qu'une décision en vigueur : jointe, elle coûte moins que cherchée à chaque ligne.
    decidees = demandes.annotate(
        en_vigueur=FilteredRelation("decisions", condition=Q(decisions__en_vigueur=True))
    )
    lignes = (
        _lignes(decidees, "projet", F("en_vigueur__resolution__date"))
        .union(_lignes(offerts, "service", TruncDate("publiee_le")), all=True)
        .order_by(F("le").desc(nulls_last=True), "nom", "pk")
    )
    paginateur = Paginator(lignes, PAR_PAGE)
    # Compter chacun évite à la base de bâtir l'union pour la compter.
    paginateur.count = demandes.count() + offerts.count()
    page = paginateur.get_page(numero)
    cles = [(sorte, pk) for pk, sorte, _, _ in page.object_list]
    trouves = _projets_de_la_page([pk for sorte, pk in cles if sorte == "projet"])
    if siens := [pk for sorte, pk in cles if sorte == "service"]:
        versions = VersionActivite.objects.services().in_bulk(siens)
        trouves |= {("service", pk): version for pk, version in versions.items()}
    page.object_list = [trouves[cle] for cle in cles if cle in trouves]
    return page


def _lignes(objets: QuerySet, sorte: str, date: Any) -> QuerySet:
    return (
        objets.order_by()
        .annotate(sorte=Value(sorte, output_field=CharField()), le=date, nom=F("titre"))
        .values_list("pk", "sorte", "le", "nom")
    )


def _projets_de_la_page(pks: list[int]) -> dict[tuple[str, int], Demande]:
    """Les projets de ces clés, déjà reconnus annoncés."""
    trouves = (
        Demande.objects.annotate(accorde=_accorde(), activites_ouvertes=_activites_ouvertes())
        .select_related("organisme")
        .only("reference", "titre", "secteur", "etat", "organisme__nom")
        .order_by()
        .in_bulk(pks)
    )
    return {("projet", pk): projet for pk, projet in trouves.items()}


def _activites_ouvertes() -> Subquery:
    """Combien d'activités publiées d'un projet ne sont pas finies ; nul s'il n'y en a pas."""
    ouvertes = (
        VersionActivite.objects.filter(etat="publiee", activite__demande=OuterRef("pk"))
        .pas_finies(horloge.aujourdhui())
        .order_by()
        .values("activite__demande")
        .annotate(nombre=Count("pk"))
    )
    return Subquery(ouvertes.values("nombre"))


# --- Filtrer ------------------------------------------------------------------------------------
def projets(choix: Choix) -> QuerySet[Demande]:
    """Les projets annoncés qui répondent aux filtres, par eux-mêmes ou par une activité."""
    liste = projets_annonces()
    if choix.get("genre") == "services":
        return liste.none()
    if appel := choix.get("appel"):
        liste = liste.filter(appel__code=appel)
    if theme := choix.get("theme"):
        liste = liste.filter(pk__in=Besoin.objects.filter(theme__code=theme).values("demandes"))
    if besoin := choix.get("besoin"):
        liste = liste.filter(pk__in=Besoin.objects.filter(code=besoin).values("demandes"))
    mots = list(mots_cherches(choix.get("q", "")))
    if not (mots or _regarde_les_activites(choix)):
        return liste
    siennes = VersionActivite.objects.publiques().filter(activite__demande=OuterRef("pk"))
    if secteur := choix.get("secteur"):
        liste = liste.filter(Q(secteur=secteur) | Exists(siennes.filter(secteur=secteur)))
    if any(choix.get(nom) for nom in OFFRE):
        liste = liste.filter(Exists(_par_offre(siennes, choix)))
    if choix.get("du") or choix.get("au"):
        liste = liste.filter(
            _chevauche("appel__projet_debut", "appel__projet_fin", choix)
            | Exists(siennes.filter(_chevauche("debut", "fin", choix)))
        )
    if mots:
        vecteur = SearchVector("titre", "resume", "organisme__nom", config=CONFIGURATION)
        liste = liste.annotate(texte_cherche=vecteur)
    for mot in mots:
        liste = liste.filter(Q(texte_cherche=mot) | Exists(siennes.filter(recherche=mot)))
    return liste


def services(choix: Choix) -> QuerySet[VersionActivite]:
    """Les services de la Ville et de ses partenaires qui répondent aux filtres."""
    liste = VersionActivite.objects.services()
    if choix.get("genre") == "projets" or choix.get("appel"):
        return liste.none()
    if not choix.get("du"):
        liste = liste.pas_finies(horloge.aujourdhui())
    if secteur := choix.get("secteur"):
        liste = liste.filter(secteur=secteur)
    for mot in mots_cherches(choix.get("q", "")):
        liste = liste.annotate(
            porteur_cherche=SearchVector("activite__porteur", config=CONFIGURATION)
        ).filter(Q(recherche=mot) | Q(porteur_cherche=mot))
    return _par_besoin(_par_offre(liste, choix), choix).filter(_chevauche("debut", "fin", choix))


def _regarde_les_activites(choix: Choix) -> bool:
    return any(choix.get(nom) for nom in (*OFFRE, "secteur", "du", "au"))


def _par_offre(versions: QuerySet[VersionActivite], choix: Choix) -> QuerySet[VersionActivite]:
    """Celles qu'offre à cette personne un statut, une langue, la gratuité."""
    versions = versions.pour_statut(choix.get("statut", ""))
    if langue := choix.get("langue"):
        versions = versions.filter(langues__contains=[langue])
    return versions.filter(gratuit=True) if choix.get("gratuit") else versions


def _par_besoin(versions: QuerySet[VersionActivite], choix: Choix) -> QuerySet[VersionActivite]:
    besoins = Besoin.objects.all()
    if theme := choix.get("theme"):
        besoins = besoins.filter(theme__code=theme)
    if besoin := choix.get("besoin"):
        besoins = besoins.filter(code=besoin)
    if not (theme or besoin):
        return versions
    lies = VersionActivite.besoins.through.objects.filter(
        versionactivite=OuterRef("pk"), besoin__in=besoins
    )
    return versions.filter(Exists(lies))


def _chevauche(debut: str, fin: str, choix: Choix) -> Q:
    """La période de l'objet touche celle qu'on cherche ; sans date, elle n'a pas de borne."""
    condition = Q()
    if du := choix.get("du"):
        condition &= Q(**{fin: None}) | Q(**{f"{fin}__gte": du})
    if au := choix.get("au"):
        condition &= Q(**{debut: None}) | Q(**{f"{debut}__lte": au})
    return condition


# --- La carte -----------------------------------------------------------------------------------
def lieux(choix: Choix) -> tuple[list[VersionActivite], Counter]:
    """Ce que la carte montre de la même liste : les lieux précis, et le reste compté par secteur.

    Un projet sans lieu précis se compte dans son secteur ; « Toute la ville » n'a pas de point.
    """
    liste = projets(choix)
    versions = list(
        _par_offre(VersionActivite.objects.publiques(), choix)
        .pas_finies(horloge.aujourdhui())
        .filter(
            Q(activite__demande__in=liste.values("pk")) | Q(pk__in=services(choix).values("pk"))
        )
        .order_by("titre")
    )
    precis = [version for version in versions if version.latitude is not None]
    situes = {version.activite.demande_id for version in precis}
    ailleurs = Counter(
        secteur for pk, secteur in liste.values_list("pk", "secteur") if pk not in situes
    )
    ailleurs.update(
        version.secteur
        for version in versions
        if version.latitude is None and version.activite.est_un_service
    )
    return precis, ailleurs
