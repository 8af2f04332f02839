"""Les champs propres aux appels : montants, parts, échelles, plans de versements.

Chacun s'écrit comme une personne l'écrirait et rend la valeur que le domaine attend.
"""

import re
from decimal import Decimal
from typing import Any

from django import forms

MAXIMUM = Decimal("9999999999.99")
ESPACES = str.maketrans("", "", " \u00a0\u202f$%")
# « 12,000.50 » et « 12.000,50 » : des milliers séparés, et ce que l'autre signe dit des cents.
MILLIERS = re.compile(
    r"-?[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+(?:\.[0-9]*)?|(?:\.[0-9]{3})+(?:,[0-9]*)?)"
)
# « 12,000 » : douze mille ou douze dollars ? On demande plutôt que de deviner.
AMBIGU = re.compile(r"-?([1-9][0-9]{0,2})[.,]([0-9]{3})")


class MontantField(forms.CharField):
    """Un montant en dollars : virgule ou point, espaces permis ; deux décimales, jamais négatif."""

    attendu = True
    unite = "$"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        super().__init__(max_length=40, **kwargs)

    def prepare_value(self, valeur: Any) -> Any:
        return f"{valeur:.2f}".replace(".", ",") if isinstance(valeur, Decimal) else valeur

    def clean(self, valeur: Any) -> Decimal | None:
        texte = super().clean(valeur) or ""
        texte = texte.translate(ESPACES)
        if not texte:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        if ambigu := AMBIGU.fullmatch(texte):
            entier, suite = ambigu.groups()
            raise forms.ValidationError(
                f"Deux décimales au plus : écrivez {entier} {suite} ou {entier},{suite[:2]}.",
                code="ambigu",
            )
        if MILLIERS.fullmatch(texte):
            separateur = next(signe for signe in texte if signe in ".,")
            texte = texte.replace(separateur, "")
        if not re.fullmatch(r"-?[0-9]+([.,][0-9]*)?", texte):
            raise forms.ValidationError("Écrivez un montant, par exemple 1 250,00.", code="montant")
        montant = Decimal(texte.replace(",", "."))
        if montant < 0:
            raise forms.ValidationError("Le montant ne peut pas être négatif.", code="negatif")
        if montant > MAXIMUM:
            raise forms.ValidationError("Ce montant est trop grand.", code="grand")
        if montant != montant.quantize(Decimal("0.01")):
            raise forms.ValidationError("Deux décimales au plus.", code="decimales")
        return montant.quantize(Decimal("0.01"))


class PourcentField(forms.CharField):
    """Une part : « 80 » se range 0,80 ; de 0 à 100, deux décimales au plus."""

    unite = "%"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(max_length=10, **kwargs)

    def prepare_value(self, valeur: Any) -> Any:
        if not isinstance(valeur, Decimal):
            return valeur
        texte = f"{valeur * 100:.2f}".rstrip("0").rstrip(".")
        return texte.replace(".", ",")

    def clean(self, valeur: Any) -> Decimal:
        texte = (super().clean(valeur) or "").translate(ESPACES).replace(",", ".")
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", texte) or Decimal(texte) > 100:
            raise forms.ValidationError(
                "Écrivez un pourcentage de 0 à 100, par exemple 80.", code="pourcent"
            )
        return (Decimal(texte) / 100).quantize(Decimal("0.0001"))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != data


class EchelleField(forms.CharField):
    """L'échelle d'un critère : une ligne par note, « 3 : Répond à l'essentiel »."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 6}))
        super().__init__(max_length=4000, **kwargs)

    def prepare_value(self, valeur: Any) -> Any:
        if not isinstance(valeur, dict):
            return valeur
        notes = sorted(valeur.items(), key=lambda paire: int(paire[0]))
        return "\n".join(f"{note} : {mots}" for note, mots in notes)

    def clean(self, valeur: Any) -> dict[str, str]:
        echelle: dict[str, str] = {}
        for ligne in (super().clean(valeur) or "").splitlines():
            if not ligne.strip():
                continue
            trouve = re.fullmatch(r"\s*(-?[0-9]{1,3})\s*:\s*(\S.*?)\s*", ligne)
            if trouve is None:
                raise forms.ValidationError(
                    f"« {ligne.strip()[:60]} » : écrivez la note, deux-points, puis ses mots.",
                    code="ligne",
                )
            note, mots = str(int(trouve[1])), trouve[2]
            if note in echelle:
                raise forms.ValidationError(f"La note {note} est décrite deux fois.", code="double")
            echelle[note] = mots
        return echelle

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != (data or "").replace("\r\n", "\n")


class PlanVersementsField(forms.CharField):
    """Le plan de versements : une ligne par palier, « jusqu'à 10 000 : 80, 20 ».

    La dernière ligne, « au-delà : 50, 40, 10 », vaut pour tous les montants plus grands. Les
    tranches d'un palier sont des pourcentages qui totalisent 100.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(max_length=1000, **kwargs)

    def prepare_value(self, valeur: Any) -> Any:
        if not isinstance(valeur, list):
            return valeur
        lignes = []
        for palier in valeur:
            borne = palier["jusqu_a"]
            debut = "au-delà" if borne is None else f"jusqu'à {borne}"
            tranches = ", ".join(f"{Decimal(str(tranche)):f}" for tranche in palier["tranches"])
            lignes.append(f"{debut} : {tranches}")
        return "\n".join(lignes)

    def clean(self, valeur: Any) -> list[dict[str, Any]]:
        lignes = [ligne for ligne in super().clean(valeur).splitlines() if ligne.strip()]
        paliers = [self._palier(ligne) for ligne in lignes]
        bornes = [palier["jusqu_a"] for palier in paliers]
        if bornes[-1] is not None or None in bornes[:-1]:
            raise forms.ValidationError("Finissez par une ligne « au-delà ».", code="fin")
        if bornes[:-1] != sorted(set(bornes[:-1])):
            raise forms.ValidationError(
                "Les paliers vont du plus petit au plus grand.", code="rang"
            )
        return paliers

    @staticmethod
    def _palier(ligne: str) -> dict[str, Any]:
        debut, separateur, suite = ligne.replace("’", "'").partition(":")
        debut = debut.strip().lower().translate(ESPACES)
        borne: int | None = None
        if debut.startswith("jusqu'à") and debut.removeprefix("jusqu'à").isdecimal():
            borne = int(debut.removeprefix("jusqu'à"))
        elif debut != "au-delà" or not separateur:
            raise forms.ValidationError(
                f"« {ligne.strip()[:60]} » : commencez par « jusqu'à 10 000 : » ou « au-delà : ».",
                code="ligne",
            )
        parts = [part.translate(ESPACES) for part in suite.split(",")]
        tranches = [int(part) for part in parts if re.fullmatch("[1-9][0-9]?|100", part)]
        if len(tranches) != len(parts) or sum(tranches) != 100:
            raise forms.ValidationError(
                f"« {ligne.strip()[:60]} » : les tranches sont des pourcentages entiers qui "
                "totalisent 100.",
                code="tranches",
            )
        return {"jusqu_a": borne, "tranches": tranches}
