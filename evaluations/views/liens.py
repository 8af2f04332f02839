"""La Ville : les liens possibles entre le comité et les organismes, à examiner un à un."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from appels.models import Appel, Demande
from evaluations.forms_repartition import LienEcarteForm
from evaluations.indices import liens_possibles, paires_ecartees
from evaluations.lectures_a_repartir import membres_du_comite
from evaluations.models import Affectation, LienEcarte, MembreComite
from evaluations.services import interets
from evaluations.visibilite import DEVANT_LE_COMITE, demandes_de_la_ville
from socle.exports import reponse_xlsx
from socle.vues import executer, exiger

PAR_PAGE = 50


@dataclass(frozen=True)
class LigneLien:
    """Une paire qui a des indices, ce que le membre a déclaré et ce que la Ville en a conclu."""

    demande: Demande
    membre: MembreComite
    indices: tuple[str, ...]
    declaration: str
    ecarte: LienEcarte | None

    @property
    def conclusion(self) -> tuple[str, str]:
        """Un mot et son rôle de couleur."""
        if self.declaration == Affectation.Etat.RECUSEE:
            return "Récusé", "fait"
        if self.ecarte:
            return "Écarté par la Ville", "fait"
        if self.declaration == Affectation.Etat.LIBRE:
            return "Déclaré sans lien", "avertissement"
        return "À examiner", "a_faire"


def _lignes(request: HttpRequest, appel: Appel) -> list[LigneLien]:
    demandes = list(
        demandes_de_la_ville(request.user, appel)
        .filter(etat__in=DEVANT_LE_COMITE)
        .select_related("organisme")
        .order_by("code")
    )
    membres = membres_du_comite(appel)
    par_demande = {demande.pk: demande for demande in demandes}
    par_membre = {membre.pk: membre for membre in membres}
    etats = {
        (demande, membre): etat
        for demande, membre, etat in Affectation.objects.filter(
            demande__in=demandes, membre__in=membres
        ).values_list("demande", "membre", "etat")
    }
    examines = paires_ecartees(demandes)
    return [
        LigneLien(
            par_demande[paire[0]],
            par_membre[paire[1]],
            indices,
            etats.get(paire, ""),
            examines.get(paire),
        )
        for paire, indices in liens_possibles(membres, demandes).items()
    ]


def liens_appel(request: HttpRequest, code: str) -> HttpResponse:
    """Chaque paire où un indice paraît : le membre déclare, la Ville conclut."""
    appel = get_object_or_404(Appel.objects.visibles_par(request.user), code=code)
    exiger(request, "affectation.gerer", appel)
    lignes = _lignes(request, appel)
    if request.GET.get("format") == "xlsx":
        return reponse_xlsx(
            f"liens-{appel.code}",
            ("Demande", "Organisme", "Membre", "Indices", "Conclusion"),
            (
                (
                    ligne.demande.code,
                    ligne.demande.organisme.nom,
                    str(ligne.membre),
                    " ; ".join(ligne.indices),
                    ligne.conclusion[0],
                )
                for ligne in lignes
            ),
            titre=f"Liens possibles {appel.code}",
        )
    return render(
        request,
        "evaluations/ville/liens.html",
        {
            "appel": appel,
            "page_obj": Paginator(lignes, PAR_PAGE).get_page(request.GET.get("page")),
            "a_examiner": sum(1 for ligne in lignes if ligne.conclusion[1] == "a_faire"),
        },
    )


@require_http_methods(["GET", "POST"])
def lien(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Écarter un lien possible avec une raison, ou revenir dessus."""
    demande = get_object_or_404(
        Demande.objects.visibles_par(request.user)
        .exclude(organisme_id__in=request.user.organismes_ids)
        .filter(etat__in=DEVANT_LE_COMITE)
        .select_related("appel", "organisme"),
        reference=reference,
    )
    exiger(request, "lien.ecarter", demande)
    membre = get_object_or_404(
        MembreComite.objects.select_related("utilisateur"), pk=pk, appel=demande.appel, actif=True
    )
    indices = liens_possibles([membre], [demande]).get((demande.pk, membre.pk))
    if not indices:
        raise Http404
    ecarte = LienEcarte.objects.filter(demande=demande, membre=membre).first()
    formulaire = LienEcarteForm(None if ecarte else request.POST or None)
    if request.method == "POST" and _conclure(request, formulaire, demande, membre, ecarte):
        return redirect("ville:liens", code=demande.appel.code)
    return render(
        request,
        "evaluations/ville/lien.html",
        {
            "appel": demande.appel,
            "demande": demande,
            "membre": membre,
            "indices": indices,
            "ecarte": ecarte,
            "formulaire": formulaire,
            "soi_meme": membre.utilisateur_id == request.user.pk,
        },
    )


def _conclure(
    request: HttpRequest,
    formulaire: LienEcarteForm,
    demande: Demande,
    membre: MembreComite,
    ecarte: LienEcarte | None,
) -> bool:
    """Vrai si la conclusion est rangée."""
    if ecarte is not None:
        return bool(
            executer(
                request,
                interets.retablir_lien,
                succes="Ce lien possible compte de nouveau.",
                ecarte=ecarte,
            )
        )
    return formulaire.is_valid() and bool(
        executer(
            request,
            interets.ecarter_lien,
            formulaire=formulaire,
            succes="Le lien est écarté : la demande peut être confiée à ce membre.",
            demande=demande,
            membre=membre,
            **formulaire.cleaned_data,
        )
    )
