"""Les questions d'un appel : poser, répondre, publier sans nommer personne, corriger, retirer."""

import hashlib
import re
import unicodedata
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Min, QuerySet
from django.urls import reverse

from appels.models import Appel, Message, QuestionPublique
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import RoleVille, Utilisateur
from socle.services import courriels
from socle.templatetags.affichage import date_heure

LONGUEUR_MAX = 2000
SANS_REPONSE_MAX = 10


@transaction.atomic
def poser(*, acteur: Any, appel: Appel, texte: str) -> QuestionPublique:
    """Inscrit une question jusqu'à la clôture ; les agents l'apprennent s'il n'y en avait pas."""
    exiger_permission(acteur, "question.poser", appel)
    if not appel.est_ouvert:
        raise RegleViolee(_pourquoi_fermees(appel), code="ferme")
    texte = _texte(texte, "texte", "Écrivez votre question.")
    # Un envoi double attend ici, puis se reconnaît.
    Utilisateur.objects.select_for_update(no_key=True).get(pk=acteur.pk)
    siennes = QuestionPublique.objects.filter(appel=appel, posee_par=acteur)
    if siennes.filter(texte=texte).exists():
        raise RegleViolee("Vous avez déjà posé cette question.", champ="texte", code="double")
    if siennes.filter(etat="posee").count() >= SANS_REPONSE_MAX:
        raise RegleViolee(
            f"{SANS_REPONSE_MAX} de vos questions attendent déjà une réponse : "
            "laissez la Ville y répondre d'abord.",
            champ="texte",
            code="trop",
        )
    premiere = not appel.questions_publiques.filter(etat="posee").exists()
    question = QuestionPublique.objects.create(
        appel=appel, posee_par=acteur, posee_le=horloge.maintenant(), texte=texte
    )
    journaliser(acteur=acteur, verbe="questionpublique.poser", objet=question)
    if premiere:
        courriels.envoyer(
            gabarit="question_posee",
            destinataires=_adresses_agents(appel),
            objet=f"{appel.code} : une question sur l'appel",
            contexte={"appel": appel, "lien": _lien("ville:questions", appel)},
        )
    return question


@transaction.atomic
def publier(
    *, acteur: Any, question: QuestionPublique, enonce: str, reponse: str
) -> QuestionPublique:
    """Publie la question reformulée et sa réponse ; la personne qui l'a posée est prévenue."""
    exiger_permission(acteur, "question.repondre", question)
    champs = _publiables(question, enonce, reponse)
    # Deux publications d'un même appel ne prennent pas le même numéro.
    Appel.objects.select_for_update(no_key=True).get(pk=question.appel_id)
    numero = question.numero or _numero_suivant(question.appel)
    question = transitionner(
        question, "publier", acteur=acteur, champs={**champs, "numero": numero, "motif": ""}
    )
    _prevenir(question)
    return question


@transaction.atomic
def publier_message(
    *, acteur: Any, message: Message, enonce: str, reponse: str
) -> QuestionPublique:
    """Rend publique, reformulée et sans nom, une question posée dans l'échange d'une demande."""
    exiger_permission(acteur, "echange.repondre", message)
    appel = Appel.objects.select_for_update(no_key=True).get(pk=message.demande.appel_id)
    if message.cote != Message.Cote.ORGANISME:
        raise RegleViolee("Seul un message de l'organisme peut devenir une question publique.")
    if QuestionPublique.objects.filter(message=message).exists():
        raise RegleViolee("Cette question est déjà rendue publique.", code="double")
    question = QuestionPublique.objects.create(
        appel=appel,
        posee_par=message.auteur,
        posee_le=message.ecrit_le,
        texte=message.texte,
        message=message,
    )
    return publier(acteur=acteur, question=question, enonce=enonce, reponse=reponse)


@transaction.atomic
def repondre_sans_publier(
    *, acteur: Any, question: QuestionPublique, reponse: str, motif: str
) -> QuestionPublique:
    """Répond à la seule personne qui a demandé, et lui dit pourquoi rien n'est publié."""
    exiger_permission(acteur, "question.repondre", question)
    champs = {
        "reponse": _texte(reponse, "reponse", "Écrivez la réponse."),
        "motif": _texte(motif, "motif", "Dites pourquoi la question n'est pas publiée."),
    }
    question = transitionner(question, "repondre_sans_publier", acteur=acteur, champs=champs)
    _prevenir(question)
    return question


@transaction.atomic
def corriger(
    *, acteur: Any, question: QuestionPublique, enonce: str, reponse: str
) -> QuestionPublique:
    """Remplace ce qui est publié ; la page dit quand. Le journal garde l'empreinte d'avant."""
    exiger_permission(acteur, "question.repondre", question)
    champs = _publiables(question, enonce, reponse)
    question = QuestionPublique.objects.select_for_update(no_key=True).get(pk=question.pk)
    if question.etat != QuestionPublique.Etat.PUBLIEE:
        raise RegleViolee("Cette question n'est plus publiée.", code="etat")
    if (question.enonce, question.reponse) == (champs["enonce"], champs["reponse"]):
        return question
    avant = hashlib.sha256(f"{question.enonce}\x1f{question.reponse}".encode()).hexdigest()
    for nom, valeur in champs.items():
        setattr(question, nom, valeur)
    question.corrigee_le = horloge.maintenant()
    question.save(update_fields=[*champs, "corrigee_le"])
    journaliser(
        acteur=acteur,
        verbe="questionpublique.corriger",
        objet=question,
        details={"empreinte_avant": avant},
    )
    return question


