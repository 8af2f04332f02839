"""Ce que les pages de signature partagent : la preuve, tirée de la demande HTTP."""

from django.http import HttpRequest

from financement.forms import ConsentementForm
from financement.services.signatures import Preuve
from socle.confirmation import adresse_ip, verifier_l_identite
from socle.saisies import a_relire


def preuve_de(request: HttpRequest, form: ConsentementForm) -> Preuve:
    """La preuve d'une signature en ligne ; redemande d'abord l'identité si elle n'est pas récente.

    ``form`` est valide : la phrase gardée est celle qui était à l'écran. En relecture, rien ne se
    signe : l'identité se redemandera à l'envoi.
    """
    return Preuve(
        verification="" if a_relire(request) else verifier_l_identite(request),
        adresse=adresse_ip(request),
        consentement=form.phrase,
    )
