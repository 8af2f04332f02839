"""Les retours sur papier : une pile importée, classée par un ouvrier, achevée à la main."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, QuerySet
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from appels.models import Appel
from financement.models import Avenant, Convention, Lettre, Signature
from financement.models.retour import PageNumerisee, PileNumerisee, RetourNumerise
from financement.numerisation import (
    PileIllisible,
    assembler,
    extraire,
    lire_pages,
    nombre_de_pages,
)
from socle import horloge
from socle.authenticite import empreinte_de, trouver_par_code
from socle.codes import code_de_l_adresse
from socle.cycle_de_vie import transitionner
from socle.documents import empreinte
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Document, Travail
from socle.permissions import appel_de
from socle.rangement import FichierAbsent
from socle.services import travaux

NATURE = "retours"
Etat = PageNumerisee.Etat


def deposer_pile(*, acteur: Any, appel: Appel, fichiers: Sequence[UploadedFile]) -> Travail:
    """Garde la pile (un PDF, ou des images) et confie son classement à un ouvrier.

    Lève ``RegleViolee`` sur ``fichiers`` : rien, trop gros, illisible, déjà importé.
    """
    exiger_permission(acteur, "retour.classer", appel)
    if not fichiers:
        raise RegleViolee("Choisissez la pile numérisée.", champ="fichiers")
    if sum(fichier.size for fichier in fichiers) > settings.TAILLE_MAX_PILE:
        raise RegleViolee(
            f"La pile dépasse {filesizeformat(settings.TAILLE_MAX_PILE)} : partagez-la en deux.",
            champ="fichiers",
            code="taille",
        )
    recue = empreinte_de(morceau for fichier in fichiers for morceau in fichier.chunks())
    with tempfile.TemporaryDirectory() as dossier:
        chemin = Path(dossier) / "pile.pdf"
        try:
            total = assembler([(f.name, f.file) for f in fichiers], chemin)
        except PileIllisible as refus:
            raise RegleViolee(
                f"« {refus.nom} » ne se lit pas : il faut un PDF sans mot de passe, ou des images "
                "JPEG, PNG ou TIFF. Rien n'a été importé.",
                champ="fichiers",
                code="illisible",
            ) from refus
        with chemin.open("rb") as pile:
            return _inscrire(
                acteur=acteur, appel=appel, nom=fichiers[0].name, recue=recue, pile=pile,
                total=total,
            )  # fmt: skip


@transaction.atomic
def _inscrire(*, acteur: Any, appel: Appel, nom: str, recue: str, pile: Any, total: int) -> Travail:
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if deja := PileNumerisee.objects.filter(appel=appel, empreinte=recue).first():
        raise RegleViolee(
            f"Cette pile a déjà été importée, sous le nom « {deja.nom} ». Rien n'a été refait.",
            champ="fichiers",
            code="deja",
        )
    objet = PileNumerisee(
        appel=appel, nom=nom[:200], empreinte=recue, total=total, deposee_par=acteur
    )
    objet.travail = travaux.creer_travail(
        acteur=acteur,
        nature=NATURE,
        titre=f"Classement de {total} page{'s' if total > 1 else ''} numérisées",
        total=total,
        parametres={"pile": str(objet.cle)},
        retour=reverse("ville:pile", kwargs={"cle": objet.cle}),
    )
    objet.fichier.save("pile.pdf", File(pile), save=False)
    objet.save(force_insert=True)
    journaliser(acteur=acteur, verbe="pilenumerisee.importer", objet=objet)
    travaux.confier(objet.travail.pk)
    return objet.travail


def classer(*, travail: Travail) -> None:
    """Lit chaque page, puis range celles qu'un code désigne. Relancé, il reprend où il en était."""
    if not travaux.commencer(travail=travail):
        return
    pile = travail.piles.select_related("appel").get()
    try:
        _lire(travail, pile)
    except FichierAbsent as refus:
        travaux.noter_erreur(travail=travail, libelle=pile.nom, erreur=refus.message)
    if travaux.est_en_marche(travail):
        travaux.finir(travail=travail)


