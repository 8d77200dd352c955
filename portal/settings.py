"""Every setting of the portal, taken from the environment; unsafe production values refuse to start."""

import os
from importlib.util import find_spec
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.environment import anchors, database, env, event_keys, key_ring, periods

ROOT = Path(__file__).resolve().parent.parent


# --- how this process runs ------------------------------------------------------------------------------------------

MODE = env("SAFE_RETURN_MODE", "production")  # production | local (one machine, loopback) | demo | test
if MODE not in {"production", "local", "demo", "test"}:
    raise ImproperlyConfigured(f"SAFE_RETURN_MODE is {MODE!r}. Use production, local, demo or test.")
PRODUCTION = MODE == "production"
DEMO = MODE == "demo"
DEMO_ANALYST = "j.tremblay@ottawa-unit.example"  # whom commands act for in a demonstration
DEMO_EVERY = int(env("SAFE_RETURN_DEMO_EVERY", "1"))  # of the files told by chance, each, or every seventh
DEBUG = env("SAFE_RETURN_DEBUG", "0") == "1"
AS_MIGRATOR = os.environ.get("SAFE_RETURN_AS") == "migrator"
AS_ANCHOR = os.environ.get("SAFE_RETURN_AS") == "anchor"  # signs checkpoints: no other secret of the portal is told it
UNUSED = "" if AS_ANCHOR else None
SECRET_KEY = "-" * 50 if AS_ANCHOR else env("SAFE_RETURN_SECRET_KEY")
DATA = Path(env("SAFE_RETURN_DATA", str(ROOT / ".data")))
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env("SAFE_RETURN_HOSTS", "" if PRODUCTION else ",".join([*LOOPBACK, "testserver"])).split(",")
CONTACT = env("SAFE_RETURN_CONTACT", "")  # whom to tell of trouble; stands on the sign-in page
# Where people reach the portal: in the links of mails and of commands, whatever host a request names.
ADDRESS = env("SAFE_RETURN_ADDRESS", f"https://{ALLOWED_HOSTS[0]}" if PRODUCTION else "http://127.0.0.1:8000")
# Until the operator saves another one on the page of the set-up; what was saved is read again after so many seconds.
NETWORK_NAME = env("SAFE_RETURN_NETWORK_NAME", "Safe Return")
NETWORK_SECONDS = 3600 if MODE == "test" else 5

if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("SAFE_RETURN_DEBUG is on. Debug pages show data: set it to 0.")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("SAFE_RETURN_SECRET_KEY is shorter than 50 characters. Make a random one.")
    if not all(ALLOWED_HOSTS) or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("SAFE_RETURN_HOSTS must list the host names of this portal, without *.")
    if not ADDRESS.startswith("https://"):
        raise ImproperlyConfigured("SAFE_RETURN_ADDRESS must begin with https://.")

# --- applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.forms",
    "portal.audit",
    "portal.accounts",
    "portal.casework",
    "portal.access",
    "victims",
    "shelters",
    "referrals",
    "portal.desk",
    "portal.demo",
    "portal.bench",
    "portal.embedded",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_countries",
    "django_htmx",
    "guardian",
    "simple_history",
]

MIDDLEWARE = [
    "portal.desk.middleware.RequestRecord",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.desk.middleware.NoStore",
    "portal.desk.middleware.BodyLimit",  # before anything reads a body or asks the database
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.access.sign_in.IdentityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.desk.middleware.WholePageAnswers",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Person"
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # its backend answers yes to rights that have ended

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.casework.templatetags.portal",
                "portal.casework.templatetags.words",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.desk.frame.frame",
                "portal.demo.desks.demo_desks",
            ],
        },
    }
]
FORM_RENDERER = "portal.casework.forms.PortalRenderer"

# --- databases ------------------------------------------------------------------------------------------------------


if MODE == "test":
    DATABASES = {"default": database(env("DATABASE_TEST_URL"), role="owner")}
elif AS_MIGRATOR:
    DATABASES = {"default": database(env("DATABASE_OWNER_URL"), role="owner")}
elif AS_ANCHOR:
    DATABASES = {"default": database(env("DATABASE_ANCHOR_URL"))}
else:
    DATABASES = {"default": database(env("DATABASE_URL"))}
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 6, "timeout": 5}

