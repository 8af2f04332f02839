"""Ce que les pages de rédaction répondent à une saisie : l'heure, la nouvelle base, le conflit."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone

from socle import horloge
from socle.concurrence import SaisieActuelle, SaisieConcurrente, empreinte
from socle.exceptions import PermissionRefusee, RegleViolee


def en_json(
    request: HttpRequest, ecrire: Callable[[], Any], *, base: Callable[[Any], str]
) -> JsonResponse:
    """Ce qu'un enregistrement répond à la page : l'heure et la nouvelle base, ou le conflit."""
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
    return JsonResponse({"message": enregistre(), "base": base(resultat)})


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
