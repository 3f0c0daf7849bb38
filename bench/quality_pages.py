"""Time the pages of leads with the test client of Django; import it once the servers run."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench import programs
from bench.seed import manage

LIMITED = (
    *(
        "quality/",
        "quality/?tab=bias",
        "quality/terms/",
        "quality/state/",
        "quality/advice/",
        "quality/policies/",
        "jury/panel/",
    ),
    *("cases/", "cases/?state=settled", "cases/figures/", "events/", "releases/"),
)
COMPARED = "quality/policies/?policy=human"


def page_milliseconds(count: int, repeat: int) -> dict[str, tuple[float, bool]]:
    """Return the median of each page, and whether a limit applies: a policy comparison recounts everything."""
    programs.run("-m", "bench.seed", "--project", "quality", "--dialogues", str(count))
    began = time.perf_counter()
    manage("measure", "--project", "quality")
    figures = {"measuring it all, in the background": ((time.perf_counter() - began) * 1000, False)}
    figures["of these, the report on bias"] = bias_milliseconds(), False
    client, token = signed_in_lead()
    for page in LIMITED:
        figures[page] = median_milliseconds(lambda page=page: client.get(f"/projects/quality/{page}"), repeat), True
    figures["api metrics/"] = (
        median_milliseconds(lambda: client.get("/api/v1/projects/quality/metrics/", headers=token), repeat),
        True,
    )
    figures[COMPARED] = median_milliseconds(lambda: client.get(f"/projects/quality/{COMPARED}"), repeat), False
    return figures


def bias_milliseconds() -> float:
    """Return how long the last measurement took to find the groups that dialogues name, and to compare these."""
    from corpus.models import GroupSearch
    from quality.models import Report

    compared = Report.objects.get(project__slug="quality", kind="bias")
    return 1000 * (compared.seconds + GroupSearch.objects.get(project=compared.project).seconds)


def signed_in_lead() -> tuple[Any, dict[str, str]]:
    """Return the client of a lead who is signed in, and the headers of their API token."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from annotation.actions.consent import acknowledge
    from corpus.actions import add_member
    from corpus.actions.tokens import make_token
    from corpus.models import Project, TokenGrant

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    add_member(project=Project.objects.get(slug="quality"), username="lead", role="lead")
    lead = User.objects.get(username="lead")
    acknowledge(user=lead, time_zone="")
    client = Client()
    client.force_login(lead)
    token = make_token(user=lead, name="bench", scopes=[TokenGrant.Scope.READ])
    return client, {"authorization": f"Token {token}"}


def median_milliseconds(request: Callable[[], Any], repeat: int) -> float:
    """
    Return the median duration of a request.

    :raises RuntimeError: if the page cannot be opened
    """
    response = request()
    if response.status_code != 200:
        raise RuntimeError(f"a page cannot be opened: {response.status_code} {response.content[:200]!r}")
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        request()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
