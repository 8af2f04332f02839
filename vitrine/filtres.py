"""Les filtres du registre : ce qu'ils choisissent, et leur formulaire écrit une fois pour tous."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import QueryDict
from django.template.loader import render_to_string

from vitrine.forms import CHOIX_SECONDES, FiltresForm


def lire(parametres: QueryDict) -> tuple[dict[str, Any], str]:
    """Les filtres lisibles de l'adresse, et le HTML du formulaire.

    Sans filtre, ce HTML est le même à chaque page de la liste : il se garde aussi peu de temps que
    les choix qu'il propose, dont l'âge s'ajoute au sien.
    """
    if FiltresForm.base_fields.keys().isdisjoint(parametres):
        duree = min(CHOIX_SECONDES, settings.CACHE_PUBLIC_SECONDES)
        return {}, cache.get_or_set("registre-sans-filtre", _ecrire_sans_filtre, duree)
    form = FiltresForm(parametres)
    choix = form.choix
    return choix, _ecrire(form, choix)


def _ecrire_sans_filtre() -> str:
    return _ecrire(FiltresForm(), {})


def _ecrire(form: FiltresForm, choix: dict[str, Any]) -> str:
    return render_to_string("vitrine/_filtres.html", {"form": form, "choix": choix})
