"""Filtres d'affichage : montants, dates, durées et numéros à la manière du Québec.

L'espace insécable (U+00A0) précède « $ », « % », « h » et le mois, suit le « à » d'une heure et
sépare les milliers : un nombre, un jour, une heure ne se coupent pas en fin de ligne. Une valeur
absente s'affiche « — ».
"""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils import timezone

from socle import horloge

register = template.Library()

INSECABLE = "\u00a0"
ABSENT = "—"
JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MOIS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
Nombre = Decimal | int | float | str


def _absent(valeur: Any) -> bool:
    return valeur is None or valeur == ""


def _ecrire(valeur: Nombre, decimales: int) -> str:
    """Un nombre à ``decimales`` décimales, arrondi au demi supérieur, virgule et insécables."""
    exact = Decimal(str(valeur)).quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_UP)
    signe = "\u2212" if exact < 0 else ""
    texte = f"{abs(exact):,.{decimales}f}"
    return signe + texte.replace(",", INSECABLE).replace(".", ",")


def _decimales_utiles(valeur: Nombre) -> int:
    """Le nombre de décimales qui portent une valeur : 75.0 en a zéro, 86.5 en a une."""
    exposant = Decimal(str(valeur)).normalize().as_tuple().exponent
    return max(0, -exposant) if isinstance(exposant, int) else 0


@register.filter
def dollars(valeur: Nombre | None, forme: str = "") -> str:
    """« 19 500,00 $ » ; avec ``"rond"``, les cents ne s'écrivent que s'il y en a."""
    if _absent(valeur):
        return ABSENT
    sans_cents = forme == "rond" and Decimal(str(valeur)) % 1 == 0
    return f"{_ecrire(valeur, 0 if sans_cents else 2)}{INSECABLE}$"


@register.filter
def nombre(valeur: Nombre | None, decimales: int | None = None) -> str:
    """« 1 234,5 » ; ``decimales`` fixe le nombre de décimales, sinon seulement les utiles."""
    if _absent(valeur):
        return ABSENT
    return _ecrire(valeur, _decimales_utiles(valeur) if decimales is None else decimales)


@register.filter
def pourcent(valeur: Nombre | None, decimales: int | None = None) -> str:
    """« 86,5 % » d'une valeur déjà en pour cent ; une décimale au plus, sauf demande."""
    if _absent(valeur):
        return ABSENT
    if decimales is None:
        decimales = min(1, _decimales_utiles(valeur))
    return f"{_ecrire(valeur, decimales)}{INSECABLE}%"


@register.filter
def taux(valeur: Nombre | None, decimales: int | None = None) -> str:
    """« 80 % » d'une fraction (``Decimal("0.80")``)."""
    return ABSENT if _absent(valeur) else pourcent(Decimal(str(valeur)) * 100, decimales)


