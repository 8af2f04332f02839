"""« Mes demandes » et le suivi d'une demande, pour l'organisme."""

import datetime as dt

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.completude import a_fournir, manques
from appels.etapes import etapes, geste, situation
from appels.forms.aide import AideForm
from appels.forms.appel import MotifForm
from appels.models import Appel, Demande, PieceOrganisme
from appels.services import copies, dossier, echanges, recevabilite
from appels.services import demandes as services
from appels.views import autodiagnostic
from socle import horloge
from socle.models import Document, EntreeJournal, Organisme
from socle.services.organismes import invitations_a_traiter
from socle.vues import executer, trouver

# Ce que l'organisme peut lire du journal : rien du comité ni de la décision.
VERBES_VISIBLES = (
    "demande.commencer",
    "demande.copier",
    "demande.rappeler_cloture",
    "demande.deposer",
    "demande.refuser_depot",
    "demande.reprendre",
    "demande.retirer",
    "demande.demander_complement",
    "demande.completer",
    "demande.declarer_recevable",
    "demande.declarer_irrecevable",
    "demande.accorder_derogation",
    "demande.annoncer_aide",
    "demande.joindre_piece",
    "demande.retirer_piece",
    "demande.conventionner",
    "demande.fermer",
    "demande.resilier",
)


def siennes(request: HttpRequest):
    """Les demandes que la personne écrit : celles de ses organismes et, pour une agente, celles
    que la Ville saisit d'après un papier, sauf récusation."""
    visees = Q(organisme_id__in=request.user.organismes_ids)
    if request.user.peut("demande.saisir_papier"):
        sans_recusation = Demande.objects.sans_recusation(request.user)
        visees |= Q(papier_recu_le__isnull=False, pk__in=sans_recusation.values("pk"))
    return Demande.objects.filter(visees).select_related("appel", "organisme", "volet")


def accueil(request: HttpRequest) -> HttpResponse:
    non_lus = echanges.non_lus_par_demande(request.user)
    lignes = [
        {
            "demande": demande,
            "situation": situation(demande),
            "etapes": etapes(demande),
            "geste": geste(demande),
            "messages_non_lus": non_lus.get(demande.pk, 0),
        }
        for demande in siennes(request)
        .filter(organisme_id__in=request.user.organismes_ids)
        .prefetch_related("conventions", "rapports")
        .order_by("-appel__cloture", "code")
    ]
    return render(
        request,
        "appels/organisme/accueil.html",
        {
            "lignes": lignes,
            "organismes": Organisme.objects.filter(pk__in=request.user.organismes_ids),
            "invitations": invitations_a_traiter(request.user),
            "ouverts": Appel.objects.ouverts(),
            "a_renouveler": [
                piece
                for piece in PieceOrganisme.objects.filter(
                    organisme_id__in=request.user.organismes_ids, retiree_le=None
                ).select_related("organisme")
                if piece.est_perimee
            ],
        },
    )


class AncienneField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Demande) -> str:
        return f"{obj.titre or 'Sans titre'} — {obj.appel.titre} ({obj.reference})"


