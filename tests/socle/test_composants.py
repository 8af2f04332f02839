"""Les composants : ce qu'ils rendent, et ce qu'ils garantissent à qui ne voit pas l'écran."""

import re
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.urls import reverse

from socle.elements import CelluleMatrice, Etape
from socle.navigation import GROUPES, PUBLIC, Entree, declarer_compteur, navigation_de
from socle.verbes import declarer_verbes, phrase
from socle.views.galerie import ExempleForm, galerie, noms_icones


def rendre(source: str, adresse: str = "/", **contexte) -> str:
    return Template(source).render(
        Context(
            {
                "request": RequestFactory().get(adresse),
                "csrf_token": "jeton",
                **contexte,
            }
        )
    )


@pytest.fixture(scope="module")
def page() -> str:
    requete = RequestFactory().get("/galerie/")
    requete.user = AnonymousUser()
    return galerie(requete).content.decode()


class TestGalerie:
    """La page qui montre tout vaut pour toutes : ce qui y est interdit l'est partout."""

    def test_respecte_la_politique_de_securite(self, page):
        assert not re.search(r"<[^>]+\sstyle=", page)
        assert not re.search(r"<[^>]+\son[a-z]+=", page)
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)

    def test_un_seul_h1_et_des_identifiants_uniques(self, page):
        assert len(re.findall(r"<h1\b", page)) == 1
        identifiants = [i for i in re.findall(r'\sid="([^"]+)"', page) if not i.startswith("id_")]
        assert len(identifiants) == len(set(identifiants))

    def test_chaque_dessin_a_son_titre_et_sa_description(self, page):
        dessins = re.findall(r'<svg class="dessin__svg".*?</svg>', page, re.DOTALL)
        assert len(dessins) == 7
        for dessin in dessins:
            assert 'role="img"' in dessin
            assert re.search(r"<title>[^<]+</title>\s*<desc>[^<]+</desc>", dessin)

    def test_chaque_titre_de_tableau_a_sa_portee_et_chaque_tableau_sa_legende(self, page):
        assert not re.search(r"<th(?![^>]*\sscope=)[\s>]", page)
        assert len(re.findall(r"<table\b", page)) == len(re.findall(r"<caption\b", page))

    def test_les_icones_existent(self, page):
        citees = set(re.findall(r'icones[^"#]*\.svg#([\w-]+)"', page))
        assert citees
        assert citees <= set(noms_icones())

    def test_les_attributs_svg_sont_ecrits_avec_un_point(self, page):
        assert not re.search(r'\s(?:x|width|cx|x1|x2)="[\d]+,[\d]+%"', page)


class TestReperes:
    def test_une_etiquette_porte_une_forme_et_un_mot(self):
        rendu = rendre('{% etiquette "Acceptée" "fait" %}')
        assert "etiquette--fait" in rendu
        assert "#coche" in rendu
        assert "Acceptée" in rendu

    def test_un_role_inconnu_est_une_erreur_de_gabarit(self):
        with pytest.raises(TemplateSyntaxError):
            rendre('{% etiquette "X" "rouge" %}')

    def test_un_texte_de_la_personne_est_echappe(self):
        assert "&lt;b&gt;" in rendre("{% etiquette nom %}", nom="<b>")
        assert "&lt;b&gt;" in rendre(
            '{% encart "info" titre=nom %}<p>{{ nom }}</p>{% endencart %}', nom="<b>"
        )

    def test_un_repere_vide_disparait(self):
        assert rendre('{% si_rempli "aside" "panneau" nom="X" %}  {% endsi_rempli %}') == ""
        rempli = rendre('{% si_rempli "aside" "panneau" nom="X" %}<p>a</p>{% endsi_rempli %}')
        assert rempli.startswith('<aside class="panneau" aria-label="X">')

    def test_un_etat_d_etape_inconnu_est_refuse(self):
        with pytest.raises(ValueError, match="inconnu"):
            Etape("Dépôt", "finie")

    def test_la_teinte_d_une_case_non_vide_se_voit(self):
        assert [CelluleMatrice("x", p).teinte for p in (0, 0.001, 0.3, 0.6, 1)] == [
            0,
            1,
            2,
            3,
            4,
        ]

    def test_un_verbe_sans_phrase_se_lit_quand_meme(self):
        declarer_verbes({"essai.deposer": "a déposé l'essai"})
        assert phrase("essai.deposer") == "a déposé l'essai"
        assert phrase("essai.mettre_en_attente") == "mettre en attente"


