"""Callers of every URL: members of a project with a role, or somebody anonymous."""

from contextlib import contextmanager, nullcontext
from urllib.parse import quote

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.annotation.people import Visitor, sign_in

WRITE_WHEN_READ = {
    # Who has seen opinions is on record before they are shown, for a blind label after that is none.
    "/api/v1/projects/{slug}/items/{external_id}/history/",
    "/projects/{slug}/items/{external_id}/history/",
    "/projects/{slug}/jury/ballots/{ballot}/",
    "/projects/{slug}/cases/{case}/",
    "/api/v1/projects/{slug}/items/{external_id}/comments/",
    "/projects/{slug}/items/{external_id}/comments/",
    # The same for whoever downloads the opinions of all items.
    "/api/v1/projects/{slug}/export/",
    "/api/v1/projects/{slug}/export-for/{consumer}/",
    "/projects/{slug}/releases/of/{version}/for/{consumer}/",
}
OTHERS = {"pk": 1, "grant": 1, "terms": 0, "uidb64": "x", "token": "x", "provider_id": "oidc"}
"Values of the parameters that belong to no project."


class Caller:
    """A member of a project with a role, or somebody anonymous."""

    def __init__(self, project, role):
        self.visitor = None if role == "anonymous" else Visitor(project, role)
        self.signed_in = self.visitor.client if self.visitor else Client()
        self.signed_in.raise_request_exception = False
        self.reader = self.new_client()

    def look(self, url, parameters, method="get"):
        """Return the response to a GET or HEAD, with a database that refuses to change anything."""
        path = path_of(url, parameters)
        client = self.client(path, method)
        with nullcontext() if url in WRITE_WHEN_READ else read_only_database():
            return read(getattr(client, method)(path))

    def responses(self, url, parameters, methods=("get", "head", "options")):
        """Yield the responses to these methods, and to an empty POST (also as JSON) and PATCH of a REST route."""
        path = path_of(url, parameters)
        for method in methods:
            yield read(getattr(self.client(path, method), method)(path))
        yield read(self.client(path).post(path, "", content_type="application/x-www-form-urlencoded"))
        if path.startswith("/api/"):
            for method in ("POST", "PATCH"):
                yield read(self.client(path).generic(method, path, "{}", "application/json"))

    def query_counts(self, urls, parameters):
        """Return the number of queries of a GET of each URL."""
        counts = {}
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                response = read(self.client(url).get(path_of(url, parameters)))
            assert response.status_code < 500, url
            counts[url] = len(queries)
        return counts

    def client(self, path, method=""):
        """Return a test client, signed in unless anonymous; with a session of its own where the session may end."""
        if path.startswith(("/projects/", "/api/")):
            return self.signed_in
        return self.reader if method in ("get", "head", "options") else self.new_client()

    def new_client(self):
        """Return a test client with a new session."""
        client = Client(raise_request_exception=False)
        if self.visitor:
            sign_in(client, self.visitor.user)
        return client


@contextmanager
def read_only_database():
    """Make the database refuse changes."""
    try:
        set_read_only("on")
        yield
    finally:
        set_read_only("off")


def set_read_only(state):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('default_transaction_read_only', %s, false)", [state])


def path_of(url, parameters):
    """Return the path of a URL with these values of its parameters."""
    return url.format(**{name: quote(str(value), safe="") for name, value in (OTHERS | parameters).items()})


def read(response):
    """Read a response to its end, which releases its database connection, and set its `body_text`."""
    if response.streaming:
        response.body_text = b"".join(response.streaming_content).decode(errors="replace")
        response.close()
    else:
        response.body_text = response.content.decode(errors="replace")
    return response
