"""Les gestes communs des parcours : se connecter, regarder une page de près."""

from typing import Any

from django.conf import settings
from django.test import Client

from tests.factories import MOT_DE_PASSE

# Ce qui dit une erreur : le sommaire, la note d'un champ, le refus d'un acte, ce qui manque.
ERREURS = ".sommaire-erreurs, .champ__erreur, .messages [role=alert], .encart--a_faire"
LARGE, ETROIT = {"width": 1280, "height": 900}, {"width": 320, "height": 700}


def confirmer(personne: Any) -> Any:
    """Une personne dont l'adresse est confirmée, donc qui peut se connecter."""
    personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    return personne


def connecter(page: Any, personne: Any) -> None:
    page.goto("/connexion/")
    page.fill("[name=login]", personne.email)
    page.fill("[name=password]", MOT_DE_PASSE)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda adresse: "connexion" not in adresse)


def tient(page: Any) -> None:
    depassement = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert depassement <= 0, f"{page.url} dépasse de {depassement} px à {page.viewport_size}"


def regarder(page: Any, verifier_axe: Any, *, large_aussi: bool = False) -> None:
    """La page ouverte, à 1280 et à 320 px : aucune violation d'axe, rien ne dépasse à 320 px.

    ``large_aussi`` : ni à 1280. Elle reprend ensuite sa taille, sans être rechargée.
    """
    taille = page.viewport_size
    for largeur in (LARGE, ETROIT):
        page.set_viewport_size(largeur)
        if large_aussi or largeur == ETROIT:
            tient(page)
        verifier_axe(page)
    page.set_viewport_size(taille)


def ouvrir_session(page: Any, utilisateur: Any, adresse: str) -> None:
    """Entre sans passer par la page de connexion, que d'autres tests regardent."""
    client = Client()
    client.force_login(utilisateur)
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": adresse,
            }
        ]
    )


def envoyer(page: Any, bouton: str, saisies: dict[str, str] | None = None) -> None:
    """Vide le formulaire de ce bouton, y écrit ces saisies, l'envoie ; une erreur doit paraître."""
    cible = page.get_by_role("button", name=bouton, exact=True).first
    cible.evaluate(
        "b => [...b.form.elements].forEach(c => { c.removeAttribute('maxlength');"
        " if (c.matches('textarea, input:not([type=hidden], [type=checkbox], [type=radio])')"
        " && c.type !== 'file') c.value = '';"
        " if (c.type === 'radio') c.checked = false; })"
    )
    for nom, valeur in (saisies or {}).items():
        choix = page.locator(f"[type=radio][name={nom}][value='{valeur}']")
        if choix.count():
            choix.check()
        else:
            page.fill(f"[name={nom}]", valeur)
    with page.expect_navigation():
        cible.click()
    assert page.locator(ERREURS).count(), f"{page.url} : aucune erreur ne se voit"
