from vitrine.models.activite import Activite
from vitrine.models.guide import Guide
from vitrine.models.temps_fort import TempsFort
from vitrine.models.version import VersionActivite

__all__ = ["Activite", "Guide", "TempsFort", "VersionActivite"]
