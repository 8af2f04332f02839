"""Ce que partagent les pages de rédaction : lire et écrire les réponses, dire l'heure, la nouvelle
base, le conflit."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse, QueryDict
from django.utils import timezone

from appels.forms.questions import SectionForm
from appels.models import Section
from socle import horloge
from socle.concurrence import SaisieActuelle, SaisieConcurrente, empreinte
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.textes import lire_entier


def en_json(
    request: HttpRequest,
    ecrire: Callable[[], Any],
    *,
    base: Callable[[Any], str],
    rendu: Callable[[Any], str] | None = None,
) -> JsonResponse:
    """Ce qu'un enregistrement répond à la page : l'heure et la nouvelle base, ou le conflit.

    ``rendu`` : du HTML qui suit ce qui vient d'être écrit, pour la page.
    """
    try:
        resultat = ecrire()
    except PermissionRefusee as refus:
        raise Http404 from refus
    except SaisieConcurrente as refus:
        return JsonResponse(
            {
                "message": phrase_conflit(refus.actuel, request.user),
                "conflit": {
                    "texte": refus.actuel.texte,
                    "valeur": refus.actuel.valeur,
                    "auteur": refus.actuel.auteur,
                    "base": empreinte(refus.actuel.valeur),
                },
            },
            status=409,
        )
    except RegleViolee as refus:
        return JsonResponse({"message": refus.message}, status=409)
    suite = {"rendu": rendu(resultat)} if rendu else {}
    return JsonResponse({"message": enregistre(), "base": base(resultat), **suite})


def reponses_ecrites(reponses: Any, section: Section | None = None) -> dict[str, Any]:
    """Ce que montrent les champs : « q12 » → la réponse ; d'une section, ou de toutes."""
    if section is not None:
        reponses = reponses.filter(question__section=section)
    return {f"q{numero}": v for numero, v in reponses.values_list("question_id", "valeur")}


def avec_le_choix(donnees: QueryDict, reponses: Any) -> QueryDict:
    """« Prendre la réponse de ma collègue » : on oublie ce qui était saisi à cette question."""
    numero = donnees.get("prendre", "")
    if lire_entier(numero) is None:
        return donnees
    donnees = donnees.copy()
    for nom in [nom for nom in donnees if nom == f"q{numero}" or nom.startswith(f"q{numero}-")]:
        del donnees[nom]
    actuelle = reponses.filter(question_id=numero).first()
    valeur = actuelle.valeur if actuelle else None
    if isinstance(valeur, list):
        if any(isinstance(ligne, dict) for ligne in valeur):
            for rang, ligne in enumerate(valeur):
                donnees.update({f"q{numero}-{rang}-{nom}": case for nom, case in ligne.items()})
        else:
            donnees.setlist(f"q{numero}", valeur)
    elif isinstance(valeur, dict):
        donnees.update({f"q{numero}-{nom}": case for nom, case in valeur.items()})
    elif valeur not in (None, False, ""):
        donnees[f"q{numero}"] = str(valeur)
    return donnees


def ecrire_reponses(
    form: SectionForm, *, personne: Any, ecrire: Callable, joindre: Callable
) -> dict[int, SaisieActuelle]:
    """Écrit chaque réponse et joint chaque fichier du formulaire ; un refus se dit à son champ.

    Rend les réponses qu'une autre personne a changées entre-temps, par numéro de question.
    """
    par_numero = {question.pk: question for question in form.questions}
    conflits = {}
    for numero, valeur in form.valeurs().items():
        try:
            ecrire(question=par_numero[numero], valeur=valeur, base=form.base(numero))
        except SaisieConcurrente as refus:
            conflits[numero] = refus.actuel
            form.add_error(f"q{numero}", phrase_conflit(refus.actuel, personne))
        except RegleViolee as refus:
            form.add_error(f"q{numero}", refus.message)
    for numero, fichier in form.fichiers().items():
        try:
            joindre(question=par_numero[numero], fichier=fichier)
        except RegleViolee as refus:
            form.add_error(f"q{numero}", refus.message)
    return conflits


def base_a_montrer(request: HttpRequest, vient_de_choisir: bool, nom: str = "base") -> str:
    """La base d'une page renvoyée sans avoir écrit : celle que la personne avait déjà.

    Vide à la première visite, et quand le conflit lui est montré : la base est alors du jour.
    Rafraîchie trop tôt, elle ferait écraser sans le dire ce qu'une collègue vient d'écrire.
    """
    return "" if vient_de_choisir else request.POST.get(nom, "")[:12]


def phrase_conflit(actuel: SaisieActuelle, personne: Any) -> str:
    """« Amina a répondu autrement à 21 h 04. » ; le choix est offert à côté."""
    qui = "Vous avez" if actuel.auteur == personne.nom else f"{actuel.auteur} a"
    ou = " dans une autre fenêtre" if actuel.auteur == personne.nom else ""
    return f"{qui} répondu autrement{ou} à {heure(actuel.le)}. Rien n'est perdu : choisissez."


def heure(moment: Any) -> str:
    """« 21 h 04 », à Toronto."""
    locale = timezone.localtime(moment)
    return f"{locale.hour} h {locale.minute:02d}"


def enregistre() -> str:
    """« Enregistré à 21 h 04 »."""
    return f"Enregistré à {heure(horloge.maintenant())}"
