"""La démarche d'un plan dans le temps : consultation, plan, appels, projets, bilans, plan suivant.

Rien n'y paraît d'une décision avant sa lettre : tant qu'aucun projet n'est annoncé, un appel clos
est à l'étude.
"""

import datetime as dt
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from appels.models import Appel, Atelier, Consultation, EtapeDemarche, PlanAction
from financement.bilan import projets_annonces
from financement.models import ProchainPlan
from socle import horloge
from socle.elements import Jalon
from socle.models import Document
from socle.templatetags.affichage import MOIS, date_courte, periode, pluriel


def demarche(consultation: Consultation) -> list[Jalon]:
    """Les jalons de la démarche d'où vient ``consultation``, en un nombre constant de requêtes."""
    plan = consultation.plan
    prochains = list(
        ProchainPlan.objects.filter(plan=plan)
        .exclude(etat=ProchainPlan.Etat.ABANDONNE)
        .select_related("devenu")
    )
    plans = [plan, *(prochain.devenu for prochain in prochains if prochain.devenu)]
    return [
        *_adoption(plan),
        *(_atelier(atelier) for atelier in consultation.ateliers.all()),
        *(_etape(etape) for etape in consultation.etapes.all()),
        *_appels(plans),
        *(_prochain(prochain) for prochain in prochains),
    ]


def _adoption(plan: PlanAction) -> list[Jalon]:
    if not plan.adopte_en:
        return []
    le = dt.date(plan.adopte_en, 1, 1)
    return [Jalon(f"Adoption : {plan.titre}", "fait", le, str(plan.adopte_en))]


def _atelier(atelier: Atelier) -> Jalon:
    return Jalon(
        "Atelier de consultation",
        _etat_a(atelier.date, atelier.date),
        atelier.date,
        date_courte(atelier.date),
        atelier.lieu,
    )


def _etape(etape: EtapeDemarche) -> Jalon:
    if etape.est_faite:
        return Jalon(
            etape.libelle, "fait", etape.faite_le, date_courte(etape.faite_le), etape.detail
        )
    prevue = mois_de(etape.prevue_le) if etape.au_mois else date_courte(etape.prevue_le)
    etat = "en_cours" if etape.prevue_le <= horloge.aujourdhui() else "a_venir"
    return Jalon(etape.libelle, etat, etape.prevue_le, f"prévu : {prevue}", etape.detail)


def _prochain(prochain: ProchainPlan) -> Jalon:
    if prochain.devenu_id:
        le = prochain.resolution_date
        detail = f"Résolution {prochain.resolution}"
        return Jalon(f"Adoption : {prochain.titre}", "fait", le, date_courte(le), detail)
    le = timezone.localdate(prochain.cree_le)
    return Jalon(
        "Rédaction du prochain plan",
        "en_cours",
        le,
        f"depuis le {date_courte(le)}",
        "Elle part de ce que vous avez dit, et de ce qui y répond déjà.",
    )


# --- Les appels ---------------------------------------------------------------------------------
def _appels(plans: list[PlanAction]) -> list[Jalon]:
    appels = list(Appel.objects.publics().filter(plan__in=plans))
    annonces = {
        ligne["appel"]: ligne
        for ligne in projets_annonces()
        .filter(appel__in=appels)
        .order_by()
        .values("appel")
        .annotate(nombre=Count("pk", distinct=True), le=Min("decisions__lettres__emise_le"))
    }
    bilans = dict(
        Document.objects.sur({Appel._meta.label_lower: [appel.pk for appel in appels]})
        .filter(nature=Document.Nature.BILAN)
        .order_by()
        .values_list("objet_id")
        .annotate(Min("cree_le"))
    )
    jalons = []
    for appel in appels:
        jalons.append(_ouverture(appel))
        if appel.est_clos:
            jalons += _suite(appel, annonces.get(appel.pk), bilans.get(str(appel.pk)))
    return jalons


def _ouverture(appel: Appel) -> Jalon:
    ouverture, cloture = _jour(appel.ouverture), _jour(appel.cloture)
    return Jalon(
        f"Appel : {appel.titre}",
        _etat_a(ouverture, cloture, fini=appel.est_clos),
        ouverture,
        periode(ouverture, cloture),
        url=reverse("appel_public", kwargs={"code": appel.code}),
    )


def _suite(appel: Appel, annonce: dict[str, Any] | None, bilan: Any) -> list[Jalon]:
    """Après la clôture : l'étude, puis les projets annoncés et le bilan."""
    if annonce is None or annonce["le"] is None:
        conseil = appel.seance_conseil
        quand = f"conseil du {date_courte(conseil)}" if conseil else "après la clôture"
        return [
            Jalon(f"Étude des demandes : {appel.titre}", "en_cours", _jour(appel.cloture), quand)
        ]
    le, nombre = _jour(annonce["le"]), annonce["nombre"]
    projets = Jalon(
        f"{nombre} projet{pluriel(nombre)} soutenu{pluriel(nombre)}",
        "fait",
        le,
        f"depuis le {date_courte(le)}",
        appel.titre,
        f"{reverse('registre')}?appel={appel.code}",
    )
    if bilan is not None:
        jour = _jour(bilan)
        return [projets, Jalon("Bilan de l'appel", "fait", jour, date_courte(jour), appel.titre)]
    attendu = appel.rapport_final_le
    if attendu is None:
        return [projets]
    etat = "en_cours" if attendu <= horloge.aujourdhui() else "a_venir"
    quand = f"après les rapports du {date_courte(attendu)}"
    return [projets, Jalon("Bilan de l'appel", etat, attendu, quand, appel.titre)]


# --- Les dates ----------------------------------------------------------------------------------
def mois_de(jour: dt.date) -> str:
    """« mai 2025 »."""
    return f"{MOIS[jour.month - 1]} {jour.year}"


def _jour(moment: dt.datetime) -> dt.date:
    return timezone.localdate(moment)


def _etat_a(debut: dt.date, fin: dt.date, *, fini: bool = False) -> str:
    aujourdhui = horloge.aujourdhui()
    if fini or fin < aujourdhui:
        return "fait"
    return "en_cours" if debut <= aujourdhui else "a_venir"
