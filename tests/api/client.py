"""A program that uses the REST routes with a token of its own."""

from typing import Any
from urllib.parse import quote

from django.test import Client

from tests.factories import command, numbers


class Program:
    """Calls routes of one project as one person."""

    def __init__(self, project: Any, role: str = "annotator", name: str = "") -> None:
        self.name = name or f"{role}-{next(numbers)}"
        made = command("create_user", self.name, "--role", role, "--token", project=project.slug)
        assert made.code == 0, made.said
        self.slug = project.slug
        self.token = made["token"]
        self.client = Client(headers={"authorization": f"Token {self.token}"})

    def get(self, route: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{route}", query)

    def post(self, route: str, body: Any = None) -> Any:
        return self.client.post(f"/api/v1/{route}", body or {}, content_type="application/json")

    def next(self) -> Any:
        return self.post(f"projects/{self.slug}/next/")

    def take(self) -> Any:
        answer = self.next()
        assert answer.status_code == 200, answer.content
        return answer.json()

    def item_route(self, taken: Any, verb: str) -> str:
        return f"projects/{self.slug}/items/{quote(taken['item']['id'], safe='')}/{verb}/"

    def vote(
        self, taken: Any, prompt: str = "safe", response: str | None = "safe", query: str = "", **more: Any
    ) -> Any:
        body = {"lease": taken["lease"]["id"], "prompt_label": prompt, "categories": [], **more}
        body["response_label"] = response if taken["item"]["has_response"] else None
        return self.post(self.item_route(taken, "vote") + query, body)

    def skip(self, taken: Any, reason: str = "I cannot read this language") -> Any:
        return self.post(self.item_route(taken, "skip"), {"lease": taken["lease"]["id"], "reason": reason})
