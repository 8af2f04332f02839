"""Un projet sous convention et les personnes qui s'en occupent, pour les tests du financement."""

import datetime as dt
import time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import tinyhtml5
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.formulaires import questions_de
from appels.models import Question
from appels.services import formulaires
from financement.services.signatures import Preuve
from socle import horloge
from socle.models import EntreeJournal
from tests.factories import (
    AdhesionFactory,
    ConventionFactory,
    RapportFactory,
    UtilisateurFactory,
    VersementFactory,
)

# Ce qu'une page sait de qui signe en ligne.
PREUVE = Preuve(
    verification="mot_de_passe", adresse="192.0.2.10", consentement="Je lis et j'accepte."
)
GENS = ("agent", "approbation", "tresorerie", "administration", "mifi")


def des_gens(organisme: Any) -> SimpleNamespace:
    """Une personne par rôle de la Ville, les deux de l'organisme, et celle d'un autre."""
    return SimpleNamespace(
        **{role: UtilisateurFactory(**{role: True}) for role in GENS},
        responsable=AdhesionFactory(organisme=organisme).utilisateur,
        membre=AdhesionFactory(organisme=organisme, role="redacteur").utilisateur,
        autre=AdhesionFactory().utilisateur,
    )


def un_projet(**champs: Any) -> SimpleNamespace:
    """16 000 $ accordés, convention en vigueur, versements 50/40/10, rapports attendus."""
    convention = ConventionFactory(en_vigueur=True, **champs)
    demande = convention.demande
    type(demande).objects.filter(pk=demande.pk).update(
        etat="conventionnee", etat_annonce="acceptee"
    )
    demande.refresh_from_db()
    aujourdhui = horloge.aujourdhui()
    questions = {nature: poser_un_recit(demande.appel, nature) for nature in ("etape", "final")}
    versements = [
        VersementFactory(convention=convention, no=no, montant=Decimal(montant), condition=quand)
        for no, (montant, quand) in enumerate(
            (("8000", "signature"), ("6400", "etape"), ("1600", "final")), start=1
        )
    ]
    return SimpleNamespace(
        demande=demande,
        convention=convention,
        versements=versements,
        etape=RapportFactory(
            demande=demande,
            nature="etape",
            echeance=aujourdhui + dt.timedelta(days=10),
            formulaire=questions["etape"]["activites"].section.formulaire,
        ),
        final=RapportFactory(
            demande=demande,
            nature="final",
            echeance=aujourdhui + dt.timedelta(days=90),
            formulaire=questions["final"]["activites"].section.formulaire,
        ),
        questions=questions,
        gens=des_gens(demande.organisme),
    )


def poser_un_recit(appel: Any, nature: str) -> dict[str, Question]:
    """Le formulaire publié d'un rapport, de trois textes ; ses questions par code."""
    recit = [
        {"code": "activites", "libelle": "Décrivez les activités réalisées"},
        {
            "code": "resultats",
            "libelle": "Décrivez les résultats",
            "obligatoire": nature == "final",
        },
        {"code": "ecarts", "libelle": "Écarts", "obligatoire": False},
    ]
    formulaire = formulaires.creer_formulaire(
        appel=appel,
        nature=f"rapport_{nature}",
        sections=[{"code": "recit", "titre": "Le récit", "questions": recit}],
    )
    formulaire.publie_le = horloge.maintenant()
    formulaire.save()
    return {q.code: q for q in questions_de(formulaire.pk).values()}


def raconter(rapport: Any, **textes: str) -> None:
    """Répond aux questions du rapport, par code."""
    for question in questions_de(rapport.formulaire_id).values():
        if question.code in textes:
            rapport.reponses.update_or_create(
                question=question, defaults={"valeur": textes[question.code]}
            )


def recit(rapport: Any, code: str) -> str:
    """Ce que le rapport répond à une question ; vide sans réponse."""
    reponse = rapport.reponses.filter(question__code=code).first()
    return reponse.valeur if reponse else ""


