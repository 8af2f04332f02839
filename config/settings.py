"""Tous les réglages de l'application, lus dans l'environnement.

Le tableau des variables, avec leurs valeurs par défaut, est dans ``docs/exploitation.md``.
"""

import secrets
from pathlib import Path

import environ
from bootstrap_wrapper import get_bootstrap_dir
from csp.constants import NONCE, NONE, SELF
from django.contrib import messages
from whitenoise.compress import Compressor

from config import suivi_erreurs
from config.planification import TACHES_PERIODIQUES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Marche -----------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
DEMONSTRATION = env.bool("DEMONSTRATION", default=False)
VAR_DIR = Path(env.str("APPELS_VAR", default=str(BASE_DIR / "var")))


def _cle_secrete() -> str:
    """La clé de SECRET_KEY ; à défaut, une clé tirée une fois et gardée dans ``var/``.

    Une clé gardée laisse les sessions ouvertes survivre au redémarrage de la démonstration.
    """
    fichier = VAR_DIR / "cle_secrete"
    try:
        return fichier.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        cle = secrets.token_urlsafe(64)
        fichier.touch(mode=0o600)
        fichier.write_text(cle, encoding="ascii")
        return cle


SECRET_KEY = env.str("SECRET_KEY", default="") or _cle_secrete()
# Elle chiffre les coordonnées bancaires : la changer les rend illisibles.
CLE_CHIFFREMENT = env.str("CLE_CHIFFREMENT", default="") or SECRET_KEY
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
EN_HTTPS = SITE_URL.startswith("https://")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_fsm",
    "django_htmx",
    "django_prose_editor",
    "leaflet",
    "localflavor",
    "pgtrigger",
    "phonenumber_field",
    "post_office",
    "rules",
    "socle",
    "appels",
    "evaluations",
    "financement",
    "vitrine",
]

MIDDLEWARE = [
    # Le premier : l'heure qui fait foi est celle où la demande est arrivée (regles.md, 4).
    "socle.middleware.HeureDeReceptionMiddleware",
    "socle.middleware.AdresseLisibleMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "socle.middleware.FichierAbsentMiddleware",
    "socle.middleware.ConnexionExigeeMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "socle.typographie.GabaritsTypographies",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "socle.context_processors.navigation",
            ],
            "builtins": [
                "socle.templatetags.affichage",
                "socle.templatetags.composants",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
MESSAGE_TAGS = {messages.ERROR: "danger"}

# --- Données ----------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default="postgresql://postgres@localhost/appels"),
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
    },
}
_OPTIONS_BASE = DATABASES["default"].setdefault("OPTIONS", {})
# La base en panne, une page le dit en cinq secondes ; revenue, la réserve la retrouve aussitôt.
_OPTIONS_BASE.setdefault("connect_timeout", 5)
if env.bool("DATABASE_POOL", default=True):
    _OPTIONS_BASE["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_MAX", default=8),
        "timeout": 5,
        "reconnect_timeout": 5,
    }

# --- Celery -----------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="redis://localhost:6379/0")
CELERY_TIMEZONE = "America/Toronto"
CELERY_BEAT_SCHEDULE = TACHES_PERIODIQUES
# Une tâche n'est retirée de la file qu'une fois finie : un ouvrier tué la rend à un autre.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ALWAYS_EAGER = False

