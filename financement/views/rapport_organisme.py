"""La page où l'organisme écrit et dépose un rapport, ou relit celui qu'il a remis."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from appels.formulaires import lire_formulaire
from appels.views.saisie import ecrire_reponses, enregistre, phrase_conflit, reponses_ecrites
from financement.ecarts_depenses import budget_prevu, ecarts_du_rapport
from financement.indicateurs import comparer
from financement.models import Rapport
from financement.retenus import prevus_du_rapport
from financement.services import pieces_rapport
from financement.services import rapports as services
from financement.views.rapport_contexte import contexte_redaction
from financement.views.rapport_saisie import (
    PARTIES,
    PREFIXE,
    Saisie,
    lire_saisie,
    trouver_rapport,
)
from socle.concurrence import SaisieConcurrente
from socle.cycle_de_vie import relire
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.lignes import ajoute_une_ligne
from socle.saisies import a_relire, garde_saisie
from socle.vues import executer


@garde_saisie(sans=frozenset({"deposer"}))
def rapport_organisme(request: HttpRequest, reference: str, nature: str) -> HttpResponse:
    """Écrire, enregistrer, déposer un rapport."""
    rapport = trouver_rapport(request, reference, nature)
    if not rapport.est_modifiable:
        if request.method == "POST":
            messages.info(request, "Ce rapport est déjà déposé : il ne se modifie plus.")
            return redirect("organisme:rapport", reference=reference, nature=nature)
        return _lire(request, rapport)
    saisie = lire_saisie(request, rapport)
    if request.method == "POST":
        valide = saisie.est_valide
        if (
            valide
            and not a_relire(request)
            and not ajoute_une_ligne(request.POST, PREFIXE)
            and _enregistrer(request, rapport, saisie)
        ):
            return redirect("organisme:rapport", reference=reference, nature=nature)
    return render(
        request, "financement/organisme/rapport.html", contexte_redaction(rapport, saisie)
    )


def _enregistrer(request: HttpRequest, rapport: Rapport, saisie: Saisie) -> bool:
    """Écrit tout ce qui peut l'être ; un refus ou un conflit se dit à sa place."""
    saisie.ecrite = True
    try:
        saisie.conflits |= ecrire_reponses(
            saisie.questions,
            personne=request.user,
            ecrire=partial(services.enregistrer_reponse, acteur=request.user, rapport=rapport),
            joindre=partial(pieces_rapport.joindre_document, acteur=request.user, rapport=rapport),
        )
        for partie in PARTIES:
            _ecrire_partie(request, rapport, saisie, partie)
    except PermissionRefusee as refus:
        raise Http404 from refus
    _joindre_preuves(request, rapport, saisie)
    _retirer_la_preuve(request, rapport)
    for remarque in rapport.remarques.all():
        if f"btraitee{remarque.pk}" in request.POST:
            services.traiter_remarque(
                acteur=request.user,
                remarque=remarque,
                traitee=f"traitee{remarque.pk}" in request.POST,
            )
    # Chaque service a écrit sa propre lecture du rapport : ce qui suit lit la dernière.
    relire(rapport)
    if saisie.conflits or any(f.errors for f in (saisie.questions, saisie.chiffres)):
        # Ce que la collègue a écrit devient la base : le prochain envoi est un choix.
        saisie.questions.relire(reponses_ecrites(rapport.reponses))
        return False
    if "deposer" not in request.POST:
        messages.success(request, enregistre() + ".")
        return True
    return _deposer(request, rapport, saisie)


def _ecrire_partie(request: HttpRequest, rapport: Rapport, saisie: Saisie, partie: str) -> None:
    try:
        services.enregistrer_rapport(
            acteur=request.user,
            rapport=rapport,
            bases={partie: request.POST.get(f"b{partie}", "")[:12]},
            **saisie.contenu(partie),
        )
    except SaisieConcurrente as refus:
        saisie.conflits[partie] = refus.actuel
        champ = partie if partie in saisie.chiffres.fields else None
        saisie.chiffres.add_error(champ, phrase_conflit(refus.actuel, request.user))
    except RegleViolee as refus:
        saisie.chiffres.add_error(None, refus.message)


def _joindre_preuves(request: HttpRequest, rapport: Rapport, saisie: Saisie) -> None:
    """Joint à sa ligne chaque preuve choisie ; un refus se dit à cette ligne."""
    if "depenses" in saisie.conflits:
        return
    # Les lignes écrites sont celles-ci, dans le même ordre.
    lignes = zip(saisie.lignes_ecrites, rapport.depenses.order_by("ordre"), strict=True)
    for form, depense in lignes:
        for fichier in filter(None, form.cleaned_data.get("preuves") or []):
            try:
                pieces_rapport.joindre_preuve(
                    acteur=request.user, rapport=rapport, depense=depense, fichier=fichier
                )
            except RegleViolee as refus:
                form.add_error("preuves", f"« {fichier.name} » : {refus.message}")
                saisie.chiffres.add_error(None, "Une preuve n'a pas été jointe.")


def _retirer_la_preuve(request: HttpRequest, rapport: Rapport) -> None:
    """« Retirer » une preuve enregistre aussi le reste : rien de ce qui est écrit ne se perd."""
    cle = request.POST.get("retirer_preuve", "")
    for piece in rapport.pieces.actives().filter(depense_cle__isnull=False):
        if str(piece.cle) == cle:
            pieces_rapport.retirer_piece(acteur=request.user, piece=piece)


def _deposer(request: HttpRequest, rapport: Rapport, saisie: Saisie) -> bool:
    vises = {r.ancre: saisie.champ_vise(r) for r in rapport.remarques.filter(traitee_le=None)}
    manques = rapport.manques()
    for manque in manques:
        champ = vises.get(manque.ancre) or _champ_nomme(saisie, manque.ancre)
        if champ is None:
            lieu = f"#{manque.ancre}" if manque.ancre else ""
            saisie.chiffres.add_error(None, ValidationError(manque.libelle, code=lieu))
        else:
            # Près du champ, son nom ne se répète pas.
            seul = manque.libelle.removeprefix(f"{champ.label} — ")
            champ.form.add_error(champ.name, seul[:1].upper() + seul[1:])
    return not manques and (
        not saisie.questions.errors
        and saisie.chiffres.is_valid()
        and bool(
            executer(
                request,
                services.deposer_rapport,
                formulaire=saisie.chiffres,
                rapport=rapport,
                succes="Le rapport est déposé. Merci !",
            )
        )
    )


def _champ_nomme(saisie: Saisie, ancre: str) -> BoundField | None:
    nom = ancre.removeprefix("id_")
    for form in (saisie.questions, saisie.chiffres):
        if nom in form.fields:
            return form[nom]
    return None


def _lire(request: HttpRequest, rapport: Rapport) -> HttpResponse:
    """Le rapport remis, tel qu'il est."""
    return render(
        request,
        "financement/organisme/rapport_lu.html",
        {
            "rapport": rapport,
            "demande": rapport.demande,
            "sections": lire_formulaire(rapport),
            "depenses": rapport.depenses.all(),
            "ecarts": ecarts_du_rapport(
                rapport,
                rapport.depenses.values("categorie", "libelle", "montant"),
                budget_prevu(rapport),
            ),
            "resultats": comparer(prevus_du_rapport(rapport), rapport.comptes),
            "temoignages": rapport.temoignages.select_related("photo"),
            "remarques": rapport.remarques.select_related("faite_par", "traitee_par"),
        },
    )
