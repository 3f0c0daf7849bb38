"""Fifty people who label through the proxy while hosts fail, and repeat what was not acknowledged."""

import threading
import time
from typing import Any
from urllib.parse import quote

import requests

from deploy.trial.people import Program
from deploy.trial.shell import TrialError, check

SECONDS_TO_ANSWER = 120
"The longest that a fault may keep a person from an answer."


class Voter(threading.Thread):
    """A person who votes until nothing is left. `votes` are the numbers of the acknowledged ones."""

    def __init__(self, program: Program, pause: float) -> None:
        super().__init__(daemon=True)
        self.program, self.pause = program, pause
        self.votes: list[int] = []
        self.waited, self.failure = 0.0, ""

    def run(self) -> None:
        try:
            while self.vote():
                time.sleep(self.pause)
        except TrialError as error:
            self.failure = str(error)

    def vote(self) -> bool:
        """Take an item and vote; return whether there was one."""
        taken = self.call(f"{self.program.project}next/")
        if taken is None:
            return False
        body = {"lease": taken["lease"]["id"], "prompt_label": "safe", "response_label": "safe", "categories": []}
        item = quote(taken["item"]["id"], safe="")
        self.votes.append(self.call(f"{self.program.project}items/{item}/vote/", json=body)["vote"]["id"])
        return True

    def call(self, route: str, **more: Any) -> Any:
        """
        Post until the answer is no fault of the servers; return its JSON, or None without a body.

        :raises TrialError: if it is a refusal, or does not come in time
        """
        began = time.monotonic()
        while time.monotonic() < began + SECONDS_TO_ANSWER:
            response = self.post(route, **more)
            if response is not None and response.status_code < 500:
                self.waited = max(self.waited, time.monotonic() - began)
                check(response.ok, f"{route} is taken, not answered {response.status_code}: {response.text[:300]}")
                return response.json() if response.status_code != 204 else None
            time.sleep(0.5)
        raise TrialError(f"{route} is not answered within {SECONDS_TO_ANSWER} s")

    def post(self, route: str, **more: Any) -> requests.Response | None:
        """Post once; return None if the connection broke."""
        try:
            return self.program.http.post(self.program.api + route, timeout=40, **more)
        except requests.RequestException:
            return None