class TestChamp:
    def test_relie_l_aide_et_l_erreur_au_champ(self):
        formulaire = ExempleForm({"titre": ""})
        rendu = rendre("{% champ f.titre %}", f=formulaire)
        assert 'for="id_titre"' in rendu
        assert 'aria-describedby="id_titre_aide id_titre_erreur"' in rendu
        assert 'aria-invalid="true"' in rendu
        assert 'id="id_titre_erreur"' in rendu

    def test_garde_ce_qui_a_ete_tape(self):
        rendu = rendre('{% champ f.montant suffixe="$" %}', f=ExempleForm({"montant": "abc"}))
        assert 'value="abc"' in rendu
        assert "id_montant_unite" in rendu

    def test_groupe_les_choix_sous_une_legende(self):
        rendu = rendre("{% champ f.volet %}", f=ExempleForm({}))
        assert "<fieldset" in rendu
        assert "<legend" in rendu
        assert 'aria-describedby="id_volet_erreur"' in rendu

    def test_dit_ce_qui_est_facultatif(self):
        assert "(facultatif)" in rendre("{% champ f.resume %}", f=ExempleForm())
        assert "(facultatif)" not in rendre("{% champ f.titre %}", f=ExempleForm())


class TestSommaireErreurs:
    def test_mene_a_chaque_champ(self):
        formulaire = ExempleForm({"titre": ""})
        page = rendre("{% sommaire_erreurs f %}{% champs f %}", f=formulaire)
        cibles = re.findall(r'href="#([^"]+)"', page)
        assert {"id_titre", "id_volet_0", "id_accord"} <= set(cibles)
        for cible in cibles:
            assert f'id="{cible}"' in page

    def test_se_tait_sans_erreur(self):
        assert rendre("{% sommaire_erreurs f %}", f=ExempleForm()).strip() == ""
        assert rendre("{% sommaire_erreurs None %}").strip() == ""

    def test_nomme_la_ligne_d_un_formset(self):
        lignes = forms.formset_factory(ExempleForm, extra=2)(
            {
                "form-TOTAL_FORMS": 2,
                "form-INITIAL_FORMS": 0,
                "form-1-titre": "",
                "form-1-resume": "x",
            }
        )
        rendu = rendre("{% sommaire_erreurs l %}", l=lignes)
        assert "Ligne 2, Titre du projet" in rendu
        assert "Ligne 1" not in rendu


class TestListes:
    def test_le_tri_garde_les_filtres_et_revient_a_la_premiere_page(self):
        rendu = rendre('{% tri "nom" "Nom" %}', "/l/?etat=deposee&page=3&tri=nom")
        assert 'aria-sort="ascending"' in rendu
        assert 'href="?etat=deposee&amp;tri=-nom"' in rendu

    def test_la_pagination_garde_la_recherche(self):
        pages = Paginator(range(60), 5)
        rendu = rendre("{% pagination p %}", "/l/?q=jardin", p=pages.page(6))
        assert 'href="?q=jardin&amp;page=5"' in rendu
        assert 'aria-current="page"' in rendu

    def test_une_seule_page_n_a_pas_de_pagination(self):
        assert rendre("{% pagination p %}", p=Paginator([1], 5).page(1)).strip() == ""