def _lire(travail: Travail, pile: PileNumerisee) -> None:
    if pile.classee_le is None:
        with fichier_local(pile.fichier) as chemin:
            lues = set(pile.pages.values_list("no", flat=True))
            for faites, page in enumerate(lire_pages(chemin, sauf=lues), start=len(lues) + 1):
                etat = Etat.BLANCHE if page.blanche else Etat.ILLISIBLE
                PageNumerisee.objects.get_or_create(
                    pile=pile, no=page.no, defaults={"etat": etat, "lu": page.lu}
                )
                if not travaux.est_en_marche(travail):
                    return
                travaux.fixer_avancement(travail=travail, faits=faites)
            # Le compte dit ce qui a été lu, non ce qui était annoncé.
            pile.total = pile.pages.count()
            pile.save(update_fields=["total"])
            _ranger(pile, chemin)
    travaux.fixer_avancement(travail=travail, faits=pile.total)


@contextmanager
def fichier_local(fichier: Any) -> Iterator[Path]:
    """Une copie sur le disque, d'où que vienne le fichier ; effacée ensuite."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as copie:
        with fichier.open("rb") as source:
            shutil.copyfileobj(source, copie)
        copie.flush()
        yield Path(copie.name)


@transaction.atomic
def _ranger(pile: PileNumerisee, chemin: Path) -> None:
    pile = PileNumerisee.objects.select_for_update(of=("self",)).get(pk=pile.pk)
    if pile.classee_le:
        return
    par_code: dict[str, list[PageNumerisee]] = defaultdict(list)
    for page in pile.pages.exclude(lu=""):
        par_code[code_de_l_adresse(page.lu)].append(page)
    for code, pages in par_code.items():
        document = trouver_par_code(code)
        if document is None:
            _passer(pages, "dire_etrangere")
        elif appel_du_document(document) != pile.appel:
            _passer(pages, "dire_d_un_autre_appel")
        elif RetourNumerise.objects.filter(document=document).exists():
            _passer(pages, "dire_en_double")
        else:
            attendues = _pages_attendues(document)
            _passer(pages[attendues:], "dire_en_double")
            retour = RetourNumerise(pile=pile, document=document, attendues=attendues)
            _joindre(retour, pages[:attendues], chemin)
    pile.classee_le = horloge.maintenant()
    pile.save(update_fields=["classee_le"])


def _passer(pages: Sequence[PageNumerisee], transition: str) -> None:
    for page in pages:
        transitionner(page, transition, acteur=None)


def appel_du_document(document: Document) -> Appel | None:
    modele = apps.get_model(document.objet_type)
    objet = modele._base_manager.filter(pk=document.objet_id).first()
    return appel_de(objet)


def _pages_attendues(document: Document) -> int:
    with document.pdf.open("rb") as fichier:
        return nombre_de_pages(fichier)


def _joindre(
    retour: RetourNumerise, pages: Sequence[PageNumerisee], chemin: Path, *, acteur: Any = None
) -> None:
    """Ajoute ces pages au retour et refait son fichier, pages dans l'ordre de la pile.

    Les pages d'abord : une page qui ne se range plus n'a rien laissé au stockage.
    """
    if retour.pk is None:
        retour.save()
        journaliser(acteur=acteur, verbe="retournumerise.classer", objet=retour)
    for page in pages:
        transitionner(page, "classer", acteur=acteur, champs={"retour": retour})
    octets = extraire(chemin, sorted(retour.pages.values_list("no", flat=True)))
    if retour.fichier:
        ancien = retour.fichier.name
        transaction.on_commit(lambda: retour.fichier.storage.delete(ancien))
    retour.empreinte = empreinte(octets)
    retour.fichier.save("retour.pdf", ContentFile(octets), save=False)
    retour.save()


def retours_de(pile: PileNumerisee) -> list[RetourNumerise]:
    """Les retours de la pile, avec ``nombre`` (ses pages revenues) et ``a_inscrire`` (la page où
    inscrire la signature qu'il prouve, si elle ne l'est pas)."""
    retours = list(
        pile.retours.select_related("document")
        .annotate(nombre=Count("pages"))
        .order_by("document__titre")
    )
    adresses = _signatures_a_inscrire([retour.document_id for retour in retours])
    for retour in retours:
        retour.a_inscrire = adresses.get(retour.document_id, "")
    return retours


def _signatures_a_inscrire(documents: Sequence[int]) -> dict[int, str]:
    """Par document présenté à la signature et pas encore signé, la page où l'inscrire."""
    conventions = Convention.objects.filter(document__in=documents, etat="transmise")
    avenants = Avenant.objects.filter(document__in=documents, etat="approuve")
    adresses = {
        document: reverse("ville:convention", args=[reference])
        for document, reference in conventions.values_list("document", "demande__reference")
    } | {
        document: reverse("ville:avenant", args=[reference, no])
        for document, reference, no in avenants.values_list(
            "document", "convention__demande__reference", "no"
        )
    }
    return {document: f"{adresse}#papier" for document, adresse in adresses.items()}