_CACHE_URL = CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else ""
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2} if _CACHE_URL else {}
CACHES = {
    "default": (
        {"BACKEND": "socle.cache_de_secours.CacheDeSecours", "LOCATION": _CACHE_URL}
        if _CACHE_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
# Une page publique se garde moins d'une minute ; 0 : elle se refait à chaque demande.
CACHE_PUBLIC_SECONDES = env.int("CACHE_PUBLIC_SECONDES", default=45)
# Les données ouvertes : demandes par minute et par adresse, et ce qui précède un numéro d'aide.
DONNEES_PAR_MINUTE = env.int("DONNEES_PAR_MINUTE", default=60)
PREFIXE_360GIVING = env.str("PREFIXE_360GIVING", default="360G-trois-rivieres")

# --- Comptes ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "socle.Utilisateur"
AUTHENTICATION_BACKENDS = ["socle.comptes.Authentification"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{nom}"}
    for nom in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "mon_espace"
LOGOUT_REDIRECT_URL = "accueil"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "socle.comptes.AdaptateurDeCompte"
ACCOUNT_FORMS = {"signup": "socle.forms.InscriptionForm"}
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "socle.comptes.AdaptateurDuSecondFacteur"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Appels à projets"
# La ville exige le second facteur de ses employés ; la démonstration l'offre sans l'exiger.
SECOND_FACTEUR_EXIGE = env.bool("SECOND_FACTEUR_EXIGE", default=not DEMONSTRATION)
SOCIALACCOUNT_PROVIDERS = {}
if env.str("OIDC_URL", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "ville",
                "name": env.str("OIDC_NOM", default="Compte de la Ville"),
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_SECRET"),
                "settings": {"server_url": env.str("OIDC_URL")},
            }
        ]
    }
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_SAVE_EVERY_REQUEST = False

# --- Langue et heure --------------------------------------------------------------------------
LANGUAGE_CODE = "fr-ca"
LANGUAGES = [("fr-ca", "Français (Québec)")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/Toronto"
USE_THOUSAND_SEPARATOR = False
PHONENUMBER_DEFAULT_REGION = "CA"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"
PHONENUMBER_DB_FORMAT = "E164"

# --- Fichiers ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", get_bootstrap_dir())]
MEDIA_ROOT = VAR_DIR / "fichiers"
MEDIA_STORAGE = env.str("MEDIA_STORAGE", default="")
STORAGES = {
    "default": {"BACKEND": "socle.rangement.Dossier"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
# Les outils de développement seuls lisent ces cartes : les comprimer prenait dix secondes.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
if MEDIA_STORAGE.startswith("s3://"):
    STORAGES["default"] = {
        "BACKEND": "socle.rangement_s3.Seau",
        "OPTIONS": {
            "bucket_name": MEDIA_STORAGE.removeprefix("s3://").strip("/"),
            "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
            "default_acl": "private",
            "file_overwrite": False,
        },
    }
elif MEDIA_STORAGE:
    MEDIA_ROOT = Path(MEDIA_STORAGE)
# Au-delà, en dollars, la trésorerie n'autorise pas un versement : l'approbation le fait.
SEUIL_AUTORISATION_TRESORERIE = env.int("SEUIL_AUTORISATION_TRESORERIE", default=25_000)
# Ce qui se garde, en années (regles.md, 18) : après la fermeture, et pour tout le reste.
CONSERVATION_FERMEES_ANS = env.int("CONSERVATION_FERMEES_ANS", default=7)
CONSERVATION_AUTRES_ANS = env.int("CONSERVATION_AUTRES_ANS", default=3)
# Le certificat qui scelle les documents (PKCS #12) ; la démonstration se fait le sien.
SCEAU_PKCS12 = env.str("SCEAU_PKCS12", default="")
SCEAU_MOT_DE_PASSE = env.str("SCEAU_MOT_DE_PASSE", default="")
SCEAU_HORODATAGE_URL = env.str("SCEAU_HORODATAGE_URL", default="")
TAILLE_MAX_PIECE = 15 * 1024 * 1024
TAILLE_MAX_PILE = 200 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
CLAMD_URL = env.str("CLAMD_URL", default="")

# --- Courriel ---------------------------------------------------------------------------------
# Sans EMAIL_URL, les courriels restent dans la boîte d'envoi, lisible à /ville/courriels/.
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_BACKEND = "post_office.EmailBackend"
_TRANSPORT = env.email_url_config(EMAIL_URL) if EMAIL_URL else {}
for _reglage in ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"):
    if _TRANSPORT.get(_reglage):
        globals()[_reglage] = _TRANSPORT[_reglage]
EMAIL_USE_TLS = _TRANSPORT.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _TRANSPORT.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Ville de Trois-Rivières <appels@exemple.test>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
POST_OFFICE = {
    "BACKENDS": {
        "default": (
            "django.core.mail.backends.smtp.EmailBackend"
            if EMAIL_URL
            else "django.core.mail.backends.dummy.EmailBackend"
        )
    },
    "DEFAULT_PRIORITY": "medium",
    "MAX_RETRIES": 4,
    "CELERY_ENABLED": False,
    # Dans ``var/`` et non dans le dossier temporaire de la machine, commun à ses autres villes.
    "LOCK_FILE_NAME": str(VAR_DIR / "post_office"),
    "MESSAGE_ID_ENABLED": True,
    "MESSAGE_ID_FQDN": SITE_URL.split("//")[-1].split(":")[0],
}

# --- La ville ---------------------------------------------------------------------------------
VILLE = {
    "nom": env.str("VILLE_NOM", default="Ville de Trois-Rivières"),
    "service": env.str("VILLE_SERVICE", default="Bureau de développement social"),
    "signataire_nom": env.str("VILLE_SIGNATAIRE_NOM", default="Dominique Approbation"),
    "signataire_titre": env.str("VILLE_SIGNATAIRE_TITRE", default="responsable du service"),
    "telephone": env.str("VILLE_TELEPHONE", default="819 374-2002"),
    "courriel": env.str("VILLE_COURRIEL", default="311@v3r.net"),
    "adresse": env.str(
        "VILLE_ADRESSE",
        default=("1325, place de l'Hôtel-de-Ville, C. P. 368, Trois-Rivières (Québec)  G9A 5H3"),
    ),
}

# --- Sécurité ---------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = EN_HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = EN_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if EN_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = EN_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
if env.bool("DERRIERE_MANDATAIRE", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # L'adresse de qui demande (ou signe) est celle que le mandataire rapporte.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# L'heure de réception qu'écrit config/serveur_web.py (ou le mandataire, quand il est de confiance).
# Servie autrement, l'application n'écoute pas un en-tête que le client pourrait forger.
ENTETE_HEURE_RECEPTION = (
    "HTTP_X_REQUEST_START" if env.bool("HEURE_DE_RECEPTION_SURE", default=False) else ""
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *env.list("TUILES_ORIGINES", default=[])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- Cartes -----------------------------------------------------------------------------------
LEAFLET_CONFIG = {
    "DEFAULT_CENTER": (46.3432, -72.5430),
    "DEFAULT_ZOOM": 11,
    "TILES": env.str("TUILES_URL", default=""),
    "ATTRIBUTION_PREFIX": env.str("TUILES_CREDIT", default=""),
    "RESET_VIEW": False,
    "NO_GLOBALS": False,
}

# --- Journaux techniques ----------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"ligne": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ligne"}},
    "root": {
        "handlers": ["console"],
        "level": env.str("NIVEAU_JOURNAL", default="INFO"),
    },
    # Sans sortie à lui, post_office en installe une qui dit tout, chaque minute.
    "loggers": {
        "post_office": {
            "handlers": ["console"],
            "level": env.str("NIVEAU_JOURNAL", default="INFO"),
            "propagate": False,
        },
        # Chaque étape d'un rendu n'intéresse personne ; ses avertissements, oui.
        "weasyprint.progress": {"level": "WARNING"},
    },
}
suivi_erreurs.demarrer(env.str("SENTRY_DSN", default=""))
# W019 : SAMEORIGIN et non DENY, pour montrer nos propres PDF dans nos propres pages.
SILENCED_SYSTEM_CHECKS = ["security.W019"]

# --- Démonstration ----------------------------------------------------------------------------
# La galerie des composants n'est servie qu'en DEBUG et dans les tests.
GALERIE = DEBUG
MOT_DE_PASSE_DEMONSTRATION = "demo-appels-2026"
COMPTES_DEMONSTRATION = [
    {"role": role, "courriel": f"{nom}@exemple.test", "mot_de_passe": MOT_DE_PASSE_DEMONSTRATION}
    for role, nom in (
        ("Organisme — responsable", "organisme"),
        ("Organisme — rédaction", "redaction"),
        ("Comité — présidence", "comite1"),
        ("Comité — membre (aussi comite3 à comite6)", "comite2"),
        ("Ville — agente de programme", "agent"),
        ("Ville — approbation", "approbation"),
        ("Ville — trésorerie", "tresorerie"),
        ("Ville — administration", "administration"),
        ("MIFI — reddition de comptes", "mifi"),
    )
]