class TestActions:
    def test_un_bouton_post_porte_le_jeton(self):
        rendu = rendre('{% bouton_post "/x/" "Publier" nom="no" valeur=3 %}')
        assert 'name="csrfmiddlewaretoken" value="jeton"' in rendu
        assert 'name="no" value="3"' in rendu

    def test_une_confirmation_montre_les_effets_et_permet_de_renoncer(self):
        rendu = rendre(
            '{% confirmation titre="Retirer" bouton="Retirer" annuler="/retour/" danger=True %}'
            "<ul><li>Effet</li></ul>{% endconfirmation %}"
        )
        assert "<li>Effet</li>" in rendu
        assert 'href="/retour/"' in rendu
        assert "csrfmiddlewaretoken" in rendu

    def test_la_progression_cesse_de_demander_quand_tout_est_fait(self):
        en_cours = rendre('{% barre_progression fait=3 total=9 url="/t/" %}')
        finie = rendre('{% barre_progression fait=9 total=9 url="/t/" suite="/s/" %}')
        assert 'hx-get="/t/"' in en_cours
        assert "hx-get" not in finie
        assert 'href="/s/"' in finie


class TestNavigation:
    @staticmethod
    def groupes(chemin="/", **roles):
        personne = SimpleNamespace(
            is_authenticated=True,
            roles=roles.pop("roles", []),
            **{
                nom: roles.get(nom, False)
                for nom in (
                    "est_employe",
                    "est_evaluateur",
                    "est_bailleur",
                    "est_membre_organisme",
                )
            },
        )
        requete = RequestFactory().get(chemin)
        requete.user = personne
        return navigation_de(requete)

    def test_une_personne_a_deux_roles_voit_les_deux_groupes(self, monkeypatch):
        monkeypatch.setattr("socle.navigation._COMPTEURS", {})
        noms = [g.libelle for g in self.groupes(est_employe=True, est_evaluateur=True)]
        assert noms == ["Ville", "Comité"]

    def test_sans_role_on_voit_de_quoi_commencer(self):
        assert [g.libelle for g in self.groupes()] == ["Organisme"]

    def test_une_personne_anonyme_voit_le_public(self):
        requete = RequestFactory().get("/")
        requete.user = AnonymousUser()
        (groupe,) = navigation_de(requete)
        assert groupe.libelle == "Public"
        assert [lien.libelle for lien in groupe.liens if lien.actif] == ["Appels ouverts"]

    def test_une_seule_entree_est_active_et_c_est_la_plus_precise(self):
        (groupe,) = self.groupes("/ville/appels/AP-1/", est_employe=True)
        assert [lien.libelle for lien in groupe.liens if lien.actif] == ["Appels"]

    def test_les_entrees_d_une_rubrique_se_rangent_sous_son_mot(self):
        (groupe,) = self.groupes("/ville/rapports/3/", est_employe=True)
        mots = [rubrique.libelle for rubrique in groupe.rubriques]
        assert mots == ["", "Argent", "Plan et résultats"]
        assert [r.libelle for r in groupe.rubriques if r.active] == ["Argent"]
        (tout,) = self.groupes(est_employe=True, roles=["agent", "administration"])
        assert [r.libelle for r in tout.rubriques][-1] == "Réglages"
        assert len({lien.url for lien in tout.liens}) == len(tout.liens)

    def test_une_entree_seule_se_lit_sans_le_mot_de_sa_rubrique(self, monkeypatch):
        monkeypatch.setattr(
            "socle.navigation.GROUPES",
            (("Ville", lambda p: True, (Entree("Versements", "ville:versements", rubrique="X"),)),),
        )
        (groupe,) = self.groupes()
        assert [r.libelle for r in groupe.rubriques] == [""]

    def test_les_comptes_sont_pour_l_administration(self):
        def libelles(roles):
            (groupe,) = self.groupes(est_employe=True, roles=roles)
            return {lien.libelle for lien in groupe.liens}

        assert "Comptes" not in libelles(["agent"])
        assert "Comptes" in libelles(["agent", "administration"])

    def test_chaque_entree_mene_a_une_page(self):
        entrees = {e.nom_url for _, _, groupe in GROUPES for e in groupe}
        assert all(reverse(nom) for nom in entrees | {e.nom_url for e in PUBLIC})

    def test_un_compteur_s_affiche_a_cote_de_l_entree(self, monkeypatch):
        monkeypatch.setattr("socle.navigation._COMPTEURS", {})
        declarer_compteur("comite:accueil", lambda personne: 3)
        (groupe,) = self.groupes(est_evaluateur=True)
        assert [lien.compte for lien in groupe.liens] == [3]