def documents_a_signer(appel: Appel) -> QuerySet[Document]:
    """Les lettres, conventions et avenants émis de cet appel, où une page peut se ranger."""
    cles = {
        *Lettre.objects.filter(decision__demande__appel=appel).values_list("document", flat=True),
        *Convention.objects.filter(demande__appel=appel).values_list("document", flat=True),
        *Avenant.objects.filter(convention__demande__appel=appel).values_list(
            "document", flat=True
        ),
    }
    return Document.objects.filter(pk__in=cles - {None}, detruit_le=None).order_by("titre")


def signatures_prouvees(retour: RetourNumerise) -> QuerySet[Signature]:
    """Les signatures inscrites sur la foi de ce retour."""
    return Signature.objects.filter(
        document=retour.document_id, empreinte_du_retour=retour.empreinte
    )


@transaction.atomic
def classer_page(*, acteur: Any, page: PageNumerisee, document: Document) -> RetourNumerise:
    """Range à la main une page que la lecture n'a pas su classer."""
    page = _verrouiller(acteur, page)
    pile = page.pile
    if not documents_a_signer(pile.appel).filter(pk=document.pk).exists():
        raise RegleViolee("Choisissez un document de cet appel.", champ="document")
    retour = RetourNumerise.objects.select_for_update().filter(document=document).first()
    if retour is not None and retour.pile_id != pile.pk:
        raise RegleViolee(
            "Ce document a déjà son retour, venu d'une autre pile. Écartez cette page.",
            champ="document",
            code="deja",
        )
    if retour is not None and signatures_prouvees(retour).exists():
        raise RegleViolee(
            "Ce retour prouve une signature déjà inscrite : il ne change plus. Écartez cette page.",
            champ="document",
            code="preuve",
        )
    if retour is None:
        retour = RetourNumerise(pile=pile, document=document, attendues=_pages_attendues(document))
    with fichier_local(pile.fichier) as chemin:
        _joindre(retour, [page], chemin, acteur=acteur)
    return retour


@transaction.atomic
def ecarter_page(*, acteur: Any, page: PageNumerisee) -> None:
    transitionner(_verrouiller(acteur, page), "ecarter", acteur=acteur)


@transaction.atomic
def remettre_page(*, acteur: Any, page: PageNumerisee) -> None:
    transitionner(_verrouiller(acteur, page), "remettre", acteur=acteur)


def detruire_retours(documents: QuerySet[Document]) -> None:
    """Ces documents ont fini d'être gardés : leur retour, et la pile où il était, partent aussi."""
    for retour in RetourNumerise.objects.filter(document__in=documents).select_related("pile"):
        pile = retour.pile
        for fichier in (retour.fichier, pile.fichier):
            if fichier:
                transaction.on_commit(partial(fichier.storage.delete, fichier.name))
        for page in retour.pages.all():
            transitionner(page, "detacher", acteur=None, champs={"retour": None})
        retour.delete()
        pile.fichier = ""
        pile.save(update_fields=["fichier"])


def _verrouiller(acteur: Any, page: PageNumerisee) -> PageNumerisee:
    exiger_permission(acteur, "retour.classer", page.pile)
    page = (
        PageNumerisee.objects.select_for_update(of=("self",))
        .select_related("pile__appel", "pile__deposee_par")
        .get(pk=page.pk)
    )
    if not page.pile.fichier:
        raise RegleViolee(
            "Cette pile a été détruite. Numérisez de nouveau les papiers.", code="detruite"
        )
    return page
