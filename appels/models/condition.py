from django.db import models

from appels.autodiagnostic import INCONNU, LIBELLES, NON, OUI
from socle.templatetags.affichage import dollars, periode

REPERES = {
    "{dates}": "les dates des projets",
    "{plafond}": "le montant permis par projet, volet par volet",
}


class ConditionAdmissibilite(models.Model):
    """Une condition de l'appel, en une question à laquelle l'organisme répond avant tout compte.

    ``REPERES`` s'écrit dans la question ou l'explication et prend, à l'affichage, les valeurs de
    l'appel : elles ne peuvent pas se contredire.
    """

    class Attendue(models.TextChoices):
        OUI = OUI, "Oui"
        NON = NON, "Non"

    appel = models.ForeignKey("appels.Appel", on_delete=models.CASCADE, related_name="conditions")
    ordre = models.PositiveSmallIntegerField("ordre", default=0)
    question = models.CharField("question", max_length=300)
    reponse_attendue = models.CharField(
        "réponse attendue", max_length=3, choices=Attendue, default=Attendue.OUI
    )
    eliminatoire = models.BooleanField(
        "éliminatoire",
        default=True,
        help_text="Une autre réponse veut dire non ; sinon, elle veut dire « à vérifier ».",
    )
    explication = models.TextField("pourquoi, et quoi faire", max_length=600, blank=True)

    class Meta:
        verbose_name = "condition d'admissibilité"
        verbose_name_plural = "conditions d'admissibilité"
        ordering = ("appel", "ordre", "pk")
        constraints = (
            models.UniqueConstraint(fields=["appel", "ordre"], name="condition_ordre_unique"),
        )

    def __str__(self) -> str:
        return self.question

    @property
    def question_lisible(self) -> str:
        return self._avec_valeurs(self.question)

    @property
    def explication_lisible(self) -> str:
        return self._avec_valeurs(self.explication)

    def _avec_valeurs(self, texte: str) -> str:
        if "{dates}" in texte:
            texte = texte.replace("{dates}", self._dates())
        if "{plafond}" in texte:
            texte = texte.replace("{plafond}", self._plafonds())
        return texte

    def _dates(self) -> str:
        debut, fin = self.appel.projet_debut, self.appel.projet_fin
        if debut is None or fin is None:
            return "dates à venir"
        return periode(debut, fin)

    def _plafonds(self) -> str:
        volets = list(self.appel.volets.all())
        montants = {volet.plafond for volet in volets}
        if len(montants) <= 1:
            return dollars(montants.pop(), "rond") if montants else "montant à venir"
        return ", ".join(f"{dollars(v.plafond, 'rond')} au volet {v.no}" for v in volets)


class ReponseAdmissibilite(models.Model):
    """La réponse donnée à une condition avant de commencer la demande."""

    class Valeur(models.TextChoices):
        OUI = OUI, LIBELLES[OUI]
        NON = NON, LIBELLES[NON]
        INCONNU = INCONNU, LIBELLES[INCONNU]

    demande = models.ForeignKey(
        "appels.Demande", on_delete=models.CASCADE, related_name="reponses_admissibilite"
    )
    condition = models.ForeignKey(
        ConditionAdmissibilite, on_delete=models.PROTECT, related_name="reponses"
    )
    reponse = models.CharField("réponse", max_length=7, choices=Valeur)

    class Meta:
        verbose_name = "réponse à une condition"
        verbose_name_plural = "réponses aux conditions"
        ordering = ("demande", "condition__ordre")
        constraints = (
            models.UniqueConstraint(
                fields=["demande", "condition"], name="reponse_admissibilite_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.condition} — {self.get_reponse_display()}"
