"""Django's settings, made from the typed ones in `foundation.config`."""

from importlib.util import find_spec
from pathlib import Path

import dj_database_url

from faceweb.access.login_throttle import FAILURES, PAUSE
from faceweb.access.secret_key import secret_key
from faceweb.middleware.health_paths import HEALTH_PATHS
from foundation.config import get_settings
from foundation.settings.names import comma_separated

_settings = get_settings()

DEBUG = _settings.debug
SECRET_KEY = secret_key(_settings)
ALLOWED_HOSTS = comma_separated(_settings.allowed_hosts)

OUR_APPS = [
    "faceweb",
    "scaler",
    # Rooms above this one that bring commands only; an image may leave any of them out.
    *(room for room in ("localcloud", "deploy", "benchmarks") if find_spec(room)),
]
INSTALLED_APPS = [
    "faceweb.administration.apps.Administration",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "axes",
    *OUR_APPS,
]
SCALER_LEDGER = "faceweb.jobs.ledger.JobTable"
SCALER_AUDIT = "faceweb.access.audit.record"
MIDDLEWARE = [
    "faceweb.middleware.headers_and_times.measure_requests",
    "faceweb.middleware.headers_and_times.safe_headers",
    "faceweb.middleware.error_pages.error_pages",
    "faceweb.middleware.async_middleware.Security",
    "faceweb.middleware.static_files.AsyncWhiteNoise",
    "faceweb.middleware.async_middleware.FrameOptions",
    "faceweb.middleware.async_middleware.Common",
    "faceweb.middleware.async_middleware.Sessions",
    "faceweb.middleware.async_middleware.Authentication",
    "faceweb.server.admission.admit",  # above this: headers only
    "faceweb.middleware.async_middleware.Csrf",
    "faceweb.middleware.async_middleware.Messages",
    "faceweb.middleware.json_forms.read_json_forms",
    "faceweb.middleware.idempotency.answer_once",
    "axes.middleware.AxesMiddleware",
]
# They look for Django's own names, and these are subclasses.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]
ROOT_URLCONF = "faceweb.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],  # ours before those of Django's admin
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "faceweb.pages.access.permissions",
            ]
        },
    }
]


def _database() -> dict[str, object]:
    """SQLite in WAL mode under VAR_DIR, or what DATABASE_URL names.

    IMMEDIATE takes the write lock at the start of a transaction, so that a writer waits for its
    turn. SQLite's default fails at once when a reader wants to become a writer. What is freed is
    overwritten, so that nothing is left in the file of a person who was erased.
    """
    if _settings.database_url:
        return dict(
            dj_database_url.parse(_settings.database_url, conn_max_age=60, conn_health_checks=True)
        )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _settings.var_dir / "faceweb.sqlite3",
        "CONN_MAX_AGE": None,  # a file does not restart, and a new connection reads its schema
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            "PRAGMA secure_delete=ON;",
        },
        # A file, not memory: the tests' collector and views are threads of their own.
        "TEST": {"NAME": _settings.var_dir / "test.sqlite3"},
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

CSRF_FAILURE_VIEW = "faceweb.pages.errors.stale_form"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Counted by user and address together: nobody can lock others out, at an office's address or by
# an administrator's name.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = FAILURES
AXES_COOLOFF_TIME = PAUSE
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "faceweb.access.login_throttle.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["faceweb.formats"]
STATIC_URL = "static/"
# Static files come straight from their packages: nothing to collect before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

# `faceweb.server.admission` has refused what is too large: a picture, a batch, a video. What is not
# small goes to a file before it is parsed, so that stalled uploads hold no memory.
DATA_UPLOAD_MAX_NUMBER_FILES = 21
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20  # of fields and JSON; files are not counted
FILE_UPLOAD_MAX_MEMORY_SIZE = 128 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 3600
if _settings.https:  # a browser takes such a name over HTTPS alone, from no other host
    SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _settings.https
SECURE_HSTS_SECONDS = 31_536_000 if _settings.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _settings.https
# Load balancers ask for health by plain HTTP. What else came by HTTPS, a trusted proxy says
# (`faceweb.middleware.proxies`), and no other header is believed.
SECURE_REDIRECT_EXEMPT = [f"^{path.lstrip('/')}$" for path in HEALTH_PATHS]
CSRF_TRUSTED_ORIGINS = [one.rstrip("/") for one in comma_separated(_settings.csrf_trusted_origins)]

LOGGING_CONFIG = None  # foundation.logs configures all logs
