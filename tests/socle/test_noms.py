"""Prévenir qu'un texte semble nommer une personne, sans jamais refuser."""

import pytest
from django import forms
from django.template import Context, Template

from socle.noms import personnes_possibles


@pytest.mark.parametrize(
    ("texte", "extrait"),
    [
        ("Écrire à amina.diallo@exemple.test pour la suite.", "amina.diallo@exemple.test"),
        ("Son numéro : (819) 374-2002.", "(819) 374-2002"),
        ("Joindre le 819\u00a0374-2002 le matin.", "819 374-2002"),
        ("NAS 046 454 286 au dossier", "046 454 286"),
        ("Mme Tremblay a aidé.", "Mme Tremblay"),
        ("Selon Madame Nguyen Thi, oui.", "Madame Nguyen Thi"),
        ("Hier, Amina Diallo a parlé de son arrivée.", "Amina Diallo"),
        ("Avec José de la Cruz", ""),
        ("Avec José de Souza", "José de Souza"),
        ("Jean-François Bérubé anime.", "Jean-François Bérubé"),
    ],
)
def test_ce_qui_nomme_quelqu_un_se_reconnait(texte, extrait):
    assert personnes_possibles(texte) == ([extrait] if extrait else [])


@pytest.mark.parametrize(
    "texte",
    [
        "",
        None,
        "Dix rencontres à Trois-Rivières, au Café Parlures.",
        "Le Centre Multiethnique et la Maison Familles Horizon ont reçu 142 personnes.",
        "1 120 500,25 $ en 2026-2027, du 1er septembre au 31 août.",
        "NEQ 1100000059, demande AP-2026-01-D05",
        "046 454 287",
        "une participante a trouvé un emploi",
        "Sophie est venue.",
    ],
)
def test_un_texte_ordinaire_ne_previent_pas(texte):
    assert personnes_possibles(texte) == []


def test_un_tableau_se_lit_case_par_case_et_l_on_montre_trois_extraits():
    lignes = [{"nom": f"Marie Nom{'abcde'[n]}", "lieu": "Parc"} for n in range(5)]
    assert personnes_possibles(lignes) == ["Marie Noma", "Marie Nomb", "Marie Nomc"]


def test_l_avertissement_est_pres_du_champ_relie_et_ne_refuse_rien():
    class RecitForm(forms.Form):
        recit = forms.CharField()

    formulaire = RecitForm({"recit": "Merci à Amina Diallo <b>"})
    gabarit = Template("{% load composants_formulaires %}{% champ form.recit %}")
    assert "semble nommer" not in gabarit.render(Context({"form": formulaire}))
    formulaire.fields["recit"].surveille_noms = True

    texte = gabarit.render(Context({"form": formulaire}))

    assert "« Amina Diallo »" in texte
    assert 'aria-describedby="id_recit_personnes"' in texte
    assert 'id="id_recit_personnes"' in texte
    assert formulaire.is_valid()
