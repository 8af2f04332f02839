"""Des objets valides pour les tests ; un trait par situation qui compte.

Les états se posent à la création : les transitions ont leurs propres tests.
"""

import datetime as dt
from decimal import Decimal

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from appels import models as appels
from evaluations import models as evaluations
from financement import models as financement
from socle import horloge
from socle import models as socle
from vitrine import models as vitrine

MOT_DE_PASSE = "essai-motdepasse-2026"


def dans(**duree: float) -> dt.datetime:
    """Un moment compté d'ici : ``dans(days=-1)`` est hier à la même heure d'ici, quel que soit le
    changement d'heure entre les deux.
    """
    jours = dt.timedelta(days=duree.pop("days", 0))
    ce_jour = timezone.localtime(horloge.maintenant()) + jours
    return ce_jour.astimezone(dt.UTC) + dt.timedelta(**duree)


class UtilisateurFactory(DjangoModelFactory):
    class Meta:
        model = socle.Utilisateur
        skip_postgeneration_save = True

    class Params:
        agent = factory.Trait(roles=["agent"], nom="Agente Essai")
        approbation = factory.Trait(roles=["approbation"])
        tresorerie = factory.Trait(roles=["tresorerie"])
        administration = factory.Trait(roles=["administration"])
        mifi = factory.Trait(roles=["mifi"])

    nom = factory.Sequence(lambda n: f"Personne {n}")
    email = factory.Sequence(lambda n: f"personne{n}@exemple.test")

    @factory.post_generation
    def mot_de_passe(self, create, extracted, **kwargs):
        self.set_password(extracted or MOT_DE_PASSE)
        if create:
            self.save(update_fields=["password"])


def neq_valide(n: int) -> str:
    """Un NEQ de la forme 11xxxxxxxx dont la clé de Luhn est juste."""
    corps = f"{n:07d}"
    somme = 0
    for position, chiffre in enumerate(reversed(corps + "0")):
        valeur = int(chiffre) * (2 if position % 2 else 1)
        somme += valeur - 9 if valeur > 9 else valeur
    return f"11{corps}{(10 - somme % 10) % 10}"


class OrganismeFactory(DjangoModelFactory):
    class Meta:
        model = socle.Organisme

    nom = factory.Sequence(lambda n: f"Organisme {n}")
    neq = factory.Sequence(lambda n: neq_valide(n + 100))
    adresse = "100, rue des Forges"
    code_postal = "G9A 5H3"
    courriel = factory.Sequence(lambda n: f"organisme{n}@exemple.test")


class AdhesionFactory(DjangoModelFactory):
    class Meta:
        model = socle.Adhesion

    organisme = factory.SubFactory(OrganismeFactory)
    utilisateur = factory.SubFactory(UtilisateurFactory)
    role = "responsable"


class PlanActionFactory(DjangoModelFactory):
    class Meta:
        model = appels.PlanAction
        django_get_or_create = ("code",)

    code = "PAI-ESSAI"
    titre = "Plan d'action d'essai"
    adopte_en = 2022


class ObjectifFactory(DjangoModelFactory):
    class Meta:
        model = appels.Objectif
        django_get_or_create = ("plan", "code")

    plan = factory.SubFactory(PlanActionFactory)
    code = "O1"
    libelle = "Connaître les besoins"


class ThemeFactory(DjangoModelFactory):
    class Meta:
        model = appels.Theme
        django_get_or_create = ("plan", "code")

    plan = factory.SubFactory(PlanActionFactory)
    code = "integration_sociale"
    libelle = "Intégration sociale"


class BesoinFactory(DjangoModelFactory):
    class Meta:
        model = appels.Besoin

    plan = factory.SubFactory(PlanActionFactory)
    code = factory.Sequence(lambda n: f"B{n:02d}")
    libelle = factory.Sequence(lambda n: f"Besoin {n}")
    type = "defi"
    theme = factory.SubFactory(ThemeFactory, plan=factory.SelfAttribute("..plan"))
    objectif = factory.SubFactory(ObjectifFactory, plan=factory.SelfAttribute("..plan"))


class ConsultationFactory(DjangoModelFactory):
    class Meta:
        model = appels.Consultation

    class Params:
        publiee = factory.Trait(publiee_le=factory.LazyFunction(dans))

    plan = factory.SubFactory(PlanActionFactory)
    titre = "Consultation des organismes"


