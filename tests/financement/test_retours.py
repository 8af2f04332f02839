"""Une pile de retours signés : chaque page trouve son document, une personne regarde le reste."""

import io
import tracemalloc
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from financement.models import Lettre, PageNumerisee, PileNumerisee, RetourNumerise
from financement.numerisation import lire_pages
from financement.semaine import attentes
from financement.services import conservation, lettres, retours
from socle import codes
from socle.documents import empreinte
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Document, EntreeJournal
from tests.factories import (
    AffectationFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


def numeriser(octets, *, rotation=0, resolution=150):
    """Chaque page d'un PDF comme un numériseur la rend : une image, parfois à l'envers."""
    import pypdfium2

    document = pypdfium2.PdfDocument(octets)
    images = [page.render(scale=resolution / 72).to_pil().convert("L") for page in document]
    document.close()
    return [image.rotate(rotation, expand=True) for image in images]


def pile_de(images, nom="pile.pdf"):
    """Les images en un seul PDF, comme un numériseur l'envoie."""
    sortie = io.BytesIO()
    images[0].save(sortie, format="PDF", save_all=True, append_images=images[1:], resolution=100)
    return SimpleUploadedFile(nom, sortie.getvalue(), "application/pdf")


def page_au_code(adresse):
    """Une feuille d'ailleurs, qui ne porte qu'un code QR."""
    import segno

    feuille = Image.new("L", (850, 1100), 255)
    sortie = io.BytesIO()
    segno.make(adresse).save(sortie, kind="png", scale=4)
    feuille.paste(Image.open(sortie).convert("L"), (60, 880))
    return feuille


def page_sans_code():
    feuille = Image.new("L", (850, 1100), 255)
    feuille.paste(0, (120, 120, 600, 160))
    return feuille


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


def feuilles(code, nombre=2):
    """Les octets d'un document de ``nombre`` pages, chacune avec son code QR."""
    pages = [page_au_code(codes.adresse_de_verification(code)) for _ in range(nombre)]
    for page in pages:
        page.paste(0, (120, 120, 600, 160))
    return pile_de(pages).read()


@pytest.fixture
def emettre():
    """Une lettre de deux pages, émise : son document et ses octets."""

    def faire(**champs):
        decision = DecisionFactory(**champs)
        lettre = Lettre.objects.create(decision=decision)
        code = codes.nouveau_code()
        octets = feuilles(code)
        document = Document.objects.create(
            code=code, nature="lettre", titre=f"Lettre de décision — {lettre.demande.reference}",
            objet_type="financement.lettre", objet_id=str(lettre.pk), html="", taille=len(octets),
            pdf=ContentFile(octets, "lettre.pdf"), empreinte=empreinte(octets),
        )  # fmt: skip
        Lettre.objects.filter(pk=lettre.pk).update(document=document)
        return document, octets

    return faire


@pytest.fixture
def deux_lettres(emettre):
    premiere, octets = emettre()
    appel = retours.appel_du_document(premiere)
    seconde, autres = emettre(demande=DemandeFactory(appel=appel, recommandee=True))
    return appel, (premiere, octets), (seconde, autres)


def classer(agente, appel, *fichiers):
    travail = retours.deposer_pile(acteur=agente, appel=appel, fichiers=fichiers)
    retours.classer(travail=travail)
    travail.refresh_from_db()
    return travail, travail.piles.get()


def etats(pile):
    return list(pile.pages.order_by("no").values_list("etat", flat=True))


def test_chaque_page_va_a_sa_lettre_et_le_reste_se_montre(agente, deux_lettres, client):
    appel, (premiere, octets), (seconde, autres) = deux_lettres
    pages = numeriser(octets)
    # Mêlées, l'une à l'envers ; un dos blanc, une page sans code, la lettre d'une autre ville.
    images = [
        *numeriser(autres, rotation=180), *pages, Image.new("L", (850, 1100), 255),
        page_sans_code(), page_au_code("https://autre-ville.test/verifier/ABCD-EFGH-JKLM/"),
        pages[0],
    ]  # fmt: skip

    travail, pile = classer(agente, appel, pile_de(images))

    rangees = len(images) - 4
    assert etats(pile) == ["classee"] * rangees + ["blanche", "illisible", "etrangere", "doublon"]
    assert (travail.etat, travail.faits, travail.total) == ("fini", len(images), len(images))
    for document, attendues in ((premiere, len(pages)), (seconde, len(images) - 4 - len(pages))):
        retour = RetourNumerise.objects.get(document=document)
        assert (retour.attendues, retour.pages.count()) == (attendues, attendues)
        with retour.fichier.open("rb") as fichier:
            assert retours.nombre_de_pages(fichier) == attendues
    client.force_login(agente)
    page = client.get(reverse("ville:pile", kwargs={"cle": pile.cle}))
    assert "3 pages à ranger à la main" in unescape(page.text)
    assert "Code qui n'est pas de cette Ville" in unescape(page.text)
    assert client.get(f"/ville/retours/{pile.cle}/pages/1/")["Content-Type"] == "image/png"
    assert client.get(f"/ville/retours/{pile.cle}/pages/99/").status_code == 404


def test_une_page_que_la_pile_n_a_pas_est_introuvable_et_le_compte_dit_vrai(agente, client):
    appel = DecisionFactory().demande.appel
    travail = retours.deposer_pile(
        acteur=agente, appel=appel, fichiers=[pile_de([page_sans_code()])]
    )
    pile = travail.piles.get()
    PileNumerisee.objects.filter(pk=pile.pk).update(total=3)
    client.force_login(agente)
    assert client.get(f"/ville/retours/{pile.cle}/pages/1/").status_code == 200
    for no in (0, 2, 3):
        assert client.get(f"/ville/retours/{pile.cle}/pages/{no}/").status_code == 404

    retours.classer(travail=travail)

    pile.refresh_from_db()
    travail.refresh_from_db()
    assert pile.total == 1
    assert (travail.etat, travail.faits) == ("fini", travail.total)


def test_des_images_font_une_pile(agente, deux_lettres):
    appel, (premiere, octets), _ = deux_lettres
    fichiers = []
    for no, image in enumerate(numeriser(octets)):
        sortie = io.BytesIO()
        image.save(sortie, format="JPEG" if no else "PNG")
        fichiers.append(SimpleUploadedFile(f"page{no}.jpg", sortie.getvalue()))

    _, pile = classer(agente, appel, *fichiers)

    assert set(etats(pile)) == {"classee"}
    assert premiere.retour.pages.count() == len(fichiers)


def test_tuee_la_lecture_reprend_ou_elle_en_etait(agente, deux_lettres, monkeypatch):
    appel, (_, octets), _ = deux_lettres
    images = numeriser(octets)
    travail = retours.deposer_pile(acteur=agente, appel=appel, fichiers=[pile_de(images)])
    pile = travail.piles.get()
    lire = retours.lire_pages

    def tomber(chemin, *, sauf):
        yield next(lire(chemin, sauf=sauf))
        raise KeyboardInterrupt

    monkeypatch.setattr(retours, "lire_pages", tomber)
    with pytest.raises(KeyboardInterrupt):
        retours.classer(travail=travail)
    assert pile.pages.count() == 1
    assert not RetourNumerise.objects.exists()
    monkeypatch.setattr(retours, "lire_pages", lire)
    retours.classer(travail=travail)
    retours.classer(travail=travail)

    assert set(etats(pile)) == {"classee"}
    assert RetourNumerise.objects.count() == 1


def test_la_pile_effacee_avant_sa_lecture_le_dit_a_qui_l_a_importee(agente, deux_lettres):
    appel, (_, octets), _ = deux_lettres
    travail = retours.deposer_pile(
        acteur=agente, appel=appel, fichiers=[pile_de(numeriser(octets))]
    )
    pile = travail.piles.get()
    pile.fichier.storage.delete(pile.fichier.name)

    retours.classer(travail=travail)

    travail.refresh_from_db()
    assert travail.etat == "echoue"
    assert "n'est plus à sa place" in travail.erreurs[0]["erreur"]


def test_une_lettre_deja_revenue_ne_l_est_pas_deux_fois(agente, deux_lettres):
    appel, (premiere, octets), _ = deux_lettres
    images = numeriser(octets)
    classer(agente, appel, pile_de(images))
    _, seconde = classer(agente, appel, pile_de([*images, page_sans_code()]))
    assert etats(seconde) == ["doublon"] * len(images) + ["illisible"]
    with pytest.raises(RegleViolee, match="d'une autre pile"):
        retours.classer_page(acteur=agente, page=seconde.pages.first(), document=premiere)


def test_la_lettre_d_un_autre_appel_n_est_pas_nommee(agente, emettre, client):
    document, octets = emettre()
    ailleurs = DecisionFactory().demande.appel
    _, pile = classer(agente, ailleurs, pile_de(numeriser(octets)))
    assert set(etats(pile)) == {"autre_appel"}
    client.force_login(agente)
    page = client.get(reverse("ville:pile", kwargs={"cle": pile.cle}))
    assert "Document d'un autre appel" in unescape(page.text)
    assert document.titre not in unescape(page.text)


@pytest.mark.parametrize(
    ("fichiers", "phrase"),
    [
        ([], "Choisissez la pile"),
        ([("note.pdf", b"%PDF-1.7 casse")], "« note.pdf » ne se lit pas"),
        ([("note.txt", b"bonjour")], "« note.txt » ne se lit pas"),
    ],
)
def test_ce_qui_ne_se_lit_pas_se_refuse_en_entier(agente, fichiers, phrase):
    appel = DecisionFactory().demande.appel
    with pytest.raises(RegleViolee, match=phrase):
        retours.deposer_pile(
            acteur=agente, appel=appel, fichiers=[SimpleUploadedFile(*f) for f in fichiers]
        )
    assert not PileNumerisee.objects.exists()


def test_une_page_demesuree_se_rend_a_la_taille_d_une_feuille(tmp_path):
    """À 300 points, cinq mètres de côté prendraient trois gigaoctets."""
    import pypdfium2

    pile = pypdfium2.PdfDocument.new()
    pile.new_page(14_400, 14_400)
    pile.save(str(tmp_path / "pile.pdf"))
    tracemalloc.start()
    pages = list(lire_pages(tmp_path / "pile.pdf"))
    memoire = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(page.no, page.blanche) for page in pages] == [(1, True)]
    assert memoire < 150_000_000


