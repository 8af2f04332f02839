"""Les comptes au nom desquels un appel importé est rejoué.

La démonstration y met ses propres comptes ; sinon, des comptes techniques sans mot de passe, dont
l'adresse en « .invalid » ne reçoit jamais de courriel.
"""

from dataclasses import dataclass, field

from socle.models import Organisme, RoleVille, Utilisateur

DOMAINE = "importation.invalid"


@dataclass
class Acteurs:
    agent: Utilisateur
    approbation: Utilisateur
    tresorerie: Utilisateur
    comite: dict[str, Utilisateur] = field(default_factory=dict)
    responsables: dict[str, Utilisateur] = field(default_factory=dict)

    def membre(self, *, appel: str, code: str, nom: str) -> Utilisateur:
        """Le compte du membre ``code`` du comité."""
        if code not in self.comite:
            adresse = f"{appel}-{code}@{DOMAINE}".lower()
            self.comite[code] = compte_technique(adresse, nom=nom)
        return self.comite[code]

    def responsable(self, *, neq: str, nom: str) -> Utilisateur:
        """Le compte responsable d'un organisme : celui donné, un membre existant, ou un nouveau."""
        if neq not in self.responsables:
            adhesion = (
                Organisme.objects.filter(neq=neq, adhesions__role="responsable")
                .values_list("adhesions__utilisateur", flat=True)
                .first()
            )
            self.responsables[neq] = (
                Utilisateur.objects.get(pk=adhesion)
                if adhesion
                else compte_technique(f"neq-{neq}@{DOMAINE}", nom=f"Responsable — {nom}"[:120])
            )
        return self.responsables[neq]


def compte_technique(adresse: str, *, nom: str, roles: tuple[RoleVille, ...] = ()) -> Utilisateur:
    compte, _ = Utilisateur.objects.get_or_create(
        email=adresse, defaults={"nom": nom, "roles": list(roles), "password": "!"}
    )
    return compte


def acteurs_techniques() -> Acteurs:
    """Trois comptes de la Ville, distincts : qui autorise n'est pas qui propose."""
    return Acteurs(
        agent=compte_technique(
            f"agent@{DOMAINE}", nom="Importation — agent", roles=(RoleVille.AGENT,)
        ),
        approbation=compte_technique(
            f"approbation@{DOMAINE}",
            nom="Importation — approbation",
            roles=(RoleVille.APPROBATION,),
        ),
        tresorerie=compte_technique(
            f"tresorerie@{DOMAINE}", nom="Importation — trésorerie", roles=(RoleVille.TRESORERIE,)
        ),
    )
