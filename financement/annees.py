"""D'une année à l'autre : l'argent et les résultats de chaque année d'appels, passés compris.

Les personnes sont la somme de ce que chaque projet publie (regles.md, 15) : une valeur cachée y
compte pour 1, et l'année se lit « au moins ».
"""

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from appels.models import Appel
from appels.montants import pourcentage
from financement.bilan import Projet, calculer_bilan
from financement.bilan_argent import ZERO
from financement.bilan_resultats import ecrire_somme
from financement.masquage import AU_MOINS, Publication, au_moins, publier
from financement.models import ProjetPasse
from financement.portees import ANNEES

TOTAUX = {
    "activites": "activites_realisees",
    "personnes": "personnes_distinctes",
    "immigrantes": "personnes_immigrantes",
}


@dataclass
class Annee:
    """Les appels d'une année. Les personnes sont la somme des projets : non dédoublonnée.

    ``incomplets`` : les comptes où un projet cache le sien, donc « au moins ».
    """

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
    incomplets: set[str] = field(default_factory=set)
    reprise: bool = False
    # Une année seulement reprise d'un tableur n'a que sa ligne.
    a_un_bilan: bool = False

    @property
    def cle(self) -> str:
        """La portée de son bilan."""
        return f"{ANNEES}{self.annee}"

    @property
    def par_projet(self) -> Decimal:
        """L'aide moyenne, en dollars."""
        return (self.accorde / self.projets).quantize(Decimal("0.01")) if self.projets else ZERO

    def compter(self, publie: Publication) -> None:
        for nom, code in TOTAUX.items():
            if texte := publie.totaux.get(code):
                setattr(self, nom, getattr(self, nom) + au_moins(texte))
                if not texte.isdecimal():
                    self.incomplets.add(nom)

    def texte(self, nom: str) -> str:
        """Un compte, prêt à lire."""
        prefixe = AU_MOINS if nom in self.incomplets else ""
        return ecrire_somme(f"{prefixe}{getattr(self, nom)}")

    @property
    def personnes_lues(self) -> str:
        return self.texte("personnes")

    @property
    def immigrantes_lues(self) -> str:
        return self.texte("immigrantes")


@dataclass(frozen=True)
class Changement:
    """Une mesure d'une année à la suivante ; ``part`` en pour cent, None quand l'avant est nul.

    ``incomplet`` : l'un des deux nombres est un « au moins », la différence ne se lit pas juste.
    """

    libelle: str
    avant: Decimal
    apres: Decimal
    en_dollars: bool
    incomplet: bool = False

    @property
    def difference(self) -> Decimal:
        return self.apres - self.avant

    @property
    def part(self) -> Decimal | None:
        return pourcentage(self.difference, self.avant) if self.avant else None


@dataclass(frozen=True)
class Comparaison:
    """Deux années, et ce qui a changé de l'une à l'autre."""

    avant: int
    apres: int
    mesures: list[Changement]


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
    bilan = calculer_bilan(list(Appel.objects.publics()))
    annee_de = {}
    for ligne in bilan.par_appel:
        an = annee_de[ligne.appel.pk] = timezone.localtime(ligne.appel.ouverture).year
        annee = annees.setdefault(an, Annee(an, a_un_bilan=True))
        annee.appels.add(ligne.appel.code)
        annee.deposees += ligne.deposees
    for projet in bilan.projets:
        _ajouter(annees[annee_de[projet.demande.appel_id]], projet)
    for passe in ProjetPasse.objects.all():
        _ajouter_passe(annees.setdefault(passe.annee, Annee(passe.annee)), passe)
    return sorted(annees.values(), key=lambda annee: -annee.annee)


def _ajouter(annee: Annee, projet: Projet) -> None:
    annee.projets += 1
    annee.organismes.add(projet.demande.organisme.neq or projet.demande.organisme.nom)
    annee.accorde += projet.accorde
    annee.verse += projet.verse
    annee.compter(projet.publie)


def _ajouter_passe(annee: Annee, passe: ProjetPasse) -> None:
    annee.reprise = True
    annee.appels.add(passe.appel_code)
    annee.organismes.add(passe.neq or passe.organisme)
    annee.projets += 1
    annee.accorde += passe.montant_accorde
    annee.verse += passe.montant_verse
    comptes = {(code, ""): getattr(passe, nom) for nom, code in TOTAUX.items()}
    annee.compter(publier({cle: compte for cle, compte in comptes.items() if compte is not None}))


def comparer(annees: list[Annee]) -> Comparaison | None:
    """Ce qui a changé entre les deux dernières années où des projets sont soutenus."""
    soutenues = [annee for annee in annees if annee.projets]
    if len(soutenues) < 2:
        return None
    apres, avant = soutenues[:2]
    mesures = [
        Changement(
            libelle,
            Decimal(getattr(avant, nom)),
            Decimal(getattr(apres, nom)),
            en_dollars,
            nom in avant.incomplets | apres.incomplets,
        )
        for nom, libelle, en_dollars in MESURES
    ]
    return Comparaison(avant.annee, apres.annee, mesures)


def comparaison_de(annee: int | None) -> Comparaison | None:
    """De l'année soutenue d'avant à ``annee`` ; None sans année, sans projet ou sans avant."""
    if annee is None:
        return None
    trouvee = comparer([a for a in comparer_les_annees() if a.annee <= annee])
    return trouvee if trouvee and trouvee.apres == annee else None
