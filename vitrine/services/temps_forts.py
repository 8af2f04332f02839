"""Les temps forts : les semaines et les journées qui rassemblent des activités."""

import datetime as dt
from typing import Any

from django.db import transaction

from socle import cache_public
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from vitrine.models import TempsFort


@transaction.atomic
def enregistrer(
    *,
    acteur: Any,
    titre: str,
    texte: str,
    debut: dt.date,
    fin: dt.date,
    temps_fort: TempsFort | None = None,
) -> TempsFort:
    """Inscrit un temps fort, ou le modifie."""
    exiger_permission(acteur, "temps_fort.gerer")
    if fin < debut:
        raise RegleViolee("Le dernier jour vient avant le premier.", champ="fin")
    verbe = "tempsfort.modifier" if temps_fort else "tempsfort.inscrire"
    temps_fort = temps_fort or TempsFort()
    temps_fort.titre, temps_fort.texte = titre, texte
    temps_fort.debut, temps_fort.fin = debut, fin
    temps_fort.save()
    journaliser(acteur=acteur, verbe=verbe, objet=temps_fort)
    cache_public.perimer()
    return temps_fort
