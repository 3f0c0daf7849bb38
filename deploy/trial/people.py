"""People and programs that use the containers through the proxy, by TLS."""

import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from deploy.trial.shell import TrialError, check

SECONDS_TO_FINISH = 120
"For an upload, a jury run or a release of a few dozen dialogues."


def session(certificate: Path) -> requests.Session:
    """Return a session that trusts the authority of this certificate alone."""
    http = requests.Session()
    http.trust_env = False  # REQUESTS_CA_BUNDLE would replace the certificate
    http.verify = str(certificate)
    return http


class Page:
    """A browser without a screen: keeps cookies, and sends forms back with their token."""

    def __init__(self, address: str, certificate: Path) -> None:
        self.address = address
        self.http = session(certificate)

    def get(self, path: str) -> requests.Response:
        response = self.http.get(self.address + path, timeout=30)
        check(response.status_code == 200, f"{path} answers 200, not {response.status_code}")
        return response

    def send(self, path: str, **fields: str) -> requests.Response:
        """Open the page of a form, and post the form."""
        form = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        check(token is not None, f"{path} has a form")
        data = {**fields, "csrfmiddlewaretoken": token.group(1) if token else ""}
        sent = self.http.post(form.url, data=data, headers={"Referer": form.url}, timeout=30)
        check(sent.status_code == 200, f"the form of {path} is taken, not answered by {sent.status_code}")
        return sent

    def sign_in(self, name: str, invitation: str) -> requests.Response:
        """Accept an invitation, sign in and consent; return the first page."""
        password = secrets.token_urlsafe(16)
        self.send("/" + invitation.split("/", 3)[3], new_password1=password, new_password2=password)
        self.send("/sign-in/", login=name, password=password)
        return self.send("/consent/", is_adult="yes", time_zone="UTC")


class Program:
    """A program with a token."""

    def __init__(self, address: str, certificate: Path, token: str, project: str = "default") -> None:
        self.api, self.project = f"{address}/api/v1/", f"projects/{project}/"
        self.http = session(certificate)
        self.http.headers["Authorization"] = f"Token {token}"

    def call(self, method: str, route: str, **more: Any) -> Any:
        """
        Call a route and return its JSON, or None without a body.

        :raises TrialError: if the status is not of success
        """
        response = self.http.request(method, self.api + route, timeout=60, **more)
        if not response.ok:
            raise TrialError(f"{method} {route} answered {response.status_code}: {response.text[:300]}")
        return response.json() if response.status_code != 204 else None

    def until(self, route: str, states: tuple[str, ...], seconds: float = SECONDS_TO_FINISH) -> Any:
        """Ask a route until its state is one of these, and return what it says."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            answer = self.call("GET", route)
            if answer["state"] in states:
                return answer
            time.sleep(0.5)
        raise TrialError(f"{route} is still {answer['state']} after {seconds:.0f} s")

    def label_next(self, label: str) -> bool:
        """Take the next item and vote; return whether there was one."""
        taken = self.call("POST", f"{self.project}next/")
        if taken is None:
            return False
        item = taken["item"]
        body = {
            "lease": taken["lease"]["id"],
            "prompt_label": label,
            "response_label": "safe" if item["has_response"] else None,
            "categories": ["threat"] if label == "unsafe" else [],
        }
        self.call("POST", f"{self.project}items/{quote(item['id'], safe='')}/vote/", json=body)
        return True


class LabellingAlong(threading.Thread):
    """A person who labels until told to stop. `votes` counts them; `failure` is the first call that failed."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program, self.stopped = program, threading.Event()
        self.votes, self.failure = 0, ""

    def run(self) -> None:
        while not self.stopped.wait(0.2):
            try:
                self.votes += self.program.label_next("safe")
            except (TrialError, requests.RequestException) as error:
                self.failure = str(error)
                return

    def stop(self) -> int:
        """
        Stop labelling; return the number of votes.

        :raises TrialError: if a call failed
        """
        self.stopped.set()
        self.join()
        check(not self.failure, f"labelling goes on during the upgrade, but: {self.failure}")
        return self.votes
