"""D'une année à l'autre : l'argent et les résultats de chaque année d'appels, passés compris."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from appels.models import Appel, Demande
from appels.montants import pourcentage
from financement.bilan import calculer_bilan
from financement.models import ProjetPasse

ZERO = Decimal("0.00")


@dataclass
class Annee:
    """Les appels d'une année. Les personnes sont la somme des projets : non dédoublonnée."""

    annee: int
    appels: set[str] = field(default_factory=set)
    organismes: set[str] = field(default_factory=set)
    deposees: int = 0
    projets: int = 0
    accorde: Decimal = ZERO
    verse: Decimal = ZERO
    activites: int = 0
    personnes: int = 0
    immigrantes: int = 0
    reprise: bool = False

    @property
    def par_projet(self) -> Decimal:
        """L'aide moyenne, en dollars."""
        return (self.accorde / self.projets).quantize(Decimal("0.01")) if self.projets else ZERO


@dataclass(frozen=True)
class Changement:
    """Une mesure d'une année à la suivante ; ``part`` en pour cent, None quand l'avant est nul."""

    libelle: str
    avant: Decimal
    apres: Decimal
    en_dollars: bool

    @property
    def difference(self) -> Decimal:
        return self.apres - self.avant

    @property
    def part(self) -> Decimal | None:
        return pourcentage(self.difference, self.avant) if self.avant else None


MESURES = (
    ("projets", "Projets soutenus", False),
    ("accorde", "Accordé", True),
    ("verse", "Versé", True),
    ("activites", "Activités réalisées", False),
    ("personnes", "Personnes différentes", False),
    ("immigrantes", "dont immigrantes", False),
)


def comparer_les_annees() -> list[Annee]:
    """Chaque année qui a un appel publié ou repris, la plus récente d'abord."""
    annees: dict[int, Annee] = {}
    appels = list(Appel.objects.publics().prefetch_related("volets__sources"))
    par_annee: dict[int, list[Appel]] = defaultdict(list)
    for appel in appels:
        par_annee[timezone.localtime(appel.ouverture).year].append(appel)
    deposees: dict[int, int] = defaultdict(int)
    for ouverture, etat in Demande.objects.filter(
        appel__in=appels, deposee_le__isnull=False
    ).values_list("appel__ouverture", "etat"):
        deposees[timezone.localtime(ouverture).year] += etat != "brouillon"
    bilan = calculer_bilan(appels)
    annee_de = {a.pk: an for an, groupe in par_annee.items() for a in groupe}
    for an, groupe in par_annee.items():
        annees[an] = Annee(an, appels={a.code for a in groupe}, deposees=deposees[an])
    for projet in bilan.projets:
        annee = annees[annee_de[projet.demande.appel_id]]
        annee.projets += 1
        annee.organismes.add(projet.demande.organisme.neq or projet.demande.organisme.nom)
        annee.accorde += projet.accorde
        annee.verse += projet.verse
        annee.activites += projet.valeurs.get(("activites_realisees", ""), 0)
        annee.personnes += projet.valeurs.get(("personnes_distinctes", ""), 0)
        annee.immigrantes += projet.valeurs.get(("personnes_immigrantes", ""), 0)
    for passe in ProjetPasse.objects.all():
        annee = annees.setdefault(passe.annee, Annee(passe.annee))
        annee.reprise = True
        annee.appels.add(passe.appel_code)
        annee.organismes.add(passe.neq or passe.organisme)
        annee.projets += 1
        annee.accorde += passe.montant_accorde
        annee.verse += passe.montant_verse
        annee.activites += passe.activites or 0
        annee.personnes += passe.personnes or 0
        annee.immigrantes += passe.immigrantes or 0
    return sorted(annees.values(), key=lambda annee: -annee.annee)


def changements(annees: list[Annee]) -> list[Changement]:
    """Ce qui a changé entre les deux dernières années où des projets sont soutenus."""
    soutenues = [annee for annee in annees if annee.projets]
    if len(soutenues) < 2:
        return []
    apres, avant = soutenues[:2]
    return [
        Changement(libelle, Decimal(getattr(avant, nom)), Decimal(getattr(apres, nom)), en_dollars)
        for nom, libelle, en_dollars in MESURES
    ]
