"""`verifier_360giving` : ce qui se publie, comparé au schéma que la Ville a téléchargé."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.vitrine.objets import un_projet_annonce

pytestmark = pytest.mark.django_db
NOTRE = json.loads((Path(__file__).parents[1] / "donnees" / "360giving.json").read_text())
JOUR_OU_INSTANT = {
    "type": "string",
    "oneOf": [{"format": "date-time"}, {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}],
}


def ecrire(fichier, contenu):
    texte = contenu if isinstance(contenu, str) else json.dumps(contenu)
    fichier.write_text(texte, encoding="utf-8")
    return str(fichier)


@pytest.fixture
def schemas(tmp_path):
    """Le schéma d'une aide et celui du paquet, qui renvoie au premier par une adresse lointaine."""
    proprietes = NOTRE["$defs"]["aide"]["properties"] | {"awardDate": JOUR_OU_INSTANT}
    aide = NOTRE["$defs"]["aide"] | {"$defs": NOTRE["$defs"], "properties": proprietes}
    paquet = NOTRE | {
        "properties": NOTRE["properties"]
        | {"grants": {"type": "array", "items": {"$ref": "https://schema.invalid/1/aide.json"}}}
    }
    return aide | {"$schema": NOTRE["$schema"]}, paquet


def verifier(tmp_path, aide, paquet=None, codes=()):
    options = ["--schema", ecrire(tmp_path / "aide.json", aide)]
    if paquet is not None:
        options += ["--schema-paquet", ecrire(tmp_path / "paquet.json", paquet)]
    call_command("verifier_360giving", *codes, *options)


def test_sans_ecart_le_compte_des_aides(schemas, tmp_path, capsys):
    projet = un_projet_annonce()
    un_projet_annonce()
    verifier(tmp_path, *schemas)
    assert "360Giving : 2, sans écart" in capsys.readouterr().out
    verifier(tmp_path, schemas[0], codes=[projet.appel.code])
    assert "360Giving : 1, sans écart" in capsys.readouterr().out


def test_chaque_ecart_se_dit_a_son_endroit(schemas, tmp_path, settings):
    code = un_projet_annonce().appel.code
    aide, paquet = schemas
    aide["required"] = [*aide["required"], "dateModified"]
    aide["properties"] |= {"amountAwarded": {"type": "string"}, "currency": {"enum": ["GBP"]}}
    paquet["required"] = ["grants", "issued"]
    settings.SITE_URL = "pas une adresse"
    with pytest.raises(CommandError) as refus:
        verifier(tmp_path, aide, paquet)
    dits = str(refus.value).splitlines()
    assert {
        f"{code} : le paquet : « issued » manque.",
        f"{code} : grants[0] : « dateModified » manque.",
        f"{code} : grants[0].amountAwarded : attendu, un texte.",
        f"{code} : grants[0].currency : « CAD » n'est pas une valeur permise.",
        f"{code} : publisher.website : « pas une adresse » n'a pas la forme « uri ».",
    } <= set(dits)
    assert len(dits) == len(set(dits))


@pytest.mark.parametrize(
    ("contenu", "dit"),
    [
        ("{", "n'est pas du JSON"),
        ([], "n'est pas un schéma"),
        ({"grants": []}, "n'est pas un schéma"),
        ({"properties": {"id": {"type": "inconnu"}}}, "n'est pas un schéma"),
        ({"properties": {"id": {"$ref": "#/definitions/absente"}}}, "n'est pas un schéma"),
    ],
)
def test_un_fichier_qui_n_est_pas_un_schema(tmp_path, contenu, dit):
    un_projet_annonce()
    with pytest.raises(CommandError, match=dit):
        verifier(tmp_path, contenu)


def test_un_fichier_absent_et_un_appel_sans_aide(schemas, tmp_path):
    with pytest.raises(CommandError, match="ne se lit pas"):
        call_command("verifier_360giving", "--schema", str(tmp_path / "absent.json"))
    with pytest.raises(CommandError, match="aucune aide publiée"):
        verifier(tmp_path, schemas[0], codes=["INCONNU"])
