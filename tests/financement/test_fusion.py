"""La fusion d'un modèle : pure, sans base. Ce qui ne va pas se dit clairement."""

import pytest
from django.utils.safestring import mark_safe

from financement import fusion
from financement.champs_fusion import CHAMPS, connus
from financement.modeles_livres import livre
from financement.models import ModeleDocument
from socle.exceptions import RegleViolee

CONNUS = {"montant": False, "projet": False, "conditions": True}


def refus(action, *args, **options):
    with pytest.raises(RegleViolee) as trouve:
        action(*args, **options)
    return trouve.value


@pytest.mark.parametrize(
    ("ecrit", "garde"),
    [
        ("<p>Bonjour</p><script>alert(1)</script>", "<p>Bonjour</p>"),
        ('<p onclick="x()" style="color:red">Bonjour</p>', "<p>Bonjour</p>"),
        ('<p><a href="javascript:x()">lien</a><img src="file:///etc/passwd"></p>', "<p>lien</p>"),
        ("<h1>Titre</h1><h2>Sous-titre</h2>", "Titre<h2>Sous-titre</h2>"),
        ("Un paragraphe.\n\nUn & autre.", "<p>Un paragraphe.</p>\n<p>Un &amp; autre.</p>"),
        ("<ul><li><p>un</p></li></ul>", "<ul>\n<li>un</li>\n</ul>"),
        ("<ul><li><p>un</p><p>deux</p></li></ul>", "<ul>\n<li>un<br>deux</li>\n</ul>"),
    ],
)
def test_le_texte_est_nettoye(ecrit, garde):
    assert fusion.nettoyer(ecrit) == garde
    assert fusion.nettoyer(garde) == garde


@pytest.mark.parametrize(
    ("ecrit", "phrase"),
    [
        ("<p>Un <strong>mot</p>", "La balise <strong> ouverte à la ligne 1 n'est pas fermée"),
        ("<p>a</p>\n<ul><li>b</li>", "La balise <ul> ouverte à la ligne 2 n'est pas fermée"),
        ("<p>a</em></p>", "La balise <p> ouverte à la ligne 1 n'est pas fermée"),
        ("a</p>", "La balise </p> de la ligne 1 ne ferme rien"),
        ("<p>a</p><p", "La balise commencée par « <p » n'est pas terminée"),
    ],
)
def test_une_balise_non_fermee_se_dit_et_ne_se_devine_pas(ecrit, phrase):
    erreur = refus(fusion.nettoyer, ecrit)
    assert phrase in erreur.message
    assert (erreur.code, erreur.champ) == ("balise", "corps")


@pytest.mark.parametrize(
    ("ecrit", "code", "phrase"),
    [
        (
            "<p>{{ montan }}</p>",
            "champ_inconnu",
            "« montan » n'existe pas. Vouliez-vous écrire « mon",
        ),
        ("<p>{{ zzz }}</p>", "champ_inconnu", "Le champ « zzz » n'existe pas."),
        ("<p>{{ si monttant }}a{{ fin }}</p>", "champ_inconnu", "« montant » ?"),
        ("<p>{{ le montant }}</p>", "champ_inconnu", "« le montant » n'existe pas"),
        ("<p>{{ }}</p>", "champ_inconnu", "n'existe pas"),
        ("<p>{{ montant</p>", "accolades", "Des accolades ne vont pas deux par deux"),
        ("<p>{{ montant } et {{ projet }}</p>", "accolades", "n'est pas refermé"),
        ("<p>montant }}</p>", "accolades", "« montant }} »"),
        ("<p>{{ <strong>montant</strong> }}</p>", "accolades", "mise en forme entre ses accolades"),
        ("<p>Voici : {{ conditions }}</p>", "bloc", "seul dans son paragraphe"),
        ("<ul><li>{{ conditions }}</li></ul>", "bloc", "seul dans son paragraphe"),
        ("<p>{{ si montant }}a</p>", "passage", "« si montant » n'a pas de « {{ fin }} »"),
        ("<p>a{{ fin }}</p>", "passage", "n'a pas de « {{ si … }} »"),
        ("<p>{{ si montant }}a</p><p>b{{ fin }}</p>", "passage", "à des endroits différents"),
    ],
)
def test_un_modele_qui_ne_se_fusionnerait_pas_est_refuse(ecrit, code, phrase):
    erreur = refus(fusion.verifier, ecrit, CONNUS)
    assert phrase in erreur.message
    assert erreur.code == code


def test_une_valeur_hostile_reste_du_texte():
    valeurs = {
        "montant": "1 $",
        "projet": '<script>alert(1)</script> {{ montant }} & "x"',
        "conditions": mark_safe("<ul><li>une</li></ul>"),
    }
    rendu = fusion.fusionner(
        "<p>{{ projet }} : {{montant}}</p>\n<p>{{ conditions }}</p>", CONNUS, valeurs
    )
    assert rendu == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; {{ montant }} &amp; &quot;x&quot; : 1 $</p>\n"
        "<ul><li>une</li></ul>"
    )


def test_un_passage_suit_son_champ_et_ne_laisse_pas_de_trou():
    corps = (
        "<p>{{ si conditions }}</p><h2>Conditions</h2><p>{{ conditions }}</p><p>{{ fin }}</p>"
        "<ul><li>{{ si projet }}Le projet {{ projet }}{{ fin }}</li></ul><p>Fin.</p>"
    )
    vide = {"montant": "", "projet": " ", "conditions": ""}
    assert fusion.fusionner(corps, CONNUS, vide) == "<p>Fin.</p>"
    plein = {**vide, "projet": "A", "conditions": mark_safe("<ul><li>une</li></ul>")}
    assert fusion.fusionner(corps, CONNUS, plein) == (
        "<h2>Conditions</h2><ul><li>une</li></ul><ul><li>Le projet A</li></ul><p>Fin.</p>"
    )
    # Un champ vide dans un passage laissé de côté ne manque pas.
    assert fusion.champs_vides(corps, CONNUS, vide) == ()
    assert fusion.champs_vides(corps + "<p>{{ montant }} {{ montant }}</p>", CONNUS, vide) == (
        "montant",
    )


@pytest.mark.parametrize("genre", ModeleDocument.Genre.values)
def test_chaque_modele_livre_est_juste_et_deja_propre(genre):
    objet, corps = livre(genre)
    fusion.verifier(objet, connus(genre, sans_blocs=True), champ="objet")
    fusion.verifier(corps, connus(genre))
    assert fusion.nettoyer(corps) == corps


def test_chaque_champ_est_documente_et_offert_une_seule_fois():
    noms = [champ.nom for champ in CHAMPS]
    assert len(noms) == len(set(noms))
    assert all(champ.sens and champ.genres for champ in CHAMPS)
    assert not {"si", "fin"} & set(noms)
