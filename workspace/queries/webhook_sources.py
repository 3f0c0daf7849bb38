"""
What webhooks are told of, read from what the database says has happened.

Whoever made it happen, by page, route, command or schedule, knows nothing of webhooks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min
from django.urls import reverse

from adjudication.models import Case
from corpus.models import Project
from jury.models import Run, Shard
from quality.models import Measurement, WatchedPromise
from releases.models import Release
from workspace.models import Job, Webhook
from workspace.queries.jobs import IMPORTS

MOST_CASES = 20
"How many of many cases a message names; it has the number of all."
LONGEST_REASON = 300
Kind = Webhook.Kind


@dataclass(frozen=True)
class Happening:
    """Something to tell a webhook of."""

    source: str
    "Different for everything that happens in a project."
    kind: str
    at: datetime
    data: dict[str, Any]


def page_url(project: Project, view: str, *arguments: object) -> str:
    """Return the whole address of a page of the project."""
    return str(settings.PUBLIC_URL).rstrip("/") + reverse(view, args=[project.slug, *arguments])


def releases_made(project: Project, since: datetime) -> Iterator[Happening]:
    """Yield the releases that were made since then."""
    for release in Release.objects.filter(project=project, made_at__gte=since).order_by("pk"):
        data = {
            "version": release.version,
            "rows": release.rows,
            "policy": release.manifest["policy"]["name"],
            "manifest_sha256": release.manifest_sha256,
            "url": page_url(project, "releases:release", release.version),
        }
        yield Happening(f"release {release.pk}", Kind.RELEASE_MADE, release.made_at, data)


def runs_stopped(project: Project, since: datetime) -> Iterator[Happening]:
    """Yield the runs that have ended since then, whatever ended them."""
    for run in Run.objects.filter(project=project, finished_at__gte=since).order_by("pk"):
        data = {
            "run": run.pk,
            "state": run.state,
            "reason": reason_of(run),
            "calls": run.calls,
            "cost_usd": format(run.cost_usd.normalize(), "f"),
            "url": page_url(project, "jury:run", run.pk),
        }
        yield Happening(f"run {run.pk}", Kind.RUN_STOPPED, run.finished_at or since, data)


def reason_of(run: Run) -> str:
    """Return why a run has ended, in words; of one that broke off, what its first broken part says."""
    words = str(run.get_state_display())
    if run.state != Run.State.BROKEN:
        return words
    broken = Shard.objects.filter(run=run, state=Shard.State.BROKEN).exclude(error="").order_by("pk").first()
    return f"{words}: {broken.error}"[:LONGEST_REASON] if broken else words


def jobs_failed(project: Project, since: datetime) -> Iterator[Happening]:
    """Yield the imports, releases and pushes that have failed since then, and the last measurement if it failed."""
    failed = Job.objects.filter(project=project, state=Job.State.FAILED, ended_at__gte=since)
    for job in failed.order_by("pk"):
        view = "workspace:imports" if job.kind in IMPORTS else "workspace:releases"
        data = {"job": job.pk, "what": job.kind, "subject": job.subject, "url": page_url(project, view)}
        reason = job.error[:LONGEST_REASON]
        yield Happening(f"job {job.pk}", Kind.JOB_FAILED, job.ended_at or since, data | {"reason": reason})
    yield from measurements_failed(project, since)


def measurements_failed(project: Project, since: datetime) -> Iterator[Happening]:
    """Yield the last measurement if it failed since then: once a day, for the schedule tries it every minute."""
    last = Measurement.objects.filter(project=project, ended_at__gte=since).exclude(error="").first()
    if last is not None and last.ended_at is not None:
        data = {"job": None, "what": "measurement", "subject": "", "url": page_url(project, "quality:quality")}
        source = f"measurement {last.ended_at:%Y-%m-%d}"
        yield Happening(source, Kind.JOB_FAILED, last.ended_at, data | {"reason": last.error[:LONGEST_REASON]})


def promises_broken(project: Project, since: datetime) -> Iterator[Happening]:
    """Yield the watched promises that jurors' labels were shown to break since then: each once."""
    for promise in WatchedPromise.objects.filter(project=project, broken_at__gte=since).order_by("pk"):
        data = {
            "promise": promise.pk,
            "error": promise.error,
            "risk": promise.risk,
            "fields": promise.broken_fields,
            "url": page_url(project, "quality:certified"),
        }
        yield Happening(f"promise {promise.pk}", Kind.CERTIFICATE_BROKEN, promise.broken_at or since, data)


SOURCES: dict[str, Callable[[Project, datetime], Iterator[Happening]]] = {
    Kind.RELEASE_MADE: releases_made,
    Kind.RUN_STOPPED: runs_stopped,
    Kind.JOB_FAILED: jobs_failed,
    Kind.CERTIFICATE_BROKEN: promises_broken,
}
"All but cases, of which there may be thousands at once."


def last_case(project: Project) -> int:
    """Return the highest primary key of the project's cases; 0 if it has none."""
    return Case.objects.filter(project=project).aggregate(last=Max("pk"))["last"] or 0


def cases_opened(project: Project, after: int) -> Happening | None:
    """
    Return all cases with a higher primary key as one thing to tell of; None if there is none.

    Cases of a project are opened under its lock of decisions, so their keys become visible in order.
    """
    opened = Case.objects.filter(project=project, pk__gt=after)
    found = opened.aggregate(count=Count("pk"), first=Min("pk"), last=Max("pk"), at=Max("opened_at"))
    if not found["count"]:
        return None
    named = opened.filter(pk__lte=found["last"]).order_by("pk").values_list("pk", "item__external_id")[:MOST_CASES]
    data = {
        "count": found["count"],
        "first": [{"case": case, "item": item} for case, item in named],
        "last_case": found["last"],
        "url": page_url(project, "adjudication:cases"),
    }
    return Happening(f"cases {found['first']} to {found['last']}", Kind.CASE_OPENED, found["at"], data)
