"""La géométrie des dessins, et les contrastes des couleurs choisies."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.conf import settings

from socle import graphiques as g
from socle.graphiques import Ligne, Part
from socle.graphiques_classement import STATUTS, Rang, dessiner_classement
from socle.graphiques_frise import Periode, dessiner_frise
from socle.templatetags.composants_dessins import frise_activites


def luminance(couleur: str) -> float:
    composantes = [int(couleur[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    lineaires = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in composantes]
    return sum(p * c for p, c in zip((0.2126, 0.7152, 0.0722), lineaires, strict=True))


def contraste(a: str, b: str) -> float:
    claire, sombre = sorted((luminance(a), luminance(b)), reverse=True)
    return (claire + 0.05) / (sombre + 0.05)


def variables() -> dict[str, str]:
    css = (settings.BASE_DIR / "static/css/variables.css").read_text(encoding="utf-8")
    trouvees = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", css))
    return {
        n: c if len(c) == 7 else "#" + "".join(x * 2 for x in c[1:]) for n, c in trouvees.items()
    }


@pytest.mark.parametrize(
    ("texte", "fond"),
    [
        ("encre", "papier"),
        ("encre-2", "papier"),
        ("encre-2", "papier-2"),
        ("encre-2", "surface"),
        ("fleuve", "surface"),
        ("fleuve", "papier"),
        ("fleuve", "fleuve-pale"),
        ("brique", "surface"),
        ("brique", "papier"),
        ("brique", "brique-pale"),
        ("vert", "vert-pale"),
        ("ocre", "ocre-pale"),
        ("refus", "refus-pale"),
        ("refus", "papier"),
    ],
)
def test_les_textes_ont_le_contraste_aa(texte, fond):
    couleurs = variables()
    assert contraste(couleurs[texte], couleurs[fond]) >= 4.5


def test_les_bords_de_champ_se_voient():
    couleurs = variables()
    assert contraste(couleurs["bord-champ"], couleurs["surface"]) >= 3


def test_le_texte_des_dessins_a_le_contraste_aa():
    paires = [*g.PALETTE, *((fond, texte) for _, fond, texte in STATUTS.values())]
    paires += [(s.couleur, s.couleur_texte) for s in g.dessiner_enveloppe(9, 10, 6, 3).segments]
    assert all(contraste(fond, texte) >= 4.5 for fond, texte in paires)


class TestEnveloppe:
    def test_les_parts_font_le_tout(self):
        dessin = g.dessiner_enveloppe(110000, 83500, 65500, 32750)
        assert [s.libelle for s in dessin.segments] == [
            "Payé",
            "Engagé, à payer",
            "Accordé, à engager",
            "Libre",
        ]
        assert [s.montant for s in dessin.segments] == [32750, 32750, 18000, 26500]
        assert round(sum(s.part for s in dessin.segments), 6) == 100
        assert dessin.libre == 26500

    def test_accordee_au_cent_pres_elle_n_est_pas_depassee(self):
        dessin = g.dessiner_enveloppe(10000, 10000)
        assert dessin.depassement == 0
        assert [s.libelle for s in dessin.segments] == ["Accordé, à engager"]

    def test_un_cent_de_trop_se_voit(self):
        dessin = g.dessiner_enveloppe(10000, Decimal("10000.01"))
        assert dessin.depassement == Decimal("0.01")
        assert dessin.segments[-1].libelle == "Dépassement"

    def test_sans_enveloppe_rien_ne_se_divise_par_zero(self):
        assert g.dessiner_enveloppe(0).segments == []


def test_une_part_nulle_n_a_pas_de_segment_et_garde_les_couleurs_des_autres():
    segments = g.empiler([Part("a", 0), Part("b", 1), Part("c", 3)])
    assert [(s.libelle, s.x, s.largeur) for s in segments] == [
        ("b", "0.00%", "25.00%"),
        ("c", "25.00%", "75.00%"),
    ]
    assert segments[0].couleur == g.PALETTE[1][0]
    assert g.empiler([]) == []


class TestClassement:
    @staticmethod
    def statuts(rangs, **options):
        return [c.statut for c in dessiner_classement(rangs, **options).colonnes]

    def test_la_ligne_tombe_au_cent_pres(self):
        rangs = [Rang("a", 90, 6000), Rang("b", 80, 4000)]
        assert self.statuts(rangs, enveloppe=10000) == ["Dans l'enveloppe"] * 2
        assert self.statuts(rangs, enveloppe=Decimal("9999.99")) == [
            "Dans l'enveloppe",
            "En partie dans l'enveloppe",
        ]

    def test_le_seuil_exact_passe_et_ce_qui_est_dessous_ne_consomme_rien(self):
        rangs = [
            Rang("a", 60, 6000),
            Rang("b", Decimal("59.9"), 4000),
            Rang("c", None, 1000),
        ]
        dessin = dessiner_classement(rangs, 6000, seuil=60)
        assert [c.statut for c in dessin.colonnes] == [
            "Dans l'enveloppe",
            "Sous le seuil",
            "Sans score",
        ]
        assert dessin.colonnes[-1].cumul == 6000
        assert dessin.dans_enveloppe == 1

    def test_apres_l_enveloppe_tout_est_hors(self):
        rangs = [Rang("a", 90, 6000), Rang("b", 80, 1)]
        assert self.statuts(rangs, enveloppe=6000) == [
            "Dans l'enveloppe",
            "Hors de l'enveloppe",
        ]

    def test_vide(self):
        assert dessiner_classement([], 0).colonnes == []


class TestPoints:
    def test_moyenne_et_ecart(self):
        dessin = g.dessiner_points([Part("A", 84), Part("B", 78), Part("C", 81)], seuil=60)
        assert dessin.moyenne == 81
        assert dessin.ecart == 6

    def test_deux_fiches_egales_ne_se_cachent_pas(self):
        un, deux = g.dessiner_points([Part("A", 80), Part("B", 80)]).points
        assert un.x == deux.x
        assert un.y != deux.y

    def test_les_extremes_restent_dans_le_cadre(self):
        bas, haut = g.dessiner_points([Part("A", 0), Part("B", 5)], mini=0, maxi=5).points
        assert (bas.x, haut.x) == ("4.00%", "96.00%")

    def test_sans_fiche(self):
        assert g.dessiner_points([]).moyenne is None


class TestBarres:
    def test_chaque_ligne_se_mesure_a_son_prevu(self):
        barres = g.dessiner_barres([Ligne("a", 10, 20), Ligne("b", 300, 200)])
        assert {b.x_prevu for b in barres} == {"66.67%"}
        assert [b.largeur for b in barres] == ["33.33%", "100.00%"]
        assert [b.atteint for b in barres] == [50, 150]

    def test_sans_prevu_la_plus_grande_remplit_la_largeur(self):
        barres = g.dessiner_barres([Ligne("a", 10), Ligne("b", 40)])
        assert [b.largeur for b in barres] == ["25.00%", "100.00%"]
        assert {b.x_prevu for b in barres} == {""}

    def test_tout_a_zero(self):
        assert g.dessiner_barres([Ligne("a", 0)])[0].largeur == "0.00%"


class TestFrise:
    def test_les_mois_entiers_de_la_premiere_a_la_derniere_activite(self):
        periodes = [
            Periode("A", dt.date(2031, 1, 15), dt.date(2031, 2, 10)),
            Periode("B", dt.date(2031, 12, 31), dt.date(2031, 12, 31)),
        ]
        frise = dessiner_frise(periodes)

        assert [m.premier.month for m in frise.mois] == list(range(1, 13))
        # 14 jours sur les 365 de janvier à décembre.
        assert frise.barres[0].x == "3.84%"
        # Une journée reste visible.
        assert frise.barres[1].largeur == "1.00%"

    def test_sans_activite_rien_ne_se_dessine(self):
        assert dessiner_frise([]).barres == []

    def test_une_ligne_sans_date_n_y_est_pas(self):
        contexte = frise_activites("T", [{"nom": "A"}, {"nom": "B", "debut": "2031-01-01"}])
        assert [b.periode.libelle for b in contexte["dessin"].barres] == ["B"]