def _locale(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def _jour(moment: dt.date) -> dt.date:
    return _locale(moment).date() if isinstance(moment, dt.datetime) else moment


@register.filter
def date_courte(moment: dt.date | None) -> str:
    """« 12 juin 2026 » et « 1er juin 2026 »."""
    if _absent(moment):
        return ABSENT
    jour = _jour(moment)
    return f"{_jour_et_mois(jour)} {jour.year}"


def _quantieme(jour: dt.date) -> str:
    return "1er" if jour.day == 1 else str(jour.day)


def _jour_et_mois(jour: dt.date) -> str:
    return f"{_quantieme(jour)}{INSECABLE}{MOIS[jour.month - 1]}"


@register.filter
def periode(debut: dt.date | None, fin: dt.date | None) -> str:
    """« du 20 au 26 décembre 2026 », « du 1er mai au 12 juin 2026 », ou « le 12 juin 2026 »."""
    if debut is None or fin is None:
        return ABSENT
    debut, fin = _jour(debut), _jour(fin)
    if debut == fin:
        return f"le {date_courte(fin)}"
    if (debut.year, debut.month) == (fin.year, fin.month):
        return f"du {_quantieme(debut)} au {date_courte(fin)}"
    depart = _jour_et_mois(debut) if debut.year == fin.year else date_courte(debut)
    return f"du {depart} au {date_courte(fin)}"


@register.filter
def date_longue(moment: dt.date | None) -> str:
    """« vendredi 12 juin 2026 »."""
    if _absent(moment):
        return ABSENT
    return f"{JOURS[_jour(moment).weekday()]} {date_courte(moment)}"


@register.filter
def heure(moment: dt.datetime | dt.time | None, forme: str = "") -> str:
    """« 16 h », « 16 h 30 » ; avec ``"secondes"``, « 16 h 00 min 01 s »."""
    if _absent(moment):
        return ABSENT
    instant = _locale(moment) if isinstance(moment, dt.datetime) else moment
    morceaux = [str(instant.hour), "h"]
    if forme == "secondes":
        morceaux += [f"{instant.minute:02}", "min", f"{instant.second:02}", "s"]
    elif instant.minute:
        morceaux.append(f"{instant.minute:02}")
    return INSECABLE.join(morceaux)


@register.filter
def date_heure(moment: dt.datetime | None, forme: str = "") -> str:
    """« vendredi 12 juin 2026 à 16 h »."""
    if _absent(moment):
        return ABSENT
    return f"{date_longue(moment)} à{INSECABLE}{heure(moment, forme)}"


@register.filter
def date_heure_courte(moment: dt.datetime | None) -> str:
    """« 12 juin 2026, 16 h », pour les tableaux."""
    return ABSENT if _absent(moment) else f"{date_courte(moment)}, {heure(moment)}"


@register.filter
def pluriel(quantite: Any, formes: str = ",s") -> str:
    """La terminaison qui convient : en français, le pluriel commence à deux.

    ``formes`` donne « singulier,pluriel » ; ``quantite`` est un nombre ou une collection.
    """
    compte = len(quantite) if hasattr(quantite, "__len__") else quantite or 0
    singulier, _, au_pluriel = formes.rpartition(",")
    return au_pluriel if abs(compte) >= 2 else singulier


def _compter(quantite: int, unite: str) -> str:
    return f"{quantite} {unite}{pluriel(quantite)}"


def _duree(ecart: dt.timedelta) -> str:
    """Une durée en mots : deux unités au plus, et une seule au-delà de dix jours."""
    minutes_totales = int(ecart.total_seconds()) // 60
    jours, reste = divmod(minutes_totales, 24 * 60)
    heures, minutes = divmod(reste, 60)
    if jours >= 10:
        return _compter(jours, "jour")
    if jours:
        parties = [_compter(jours, "jour"), _compter(heures, "heure") if heures else ""]
    elif heures:
        parties = [
            _compter(heures, "heure"),
            _compter(minutes, "minute") if minutes else "",
        ]
    elif minutes:
        parties = [_compter(minutes, "minute")]
    else:
        parties = ["moins d'une minute"]
    return " et ".join(partie for partie in parties if partie)


def ecart_a_maintenant(moment: dt.date) -> dt.timedelta:
    """Le temps réel qui sépare de ``moment`` (négatif s'il est passé).

    Une date sans heure dure jusqu'à la fin de sa journée. L'écart se compte en UTC : entre deux
    instants d'un même fuseau, Python compterait les heures de l'horloge murale et se tromperait
    d'une heure aux changements d'heure.
    """
    if not isinstance(moment, dt.datetime):
        lendemain = dt.datetime.combine(moment + dt.timedelta(days=1), dt.time.min)
        moment = timezone.make_aware(lendemain)
    return moment.astimezone(dt.UTC) - horloge.maintenant().astimezone(dt.UTC)


@register.filter
def temps_restant(moment: dt.date | None) -> str:
    """« il reste 2 jours et 4 heures » ou « délai dépassé de 3 jours ».

    D'une date sans heure : « il reste 3 jours », « c'est demain », « c'est aujourd'hui ».
    """
    if _absent(moment):
        return ABSENT
    if not isinstance(moment, dt.datetime):
        jours = (moment - horloge.aujourdhui()).days
        if jours in (0, 1):
            return ("c'est aujourd'hui", "c'est demain")[jours]
        if jours < 0:
            return f"délai dépassé de {_compter(-jours, 'jour')}"
        return f"il reste {_compter(jours, 'jour')}"
    ecart = ecart_a_maintenant(moment)
    if ecart < dt.timedelta():
        return f"délai dépassé de {_duree(-ecart)}"
    return f"il reste {_duree(ecart)}"


@register.filter
def temps_ecoule(moment: dt.datetime | None) -> str:
    """« 2 jours et 4 heures », compté de ``moment`` à maintenant."""
    return ABSENT if _absent(moment) else _duree(max(-ecart_a_maintenant(moment), dt.timedelta()))


@register.filter
def neq(valeur: str | None) -> str:
    """« 1100 000 123 » : le NEQ en groupes de 4, 3 et 3 chiffres."""
    if _absent(valeur):
        return ABSENT
    chiffres = "".join(str(valeur).split())
    if len(chiffres) != 10:
        return str(valeur)
    return INSECABLE.join((chiffres[:4], chiffres[4:7], chiffres[7:]))


@register.filter
def telephone(valeur: Any) -> str:
    """« 819 374-2002 », avec « poste 12 » s'il y en a un ; tout autre texte reste tel quel."""
    if _absent(valeur):
        return ABSENT
    poste = getattr(valeur, "extension", None)
    base = str(getattr(valeur, "national_number", None) or valeur)
    chiffres = "".join(c for c in base if c.isdigit())
    if len(chiffres) == 11 and chiffres.startswith("1"):
        chiffres = chiffres[1:]
    if len(chiffres) != 10:
        return str(valeur)
    texte = f"{chiffres[:3]}{INSECABLE}{chiffres[3:6]}-{chiffres[6:]}"
    return f"{texte}, poste {poste}" if poste else texte


@register.filter
def octets(valeur: int | None) -> str:
    """« 812 octets », « 340 Ko », « 1,4 Mo »."""
    if _absent(valeur):
        return ABSENT
    if valeur < 1024:
        return f"{valeur}{INSECABLE}octet{pluriel(valeur)}"
    if valeur < 1024**2:
        return f"{_ecrire(Decimal(valeur) / 1024, 0)}{INSECABLE}Ko"
    mega = (Decimal(valeur) / 1024**2).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{nombre(mega)}{INSECABLE}Mo"
