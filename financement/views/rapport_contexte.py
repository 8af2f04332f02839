"""Ce que montre la page où un rapport s'écrit : chaque champ, et ce qui se dit à côté."""

from typing import Any

from financement.ecarts_depenses import budget_prevu, ecarts_du_rapport, nom_de_la_ligne, par_ligne
from financement.models import Rapport
from financement.remarques import par_place
from financement.services import rapports as services
from financement.views.rapport_saisie import PARTIES, Saisie
from socle.concurrence import empreinte
from socle.elements import Manque


def contexte_redaction(rapport: Rapport, saisie: Saisie) -> dict[str, Any]:
    prevus = budget_prevu(rapport)
    ecarts = ecarts_du_rapport(
        rapport, rapport.depenses.values("categorie", "libelle", "montant"), prevus
    )
    remarques = list(rapport.remarques.select_related("faite_par", "traitee_par"))
    tour = max((r.tour for r in remarques), default=0)
    a_leur_place = par_place(r for r in remarques if r.tour == tour)
    vises = {r.ancre: saisie.champ_vise(r) for r in remarques if r.tour == tour}
    _dire_les_remarques(remarques, vises)
    return {
        "rapport": rapport,
        "demande": rapport.demande,
        "saisie": saisie,
        "form": saisie.chiffres,
        "conflits": {partie: saisie.conflits.get(partie) for partie in PARTIES},
        "bases": [(f"b{partie}", _base(rapport, saisie, partie)) for partie in PARTIES],
        "bases_des_remarques": [
            (f"btraitee{r.pk}", empreinte(r.traitee_le is not None))
            for r in remarques
            if r.tour == tour
        ],
        "sections": _sections(rapport, saisie, a_leur_place),
        "lignes": _lignes(rapport, saisie, ecarts, a_leur_place),
        "ligne_vide": {
            "form": saisie.depenses.empty_form,
            "lu": None,
            "preuves": [],
            "remarques": [],
        },
        "ecarts": ecarts,
        "depenses": saisie.depenses,
        "indicateurs": saisie.indicateurs,
        "remarques_generales": a_leur_place.get("rapport-", []),
        "remarques_indicateurs": [
            r for r in remarques if r.tour == tour and r.genre == "indicateur"
        ],
        "remarques_deplacees": _sans_place(saisie, a_leur_place),
        "anciennes": [r for r in remarques if r.tour < tour],
        "orphelines": [
            reponse
            for reponse in rapport.reponses.exclude(
                question__section__formulaire_id=rapport.formulaire_id
            ).select_related("question")
            if not reponse.est_vide
        ],
        "temoignages": rapport.temoignages.count(),
        "manques": [Manque(m.libelle, url=_adresse(m.ancre, vises)) for m in rapport.manques()],
    }


def _adresse(ancre: str, vises: dict[str, Any]) -> str:
    """Le champ à remplir, ou celui que la remarque vise ; à défaut, la remarque."""
    champ = vises.get(ancre)
    cible = champ.auto_id if champ is not None else ancre
    return f"#{cible}" if cible else ""


def _base(rapport: Rapport, saisie: Saisie, partie: str) -> str:
    recue = "" if saisie.ecrite else saisie.chiffres.data.get(f"b{partie}", "")[:12]
    return recue or empreinte(services.valeur_de(rapport, partie))


def _sections(
    rapport: Rapport, saisie: Saisie, remarques: dict[str, list[Any]]
) -> list[dict[str, Any]]:
    """Les questions par section, avec le conflit, le document joint et les remarques de chacune."""
    jointes = {p.question_id: p for p in rapport.pieces.actives().filter(question__isnull=False)}
    sections: dict[int, dict[str, Any]] = {}
    for question in saisie.questions.questions:
        section = sections.setdefault(
            question.section_id,
            {
                "section": question.section,
                "remarques": remarques.get(f"section-{question.section_id}", []),
                "questions": [],
            },
        )
        section["questions"].append(
            {
                "champ": saisie.questions[f"q{question.pk}"],
                "numero": question.pk,
                "conflit": saisie.conflits.get(question.pk),
                "piece": jointes.get(question.pk),
                "remarques": remarques.get(f"question-{question.pk}", []),
            }
        )
    return list(sections.values())


def _lignes(
    rapport: Rapport, saisie: Saisie, ecarts: list[Any], remarques: dict[str, list[Any]]
) -> list[dict[str, Any]]:
    """Chaque ligne de dépense avec ce qui était prévu, ses preuves et ses remarques."""
    par_nom = par_ligne(ecarts)
    preuves: dict[str, list[Any]] = {}
    for piece in rapport.pieces.actives().filter(depense_cle__isnull=False):
        preuves.setdefault(str(piece.depense_cle), []).append(piece)
    lignes = []
    for form in saisie.depenses.forms:
        cle = str(form["cle"].value() or "")
        nom = nom_de_la_ligne(
            {"categorie": form["categorie"].value(), "libelle": form["libelle"].value()}
        )
        lignes.append(
            {
                "form": form,
                "lu": par_nom.get(nom),
                "preuves": preuves.get(cle, []),
                "remarques": remarques.get(f"depense-{cle}", []),
            }
        )
    return lignes


def _sans_place(saisie: Saisie, remarques: dict[str, list[Any]]) -> list[Any]:
    """Les remarques dont la place n'est plus dans la page : une dépense retirée, une question."""
    presentes = {f"question-{q.pk}" for q in saisie.questions.questions}
    presentes |= {f"section-{q.section_id}" for q in saisie.questions.questions}
    presentes |= {f"depense-{form['cle'].value()}" for form in saisie.depenses.forms}
    return [
        remarque
        for place, siennes in remarques.items()
        for remarque in siennes
        if place not in presentes and remarque.genre in {"question", "section", "depense"}
    ]


def _dire_les_remarques(remarques: list[Any], vises: dict[str, Any]) -> None:
    """La remarque d'un indicateur se lit sous son nombre, ou sous le premier de ses nombres."""
    for remarque in remarques:
        lie = vises.get(remarque.ancre)
        if remarque.genre == "indicateur" and lie is not None:
            lie.help_text = f"{lie.help_text} La Ville : {remarque.texte}".strip()
