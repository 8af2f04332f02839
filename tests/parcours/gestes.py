"""Les gestes communs des parcours : se connecter, regarder une page de près."""

from typing import Any

from tests.factories import MOT_DE_PASSE

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


def tient_a_320(page: Any) -> None:
    depassement = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert depassement <= 0, f"{page.url} dépasse de {depassement} px à 320 px"


def regarder(page: Any, verifier_axe: Any) -> None:
    """La page ouverte, à 1280 et à 320 px : aucune violation d'axe, rien ne dépasse."""
    verifier_axe(page)
    page.set_viewport_size(ETROIT)
    tient_a_320(page)
    verifier_axe(page)
    page.set_viewport_size(LARGE)