DATABASE_ROUTERS = ["portal.access.router.Router"]

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env("CACHE_URL", "" if AS_ANCHOR else None),
    }
}

# --- signing in -----------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["portal.access.sign_in.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:home"
ACCOUNT_ADAPTER = "portal.access.sign_in.SignInAdapter"
ACCOUNT_FORMS = {
    "login": "portal.access.sign_in_forms.SignInForm",
    "reauthenticate": "portal.access.sign_in_forms.PasswordAgainForm",
    "reset_password": "portal.access.sign_in_forms.ForgottenForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by invitation; nobody signs up
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # whoever has no account is not told of the portal
# The library's own would copy each address into a table of its own, which nobody may write.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# The account first: what it refuses is not counted for the address, behind which a whole office may sit.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "5/5m/key,60/m/ip"}
MFA_ADAPTER = "portal.access.sign_in.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "portal.access.sign_in_forms.CodeForm",
    "reauthenticate": "portal.access.sign_in_forms.CodeAgainForm",
    "activate_totp": "portal.access.sign_in_forms.FirstCodeForm",
    "authenticate_webauthn": "portal.access.code_forms.PasskeyAtSignIn",
    "login_webauthn": "portal.access.code_forms.PasskeyAlone",
    "reauthenticate_webauthn": "portal.access.code_forms.PasskeyAgain",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from agencies, which know their people
MFA_TOTP_TOLERANCE = 1  # a code that ends while it is typed, or a phone whose clock is half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
ALLAUTH_TRUSTED_PROXY_COUNT = int(env("SAFE_RETURN_PROXIES", "0"))
SESSION_IDLE_MINUTES = int(env("SAFE_RETURN_IDLE_MINUTES", "15"))
SESSION_HOURS = int(env("SAFE_RETURN_SESSION_HOURS", "12"))
PASSWORD_RESET_TIMEOUT = 30 * 60

# Signing in through a provider of one's own (OpenID Connect): it says who somebody is, and nothing else. Off without it;
# docs/operations.md holds an example. The packages are those of django-allauth[socialaccount], which nothing else needs.
OIDC_ISSUER = env("SAFE_RETURN_OIDC_ISSUER", "")
if OIDC_ISSUER:
    if not all(find_spec(package) for package in ("requests", "jwt", "oauthlib")):
        raise ImproperlyConfigured(
            "SAFE_RETURN_OIDC_ISSUER needs packages that are not installed: pip install 'django-allauth[socialaccount]'."
        )
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SOCIALACCOUNT_ADAPTER = "portal.access.provider.ProviderAdapter"
    SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_STORE_TOKENS = False
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "agency",
                    "name": "agency",
                    "client_id": env("SAFE_RETURN_OIDC_CLIENT"),
                    "secret": env("SAFE_RETURN_OIDC_SECRET"),
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ],
        }
    }

COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
IDENTITY_COOKIE_NAME = f"{COOKIE_PREFIX}identity"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

# --- protection -----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *([OIDC_ISSUER] if OIDC_ISSUER else [])],  # the press of a button leads there
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portal.desk.views.answers.form_expired"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

ANONYMOUS_USER_NAME = None  # guardian must not make an account of its own
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False


KEY_RING = {} if AS_ANCHOR else key_ring(env("SAFE_RETURN_KEYS"))

# With what the application says that it wrote an event, the newest key first. Commands of the owner of the tables do without
# as long as they write none; the anchor is told none, so that nobody who breaks into it can write events as well.
EVENT_KEYS = {} if AS_ANCHOR else event_keys(env("SAFE_RETURN_EVENT_KEYS", "" if AS_MIGRATOR else None))
if not (EVENT_KEYS or AS_ANCHOR or AS_MIGRATOR):
    raise ImproperlyConfigured("SAFE_RETURN_EVENT_KEYS is empty. Make a key with: openssl rand -base64 32")

# Who signs checkpoints: the anchor alone is told where its key lies; everybody knows the public ones, newest first.
ANCHOR_KEY = Path(env("SAFE_RETURN_ANCHOR_KEY", "/nonexistent"))
ANCHOR_PUBLIC = anchors(env("SAFE_RETURN_ANCHOR_PUBLIC", ""))