def test_une_pile_de_trop_de_pages_se_refuse(agente, monkeypatch):
    monkeypatch.setattr("financement.numerisation.PAGES_MAX", 1)
    with pytest.raises(RegleViolee, match=r"« pile\.pdf » ne se lit pas"):
        retours.deposer_pile(
            acteur=agente,
            appel=DecisionFactory().demande.appel,
            fichiers=[pile_de([page_sans_code()] * 2)],
        )


def test_trop_grosse_ou_deja_importee(agente, settings, client):
    appel = DecisionFactory().demande.appel
    client.force_login(agente)
    adresse = reverse("ville:retours", kwargs={"code": appel.code})
    premiere = pile_de([page_sans_code()])
    encore = SimpleUploadedFile("encore.pdf", premiere.read())
    premiere.seek(0)
    assert client.post(adresse, {"fichiers": premiere}).status_code == 302
    refus = client.post(adresse, {"fichiers": encore})
    assert "déjà été importée, sous le nom « pile.pdf »" in refus.text
    settings.TAILLE_MAX_PILE = 10
    refus = client.post(adresse, {"fichiers": pile_de([page_au_code("x")])})
    assert "partagez-la en deux" in refus.text
    assert PileNumerisee.objects.count() == 1


class TestALaMain:
    @pytest.fixture
    def pile(self, agente, deux_lettres):
        appel, (_, octets), _ = deux_lettres
        entieres = numeriser(octets)
        return classer(agente, appel, pile_de([entieres[0], page_sans_code()]))[1]

    def test_une_page_rangee_rejoint_son_retour(self, agente, pile, deux_lettres, client):
        _, (premiere, _), _ = deux_lettres
        client.force_login(agente)
        adresse = reverse("ville:pile", kwargs={"cle": pile.cle})
        assert "Incomplet" in client.get(adresse).text
        vide = client.post(adresse, {"page": 2, "document": ""})
        assert "champ--erreur" in vide.text
        assert "Choisissez le document de cette page" in vide.text
        suite = client.post(adresse, {"page": 2, "document": premiere.pk}, follow=True)
        assert "La page 2 est rangée" in suite.text
        retour = premiere.retour
        assert list(retour.pages.values_list("no", flat=True)) == [1, 2]
        pdf = client.get(reverse("ville:retour", kwargs={"cle": retour.cle}))
        octets = b"".join(pdf.streaming_content)
        assert retours.nombre_de_pages(io.BytesIO(octets)) == 2

    def test_une_page_ecartee_ne_revient_pas(self, agente, pile):
        page = pile.pages.get(no=2)
        retours.ecarter_page(acteur=agente, page=page)
        assert etats(pile) == ["classee", "ecartee"]
        with pytest.raises(RegleViolee, match=r"« Page 2 .* est maintenant « Écartée »"):
            retours.ecarter_page(acteur=agente, page=page)
        page = pile.pages.get(no=2)
        with pytest.raises(AttributeError, match="etat"):
            page.etat = "illisible"

    def test_le_journal_dit_qui_a_range_la_page(self, agente, pile, deux_lettres, client):
        autre = UtilisateurFactory(agent=True)
        _, (premiere, _), _ = deux_lettres
        retours.classer_page(acteur=autre, page=pile.pages.get(no=2), document=premiere)
        seule, lue = pile.pages.get(no=2), pile.pages.get(no=1)
        assert [(e.verbe, e.acteur) for e in EntreeJournal.objects.pour(seule)] == [
            ("pagenumerisee.classer", autre)
        ]
        assert [(e.verbe, e.acteur) for e in EntreeJournal.objects.pour(lue)] == [
            ("pagenumerisee.classer", None)
        ]
        client.force_login(agente)
        page = client.get(reverse("ville:pile", kwargs={"cle": pile.cle})).text
        assert "a rangé une page numérisée" in page
        assert str(autre) in unescape(page)

    def test_la_pile_effacee_du_disque_se_dit_en_une_phrase(
        self, agente, pile, deux_lettres, client
    ):
        _, (premiere, _), _ = deux_lettres
        client.force_login(agente)
        adresse = reverse("ville:pile", kwargs={"cle": pile.cle})
        absent = "Le fichier « pile.pdf » n'est plus à sa place"
        assert absent not in unescape(client.get(adresse).text)
        pile.fichier.storage.delete(pile.fichier.name)

        page = unescape(client.get(adresse).text)
        assert absent in page
        assert "numérisez de nouveau" in page
        assert reverse("ville:pile_image", kwargs={"cle": pile.cle, "no": 2}) not in page
        image = client.get(reverse("ville:pile_image", kwargs={"cle": pile.cle, "no": 2}))
        assert image.status_code == 404
        assert absent in unescape(image.text)
        refus = client.post(adresse, {"page": 2, "document": premiere.pk})
        assert refus.status_code == 200
        assert absent in unescape(refus.text)
        assert etats(pile) == ["classee", "illisible"]
        # Écarter ne lit pas le fichier.
        client.post(adresse, {"page": 2, "ecarter": 1})
        assert etats(pile) == ["classee", "ecartee"]

    def test_le_retour_efface_du_disque_aussi(self, agente, pile, deux_lettres, client):
        _, (premiere, _), _ = deux_lettres
        client.force_login(agente)
        retour = premiere.retour
        retour.fichier.storage.delete(retour.fichier.name)
        premiere.pdf.storage.delete(premiere.pdf.name)
        for adresse in (
            reverse("ville:retour", kwargs={"cle": retour.cle}),
            reverse("document", kwargs={"cle": premiere.cle}),
        ):
            reponse = client.get(adresse)
            assert reponse.status_code == 404
            assert "n'est plus à sa place" in unescape(reponse.text)

    def test_une_page_ecartee_par_erreur_se_remet_a_ranger(self, agente, pile, client):
        client.force_login(agente)
        adresse = reverse("ville:pile", kwargs={"cle": pile.cle})

        def a_ranger():
            return [(a.url, a.detail) for a in attentes(agente) if a.action == "Ranger"]

        assert a_ranger() == [(adresse, f"{pile.appel.code} — 1 page à ranger")]
        assert "Remettre à ranger" not in client.get(adresse).text
        assert (
            "Remettre à ranger" in client.post(adresse, {"page": 2, "ecarter": 1}, follow=True).text
        )
        assert a_ranger() == []
        suite = client.post(adresse, {"page": 2, "remettre": 1}, follow=True)
        assert "La page 2 est de nouveau à ranger" in suite.text
        assert "a remis à ranger une page numérisée" in suite.text
        assert etats(pile) == ["classee", "illisible"]
        # Une page rangée à son document ne se reprend pas par là.
        refus = client.post(adresse, {"page": 1, "remettre": 1}, follow=True)
        assert "est maintenant « Classée »" in unescape(refus.text)
        assert etats(pile) == ["classee", "illisible"]

    def test_seulement_a_un_document_de_l_appel(self, agente, pile, emettre):
        etranger, _ = emettre()
        with pytest.raises(RegleViolee, match="un document de cet appel"):
            retours.classer_page(acteur=agente, page=pile.pages.get(no=2), document=etranger)

    def test_recuse_on_ne_voit_ni_pile_ni_retour(self, pile, deux_lettres, client):
        appel, (premiere, _), _ = deux_lettres
        recuse = UtilisateurFactory(agent=True)
        AffectationFactory(
            demande=DemandeFactory(appel=appel),
            membre=MembreComiteFactory(appel=appel, utilisateur=recuse),
            recusee=True,
        )
        client.force_login(recuse)
        for nom, kwargs in (
            ("ville:retours", {"code": appel.code}),
            ("ville:pile", {"cle": pile.cle}),
            ("ville:pile_image", {"cle": pile.cle, "no": 1}),
            ("ville:retour", {"cle": premiere.retour.cle}),
        ):
            assert client.get(reverse(nom, kwargs=kwargs)).status_code == 404
        with pytest.raises(PermissionRefusee):
            retours.ecarter_page(acteur=recuse, page=pile.pages.get(no=2))
        with pytest.raises(PermissionRefusee):
            retours.remettre_page(acteur=recuse, page=pile.pages.get(no=2))
        assert not [a for a in attentes(recuse) if a.action == "Ranger"]

    def test_le_document_detruit_emporte_son_retour(
        self, pile, deux_lettres, django_capture_on_commit_callbacks
    ):
        _, (premiere, _), _ = deux_lettres
        noms = [(f.storage, f.name) for f in (premiere.retour.fichier, pile.fichier)]
        with django_capture_on_commit_callbacks(execute=True):
            retours.detruire_retours(Document.objects.filter(pk=premiere.pk))
        assert not RetourNumerise.objects.exists()
        assert not any(stockage.exists(nom) for stockage, nom in noms)
        assert set(PageNumerisee.objects.values_list("etat", flat=True)) == {
            "ecartee", "illisible",
        }  # fmt: skip
        assert conservation.detruire_retours is retours.detruire_retours


