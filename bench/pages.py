"""Time the leads' pages in this process, as a browser would ask for them; import it once servers are up."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.seed import manage
from config.data_dir import CHECKOUT

REPEAT = 9
LIMITED = (
    *("quality/", "quality/state/", "quality/advice/", "quality/policies/", "jury/panel/"),
    *("cases/", "cases/?state=settled", "cases/figures/", "events/", "releases/"),
)
COMPARED = "quality/policies/?policy=human"


def milliseconds(count: int) -> dict[str, tuple[float, bool]]:
    """Return the median for each page, and whether a limit holds for it: a comparison counts everything anew."""
    seed = [sys.executable, "-m", "bench.seed", "--project", "quality", "--dialogues", str(count)]
    subprocess.run(seed, cwd=CHECKOUT, check=True, capture_output=True)
    began = time.perf_counter()
    manage("measure", "--project", "quality")
    found = {"measuring it all, in the background": ((time.perf_counter() - began) * 1000, False)}
    client, token = visitor()
    for page in LIMITED:
        found[page] = timed(lambda page=page: client.get(f"/projects/quality/{page}")), True
    found["api metrics/"] = timed(lambda: client.get("/api/v1/projects/quality/metrics/", headers=token)), True
    found[COMPARED] = timed(lambda: client.get(f"/projects/quality/{COMPARED}")), False
    return found


def visitor() -> tuple[Any, dict[str, str]]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client
    from knox.models import AuthToken

    from annotation.actions.consent import acknowledge
    from corpus.actions import add_member
    from corpus.models import Project

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    add_member(project=Project.objects.get(slug="quality"), username="lead", role="lead")
    lead = User.objects.get(username="lead")
    acknowledge(user=lead, time_zone="")
    client = Client()
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    _, token = AuthToken.objects.create(lead)
    return client, {"authorization": f"Token {token}"}


def timed(ask: Callable[[], Any]) -> float:
    if ask().status_code != 200:
        raise RuntimeError("a page cannot be opened")
    taken = []
    for _ in range(REPEAT):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