class AtelierFactory(DjangoModelFactory):
    class Meta:
        model = appels.Atelier

    consultation = factory.SubFactory(ConsultationFactory)
    date = dt.date(2025, 2, 19)
    lieu = "Colisée"
    personnes = 39


class AppelFactory(DjangoModelFactory):
    """Un brouillon complet (volet, deux critères, formulaire) ; les traits posent son moment."""

    class Meta:
        model = appels.Appel
        skip_postgeneration_save = True

    class Params:
        ouvert = factory.Trait(etat="publie", publie_le=factory.LazyFunction(dans))
        clos = factory.Trait(
            etat="publie",
            publie_le=factory.LazyFunction(lambda: dans(days=-40)),
            ouverture=factory.LazyFunction(lambda: dans(days=-40)),
            cloture=factory.LazyFunction(lambda: dans(days=-1)),
        )
        en_evaluation = factory.Trait(
            etat="en_evaluation",
            publie_le=factory.LazyFunction(lambda: dans(days=-40)),
            ouverture=factory.LazyFunction(lambda: dans(days=-40)),
            cloture=factory.LazyFunction(lambda: dans(days=-1)),
        )

    code = factory.Sequence(lambda n: f"AP-2030-{n:02d}")
    titre = "Appel d'essai"
    plan = factory.SubFactory(PlanActionFactory)
    ouverture = factory.LazyFunction(lambda: dans(days=-10))
    cloture = factory.LazyFunction(lambda: dans(days=10))
    projet_debut = dt.date(2030, 9, 1)
    projet_fin = dt.date(2031, 8, 31)
    rapport_etape_le = dt.date(2031, 3, 31)
    rapport_final_le = dt.date(2031, 9, 30)
    quorum = 2
    evaluations_min = 2

    @factory.post_generation
    def garniture(self, create, extracted, **kwargs):
        if not create or extracted is False:
            return
        VoletFactory(appel=self)
        CritereFactory(appel=self, code="C1", poids=60, ordre=1)
        CritereFactory(appel=self, code="C2", poids=40, ordre=2)
        appels.Formulaire.objects.create(
            appel=self, publie_le=self.publie_le if self.etat != "brouillon" else None
        )


class VoletFactory(DjangoModelFactory):
    class Meta:
        model = appels.Volet
        skip_postgeneration_save = True

    appel = factory.SubFactory(AppelFactory, garniture=False)
    no = factory.Sequence(lambda n: n + 1)
    nom = "Projets structurants"
    plafond = Decimal("20000.00")
    enveloppe = Decimal("110000.00")

    @factory.post_generation
    def sources(self, create, extracted, **kwargs):
        if create:
            mifi = (self.enveloppe * 3 / 4).quantize(Decimal("0.01"))
            self.sources.create(bailleur="MIFI", montant=mifi)
            self.sources.create(bailleur="Ville", montant=self.enveloppe - mifi)


class CritereFactory(DjangoModelFactory):
    class Meta:
        model = appels.Critere

    appel = factory.SubFactory(AppelFactory, garniture=False)
    code = factory.Sequence(lambda n: f"C{n}")
    libelle = "Qualité du projet"
    poids = Decimal(100)