@pytest.mark.parametrize("nombre", [1, 3])
def test_la_liste_des_piles_garde_son_nombre_de_requetes(
    agente, client, django_assert_num_queries, nombre
):
    appel = DecisionFactory().demande.appel
    for no in range(nombre):
        pile = PileNumerisee.objects.create(
            appel=appel, nom=f"{no}", empreinte=str(no) * 64, total=1, deposee_par=agente
        )
        pile.pages.create(no=1, etat="illisible")
    client.force_login(agente)
    adresse = reverse("ville:retours", kwargs={"code": appel.code})
    client.get(adresse)
    with django_assert_num_queries(REQUETES):
        client.get(adresse)


REQUETES = 5


def test_le_code_de_chaque_page_d_une_vraie_lettre_se_lit(agente, tmp_path):
    lettre = lettres.emettre_lettre(
        acteur=agente, lettre=lettres.preparer_lettre(decision=DecisionFactory())
    )
    with lettre.document.pdf.open() as fichier:
        scan = pile_de(numeriser(fichier.read()))
    (tmp_path / "scan.pdf").write_bytes(scan.read())
    lues = list(lire_pages(tmp_path / "scan.pdf"))
    assert lues
    assert {codes.code_de_l_adresse(page.lu) for page in lues} == {lettre.document.code}


def test_le_retour_se_montre_a_cote_de_sa_lettre(agente, deux_lettres, client):
    appel, (premiere, octets), _ = deux_lettres
    adresse = reverse("ville:lettres", kwargs={"code": appel.code})
    client.force_login(agente)
    assert "Retour signé sur papier" not in client.get(adresse).text
    classer(agente, appel, pile_de(numeriser(octets)))
    page = client.get(adresse).text
    assert page.count("Retour signé sur papier") == 1
    assert reverse("ville:retour", kwargs={"cle": premiere.retour.cle}) in page