SMALL_BODY = 64 * 1024  # bytes of one request: the most from somebody who has not signed in
USUAL_BODY = 11 * 1024 * 1024  # a document of 10 MB and the form around it: the most from everybody else
SMALL_PATIENCE, USUAL_PATIENCE = 10, 60  # seconds until the next piece of it
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = USUAL_BODY  # what is sealed later does not lie on the disk before
DRAFTS = 120  # a minute and person, of several open forms together: each keeps what is typed every ten seconds
BED_SEARCHES = 20  # a minute and person: enough for a bad night, too few to find a house by asking again and again
UPLOAD_LIMIT = int(env("SAFE_RETURN_UPLOAD_LIMIT", str(2 * 1024**3)))  # bytes of one hash-set file

# --- language, time, files ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LOCALE_PATHS = [ROOT / "portal" / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
WEEKEND = {int(day) for day in env("SAFE_RETURN_WEEKEND", "6,7").split(",")}  # 1 is Monday: no working days
if not set(range(1, 8)) > WEEKEND:
    raise ImproperlyConfigured(
        "SAFE_RETURN_WEEKEND names days from 1 (Monday) to 7 (Sunday), such as 5,6; not all of them."
    )

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [ROOT / "portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if MODE == "test":
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True  # looks for a file when it is asked for: not for all of them in each test
MEDIA_ROOT = DATA / "files" / MODE
BACKUPS = Path(env("SAFE_RETURN_BACKUPS", str(DATA / "backups")))  # another disk, better: another house
# Months of events older than so many days leave the database for files there, proved by their leaves; 0: they stay.
EVENT_DAYS = int(env("SAFE_RETURN_EVENT_DAYS", "0" if DEMO else "400"))
if 0 < EVENT_DAYS < 90:
    raise ImproperlyConfigured(
        "SAFE_RETURN_EVENT_DAYS is under 90: pages that look back would miss what has left. Set 90 or more, or 0."
    )
EVENT_FILES = Path(env("SAFE_RETURN_EVENT_FILES", str(DATA / "events" / MODE)))
EVENT_YEARS = int(env("SAFE_RETURN_EVENT_YEARS", "10"))  # after which a file may be thrown away
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "victims.import_files.Arriving",
]

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if PRODUCTION else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = DATA / "mail" / MODE
EMAIL_HOST = env("SAFE_RETURN_MAIL_HOST", "localhost")
EMAIL_TIMEOUT = 10  # seconds: somebody waits for the page
DEFAULT_FROM_EMAIL = env("SAFE_RETURN_MAIL_FROM", "portal@localhost")

# --- work in the background -----------------------------------------------------------------------------------------

CELERY_BROKER_URL = env("BROKER_URL", UNUSED)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # kB: a large PDF must not stay with the worker
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
HOURLY = {"schedule": 3600.0, "options": {"expires": 600}}  # seconds
OFTEN = {"schedule": 300.0, "options": {"expires": 200}}
CELERY_BEAT_SCHEDULE = {
    "relay the outbox": {"task": "portal.access.tasks.relay", "schedule": 1.0, "options": {"expires": 5}},
    "drop import files": {"task": "victims.tasks.drop_old_import_files", **HOURLY},
    "drop old disclosures": {"task": "victims.tasks.drop_old_disclosures", **HOURLY},
    "drop old drafts": {"task": "portal.access.tasks.drop_old_drafts", **HOURLY},
    "look at the clock": {"task": "portal.access.tasks.look_at_the_clock", **HOURLY},
    "look who is next": {"task": "portal.access.tasks.look_who_is_next", **OFTEN},
    "make figures": {"task": "portal.access.tasks.make_figures", **HOURLY},
    "note erasures": {"task": "portal.access.tasks.note_erasures", **OFTEN},
    "note unusual looking": {"task": "portal.access.tasks.note_unusual_looking", **HOURLY},
    "make event partitions": {"task": "portal.audit.tasks.make_partitions", **HOURLY},
}

# What each kind of job calls: a function of (job, person), run in one transaction of that person.
LONG_JOBS = {"import"}  # hours instead of minutes
JOBS = {
    "document": "victims.printing.make",
    "import": "victims.imports.run",
    "letter": "referrals.printing.make",
    "hand_over_receipt": "referrals.receipt_printing.make",
    "invitation": "portal.access.letters.send_invitation",
    "factors_reset": "portal.access.letters.tell_of_factors",
    "password_reset": "portal.access.letters.send_reset",
    "note_erasure": "portal.access.erasing.note",
    "disclosure": "victims.disclosing.make",
}

