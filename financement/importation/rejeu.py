"""Rejouer un appel lu : les mêmes services que les écrans, aux dates du fichier.

Tout ou rien : chaque refus d'un service est noté avec sa place, et la transaction est annulée.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from appels.models import Appel, Demande, PlanAction, Verification
from appels.services import appels as services_appels
from appels.services import budget, demandes, depot, formulaires, plans, recevabilite
from evaluations.models import Affectation, Evaluation, Note
from evaluations.services import comite, fiches, recommandations, seances
from financement.importation.acteurs import Acteurs, acteurs_techniques
from financement.importation.contenu import DemandeLue, FichierLu, ImportRefuse
from financement.importation.fichier import lire
from financement.importation.suites import rejouer_suites
from financement.services import decisions, lettres
from socle import horloge
from socle.exceptions import RegleViolee
from socle.models import Organisme
from socle.services import courriels, organismes

FUSEAU = ZoneInfo("America/Toronto")
ACTIONS_ENTRE_DEUX_COMPTES = 25
AVIS = {
    "acceptee": "favorable",
    "acceptee_partielle": "favorable_partiel",
    "refusee": "defavorable",
    "liste_attente": "liste_attente",
}
MOTIFS = {
    "score_sous_seuil": "Le score du projet est sous le seuil de passage de l'appel.",
    "": "Recommandation du comité de pilotage, selon le classement et l'enveloppe.",
}


def importer(
    donnees: Any,
    *,
    acteurs: Acteurs | None = None,
    avant_la_seance: Callable[[Appel], None] | None = None,
) -> Appel:
    """Importe l'appel que ``donnees`` (JSON lu) décrit et le rend.

    ``avant_la_seance`` est appelé le jour du comité, les évaluations closes.
    Lève ``ImportRefuse`` avec chaque refus et sa place ; rien n'est alors écrit. Aucun courriel
    ne part : ce qui est rejoué a déjà eu lieu.
    """
    lu = lire(donnees)
    with transaction.atomic(), courriels.silencieux():
        if Appel.objects.filter(code=lu.code).exists():
            raise ImportRefuse([f"appel.code : l'appel « {lu.code} » existe déjà."])
        try:
            return Rejeu(lu, acteurs or acteurs_techniques(), avant_la_seance).jouer()
        except RegleViolee as refus:
            raise ImportRefuse([f"appel : {refus.message}"]) from refus


class Rejeu:
    """Le rejeu d'un appel, phase par phase, dans l'ordre où la ville l'a vécu."""

    def __init__(
        self,
        lu: FichierLu,
        acteurs: Acteurs,
        avant_la_seance: Callable[[Appel], None] | None = None,
    ) -> None:
        self.lu = lu
        self.avant_la_seance = avant_la_seance
        self.acteurs = acteurs
        self.refus: list[str] = []
        self.jouees = 0
        self.demandes: dict[str, Demande] = {}
        self.reel = horloge.maintenant()

    def jouer(self) -> Appel:
        self._creer_appel()
        for demande in sorted(self.lu.demandes, key=lambda d: (d.depose_le, d.code)):
            self._pour(demande, self._deposer)
        self._arreter_si_refus()
        deposees = [d for d in self.lu.demandes if self._existe(d, "deposee")]
        raconte = any(d.fiches or d.decision for d in deposees)
        if deposees and (raconte or self.appel.cloture < self.reel):
            self._recevabilite(deposees)
            self._comite(deposees)
            self._evenements(deposees)
            self._evaluer(deposees)
            decidees = [d for d in deposees if d.decision]
            if decidees:
                self._seance(decidees)
                self._decider(decidees)
                self._annoncer(decidees)
                for demande in decidees:
                    if demande.realise or demande.indicateurs is not None:
                        self._pour(
                            demande,
                            lambda d: rejouer_suites(
                                d, self.demandes[d.code], self.acteurs, reel=self.reel
                            ),
                        )
        else:
            self._evenements(deposees)
        self._arreter_si_refus()
        self.appel.refresh_from_db()
        return self.appel

    # --- Outils
    def _arreter_si_refus(self) -> None:
        if self.refus:
            raise ImportRefuse(self.refus)

    def _compter_les_lignes(self) -> None:
        """Dit à PostgreSQL combien de lignes viennent d'être écrites : il ne compte pas de lui-même
        celles d'une transaction en cours, et les relirait toutes à chaque fiche."""
        with connection.cursor() as curseur:
            for modele in (Demande, Affectation, Evaluation, Note):
                curseur.execute(f"ANALYZE {modele._meta.db_table}")

    def _existe(self, lue: DemandeLue, *etats: str) -> bool:
        demande = self.demandes.get(lue.code)
        return demande is not None and demande.etat in etats

    def _pour(self, lue: DemandeLue, action: Callable[[DemandeLue], None], place: str = "") -> None:
        """Joue ``action`` pour une demande ; un refus est noté avec sa place."""
        self.jouees += 1
        if self.jouees % ACTIONS_ENTRE_DEUX_COMPTES == 0:
            self._compter_les_lignes()
        try:
            with transaction.atomic():
                action(lue)
        except RegleViolee as refus:
            self.refus.append(f"{place or lue.place} ({lue.code}) : {refus.message}")

    @contextmanager
    def _au_plus_tard(self, moment: dt.datetime) -> Iterator[None]:
        """Vit à ``moment``, ou maintenant s'il est à venir ; un fichier daté d'après maintenant
        (une clôture à venir) se rejoue à ses dates."""
        passe = self.appel.cloture < self.reel
        with horloge.a_la_date(min(moment, self.reel) if passe else moment):
            yield

    def _jour(self, date: dt.date | None, heure: int, defaut: dt.datetime) -> dt.datetime:
        if date is None:
            return defaut
        return dt.datetime.combine(date, dt.time(heure), tzinfo=FUSEAU)

    # --- Phases
    def _creer_appel(self) -> None:
        lu = self.lu
        ouverture = lu.champs["ouverture"]
        with horloge.a_la_date(min(ouverture - dt.timedelta(days=14), self.reel)):
            try:
                plan = plans.plan_ou_consultation(lu.plan)
                self.appel = services_appels.creer_appel(
                    acteur=self.acteurs.agent,
                    plan=plan,
                    champs={"code": lu.code, **lu.champs},
                    volets=lu.volets,
                    criteres=lu.criteres,
                    formulaire=formulaires.FORMULAIRE_MINIMAL,
                )
            except PlanAction.DoesNotExist:
                raise ImportRefuse(
                    [f"appel.plan_action : le plan « {lu.plan} » n'existe pas."]
                ) from None
            self.besoins = {besoin.code: besoin for besoin in plan.besoins.all()}
            self.volets = {volet.no: volet for volet in self.appel.volets.all()}
        with horloge.a_la_date(min(ouverture - dt.timedelta(days=7), self.reel)):
            services_appels.publier(acteur=self.acteurs.agent, appel=self.appel)
        self.membres = {
            membre["code"]: comite.nommer_membre(
                acteur=self.acteurs.agent,
                appel=self.appel,
                utilisateur=self.acteurs.membre(
                    appel=lu.code, code=membre["code"], nom=membre["nom"]
                ),
                code=membre["code"],
                qualite=membre["qualite"],
                role=membre["role"],
            )
            for membre in lu.comite
        }

    def _organisme(self, lue: DemandeLue) -> Organisme:
        existant = Organisme.objects.filter(neq=lue.neq).first()
        responsable = self.acteurs.responsable(neq=lue.neq, nom=lue.nom)
        if existant:
            if not responsable.adhesions.filter(organisme=existant).exists():
                existant.adhesions.create(utilisateur=responsable, role="responsable")
            return existant
        return organismes.creer_organisme(
            acteur=responsable, nom=lue.nom, neq=lue.neq, fictif=lue.fictif
        )

    def _deposer(self, lue: DemandeLue) -> None:
        inconnus = [code for code in lue.besoins if code not in self.besoins]
        if inconnus:
            raise RegleViolee(f"besoins inconnus : {', '.join(map(str, inconnus))}.")
        debut = max(self.lu.champs["ouverture"], lue.depose_le - dt.timedelta(days=5))
        debut = min(debut, self.lu.champs["cloture"])
        with horloge.a_la_date(debut):
            organisme = self._organisme(lue)
            auteur = self.acteurs.responsable(neq=lue.neq, nom=lue.nom)
            demande = demandes.commencer_demande(
                acteur=auteur, appel=self.appel, organisme=organisme, code=lue.code
            )
            demandes.modifier_projet(
                acteur=auteur,
                demande=demande,
                titre=lue.titre,
                secteur=lue.secteur,
                volet=self.volets[lue.volet],
                besoins=[self.besoins[code] for code in lue.besoins],
            )
            budget.enregistrer_budget(
                acteur=auteur,
                demande=demande,
                postes=lue.postes,
                revenus=lue.revenus,
                montant_demande=lue.montant_demande,
                contribution_nature=lue.contribution_nature,
            )
        self.demandes[lue.code] = demande
        with horloge.a_la_date(lue.depose_le):
            try:
                depot.deposer(acteur=auteur, demande=demande)
            except RegleViolee as refus:
                # Hors délai, la règle refuse le dépôt et le brouillon reste : ce n'est pas une
                # erreur du fichier (contrat.md).
                if refus.code != "hors_delai":
                    raise
        demande.refresh_from_db()

    def _recevabilite(self, deposees: list[DemandeLue]) -> None:
        jour = self.appel.cloture + dt.timedelta(hours=20)

        def examiner(lue: DemandeLue) -> None:
            demande = self.demandes[lue.code]
            for point in Verification.Point.values:
                recevabilite.verifier_point(
                    acteur=self.acteurs.agent, demande=demande, point=point, reponse="oui"
                )
            recevabilite.declarer_recevable(acteur=self.acteurs.agent, demande=demande)

        with self._au_plus_tard(jour):
            for lue in deposees:
                self._pour(lue, examiner)
        self._arreter_si_refus()

    def _comite(self, deposees: list[DemandeLue]) -> None:
        """Affecte qui a une fiche ou une récusation ; sans décision, tout le comité."""
        with self._au_plus_tard(self.appel.cloture + dt.timedelta(days=2)):
            services_appels.ouvrir_evaluation(acteur=self.acteurs.agent, appel=self.appel)
            for lue in deposees:
                nommes = set(lue.fiches) | set(lue.recusations)
                codes = nommes if lue.decision else set(self.membres)
                self._pour(lue, lambda lue, codes=codes: self._affecter(lue, codes))
        self._arreter_si_refus()

    def _affecter(self, lue: DemandeLue, codes: set[str]) -> None:
        demande = self.demandes[lue.code]
        self.affectations = getattr(self, "affectations", {})
        for code in sorted(codes):
            self.affectations[lue.code, code] = comite.affecter(
                acteur=self.acteurs.agent, demande=demande, membre=self.membres[code]
            )
        if codes:
            fiches.ouvrir_evaluation(acteur=self.acteurs.agent, demande=demande)
        for code in sorted(set(lue.recusations) & codes):
            comite.declarer_interets(
                acteur=self.membres[code].utilisateur,
                affectation=self.affectations[lue.code, code],
                conflit=True,
                lien="autre",
                precision="Récusation inscrite à l'importation.",
            )

    def _evenements(self, deposees: list[DemandeLue]) -> None:
        def annoncer(lue: DemandeLue, evenement: dict[str, Any]) -> None:
            moment = self._jour(evenement["date"], 12, self.reel)
            with horloge.a_la_date(max(moment, lue.depose_le)):
                demandes.annoncer_aide(
                    acteur=self.acteurs.agent,
                    demande=self.demandes[lue.code],
                    date=evenement["date"],
                    libelle=evenement["libelle"],
                    montant=evenement["montant"],
                    source=evenement["source"],
                    contribution_milieu=evenement["contribution_milieu"],
                )

        for lue in deposees:
            for rang, evenement in enumerate(lue.evenements):
                self._pour(
                    lue,
                    lambda lue, evenement=evenement: annoncer(lue, evenement),
                    place=f"{lue.place}.evenements[{rang}]",
                )

    def _evaluer(self, deposees: list[DemandeLue]) -> None:
        self.jour_comite = self._jour(
            self.appel.seance_comite, 13, self.appel.cloture + dt.timedelta(days=21)
        )
        self.jour_comite = max(self.jour_comite, self.appel.cloture + dt.timedelta(days=4))

        def noter(lue: DemandeLue) -> None:
            for code, notes in lue.fiches.items():
                affectation = self.affectations[lue.code, code]
                comite.declarer_interets(
                    acteur=affectation.membre.utilisateur, affectation=affectation, conflit=False
                )
                fiches.importer_fiche(
                    acteur=affectation.membre.utilisateur, affectation=affectation, notes=notes
                )

        with self._au_plus_tard(self.jour_comite - dt.timedelta(days=2)):
            for lue in deposees:
                self._pour(lue, noter)
        self._arreter_si_refus()

    def _seance(self, decidees: list[DemandeLue]) -> None:
        agent = self.acteurs.agent
        with horloge.a_la_date(self.jour_comite - dt.timedelta(days=1)):
            for lue in decidees:
                self._pour(
                    lue,
                    lambda lue: fiches.clore_evaluation(
                        acteur=agent, demande=self.demandes[lue.code]
                    ),
                )
        self._arreter_si_refus()
        with horloge.a_la_date(self.jour_comite):
            if self.avant_la_seance:
                self.avant_la_seance(self.appel)
            seance = seances.preparer_seance(
                acteur=agent, appel=self.appel, date=self.jour_comite, lieu="Hôtel de ville"
            )
            seances.inscrire_presences(
                acteur=agent, seance=seance, presents=list(self.membres.values())
            )
            seances.ouvrir_seance(acteur=agent, seance=seance)
            for lue in decidees:
                self._pour(lue, lambda lue: self._recommander(seance, lue))
            self._arreter_si_refus()
            seances.clore_seance(acteur=agent, seance=seance)

    def _recommander(self, seance: Any, lue: DemandeLue) -> None:
        recommandations.recommander(
            acteur=self._presidence(lue),
            seance=seance,
            demande=self.demandes[lue.code],
            avis=AVIS[lue.decision.resultat],
            montant=lue.decision.montant,
            motifs=MOTIFS.get(lue.decision.motif, lue.decision.motif),
        )

    def _presidence(self, lue: DemandeLue) -> Any:
        """La présidence du comité ; récusée ou absente du fichier, le système tient la plume."""
        for code, membre in self.membres.items():
            if membre.role == "presidence" and code not in lue.recusations:
                return membre.utilisateur
        return None

    def _decider(self, decidees: list[DemandeLue]) -> None:
        resolutions: dict[str, Any] = {}
        attente = 0
        for lue in sorted(decidees, key=lambda d: (d.decision.date, d.code)):
            decision = lue.decision
            moment = max(
                self._jour(decision.date, 19, self.jour_comite),
                self.jour_comite + dt.timedelta(hours=1),
            )
            if decision.resultat == "liste_attente":
                attente += 1

            def inscrire(lue: DemandeLue, decision: Any = decision, rang: int = attente) -> None:
                if decision.resolution not in resolutions:
                    resolutions[decision.resolution] = decisions.inscrire_resolution(
                        acteur=self.acteurs.approbation,
                        appel=self.appel,
                        numero=decision.resolution,
                        date=decision.date,
                    )
                self._decider_une(lue, resolutions[decision.resolution], rang)

            with horloge.a_la_date(moment):
                self._pour(lue, inscrire, place=decision.place)
        self._arreter_si_refus()
        if not self.appel.demandes.filter(
            etat__in=["deposee", "a_completer", "recevable", "en_evaluation", "evaluee"]
        ).exists():
            with horloge.a_la_date(moment):
                services_appels.arreter_decisions(acteur=self.acteurs.approbation, appel=self.appel)
        self.jour_decision = moment

    def _decider_une(self, lue: DemandeLue, resolution: Any, rang: int) -> None:
        decision, demande = lue.decision, self.demandes[lue.code]
        partielle = decision.montant < lue.montant_demande
        if decision.resultat == "acceptee_partielle" and not partielle:
            raise RegleViolee("« acceptee_partielle » demande un montant sous le montant demandé.")
        if decision.resultat == "acceptee" and partielle:
            raise RegleViolee("« acceptee » demande le montant demandé en entier.")
        attente = decision.resultat == "liste_attente"
        fin = self.appel.projet_fin or decision.date + dt.timedelta(days=365)
        decisions.decider(
            acteur=self.acteurs.approbation,
            demande=demande,
            resolution=resolution,
            resultat="acceptee" if decision.resultat.startswith("acceptee") else decision.resultat,
            montant_accorde=decision.montant,
            motifs=MOTIFS.get(decision.motif, decision.motif),
            rang_attente=rang if attente else None,
            attente_jusqu_au=fin if attente else None,
        )

    def _annoncer(self, decidees: list[DemandeLue]) -> None:
        """Un appel passé a été annoncé : ses lettres sont émises le surlendemain."""
        with self._au_plus_tard(self.jour_decision + dt.timedelta(days=2)):
            for lue in decidees:
                self._pour(
                    lue,
                    lambda lue: lettres.emettre_lettre(
                        acteur=self.acteurs.agent,
                        lettre=lettres.preparer_lettre(
                            decision=self.demandes[lue.code].decisions.get(en_vigueur=True)
                        ),
                    ),
                )
        self._arreter_si_refus()