class DemandeFactory(DjangoModelFactory):
    """Un brouillon au budget conforme (16 000 $ demandés sur 20 000 $) ; traits par état."""

    class Meta:
        model = appels.Demande
        skip_postgeneration_save = True

    class Params:
        deposee = factory.Trait(etat="deposee", deposee_le=factory.LazyFunction(horloge.maintenant))
        recevable = factory.Trait(
            etat="recevable",
            deposee_le=factory.LazyFunction(lambda: dans(days=-2)),
            recevable_le=factory.LazyFunction(lambda: dans(days=-1)),
            appel=factory.SubFactory(AppelFactory, en_evaluation=True),
        )
        en_evaluation = factory.Trait(
            etat="en_evaluation",
            deposee_le=factory.LazyFunction(lambda: dans(days=-2)),
            appel=factory.SubFactory(AppelFactory, en_evaluation=True),
        )
        evaluee = factory.Trait(
            etat="evaluee",
            deposee_le=factory.LazyFunction(lambda: dans(days=-2)),
            appel=factory.SubFactory(AppelFactory, en_evaluation=True),
        )
        recommandee = factory.Trait(
            etat="recommandee",
            deposee_le=factory.LazyFunction(lambda: dans(days=-2)),
            appel=factory.SubFactory(AppelFactory, en_evaluation=True),
        )

    appel = factory.SubFactory(AppelFactory, ouvert=True)
    organisme = factory.SubFactory(OrganismeFactory)
    code = factory.Sequence(lambda n: f"D{n:02d}")
    reference = factory.LazyAttribute(lambda o: f"{o.appel.code}-{o.code}")
    titre = factory.Sequence(lambda n: f"Projet numéro {n}")
    resume = "Des rencontres entre voisins."
    secteur = "Centre-ville"
    montant_demande = Decimal("16000.00")
    volet = factory.LazyAttribute(lambda o: o.appel.volets.first())
    formulaire = factory.LazyAttribute(lambda o: o.appel.formulaires.first())

    @factory.post_generation
    def budget_de_base(self, create, extracted, **kwargs):
        if not create or extracted is False:
            return
        self.postes.create(categorie="salaires", montant=Decimal("18000.00"))
        self.postes.create(categorie="administration", montant=Decimal("2000.00"))
        self.revenus.create(source="quebec", statut="confirmee", montant=Decimal("2000.00"))
        self.revenus.create(source="fonds_propres", statut="confirmee", montant=Decimal("2000.00"))


class MembreComiteFactory(DjangoModelFactory):
    class Meta:
        model = evaluations.MembreComite

    class Params:
        presidence = factory.Trait(role="presidence")

    appel = factory.SubFactory(AppelFactory, en_evaluation=True)
    utilisateur = factory.SubFactory(UtilisateurFactory)
    code = factory.Sequence(lambda n: f"M{n}")


class AffectationFactory(DjangoModelFactory):
    class Meta:
        model = evaluations.Affectation

    class Params:
        libre = factory.Trait(etat="libre", declaree_le=factory.LazyFunction(horloge.maintenant))
        recusee = factory.Trait(
            etat="recusee",
            lien="professionnel",
            declaree_le=factory.LazyFunction(horloge.maintenant),
        )

    demande = factory.SubFactory(DemandeFactory, en_evaluation=True)
    membre = factory.SubFactory(MembreComiteFactory, appel=factory.SelfAttribute("..demande.appel"))


class EvaluationFactory(DjangoModelFactory):
    """Une fiche ; ``soumise=True`` avec ``score=`` (points) la fait compter."""

    class Meta:
        model = evaluations.Evaluation

    class Params:
        soumise = factory.Trait(
            etat="soumise",
            soumise_le=factory.LazyFunction(horloge.maintenant),
            score=Decimal(80),
        )

    affectation = factory.SubFactory(AffectationFactory, libre=True)


class SeanceFactory(DjangoModelFactory):
    class Meta:
        model = evaluations.Seance

    appel = factory.SubFactory(AppelFactory, en_evaluation=True)
    date = factory.LazyFunction(horloge.maintenant)


class RecommandationFactory(DjangoModelFactory):
    class Meta:
        model = evaluations.Recommandation

    demande = factory.SubFactory(DemandeFactory, recommandee=True)
    seance = factory.SubFactory(SeanceFactory, appel=factory.SelfAttribute("..demande.appel"))
    avis = "favorable"
    montant = Decimal("16000.00")
    motifs = "Projet solide."
    presents = 4


class ResolutionFactory(DjangoModelFactory):
    class Meta:
        model = financement.Resolution

    appel = factory.SubFactory(AppelFactory, en_evaluation=True)
    numero = factory.Sequence(lambda n: f"C-2030-{n:04d}")
    date = dt.date(2030, 8, 18)


