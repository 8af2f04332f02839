"""Les filtres d'affichage : typographie du Québec, arrondis, durées aux changements d'heure."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from socle import horloge
from socle.templatetags import affichage as a

TROIS_RIVIERES = ZoneInfo("America/Toronto")
NB = "\u00a0"


def local(*morceaux: int) -> dt.datetime:
    return dt.datetime(*morceaux, tzinfo=TROIS_RIVIERES)


@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        (Decimal(19500), f"19{NB}500,00{NB}$"),
        (1234567, f"1{NB}234{NB}567,00{NB}$"),
        (Decimal(0), f"0,00{NB}$"),
        (Decimal("0.005"), f"0,01{NB}$"),
        (Decimal(-800), f"\u2212800,00{NB}$"),
        (None, "—"),
        ("", "—"),
    ],
)
def test_dollars(valeur, attendu):
    assert a.dollars(valeur) == attendu


def test_dollars_ronds_gardent_les_cents_qui_comptent():
    assert a.dollars(Decimal("19500.00"), "rond") == f"19{NB}500{NB}$"
    assert a.dollars(Decimal("19500.50"), "rond") == f"19{NB}500,50{NB}$"


@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        (75.0, f"75{NB}%"),
        (Decimal("86.5"), f"86,5{NB}%"),
        (Decimal("86.55"), f"86,6{NB}%"),
        (None, "—"),
    ],
)
def test_pourcent(valeur, attendu):
    assert a.pourcent(valeur) == attendu


def test_taux_d_une_fraction():
    assert a.taux(Decimal("0.80")) == f"80{NB}%"
    assert a.taux(Decimal("0.125")) == f"12,5{NB}%"
    assert a.taux(None) == "—"


def test_nombre():
    assert a.nombre(Decimal("1234.50")) == f"1{NB}234,5"
    assert a.nombre(Decimal("85.75"), 1) == "85,8"
    assert a.nombre(1000) == f"1{NB}000"


@pytest.mark.parametrize(
    ("jour", "attendu"),
    [
        (dt.date(2026, 6, 12), f"vendredi 12{NB}juin 2026"),
        (dt.date(2026, 6, 1), f"lundi 1er{NB}juin 2026"),
        (dt.date(2026, 8, 31), f"lundi 31{NB}août 2026"),
    ],
)
def test_date_longue(jour, attendu):
    assert a.date_longue(jour) == attendu


@pytest.mark.parametrize(
    ("debut", "fin", "attendu"),
    [
        (dt.date(2026, 12, 20), dt.date(2026, 12, 26), f"du 20 au 26{NB}décembre 2026"),
        (dt.date(2026, 5, 1), dt.date(2026, 6, 12), f"du 1er{NB}mai au 12{NB}juin 2026"),
        (
            dt.date(2026, 12, 1),
            dt.date(2027, 12, 1),
            f"du 1er{NB}décembre 2026 au 1er{NB}décembre 2027",
        ),
        (dt.date(2026, 6, 12), dt.date(2026, 6, 12), f"le 12{NB}juin 2026"),
        (None, dt.date(2026, 6, 12), "—"),
    ],
)
def test_une_periode_ne_repete_ni_le_mois_ni_l_annee(debut, fin, attendu):
    assert a.periode(debut, fin) == attendu


def test_les_dates_se_lisent_a_l_heure_de_trois_rivieres():
    minuit_passe_en_utc = dt.datetime(2026, 6, 13, 3, 0, tzinfo=dt.UTC)
    assert a.date_heure(minuit_passe_en_utc) == f"vendredi 12{NB}juin 2026 à{NB}23{NB}h"
    assert a.date_courte(minuit_passe_en_utc) == f"12{NB}juin 2026"


def test_heures():
    assert a.date_heure(local(2026, 6, 12, 16)) == f"vendredi 12{NB}juin 2026 à{NB}16{NB}h"
    assert a.heure(local(2026, 6, 12, 16, 30)) == f"16{NB}h{NB}30"
    assert a.heure(local(2026, 6, 12, 8, 5)) == f"8{NB}h{NB}05"
    assert a.heure(local(2026, 6, 12, 16, 0, 1), "secondes") == f"16{NB}h{NB}00{NB}min{NB}01{NB}s"
    assert a.date_heure_courte(local(2026, 6, 12, 16)) == f"12{NB}juin 2026, 16{NB}h"


@pytest.mark.parametrize(
    ("avant", "attendu"),
    [
        (dt.timedelta(days=23, hours=5), "il reste 23 jours"),
        (dt.timedelta(days=2, hours=4), "il reste 2 jours et 4 heures"),
        (dt.timedelta(days=1), "il reste 1 jour"),
        (dt.timedelta(hours=1, minutes=1), "il reste 1 heure et 1 minute"),
        (dt.timedelta(minutes=35), "il reste 35 minutes"),
        (dt.timedelta(seconds=1), "il reste moins d'une minute"),
        (dt.timedelta(days=-3), "délai dépassé de 3 jours"),
        (dt.timedelta(seconds=-1), "délai dépassé de moins d'une minute"),
    ],
)
def test_temps_restant(avant, attendu):
    cloture = local(2026, 6, 12, 16)
    with horloge.a_la_date(cloture.astimezone(dt.UTC) - avant):
        assert a.temps_restant(cloture) == attendu


@pytest.mark.parametrize(
    ("veille", "cloture"),
    [
        (local(2026, 3, 7, 16), local(2026, 3, 8, 16)),
        (local(2026, 10, 31, 16), local(2026, 11, 1, 16)),
    ],
)
def test_temps_restant_compte_les_vraies_heures_au_changement_d_heure(veille, cloture):
    vraies_heures = {3: "23 heures", 11: "1 jour et 1 heure"}[cloture.month]
    with horloge.a_la_date(veille):
        assert a.temps_restant(cloture) == f"il reste {vraies_heures}"


@pytest.mark.parametrize(
    ("jour", "attendu"),
    [
        (12, "c'est aujourd'hui"),
        (13, "c'est demain"),
        (17, "il reste 5 jours"),
        (9, "délai dépassé de 3 jours"),
    ],
)
def test_temps_restant_d_une_date_sans_heure(jour, attendu):
    with horloge.a_la_date(local(2026, 6, 12, 23, 30)):
        assert a.temps_restant(dt.date(2026, 6, jour)) == attendu


def test_une_date_sans_heure_dure_toute_la_journee():
    with horloge.a_la_date(local(2026, 6, 12, 23, 59, 59)):
        assert a.ecart_a_maintenant(dt.date(2026, 6, 12)) == dt.timedelta(seconds=1)


def test_neq_et_telephone():
    assert a.neq("1100000123") == f"1100{NB}000{NB}123"
    assert a.neq("11 0000 0123") == f"1100{NB}000{NB}123"
    assert a.neq("123") == "123"
    assert a.telephone("+18193742002") == f"819{NB}374-2002"
    assert a.telephone("819-374-2002") == f"819{NB}374-2002"
    assert a.telephone("311") == "311"


def test_telephone_avec_poste():
    phonenumbers = pytest.importorskip("phonenumbers")
    numero = phonenumbers.parse("819 374-2002 ext. 12", "CA")
    assert a.telephone(numero) == f"819{NB}374-2002, poste 12"


@pytest.mark.parametrize(
    ("taille", "attendu"),
    [
        (1, f"1{NB}octet"),
        (812, f"812{NB}octets"),
        (1024, f"1{NB}Ko"),
        (1468006, f"1,4{NB}Mo"),
        (15 * 1024**2, f"15{NB}Mo"),
        (None, "—"),
    ],
)
def test_octets(taille, attendu):
    assert a.octets(taille) == attendu


@pytest.mark.parametrize(
    ("n", "attendu"), [(0, ""), (1, ""), (1.5, ""), (2, "s"), ([1, 2, 3], "s")]
)
def test_pluriel_commence_a_deux(n, attendu):
    assert a.pluriel(n) == attendu


def test_pluriel_irregulier():
    assert a.pluriel(3, "al,aux") == "aux"
    assert a.pluriel(1, "al,aux") == "al"
