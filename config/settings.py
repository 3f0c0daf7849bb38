"""Django settings. Every value that differs between machines comes from the environment."""

import ssl
from datetime import timedelta
from urllib.parse import urlsplit

from config import databases
from config.data_dir import CHECKOUT
from config.env import DATA_DIR, env, server_url
from config.logs import LEVELS, logging_settings
from config.oidc import read_oidc
from config.schedule import schedule
from corpus.secret_files import read_secret
from corpus.stores.options import read_storage

BASE_DIR = CHECKOUT
ASSIZE_HOME = DATA_DIR.path

DEBUG = env.bool("ASSIZE_DEBUG", default=False)
# A server that others can reach: refuse to start with weak settings, and require TLS (config.production).
PRODUCTION = env.bool("ASSIZE_PRODUCTION", default=False)
# The bearer token for /metrics; without one, only this machine may read the metrics.
METRICS_TOKEN = read_secret("METRICS_TOKEN")
SECRET_KEY = read_secret("SECRET_KEY") or DATA_DIR.secret("django")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL.rstrip("/")] if PRODUCTION else [])
# How many of our proxies append to X-Forwarded-For. At 0 the header is ignored, and the peer's address counts.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if PRODUCTION else 0
# The proxy redirects browsers to https itself.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
# Only our proxy may say that a request came over TLS; any client can send the header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT > 0 else None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "corpus",
    "annotation",
    "jury",
    "adjudication",
    "quality",
    "releases",
    "guards",
    "attacks",
    "workspace",
    "config.apps.ConfigConfig",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.metrics.MetricsMiddleware",
    "config.middleware.requests.RequestMiddleware",
    "config.middleware.proxies.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.content_policy.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.caching.PrivateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.errors.RefusalMiddleware",
    "config.middleware.consent.ConsentMiddleware",
    "config.middleware.methods.FormAddressMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CHECKOUT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["corpus.templatetags.moments", "workspace.templatetags.shell"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.health.workers",
                "config.health.replica",
                "config.oidc.sign_in",
            ],
        },
    }
]