class DecisionFactory(DjangoModelFactory):
    """Une décision d'acceptation inscrite, la demande dans l'état correspondant."""

    class Meta:
        model = financement.Decision

    class Params:
        refusee = factory.Trait(
            resultat="refusee",
            montant_accorde=Decimal(0),
            motifs="Score sous le seuil.",
            demande=factory.SubFactory(DemandeFactory, recommandee=True, etat="refusee"),
        )
        en_attente = factory.Trait(
            resultat="liste_attente",
            montant_accorde=Decimal(0),
            rang_attente=1,
            attente_jusqu_au=dt.date(2031, 3, 31),
            demande=factory.SubFactory(DemandeFactory, recommandee=True, etat="liste_attente"),
        )

    demande = factory.SubFactory(DemandeFactory, recommandee=True, etat="acceptee")
    volet = factory.SelfAttribute("demande.volet")
    resolution = factory.SubFactory(
        ResolutionFactory, appel=factory.SelfAttribute("..demande.appel")
    )
    resultat = "acceptee"
    montant_demande = factory.SelfAttribute("demande.montant_demande")
    montant_accorde = factory.SelfAttribute("demande.montant_demande")


class DocumentFactory(DjangoModelFactory):
    """Un document figé, sans rendre de PDF ; ``objet`` est ce dont il parle."""

    class Meta:
        model = socle.Document

    class Params:
        objet = None

    nature = "convention"
    titre = "Convention d'aide financière"
    objet_type = factory.LazyAttribute(lambda o: o.objet._meta.label_lower if o.objet else "essai")
    objet_id = factory.LazyAttribute(lambda o: str(o.objet.pk) if o.objet else "0")
    html = "<html><body><main><p>Le texte présenté à la signature.</p></main></body></html>"
    pdf = factory.LazyFunction(lambda: ContentFile(b"%PDF-1.7", "document.pdf"))
    empreinte = "a" * 64
    taille = 8


class ConventionFactory(DjangoModelFactory):
    class Meta:
        model = financement.Convention

    class Params:
        en_vigueur = factory.Trait(
            etat="en_vigueur",
            signataire_nom="Personne Signataire",
            signee_le=factory.LazyFunction(horloge.maintenant),
            en_vigueur_le=factory.LazyFunction(horloge.maintenant),
        )

    decision = factory.SubFactory(DecisionFactory)
    demande = factory.SelfAttribute("decision.demande")
    numero = factory.LazyAttribute(lambda o: f"CONV-{o.demande.reference}")
    montant = factory.SelfAttribute("decision.montant_accorde")
    debut = dt.date(2030, 9, 1)
    fin = dt.date(2031, 8, 31)


class VersementFactory(DjangoModelFactory):
    class Meta:
        model = financement.Versement

    class Params:
        verse = factory.Trait(
            etat="verse",
            propose_par=factory.SubFactory(UtilisateurFactory, agent=True),
            autorise_par=factory.SubFactory(UtilisateurFactory, tresorerie=True),
            verse_le=factory.LazyFunction(horloge.maintenant),
        )

    convention = factory.SubFactory(ConventionFactory, en_vigueur=True)
    no = factory.Sequence(lambda n: n + 1)
    montant = Decimal("8000.00")
    condition = "signature"


class RapportFactory(DjangoModelFactory):
    class Meta:
        model = financement.Rapport

    class Params:
        depose = factory.Trait(etat="depose", depose_le=factory.LazyFunction(horloge.maintenant))
        accepte = factory.Trait(
            etat="accepte",
            depose_le=factory.LazyFunction(horloge.maintenant),
            accepte_le=factory.LazyFunction(horloge.maintenant),
        )

    demande = factory.SubFactory(DemandeFactory, recommandee=True, etat="conventionnee")
    nature = "final"
    echeance = dt.date(2031, 9, 30)


class VersionActiviteFactory(DjangoModelFactory):
    """Un service de la Ville publié, ouvert et gratuit ; ``projet=…`` en fait une activité."""

    class Meta:
        model = vitrine.VersionActivite

    class Params:
        projet = None
        genre = factory.LazyAttribute(lambda o: "projet" if o.projet else "ville")

    titre = factory.Sequence(lambda n: f"Café de conversation {n}")
    texte = "On parle français ensemble, sans examen."
    sujets = ["francais"]
    secteur = "Centre-ville"
    etat = "publiee"
    publiee_le = factory.LazyFunction(horloge.maintenant)
    activite = factory.LazyAttribute(
        lambda o: vitrine.Activite.objects.create(
            cle=f"activite-{vitrine.Activite.objects.count() + 1}",
            genre=o.genre,
            demande=o.projet,
            porteur="" if o.projet else "Bibliothèques de Trois-Rivières",
        )
    )
