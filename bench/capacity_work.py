"""What people and the schedule do in a project, with the plans of its statements; import it once Django is set up."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.models import User
from django.test.utils import override_settings

from adjudication.actions import recount
from adjudication.policies import policy_of
from adjudication.queries import fingerprint
from annotation.actions import Answer, cast_vote
from annotation.queue import claim_next
from annotation.slots import open_slots
from bench.pages import paths_of, signed_in_admin
from bench.statements import Work, explained
from corpus.judgements import Judgement
from corpus.models import Project
from corpus.snapshot import snapshot
from releases.exporting import ExportQuery, stream_dataset

WITHOUT_CACHE = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
"As if nobody had opened a page in the last minute."
LEAST_MILLISECONDS = 100.0
"Pages that took less are not shown."
NOT_WALKED = "/jury/panel/"
"It shows what is measured in the background, which this project has not been, and else measures while people wait."


def report_work(project: Project, person: User) -> None:
    """Print each piece of work with its time, and the slowest of its statements with its slowest node."""
    print(
        f"\n{'work':<62}{'in all':>10}{'processor':>12}  {'slowest statement, and in it':<60}{'rows':>12}{'read':>10}"
    )
    with override_settings(CACHES=WITHOUT_CACHE):
        client = signed_in_admin(project)
        for path in (path for _, path in paths_of(project) if path and not path.endswith(NOT_WALKED)):
            work = explained(path, lambda path=path: client.get(path), undoes=False)
            if work.processor_milliseconds >= LEAST_MILLISECONDS:
                report_line(work)
    for name, work_of, undoes in background_work(project, person):
        report_line(explained(name, work_of, undoes=undoes))


def background_work(project: Project, person: User) -> Iterator[tuple[str, Callable[[], Any], bool]]:
    """Yield the name of each piece of work, what does it, and whether what it writes is to be undone."""

    def vote() -> None:
        if lease := claim_next(project=project, user=person):
            answer = Answer(Judgement("safe", "safe" if lease.item.has_response else None))
            given = {"external_id": lease.item.external_id, "lease": lease.id, "answer": answer}
            cast_vote(project=project, user=person, **given, takes_next=True)

    def export(form: str) -> None:
        with snapshot():
            deque(stream_dataset(ExportQuery(project, project.policy), form), maxlen=0)

    vote()  # plans the statements
    yield "claim, vote and claim", vote, True
    yield "has anything changed since the last recount?", lambda: fingerprint(project, policy_of(project)), True
    yield "export as JSON", lambda: export("json"), False
    yield "export as JSON lines", lambda: export("jsonl"), False
    yield "recount", lambda: recount(project=project), True
    yield "open and close slots", lambda: open_slots(project=project), True


def report_line(work: Work) -> None:
    """Print one piece of work, and the beginning of its slowest statement below it."""
    line = f"{work.name:<62}{work.milliseconds:>7,.0f} ms{work.processor_milliseconds:>9,.0f} ms"
    if slowest := work.slowest:
        line += f"  {slowest.milliseconds:,.0f} ms, {slowest.node} {slowest.node_milliseconds:,.0f} ms".ljust(62)
        line += f"{slowest.rows:>12,}{slowest.megabytes:>7,.0f} MB\n    {slowest.text[:160]}"
    print(line, flush=True)