@transaction.atomic
def retirer(*, acteur: Any, question: QuestionPublique, motif: str) -> QuestionPublique:
    """Ôte la question de la page publique ; son numéro ne sert plus à une autre."""
    exiger_permission(acteur, "question.repondre", question)
    motif = _texte(motif, "motif", "Dites pourquoi la question est retirée.")
    question = transitionner(
        question, "retirer", acteur=acteur, motif=motif, champs={"motif": motif}
    )
    _prevenir(question)
    return question


def en_attente(personne: Any) -> QuerySet:
    """Par appel : son code, son titre, le ``nombre`` à répondre, la ``premiere`` et ``depuis``."""
    return (
        QuestionPublique.objects.traitables_par(personne)
        .a_repondre()
        .order_by()
        .values("appel", code=F("appel__code"), titre=F("appel__titre"))
        .annotate(depuis=Min("posee_le"), nombre=Count("pk"), premiere=Min("pk"))
        .order_by("depuis")
    )


def reponse_proposee(message: Message) -> str:
    """Ce que la Ville a déjà répondu à ce message, pour ne pas le récrire."""
    suite = message.demande.messages.filter(pk__gt=message.pk, cote="ville", nature="message")
    suite = suite.first()
    return suite.texte if suite else ""


def _publiables(question: QuestionPublique, enonce: str, reponse: str) -> dict[str, str]:
    champs = {
        "enonce": _texte(enonce, "enonce", "Écrivez la question à publier."),
        "reponse": _texte(reponse, "reponse", "Écrivez la réponse."),
    }
    noms = _noms_a_taire(question)
    for champ, texte in champs.items():
        lisse = _lisser(texte)
        for nom in noms:
            if re.search(rf"(?<!\w){re.escape(_lisser(nom))}(?!\w)", lisse):
                raise RegleViolee(
                    f"Ce texte contient « {nom} » : écrivez-le sans ce qui permet de reconnaître "
                    "qui a posé la question.",
                    champ=champ,
                    code="nomme",
                )
    return champs


def _noms_a_taire(question: QuestionPublique) -> list[str]:
    """Ce qui désigne la personne ou son organisme.

    Un nom d'un seul mot (« Accueil ») peut être un mot ordinaire : il n'est pas refusé.
    """
    personne = question.posee_par
    noms = [personne.nom, *personne.adhesions.values_list("organisme__nom", flat=True)]
    demande = question.message.demande if question.message else None
    if demande is not None:
        noms += [demande.organisme.nom, demande.titre]
    noms = [nom for nom in noms if len(nom.split()) > 1]
    return [*noms, personne.email, *([demande.reference] if demande else [])]


def _lisser(texte: str) -> str:
    """Sans accents, en minuscules, un seul espace entre les mots, l'apostrophe droite."""
    decompose = unicodedata.normalize("NFKD", texte.replace("’", "'"))
    sans_accents = "".join(c for c in decompose if not unicodedata.combining(c))
    return " ".join(sans_accents.casefold().split())


def _texte(valeur: str, champ: str, manque: str) -> str:
    valeur = valeur.strip()
    if not valeur:
        raise RegleViolee(manque, champ=champ)
    if len(valeur) > LONGUEUR_MAX:
        raise RegleViolee(f"Le texte dépasse {LONGUEUR_MAX} caractères.", champ=champ)
    return valeur


def _numero_suivant(appel: Appel) -> int:
    return (appel.questions_publiques.aggregate(dernier=Max("numero"))["dernier"] or 0) + 1


def _pourquoi_fermees(appel: Appel) -> str:
    if appel.est_a_venir:
        return f"Les questions se posent dès l'ouverture, {date_heure(appel.ouverture)}."
    return f"Les questions se posaient jusqu'à la clôture, {date_heure(appel.cloture)}."


def _prevenir(question: QuestionPublique) -> None:
    courriels.envoyer(
        gabarit="question_repondue",
        destinataires=[question.posee_par.email] if question.posee_par.is_active else [],
        objet=f"{question.appel.code} : votre question",
        contexte={"appel": question.appel, "lien": _lien("question_poser", question.appel)},
    )


def _adresses_agents(appel: Appel) -> list[str]:
    agents = Utilisateur.objects.filter(is_active=True, roles__contains=[RoleVille.AGENT])
    return [agent.email for agent in agents if agent.peut("question.repondre", appel)]


def _lien(nom: str, appel: Appel) -> str:
    return settings.SITE_URL + reverse(nom, kwargs={"code": appel.code})
