"""La saisie d'un rapport : ses formulaires, et l'enregistrement de chaque partie en écrivant."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.forms import BoundField
from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from appels.forms.questions import SectionForm
from appels.formulaires import questions_de
from appels.questions import TypeQuestion
from appels.views.saisie import avec_le_choix, en_json, reponses_ecrites
from financement.ecarts_depenses import budget_prevu, ecarts_du_rapport, nom_de_la_ligne
from financement.formulaires_indicateurs import IndicateursForm
from financement.formulaires_rapport import DepensesFormSet, RapportForm
from financement.models import Rapport, Remarque
from financement.services import rapports as services
from socle.concurrence import SaisieActuelle, empreinte
from socle.lignes import ajoute_une_ligne, avec_une_ligne
from socle.textes import lire_entier
from socle.vues import trouver

PREFIXE = "depenses"
PARTIES = ("autres_aides_publiques", "depenses", "indicateurs")


@dataclass
class Saisie:
    """Ce que la page montre et ce qui en revient : quatre formulaires, et les conflits trouvés."""

    questions: SectionForm
    chiffres: RapportForm
    depenses: Any
    indicateurs: IndicateursForm
    conflits: dict[Any, SaisieActuelle] = field(default_factory=dict)
    # Renvoyée sans rien écrire, la page garde les bases reçues (voir ``base_a_montrer``).
    ecrite: bool = False

    @property
    def est_valide(self) -> bool:
        """Chacun se valide : toutes les erreurs se montrent d'un coup."""
        valides = [f.is_valid() for f in self.formulaires]
        return all(valides)

    @property
    def formulaires(self) -> tuple[Any, ...]:
        return (self.questions, self.chiffres, self.depenses, self.indicateurs)

    @property
    def lignes_ecrites(self) -> list[Any]:
        """Les lignes de dépense qui ont un montant et qu'on garde, dans leur ordre."""
        return [
            f
            for f in self.depenses.forms
            if f.cleaned_data.get("montant") is not None and not f.cleaned_data.get("DELETE")
        ]

    def champ_vise(self, remarque: Remarque) -> BoundField | None:
        """Le champ où une remarque se corrige ; celle d'une section ou du rapport n'en a pas."""
        genre, cle = remarque.genre, remarque.cle
        candidats = []
        if genre == "question":
            candidats = [(self.questions, f"q{cle}")]
        elif genre == "depense":
            candidats = [
                (f, "montant") for f in self.depenses.forms if str(f["cle"].value()) == cle
            ]
        elif genre == "indicateur":
            noms = (nom for nom in self.indicateurs.fields if nom.partition(":")[0] == cle)
            candidats = [(self.indicateurs, nom) for nom in noms]
        return next((form[nom] for form, nom in candidats if nom in form.fields), None)

    def contenu(self, partie: str) -> dict[str, Any]:
        """Ce qu'une partie saisie donne à écrire, pour ``enregistrer_rapport``."""
        if partie == "indicateurs":
            return {"valeurs": self.indicateurs.valeurs()}
        if partie == "depenses":
            noms = ("categorie", "libelle", "montant", "cle")
            return {
                "depenses": [
                    {nom: f.cleaned_data[nom] for nom in noms} for f in self.lignes_ecrites
                ]
            }
        return {"champs": self.chiffres.cleaned_data}


def trouver_rapport(request: HttpRequest, reference: str, nature: str) -> Rapport:
    """Le rapport d'un projet de l'organisme de la personne ; sinon 404."""
    return trouver(
        request,
        Rapport.objects.filter(
            demande__organisme_id__in=request.user.organismes_ids
        ).select_related("demande__appel", "demande__organisme", "formulaire"),
        demande__reference=reference,
        nature=nature,
    )