class NouvelleDemandeForm(forms.Form):
    organisme = forms.ModelChoiceField(
        Organisme.objects.none(), label="Au nom de", empty_label=None
    )
    ancienne = AncienneField(
        Demande.objects.none(),
        label="Reprendre une ancienne demande",
        empty_label="Non, partir d'une demande vide",
        required=False,
        help_text=(
            "Son texte et son budget sont copiés dans le brouillon ; les documents sont à joindre "
            "de nouveau."
        ),
    )

    def __init__(self, *args, personne, appel, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisme"].queryset = Organisme.objects.filter(pk__in=personne.organismes_ids)
        anciennes = copies.copiables(acteur=personne, appel=appel)
        if anciennes.exists():
            self.fields["ancienne"].queryset = anciennes
        else:
            del self.fields["ancienne"]

    def clean(self) -> dict:
        donnees = super().clean()
        ancienne, organisme = donnees.get("ancienne"), donnees.get("organisme")
        if ancienne and organisme and ancienne.organisme != organisme:
            self.add_error(
                "ancienne",
                f"Cette demande est celle de « {ancienne.organisme.nom} » : choisissez cet "
                "organisme, ou une autre demande.",
            )
        return donnees


def nouvelle(request: HttpRequest) -> HttpResponse:
    """Commencer une demande dans un appel ouvert."""
    appel = get_object_or_404(Appel.objects.publics(), code=request.GET.get("appel", ""))
    if not request.user.organismes_ids:
        return redirect("organisme:nouveau")
    form = NouvelleDemandeForm(request.POST or None, personne=request.user, appel=appel)
    if request.method == "POST" and form.is_valid() and (suite := _commencer(request, appel, form)):
        autodiagnostic.oublier(request, appel)
        return suite
    return render(
        request,
        "appels/organisme/demande_nouvelle.html",
        {
            "appel": appel,
            "form": form,
            "a_repondu": bool(autodiagnostic.gardees(request, appel)),
        },
    )


def _commencer(request: HttpRequest, appel: Appel, form: forms.Form) -> HttpResponse | None:
    """Ouvre le brouillon, vide ou repris d'une ancienne demande ; None si une règle le refuse."""
    commun = {
        "formulaire": form,
        "appel": appel,
        "autodiagnostic": autodiagnostic.gardees(request, appel),
    }
    if ancienne := form.cleaned_data.get("ancienne"):
        copie = executer(request, copies.copier_demande, ancienne=ancienne, **commun)
        objet = copie and copie.demande
        suite = {"to": "organisme:demande_copie"}
    else:
        objet = executer(
            request,
            services.commencer_demande,
            organisme=form.cleaned_data["organisme"],
            **commun,
        )
        suite = {"to": "organisme:rediger", "partie": "projet"}
    if not objet:
        return None
    repris = executer(request, dossier.reprendre_tout, demande=objet)
    if isinstance(repris, int) and not isinstance(repris, bool) and repris:
        messages.info(
            request, "Les documents à jour du dossier de l'organisme sont joints à la demande."
        )
    return redirect(reference=objet.reference, **suite)


def demande(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(
        request, siennes(request).prefetch_related("conventions", "rapports"), reference=reference
    )
    lettre = annoncee_le = None
    if objet.etat_annonce:
        lettre, annoncee_le = (
            objet.decisions.filter(lettres__emise_le__isnull=False)
            .order_by("-lettres__emise_le")
            .values_list("lettres__document__cle", "lettres__emise_le")
            .first()
        ) or (None, None)
    convention = objet.conventions.exclude(etat="brouillon").order_by("-pk").first()
    peut = {
        nom: request.user.peut(f"demande.{nom}", objet)
        for nom in ("deposer", "reprendre", "retirer", "completer")
    }
    return render(
        request,
        "appels/organisme/demande.html",
        {
            "demande": objet,
            "situation": situation(objet),
            "geste": geste(objet),
            "manques": a_fournir(objet, manques(objet)) if objet.est_modifiable else None,
            "etapes": etapes(
                objet,
                dates={
                    "Décision": annoncee_le,
                    "Convention": convention and convention.en_vigueur_le,
                },
            ),
            "complement": objet.complements.filter(complete_le=None).first(),
            "depot": objet.depots.select_related("document").first(),
            "lettre": lettre,
            "reexamens": objet.reexamens.select_related("document"),
            "fermetures": Document.objects.pour(objet).filter(nature=Document.Nature.RECUPERATION),
            "convention": convention,
            "rapports": objet.rapports.all() if objet.etat_visible == "conventionnee" else [],
            "aides": objet.aides_annoncees.all(),
            "messages_non_lus": echanges.non_lus_par_demande(request.user).get(objet.pk, 0),
            "peut": peut,
            "reexamen_jusqu_au": _fin_du_reexamen(request, objet, annoncee_le),
            "aujourdhui": horloge.aujourdhui(),
            "entrees": EntreeJournal.objects.pour(objet).filter(verbe__in=VERBES_VISIBLES)[:30],
        },
    )


def _fin_du_reexamen(
    request: HttpRequest, demande: Demande, annoncee_le: dt.datetime | None
) -> dt.date | None:
    """Le dernier jour pour demander un réexamen, à qui peut le demander."""
    departs = {"refusee": annoncee_le, "irrecevable": demande.irrecevable_le}
    depart = departs.get(demande.etat_visible)
    if depart is None or not request.user.peut("reexamen.demander", demande):
        return None
    if demande.reexamens.filter(etat="demande").exists():
        return None
    return demande.appel.fin_du_reexamen(depart)


@require_POST
def reprendre(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), reference=reference)
    if executer(
        request,
        services.reprendre,
        demande=objet,
        succes="La demande est redevenue un brouillon : déposez-la à nouveau avant la clôture.",
    ):
        return redirect("organisme:rediger", reference=reference, partie="relecture")
    return redirect("organisme:demande", reference=reference)


def retirer(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), "demande.retirer", reference=reference)
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.retirer,
            formulaire=form,
            succes="La demande est retirée.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:demande", reference=reference)
    return render(request, "appels/organisme/retirer.html", {"demande": objet, "form": form})


def aide(request: HttpRequest, reference: str) -> HttpResponse:
    """Annoncer une autre aide publique reçue depuis le dépôt."""
    objet = trouver(request, siennes(request), "demande.annoncer_aide", reference=reference)
    form = AideForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.annoncer_aide,
            formulaire=form,
            succes="L'aide est inscrite ; les taux de la demande ont été recalculés.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:demande", reference=reference)
    return render(request, "appels/organisme/aide.html", {"demande": objet, "form": form})


@require_POST
def completer(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), reference=reference)
    executer(
        request,
        recevabilite.completer,
        demande=objet,
        succes="Le complément est transmis à la Ville.",
    )
    return redirect("organisme:demande", reference=reference)
