"""A real OpenID Connect provider: Django OAuth Toolkit, set up as its documentation says, as a process of its own.

`python -m tests.openid.site FOLDER` prints its port and serves until it is ended. Beside the toolkit's own pages there
is the login page of Django, and `/people` to make and unmake people, for the tests.
"""

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

CLIENT_ID, CLIENT_SECRET = "doorstep", "a secret between the two of us"
LOGIN = "<form method=post>{% csrf_token %}{{ form.non_field_errors }}{{ form }}<button>Log in</button></form>"


class Threaded(ThreadingMixIn, WSGIServer):
    """Answers several at once: one request may wait for another."""

    daemon_threads = True


class Silent(WSGIRequestHandler):
    """Says nothing of what it is asked."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        """Nothing."""


def configure(folder: Path) -> None:
    """The settings of a site, as the documentation of the toolkit has them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "people.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            *("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
            "oauth2_provider",
        ],
        LOGIN_URL="/login",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "OAUTH2_VALIDATOR_CLASS": "tests.openid.claims.Claims",
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "Who you are", "email": "Your e-mail address"},
        },
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # its own take a second each
        ROOT_URLCONF="tests.openid.urls",
        SECRET_KEY="of a site that lives for a few seconds",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN})]},
            }
        ],
        USE_TZ=True,
    )
    django.setup()


def add_client(back: str) -> None:
    """Register the one client: a web application that comes back to `back`."""
    from oauth2_provider.models import Application  # noqa: PLC0415 - not before Django is set up

    Application.objects.create(
        name="Doorstep",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        redirect_uris=back,
        skip_authorization=True,
    )


def main() -> None:
    """Serve."""
    configure(Path(sys.argv[1]))
    call_command("migrate", verbosity=0)
    add_client(sys.argv[2])
    with make_server("127.0.0.1", 0, get_wsgi_application(), Threaded, Silent) as server:
        print(server.server_port, flush=True)  # noqa: T201 - for whoever started it
        server.serve_forever()


if __name__ == "__main__":
    main()