def page(qui: Any, adresse: str, /, *args: Any, methode: str = "get", **donnees: Any) -> Any:
    client = Client()
    client.force_login(qui)
    confirmer_l_identite(client, qui)
    return getattr(client, methode)(reverse(adresse, args=args), donnees)


def confirmer_l_identite(client: Client, qui: Any) -> None:
    """Comme si la personne venait de redonner son mot de passe."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(qui.pk)
    session.save()


def envoyer(qui: Any, adresse: str, /, *args: Any, **donnees: Any) -> Any:
    return page(qui, adresse, *args, methode="post", **donnees)


def messages_de(reponse: Any) -> str:
    """Les messages que l'action laisse à la page suivante."""
    return " ".join(str(message) for message in get_messages(reponse.wsgi_request))


def verbes(objet: Any) -> list[str]:
    """Ce que le journal dit de ``objet``, du plus ancien au plus récent."""
    return list(
        EntreeJournal.objects.filter(objet_type=objet._meta.label_lower, objet_id=str(objet.pk))
        .order_by("pk")
        .values_list("verbe", flat=True)
    )


# --- Lire une page comme un navigateur ------------------------------------------------------------
class Formulaire:
    """Un formulaire d'une page : ce qu'un navigateur enverrait, et les erreurs près des champs."""

    def __init__(self, texte: str, action: str = "") -> None:
        self.arbre = tinyhtml5.parse(texte, namespace_html_elements=False)
        # Sans ``action``, le formulaire envoie à la page même.
        self.racine = next(
            f
            for f in self.arbre.iter("form")
            if f.get("method") == "post"
            and (f.get("action", "").endswith(action) if action else not f.get("action"))
        )

    def _controles(self) -> Any:
        return (c for c in self.racine.iter() if c.tag in {"input", "select", "textarea"})

    def donnees(self) -> dict[str, str]:
        """Ce qui part si la personne ne touche à rien (sans le bouton)."""
        donnees = {}
        for controle in self._controles():
            nom, type_ = controle.get("name"), controle.get("type", "text")
            if nom == "csrfmiddlewaretoken" or (
                type_ in {"checkbox", "radio"} and "checked" not in controle.attrib
            ):
                continue
            donnees[nom] = self.valeur(nom)
        return donnees

    def valeur(self, nom: str) -> str:
        trouves = [c for c in self._controles() if c.get("name") == nom]
        assert trouves, f"Aucun champ « {nom} »"
        if trouves[0].get("type") == "radio":
            return next((c.get("value") for c in trouves if "checked" in c.attrib), "")
        controle = trouves[0]
        if controle.tag == "textarea":
            return (controle.text or "").removeprefix("\n")
        if controle.tag == "select":
            options = list(controle.iter("option"))
            choisie = next((o for o in options if "selected" in o.attrib), options[0])
            return choisie.get("value", "")
        if controle.get("type") == "checkbox":
            return controle.get("value", "on") if "checked" in controle.attrib else ""
        return controle.get("value", "")

    def erreur(self, nom: str) -> str:
        """Le texte de l'erreur reliée au champ par ``aria-describedby``."""
        trouves = [c for c in self._controles() if c.get("name") == nom]
        assert trouves, f"Aucun champ « {nom} »"
        porteurs = [
            trouves[0],
            *(f for f in self.racine.iter("fieldset") if trouves[0] in f.iter()),
        ]
        ids = {i for p in porteurs for i in p.get("aria-describedby", "").split()}
        return " ".join(
            " ".join(" ".join(e.itertext()).split())
            for e in self.racine.iter()
            if e.get("id") in ids and e.get("id", "").endswith("_erreur")
        )


def requetes(qui: Any, adresse: str, /, *args: Any, **donnees: Any) -> int:
    """Le nombre de requêtes d'une page, les caches déjà chauds."""
    client = Client()
    client.force_login(qui)
    url = reverse(adresse, args=args)
    client.get(url, donnees)
    with CaptureQueriesContext(connection) as capture:
        assert client.get(url, donnees).status_code == 200
    return len(capture)
