"""What needs somebody's attention in a project, and what a person may do next: each a sentence and a link."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse

from adjudication.models import Case
from adjudication.policies import policy_of
from adjudication.queries.case_filters import case_counts
from adjudication.queries.cases import claimable_by
from annotation.models import Audit
from annotation.queries import own_progress, resting_now
from corpus.access import Access
from corpus.kept import kept_if_large
from corpus.labels import Field
from jury.models import Ballot, Run
from jury.queries import jurors_of
from quality.queries.freshness import latest_reports
from quality.reports.audit import latest_promise
from quality.reports.verdict import WANTED_ALPHA, Status, low_categories, raters_key, status_of
from workspace.models import Job, Webhook
from workspace.queries.jobs import IMPORTS

RECENT = timedelta(days=14)
"How long what failed stays on the overview, unless it was done again since."


@dataclass(frozen=True)
class Pointer:
    """A sentence about something that waits, and the page where one deals with it."""

    text: str
    url: str
    icon: str = "arrow-right"
    count: int = 0
    "How many wait; 0 if it is not a number of things."


def counted(count: int, one: str, many: str) -> str:
    """Return the number with its noun, such as `1 open case` or `1,204 open cases`."""
    return f"{count:,} {one if count == 1 else many}"


def attention(access: Access) -> list[Pointer]:
    """Return what needs attention, for adjudicators and above; what a role has no page for is left out."""
    if not access.is_adjudicator:
        return []
    cases = kept_if_large(access.project, "cases", lambda: case_counts(access.project))
    pointers = [*open_cases(access, cases["open"])]
    if access.is_lead:
        pointers += [*second_looks(access, cases), *broken_promise(access), *troubled_runs(access)]
        pointers += low_agreement(access)
        pointers += open_audits(access)
    if access.is_admin:
        pointers += [*failed_jobs(access), *stopped_webhooks(access)]
    return pointers


def link(access: Access, view: str, *args: object, query: str = "") -> str:
    """Return the address of a page of the project."""
    return reverse(view, args=[access.project.slug, *args]) + query


def open_cases(access: Access, count: int) -> Iterator[Pointer]:
    """Tell how many cases are open, if any is."""
    if count:
        text = counted(count, "disputed item waits to be settled", "disputed items wait to be settled")
        yield Pointer(text, link(access, "adjudication:cases"), "gavel", count)


def second_looks(access: Access, counts: dict[str, int]) -> Iterator[Pointer]:
    """
    Tell how many settled cases have new opinions since, or want a second adjudicator.

    :param counts: the number of cases in each state
    """
    if count := counts["stale"]:
        text = counted(count, "settled case has new opinions since", "settled cases have new opinions since")
        yield Pointer(text, link(access, "adjudication:cases", query="?state=stale"), "rotate-ccw", count)
    if count := counts["second"]:
        text = counted(count, "settled case wants a second opinion", "settled cases want a second opinion")
        yield Pointer(text, link(access, "adjudication:cases", query="?state=second"), "users-round", count)


def troubled_runs(access: Access) -> Iterator[Pointer]:
    """Tell of runs of the jury that are paused, or broke off, failed or reached their budget lately, newest first."""
    states = [Run.State.PAUSED, Run.State.BROKEN, Run.State.OVER_BUDGET]
    runs = Run.objects.filter(project=access.project, generates=Run.Generates.NOTHING)
    ballots = Ballot.objects.filter(run=OuterRef("pk"), is_current=True)
    failed = Exists(ballots) & ~Exists(ballots.exclude(outcome=Ballot.Outcome.FAILED))
    recent = runs.filter(Q(state__in=states) | Q(failed, state=Run.State.FINISHED)).exclude(
        finished_at__lt=Now() - RECENT
    )
    for run in recent.order_by("-pk")[:3]:
        all_failed = run.state == Run.State.FINISHED
        words = "all calls failed" if all_failed else run.get_state_display().lower()
        icon = "circle-alert" if all_failed else "play"
        yield Pointer(f"Run {run.pk}: {words}", link(access, "jury:run", run.pk), icon)


def broken_promise(access: Access) -> Iterator[Pointer]:
    """Tell of labels that jurors decide alone and that are shown to be worse than the promise that is watched."""
    promise = latest_promise(access.project)
    if promise is not None and promise.broken_at:
        parts = " and ".join(f"{Field(field).part}s" for field in promise.broken_fields)
        text = f"Labels of the jurors are worse than promised: {parts}"
        yield Pointer(text, link(access, "quality:certified"), "triangle-alert")


def low_agreement(access: Access) -> Iterator[Pointer]:
    """Tell which label fields and how many categories certainly miss the wanted alpha, as of the last measurement."""
    report = latest_reports(access.project).get("agreement")
    if report is None:
        return
    policy, url = policy_of(access.project), link(access, "quality:quality")
    for field in report.content["fields"]:
        figures = field["kinds"][raters_key(policy.rules[Field(field["field"])].kinds)]
        if status_of(figures) == Status.NOT_REACHED:
            text = f"Agreement on {Field(field['field']).part}s is below the wanted alpha of {WANTED_ALPHA:.2f}"
            yield Pointer(text, url, "chart-column")
    if count := len(low_categories(report.content, policy, {})):
        text = counted(count, "category is", "categories are") + f" below the wanted alpha of {WANTED_ALPHA:.2f}"
        yield Pointer(text, url, "chart-column", count)


def open_audits(access: Access) -> Iterator[Pointer]:
    """Tell how many drawn items have not been looked at again."""
    audits = Audit.objects.filter(project=access.project, audited_at=None, item__withdrawn_at=None)
    if count := audits.count():
        text = counted(count, "decided item is drawn for an audit", "decided items are drawn for an audit")
        yield Pointer(text, link(access, "adjudication:audits"), "clipboard-check", count)


def failed_jobs(access: Access) -> Iterator[Pointer]:
    """Tell of imports, releases and pushes that failed lately and were not done again since, newest first."""
    jobs = Job.objects.filter(project=access.project, made_at__gte=Now() - RECENT).order_by("-pk")
    done: set[tuple[str, str]] = set()
    for job in jobs[:50]:
        key = (job.kind, job.subject)
        if job.state == Job.State.FAILED and key not in done:
            view = "workspace:imports" if job.kind in IMPORTS else "workspace:releases"
            yield Pointer(f"{job.get_kind_display()} failed: {job.subject}", link(access, view), "circle-alert")
        done.add(key)


def stopped_webhooks(access: Access) -> Iterator[Pointer]:
    """Tell of webhooks that were switched off because they accepted nothing."""
    stopped = Webhook.objects.filter(project=access.project, is_active=False).exclude(stopped_because="")
    for webhook in stopped.order_by("pk")[:3]:
        text = f"The webhook at {webhook.host} was switched off"
        yield Pointer(text, link(access, "workspace:webhook", webhook.pk), "circle-alert")


def next_steps(access: Access, *, items: int, decided: int, released: bool) -> list[Pointer]:
    """Return what a person of this role can do next, the most useful first."""
    steps = [*own_work(access, items)]
    if access.is_admin and not items:
        steps.append(Pointer("Import dialogues", link(access, "workspace:imports"), "file-up"))
    if access.is_lead:
        steps += lead_steps(access, items=items, decided=decided, released=released)
    return steps


def own_work(access: Access, items: int) -> Iterator[Pointer]:
    """Tell what waits for the person's own vote, unless they should rest, or as a case that they may take."""
    left = own_progress(access.project, access.user)["items_left"] if items else 0
    if left and not resting_now(access.project, access.user):
        text = f"Label: {counted(left, 'dialogue waits', 'dialogues wait')} for your vote"
        yield Pointer(text, link(access, "annotation:work"), "tag", left)
    if access.is_adjudicator:
        cases = Case.objects.filter(project=access.project, state=Case.State.OPEN, item__withdrawn_at=None)
        name = f"claimable {access.user.pk}"
        if count := kept_if_large(access.project, name, lambda: claimable_by(cases, access.user).count()):
            text = f"Settle: {counted(count, 'case is', 'cases are')} free for you to take"
            yield Pointer(text, link(access, "adjudication:cases"), "gavel", count)


def lead_steps(access: Access, *, items: int, decided: int, released: bool) -> Iterator[Pointer]:
    """Tell the next step from an empty project to a release, for leads."""
    has_jurors = jurors_of(access.project).exists()
    if not has_jurors:
        yield Pointer("Add jurors, the models that label beside people", link(access, "jury:jury"), "bot")
    elif items and not Run.objects.filter(project=access.project).exists():
        yield Pointer("Ask the jury for its labels", link(access, "jury:jury"), "play")
    if decided and not released:
        yield Pointer("Make the first release", link(access, "workspace:releases"), "package-check")
