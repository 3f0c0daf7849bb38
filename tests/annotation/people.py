"""People who use the pages: signed in, members of one project, and past the acknowledgement."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from annotation.actions.consent import acknowledge
from tests.factories import command, numbers

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Visitor:
    def __init__(self, project: Any, role: str = "annotator") -> None:
        self.project = project
        self.name = f"{role}-{next(numbers)}"
        assert command("create_user", self.name, "--role", role, project=project.slug).code == 0
        self.user = User.objects.get(username=self.name)
        acknowledge(user=self.user, time_zone="")
        self.client = Client()
        self.client.force_login(self.user, backend=BACKEND)

    def get(self, page: str, **query: Any) -> Any:
        return self.client.get(f"/projects/{self.project.slug}/{page}", query)

    def post(self, page: str, /, **fields: Any) -> Any:
        return self.client.post(f"/projects/{self.project.slug}/{page}", fields)

    def take(self) -> Any:
        """Press the button, and give the lease and the item that the page shows."""
        self.post("label/next/")
        return self.get("label/").context["lease"]

    def vote(self, lease: Any, **fields: Any) -> Any:
        answer = (
            {"prompt_label": "safe", "response_label": "safe"} if lease.item.has_response else {"prompt_label": "safe"}
        )
        return self.post("label/vote/", lease=lease.id, item=lease.item.external_id, **(answer | fields))