def lire_saisie(request: HttpRequest, rapport: Rapport, *, complet: bool = True) -> Saisie:
    """Les formulaires ; « Ajouter une dépense » en ajoute une sans rien perdre."""
    donnees = request.POST if request.method == "POST" else None
    ajoute = donnees is not None and ajoute_une_ligne(donnees, PREFIXE)
    posees = questions_de(rapport.formulaire_id) if rapport.formulaire_id else {}
    return Saisie(
        questions=SectionForm(
            donnees if donnees is None else avec_le_choix(donnees, rapport.reponses),
            None if donnees is None else request.FILES,
            initial=reponses_ecrites(rapport.reponses),
            questions=posees.values(),
            posees=posees,
        ),
        chiffres=RapportForm(donnees, instance=Rapport.objects.get(pk=rapport.pk)),
        depenses=DepensesFormSet(
            donnees if donnees is None else avec_une_ligne(donnees, PREFIXE),
            None if donnees is None else request.FILES,
            prefix=PREFIXE,
            initial=_depenses(rapport),
            form_kwargs={"complet": complet and not ajoute},
        ),
        indicateurs=IndicateursForm(
            donnees,
            rapport=rapport,
            complet=donnees is not None and "deposer" in donnees,
        ),
    )


def _depenses(rapport: Rapport) -> list[dict[str, Any]]:
    """Les dépenses écrites, puis les lignes du budget convenu qui n'en ont pas encore."""
    ecrites = list(rapport.depenses.values("categorie", "libelle", "montant", "cle"))
    faites = {nom_de_la_ligne(ligne) for ligne in ecrites}
    prevues = [
        {"categorie": p["categorie"], "libelle": p["libelle"]}
        for p in budget_prevu(rapport)
        if nom_de_la_ligne(p) not in faites
    ]
    return [*ecrites, *prevues] or [{}]


@require_POST
def enregistrer(request: HttpRequest, reference: str, nature: str, partie: str) -> JsonResponse:
    """L'enregistrement d'une question, des dépenses, des nombres ou d'une remarque traitée.

    Répond 409 avec ``conflit`` quand une autre personne a écrit entre-temps, comme la demande.
    """
    rapport = trouver_rapport(request, reference, nature)
    if (numero := lire_entier(partie)) is not None:
        return _enregistrer_reponse(request, rapport, numero)
    if partie.startswith("traitee"):
        return _enregistrer_traitee(request, rapport, partie.removeprefix("traitee"))
    if partie not in PARTIES:
        raise Http404
    saisie = lire_saisie(request, rapport, complet=False)
    formulaire = {
        "autres_aides_publiques": saisie.chiffres,
        "depenses": saisie.depenses,
        "indicateurs": saisie.indicateurs,
    }[partie]
    for autre in saisie.formulaires:
        autre.is_valid()
    if not formulaire.is_valid():
        return JsonResponse({"message": "Un nombre est à corriger."}, status=400)
    return en_json(
        request,
        lambda: services.enregistrer_rapport(
            acteur=request.user,
            rapport=rapport,
            bases={partie: request.POST.get(f"b{partie}", "")[:12]},
            **saisie.contenu(partie),
        ),
        base=lambda ecrit: empreinte(services.valeur_de(ecrit, partie)),
        rendu=partial(_rendu, partie),
    )


def _rendu(partie: str, rapport: Rapport) -> str:
    """Les écarts avec le budget, recalculés à chaque dépense écrite."""
    if partie != "depenses":
        return ""
    depenses = rapport.depenses.values("categorie", "libelle", "montant")
    ecarts = ecarts_du_rapport(rapport, depenses, budget_prevu(rapport))
    return render_to_string("financement/_ecarts_depenses.html", {"ecarts": ecarts})


def _enregistrer_reponse(request: HttpRequest, rapport: Rapport, pk: int) -> JsonResponse:
    posees = questions_de(rapport.formulaire_id) if rapport.formulaire_id else {}
    question = posees.get(pk)
    if question is None or question.type == TypeQuestion.PIECE:
        raise Http404
    form = SectionForm(request.POST, questions=[question])
    if not form.is_valid():
        return JsonResponse({"message": form.errors[f"q{pk}"][0]}, status=400)
    return en_json(
        request,
        lambda: services.enregistrer_reponse(
            acteur=request.user,
            rapport=rapport,
            question=question,
            valeur=form.valeurs()[pk],
            base=form.base(pk),
        ),
        base=empreinte,
    )


def _enregistrer_traitee(request: HttpRequest, rapport: Rapport, pk: str) -> JsonResponse:
    remarque = trouver(request, rapport.remarques.all(), pk=lire_entier(pk))
    return en_json(
        request,
        lambda: services.traiter_remarque(
            acteur=request.user, remarque=remarque, traitee=f"traitee{pk}" in request.POST
        ),
        base=lambda ecrite: empreinte(ecrite.traitee_le is not None),
    )