# For how many years closed files are kept, and at least until which age of the child, by the country of the agency that
# owns them: "10/25, PT:15/25".
RETENTION = periods(env("SAFE_RETURN_RETENTION", "10/25, PT:1/18" if DEMO else "10/25"))

# --- named slots: each is a function of (child, viewer) -------------------------------------------------------------

LIFE_CYCLES = {"identity": "victims.workflow.IDENTITY", "stage": "victims.workflow.STAGE"}
TIMELINE_SOURCES = [
    "victims.timeline.SOURCES",
    "portal.access.timeline.SOURCES",
    "shelters.timeline.SOURCES",
    "referrals.timeline.SOURCES",
    "referrals.hand_over_timeline.SOURCES",
]
GLANCE_SOURCES = [
    "shelters.glance.placement",
    "referrals.glance.referrals",
    "referrals.hand_over_timeline.under_way",
]
PDF_SOURCES = [
    "victims.printed.blocks",
    "shelters.printed.blocks",
]
SEARCH_SOURCES = ["victims.search.children", "victims.name_search.named"]
CLOSING_CHECKS = [
    "victims.closing.open_tasks",
    "referrals.glance.open_referrals",
    "victims.closing.open_actions",
    "referrals.hand_overs.still_open",
]

# --- the home page: each is a function of (viewer); portal/casework/groups.py says what it gives ---------------------

HOME_SOURCES = [
    "portal.desk.groups.work.due",
    "portal.desk.groups.unsaved.unsaved",
    "portal.desk.groups.seconds.emergencies",
    "portal.desk.groups.seconds.seals_left_alone",
    "portal.desk.groups.keeping.to_erase",
    "portal.desk.groups.keeping.holds",
    "portal.desk.groups.team.late",
    "portal.desk.groups.team.approvals",
    "portal.desk.groups.seconds.papers",
    "portal.desk.groups.seconds.own_papers",
    "portal.desk.groups.seconds.tables",
    "portal.desk.groups.police.pairs",
    "portal.desk.groups.police.identity_steps",
    "portal.desk.groups.police.rescues",
    "portal.desk.groups.shelter.licences",
    "portal.desk.groups.shelter.beds",
    "portal.desk.groups.inbox.to_claim",
    "portal.desk.groups.inbox.in_hand",
    "portal.desk.groups.work.waiting",
    "portal.desk.groups.inbox.owed",
    "portal.desk.groups.seconds.waiting_papers",
    "portal.desk.groups.seconds.waiting_questions",
    "portal.desk.groups.work.jobs",
    "portal.desk.groups.police.imports",
    "portal.desk.groups.police.open_files",
    "portal.desk.groups.police.own_series",
    "portal.desk.groups.team.without_worker",
    "portal.desk.groups.overseers.proof",
    "portal.desk.groups.overseers.refused",
    "portal.desk.groups.overseers.many",
    "portal.desk.groups.overseers.unusual_looking",
    "portal.desk.groups.overseers.changed",
    "portal.desk.groups.keepers.backups",
    "portal.desk.groups.keepers.set_up",
    "portal.desk.groups.keepers.changes",
    "portal.desk.groups.keepers.certificates",
    "portal.desk.groups.keepers.jobs",
    "portal.desk.groups.keepers.vocabularies",
]
HOME_BUTTONS = ["portal.desk.groups.work.record_contact"]
TASK_FORMS = [  # functions of (viewer, tasks): the button that opens the form which ends a task, by its id
    "victims.task_forms.buttons",
    "portal.desk.confirmations.buttons",
]
APPROVAL_FORMS = [  # functions of (viewer, approvals): the button that opens the page of the decision
    "victims.task_forms.decisions",
    "shelters.licences.decisions",
    "portal.access.seals.decisions",
    "portal.access.erasing.decisions",
]
LAST_CONTACTS = [  # functions of (viewer, ids of files)
    "victims.contacts.from_follow_ups",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "portal.audit.logs.WithoutValues",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "portal.requests": {"level": "INFO"},
        "django.request": {"level": "ERROR"},  # 404 and 403 are events, not log lines
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