# The server itself, for migrations and backups; and what everything else uses, which may be a pooler before it.
SERVER_DATABASE = databases.server()
DATABASES = databases.all_databases(SERVER_DATABASE)
# Seconds that exports and measurements wait for a replica that is behind, before they read from the primary.
REPLICA_WAIT_SECONDS = env.float("REPLICA_WAIT_SECONDS", default=2.0)
# Seconds after which PostgreSQL stops a statement of a web process (config.web_database); 0 means never.
WEB_STATEMENT_SECONDS = env.int("WEB_STATEMENT_SECONDS", default=30)
# Limits of `migrate` (config.migrating): seconds that a statement waits for a table, that it may run, and that a table
# may be in use at all tries; 0 means no limit.
MIGRATION_LOCK_SECONDS = env.float("MIGRATION_LOCK_SECONDS", default=2.0)
MIGRATION_STATEMENT_SECONDS = env.float("MIGRATION_STATEMENT_SECONDS", default=60.0)
MIGRATION_PATIENCE_SECONDS = env.float("MIGRATION_PATIENCE_SECONDS", default=300.0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = server_url("REDIS_URL")
# Allow a broker on another host without a password, if nobody else can reach it.
REDIS_WITHOUT_PASSWORD = env.bool("REDIS_WITHOUT_PASSWORD", default=False)
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CACHES = {"default": {"BACKEND": "config.redis_cache.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL
# Kombu would take any certificate unless the URL says otherwise; the URL goes first, as in `?ssl_ca_certs=`.
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if REDIS_URL.startswith("rediss:") else False
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Shards wait for models, so they have a queue and a worker of their own (corpus.workers).
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("celery", "jury", "attacks")}
CELERY_TASK_ROUTES = {
    "jury.tasks.run_shard": {"queue": "jury"},
    "jury.tasks.enqueue_run": {"queue": "jury"},
    "attacks.tasks.ask_target": {"queue": "attacks"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Also where the broker answers and refuses: a replica after a failover, or one whose disk is full.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_WORKER_CONSUMER = "config.worker_consumer:Consumer"
# Workers and the schedule wait for the broker as long as it takes; whoever sends a task gives up after a second where
# it is away, and after `socket_timeout` where it is silent.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "connect_retries_timeout": 1,
    "interval_start": 0.2,
    "interval_step": 0.2,
    "interval_max": 0.5,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
# A process that has used so much memory is replaced after its task: a net, not a limit.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MEMORY_KB", default=1_500_000)
# Seconds between two looks for votes to recount, new slots, and work left by killed workers.
CELERY_BEAT_SCHEDULE = schedule(env.float("SCHEDULE_SECONDS", default=30.0))

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_RESET_TIMEOUT = timedelta(days=7).total_seconds()

# Digests alone are sent by mail, and only where a host is named.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = read_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=not EMAIL_USE_SSL)
EMAIL_PORT = env.int("EMAIL_PORT", default=465 if EMAIL_USE_SSL else 587)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default=f"assize@{urlsplit(PUBLIC_URL).hostname}")

# allauth does the sign-in. Accounts are by invitation only, and it sends no mail.
AUTHENTICATION_BACKENDS = ["config.authentication.AccountBackend"]
ACCOUNT_ADAPTER = "config.accounts.InviteOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# Failed attempts lock the account first. The limit of an address is wide, because an office may share one.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "5/5m/key,100/5m/ip"}
MFA_ADAPTER = "config.accounts.MFAAdapter"
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Assize"
# The library accepts http://localhost anyway; no other origin without TLS should be accepted.
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

# Single sign-on with a provider of OpenID Connect, and whether passwords and passkeys work beside it. One site admin
# may be named who can always use theirs.
OIDC = read_oidc()
SOCIALACCOUNT_PROVIDERS = OIDC.providers()
SOCIALACCOUNT_ADAPTER = "config.single_sign_on.SingleSignOnAdapter"
LOCAL_SIGN_IN = env.bool("LOCAL_SIGN_IN", default=True) or not OIDC.url
EMERGENCY_ADMIN = env.str("EMERGENCY_ADMIN", default="")

REST_FRAMEWORK = {
    # Tokens first: their challenge makes the response to an anonymous call a 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.negotiation.FixedRenderer",
    "DEFAULT_SCHEMA_CLASS": "config.schema.AssizeAutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["config.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "pace": env.str("API_RATE", default="6000/min"),
        "heavy": env.str("API_HEAVY_RATE", default="120/min"),
    },
    "EXCEPTION_HANDLER": "config.errors.api_error",
    "URL_FORMAT_OVERRIDE": None,  # the export has a query parameter `format`
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assize",
    "DESCRIPTION": "Label dialogues, ask a jury of models, settle disputed labels, and export the dataset.",
    "VERSION": "1",
    "LICENSE": {"name": "Apache-2.0"},
    "OAS_VERSION": "3.1.0",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["config.schema.only_ours"],
    "ENUM_NAME_OVERRIDES": {
        "Label": ["safe", "needs_caution", "unsafe"],
        "Policy": ["aegis2", "certified", "human", "jury", "majority"],
        "LabelField": ["prompt_label", "response_label"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "AUTO_REFRESH": False}
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105 - a model

# Allow only our own scripts and styles, nothing from other hosts, and no frames.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # data: for the QR code of an authenticator app, which must not have a URL.
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [CHECKOUT / "static"]
STATIC_ROOT = ASSIZE_HOME / "static"
WHITENOISE_USE_FINDERS = True

LOG_LEVEL = env.one_of("ASSIZE_LOG_LEVEL", LEVELS, default="WARNING")
LOGGING = logging_settings(form=env.one_of("ASSIZE_LOG_FORMAT", ("line", "json"), default="line"), level=LOG_LEVEL)

# A worker sets the time of this file to now with each heartbeat; no file if empty.
WORKER_HEARTBEAT_PATH = env.str("WORKER_HEARTBEAT_PATH", default="")
# Where uploads, refused rows and releases are kept: the data directory, or a bucket that speaks S3.
STORAGE = read_storage(env)
# The largest upload; commands import files of any size.
UPLOAD_BYTES = env.int("UPLOAD_BYTES", default=2**30)
# Limits of an import (docs/import.md), in characters unless the name says bytes.
IMPORT_LIMITS = {
    "id": 200,
    "dialogue_bytes": 2**20,
    "turns": 1_000,
    "field": 10_000,
    "depth": 32,
    "columns": 1_000,
    "row_bytes": 16 * 2**20,
    "unpacked_bytes": env.int("UNPACKED_BYTES", default=20 * UPLOAD_BYTES),
}
# Exports that a web process streams at the same time, each in one of its four threads.
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=2)
# In place of WEB_STATEMENT_SECONDS for their rows, which come as fast as the reader takes them; 0 means never.
EXPORT_SECONDS = env.int("EXPORT_SECONDS", default=3600)
# A restore waits so long for whoever uses the tables, and then leaves the database as it was.
RESTORE_LOCK_SECONDS = env.int("RESTORE_LOCK_SECONDS", default=10)
# Origins such as http://10.0.0.7:8000 that leads may use for jurors, exempt from the rules about addresses.
JURY_ENDPOINTS_ALLOWED = env.list("JURY_ENDPOINTS_ALLOWED", default=[])
# Whether jurors must be on the public internet, not on this machine or in its network.
JURY_ENDPOINTS_PUBLIC_ONLY = env.bool("JURY_ENDPOINTS_PUBLIC_ONLY", default=False)
# The same two for the addresses of webhooks.
WEBHOOKS_ALLOWED = env.list("WEBHOOKS_ALLOWED", default=[])
WEBHOOKS_PUBLIC_ONLY = env.bool("WEBHOOKS_PUBLIC_ONLY", default=JURY_ENDPOINTS_PUBLIC_ONLY)
# Where releases are pushed to: the Hub, and a store that speaks S3 (empty for Amazon's in the region).
PUSH_HUB_ENDPOINT = env.str("PUSH_HUB_ENDPOINT", default="https://huggingface.co")
PUSH_S3_ENDPOINT = env.str("PUSH_S3_ENDPOINT", default="")
PUSH_S3_REGION = env.str("PUSH_S3_REGION", default="us-east-1")
# The same two rules for their addresses, and for where they send uploads on to.
PUSH_ENDPOINTS_ALLOWED = env.list("PUSH_ENDPOINTS_ALLOWED", default=[])
PUSH_ENDPOINTS_PUBLIC_ONLY = env.bool("PUSH_ENDPOINTS_PUBLIC_ONLY", default=True)
# Environment variables that jurors may use as keys, besides those named JUROR_KEY_….
JURY_KEYS = env.list("JURY_KEYS", default=[])
# Items in a shard, which is one Celery task of a jury run.
JURY_SHARD_ITEMS = env.int("JURY_SHARD_ITEMS", default=100)
# Items in a shard of a juror with a batch endpoint; a shard is one batch file.
JURY_BATCH_ITEMS = env.int("JURY_BATCH_ITEMS", default=5_000)
# The largest reply of an endpoint that is read.
JURY_REPLY_BYTES = env.int("JURY_REPLY_BYTES", default=8 * 2**20)
# The largest file of a batch, in either direction; it is kept on disk.
JURY_BATCH_BYTES = env.int("JURY_BATCH_BYTES", default=512 * 2**20)
# Seconds before a question that an endpoint has not answered is sent again; each further try waits twice as long.
JURY_RETRY_SECONDS = max(0.01, env.float("JURY_RETRY_SECONDS", default=0.5))
# Seconds a run waits for an endpoint that does not respond.
JURY_ENDPOINT_PATIENCE = env.float("JURY_ENDPOINT_PATIENCE", default=900.0)
# After so many seconds of them, a worker turns to other work and retries later.
JURY_ENDPOINT_STAY = 30.0
# How long workers may take to answer that they run.
WORKER_PING_SECONDS = 1.5
# A worker sends a heartbeat every second. After so many seconds without one, another worker takes over its shards.
JURY_TAKEOVER_SECONDS = env.float("JURY_TAKEOVER_SECONDS", default=60.0)
