"""A program that calls the REST routes with its own token."""

from typing import Any
from urllib.parse import quote

from django.test import Client

from tests.annotation.people import add_person
from tests.factories import numbers


class Program:
    """A client that calls the routes of one project as one person."""

    def __init__(self, project: Any, role: str = "annotator", name: str = "") -> None:
        self.name = name or f"{role}-{next(numbers)}"
        self.slug = project.slug
        self.token = add_person(project, self.name, role, with_token=True).token
        self.client = Client(headers={"authorization": f"Token {self.token}"})

    def get(self, route: str, **query: Any) -> Any:
        """Get a route under /api/v1/."""
        return self.client.get(f"/api/v1/{route}", query)

    def post(self, route: str, body: Any = None) -> Any:
        """Post JSON to a route under /api/v1/."""
        return self.client.post(f"/api/v1/{route}", body or {}, content_type="application/json")

    def patch(self, route: str, body: Any) -> Any:
        """Patch a route under /api/v1/ with JSON."""
        return self.client.patch(f"/api/v1/{route}", body, content_type="application/json")

    def next(self) -> Any:
        """Claim the next item, and return the response."""
        return self.post(f"projects/{self.slug}/next/")

    def take(self) -> Any:
        """Claim the next item, and return it with its lease."""
        answer = self.next()
        assert answer.status_code == 200, answer.content
        return answer.json()

    def item_route(self, taken: Any, verb: str) -> str:
        """Return a route of a claimed item."""
        return f"projects/{self.slug}/items/{quote(taken['item']['id'], safe='')}/{verb}/"

    def vote(
        self, taken: Any, prompt: str = "safe", response: str | None = "safe", query: str = "", **more: Any
    ) -> Any:
        """Vote on a claimed item. `query` is appended to the URL."""
        body = {"lease": taken["lease"]["id"], "prompt_label": prompt, "categories": [], **more}
        body["response_label"] = response if taken["item"]["has_response"] else None
        return self.post(self.item_route(taken, "vote") + query, body)

    def skip(self, taken: Any, reason: str = "I cannot read this language") -> Any:
        return self.post(self.item_route(taken, "skip"), {"lease": taken["lease"]["id"], "reason": reason})
