"""Chaque page de la matrice d'accès est regardée par axe, ou dit ici pourquoi elle ne l'est pas.

Sans navigateur : les adresses se lisent dans le texte des parcours, et Django dit quelle page
répond à chacune.
"""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from django.urls import Resolver404, resolve

from tests.test_acces import ACCES, ACTIONS, AILLEURS, noms

PARCOURS = Path(__file__).parent / "parcours" / "test_axe.py"
# Ce qui peut se trouver dans une adresse : un nombre, une référence, une clé, un code d'objet.
ESSAIS = ("1", "AP-1", "11111111-1111-1111-1111-111111111111", "final")
FICHIER = "un fichier ou des données, pas une page"
ACTION = "une action : elle n'a pas de page à elle"
VARIANTE = "le même gabarit qu'une page regardée"
AUTRE_FICHIER = "regardée dans un autre fichier de tests"
VILLE_ET_COMITE = "la même page que dans l'autre salle, regardée là"
FOURNISSEUR = "demande un fournisseur d'identité, que les tests n'ont pas"
RAISONS = {
    FICHIER: """
        activite_ics api_activites api_appels api_projet api_projets api_schema appel_calendrier
        bilan:docx bilan:xlsx calendrier_ics comite:calendrier comite:livret_pdf
        comite:seance_apercu comite:seance_compte_rendu comite:seance_compte_rendu_addenda document
        donnees_360 donnees_activites donnees_dictionnaire donnees_fichier donnees_resultats
        guide_pdf mfa_download_recovery_codes organisme:document_dossier organisme:piece
        organisme:presents organisme:rapport_piece projet_photo registre_points sante ville:archive
        ville:classement_export ville:editeur_textes ville:lettres_telecharger
        ville:modele_apercu_pdf ville:pile_image ville:reprise_modele ville:resolution_extrait
        ville:retour ville:seance_apercu ville:seance_compte_rendu
        ville:seance_compte_rendu_addenda""",
    ACTION: """
        comite:calibrage_enregistrer comite:enregistrer comite:portrait comite:souhaits
        comite:seance_avis comite:seance_compte_rendu_texte comite:seance_montrer
        comite:seance_ordre comite:seance_ouvrir comite:seance_presences ville:affecter_comite
        ville:calibrage_agir ville:comite_clore ville:comite_ouvrir ville:comite_rappeler
        ville:membre_action ville:repartition_abandonner ville:repartition_accepter
        ville:repartition_souhaits ville:seance_avis ville:seance_compte_rendu_texte
        ville:seance_montrer ville:seance_ordre ville:seance_ouvrir ville:seance_presences""",
    VARIANTE: """
        account_set_password consultation_publique ville:atelier_nouveau ville:consultation_nouvelle
        ville:etape ville:formulaire_section_nouvelle ville:incident ville:point_nouveau
        ville:service ville:temps_fort comite:rouvrir_fiche""",
    VILLE_ET_COMITE: """
        comite:seance_addenda ville:seance_clore ville:seance_modifier ville:seance_textes""",
    FOURNISSEUR: """
        openid_connect_callback openid_connect_login socialaccount_connections
        socialaccount_login_cancelled socialaccount_login_error socialaccount_signup""",
    AUTRE_FICHIER: "galerie organisme:demande_copie",
}
SANS_PAGE = {nom: raison for raison, liste in RAISONS.items() for nom in liste.split()}


def _textes(noeud: ast.AST, connus: dict[str, list[str]]) -> list[str]:
    """Les adresses que ce texte peut former ; ce qu'il ne connaît pas s'essaie."""
    if isinstance(noeud, ast.Constant):
        return [str(noeud.value)]
    if isinstance(noeud, ast.JoinedStr):
        morceaux = [
            _textes(m.value if isinstance(m, ast.FormattedValue) else m, connus)
            for m in noeud.values
        ]
        return ["".join(choix) for choix in product(*morceaux)]
    if isinstance(noeud, ast.Name) and noeud.id in connus:
        return connus[noeud.id]
    return list(ESSAIS)


def _adresses(fichier: Path) -> Iterator[str]:
    for fonction in ast.parse(fichier.read_text()).body:
        if not isinstance(fonction, ast.FunctionDef):
            continue
        connus: dict[str, list[str]] = {}
        for noeud in ast.walk(fonction):
            if isinstance(noeud, ast.Assign) and isinstance(
                noeud.value, ast.JoinedStr | ast.Constant
            ):
                connus[noeud.targets[0].id] = _textes(noeud.value, connus)
        for noeud in ast.walk(fonction):
            if isinstance(noeud, ast.JoinedStr | ast.Constant | ast.Name):
                yield from _textes(noeud, connus)


def _regardees() -> set[str]:
    vues = set()
    for adresse in set(_adresses(PARCOURS)):
        if adresse.startswith("/"):
            try:
                vues.add(resolve(adresse.partition("?")[0]).view_name)
            except Resolver404:
                continue
    return vues


def test_chaque_page_est_regardee_par_axe_ou_dit_pourquoi_non():
    pages = {nom for nom in noms() if nom in ACCES or nom.startswith(AILLEURS)} - ACTIONS
    regardees = _regardees()

    oubliees = pages - regardees - SANS_PAGE.keys()
    assert not oubliees, f"Ajoutez-les à tests/parcours/test_axe.py : {sorted(oubliees)}"
    assert not SANS_PAGE.keys() - pages, "Des exceptions nomment des adresses disparues."
    assert not SANS_PAGE.keys() & regardees, "Des exceptions sont maintenant regardées."
