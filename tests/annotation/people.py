"""People who use the pages: signed in, members of one project, with the content acknowledged."""

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cached_db import SessionStore
from django.test import Client

from annotation.actions.consent import acknowledge
from corpus.actions import add_member
from tests.factories import numbers


def add_person(project: Any, name: str, role: str, *, with_token: bool = False) -> Any:
    """Do what create_user does, in less time; "site-admin" is an admin of the site too."""
    role, of_site = ("admin", True) if role == "site-admin" else (role, False)
    return add_member(project=project, username=name, role=role, with_token=with_token, of_site=of_site)


def sign_in(client: Client, user: User) -> None:
    """Sign somebody in, with 4 queries; `force_login` of the client makes three sessions, with 17."""
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""


class Visitor:
    """A member of a project with a signed-in browser session."""

    def __init__(self, project: Any, role: str = "annotator") -> None:
        self.project = project
        self.name = f"{role}-{next(numbers)}"
        self.user: User = add_person(project, self.name, role).user
        acknowledge(user=self.user, time_zone="")
        self.client = Client()
        sign_in(self.client, self.user)

    @property
    def page(self) -> str:
        """Return the path of the labelling page."""
        return f"/projects/{self.project.slug}/label/"

    def get(self, page: str, **query: Any) -> Any:
        """Open a page of the project."""
        return self.client.get(f"/projects/{self.project.slug}/{page}", query)

    def post(self, page: str, /, **fields: Any) -> Any:
        """Submit a form of the project."""
        return self.client.post(f"/projects/{self.project.slug}/{page}", fields)

    def take(self) -> Any:
        """Claim the next item, have its dialogue shown, and return the lease that the page shows."""
        self.post("label/next/")
        lease = self.get("label/").context["lease"]
        if lease and not lease.shown_at:
            self.post("label/show/", lease=lease.id)
        return lease

    def correct(self, vote: int, **fields: Any) -> Any:
        """Correct one's own vote on the page that shows its dialogue."""
        page = f"votes/{vote}/"
        return self.post(page, shown=self.post(page, show=1).context["shown"], **fields)

    def vote(self, lease: Any, **fields: Any) -> Any:
        """Vote safe on a leased item, unless `fields` say otherwise."""
        answer = {"prompt_label": "safe"}
        if lease.item.has_response:
            answer["response_label"] = "safe"
        return self.post("label/vote/", lease=lease.id, item=lease.item.external_id, **(answer | fields))
