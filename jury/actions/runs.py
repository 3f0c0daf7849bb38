"""Start, pause, resume and cancel runs."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from corpus.actions import lock_in_use, record_event
from corpus.errors import Refused
from corpus.models import Project, Verb
from jury import queries
from jury.actions.checks import check_are_independent, check_can_ask, check_can_generate
from jury.actions.sharding import adopt_open_batches, create_shards, create_shards_of
from jury.models import Ballot, GeneratedResponse, Juror, Run

RETRIED = [Ballot.Outcome.ABSTAINED.value, Ballot.Outcome.UNREADABLE.value, Ballot.Outcome.CAST.value]
"Outcomes that a run asks about again if it is told to; cast ones after a question was added."


@transaction.atomic
def start_run(
    *,
    project: Project,
    jurors: Sequence[Juror],
    limit: int | None = None,
    budget_usd: Decimal | None = None,
    budget_calls: int | None = None,
    asks_again: Collection[str] = (Ballot.Outcome.FAILED,),
    uses_cache: bool = True,
    allow_trained: bool = False,
    by: User | None = None,
) -> Run:
    """
    Create a run and its shards from the items that the jurors have not answered; nothing is asked yet.

    A running or paused run of the project is replaced: its ballots stay, and what it lacks is part of the new run.

    :param limit: only the first items, by import, that some juror has not answered
    :param asks_again: outcomes that do not count as an answer
    :param uses_cache: repeat the verdicts of identical earlier requests at no cost
    :param allow_trained: ask jurors that were trained on a release of the project, too
    :raises Refused: if a juror has no endpoint or key, labels nothing that the project wants, or was trained on it
    """
    for juror in jurors:
        check_can_ask(project, juror)
    if not allow_trained:
        check_are_independent(project, jurors)
    replace_run(project, Run.Generates.NOTHING)
    run = Run.objects.create(
        project=project,
        budget_usd=budget_usd,
        budget_calls=budget_calls,
        asks_again=sorted(asks_again),
        uses_cache=uses_cache,
    )
    adopt_open_batches(run, jurors)
    create_shards(run, jurors, limit)
    detail = {"jurors": [juror.name for juror in jurors]} | ({"allow_trained": True} if allow_trained else {})
    record_event(project=project, verb=Verb.RUN_STARTED, subject=str(run.pk), actor=by, detail=detail)
    return run


@transaction.atomic
def start_generation(
    *,
    project: Project,
    generator: Juror,
    items: Sequence[int],
    budget_usd: Decimal | None = None,
    budget_calls: int | None = None,
    by: User | None = None,
) -> Run:
    """
    Create a run in which a generator writes responses or refusals, as its prompt says; nothing is asked yet.

    A running or paused run of the project that generates the same is replaced.

    :param items: primary keys; those that the generator has answered are left out
    :raises Refused: if it is no generator, or has no endpoint or key
    """
    generates = check_can_generate(generator)
    replace_run(project, generates)
    run = Run.objects.create(
        project=project,
        generates=generates,
        budget_usd=budget_usd,
        budget_calls=budget_calls,
        asks_again=[GeneratedResponse.Outcome.FAILED],
    )
    adopt_open_batches(run, [generator])
    unanswered = queries.without_generated_response(generator, items)
    create_shards_of(run, generator, unanswered)
    detail = {"generator": generator.name, "generates": generates, "items": len(unanswered)}
    record_event(project=project, verb=Verb.RUN_STARTED, subject=str(run.pk), actor=by, detail=detail)
    return run


def replace_run(project: Project, generates: str) -> None:
    """
    End the open run of the same purpose.

    The advisory lock makes others who start a run of the project wait until the transaction ends.

    :raises Archived: if the project is archived
    """
    lock_in_use(project)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('run'), %s)", [project.pk])
    Run.objects.filter(project=project, generates=generates, state__in=Run.OPEN).update(
        state=Run.State.REPLACED, finished_at=timezone.now()
    )


def pause_run(*, run: Run, by: User | None = None) -> Run:
    """
    Pause a run: no further request is sent, and answers under way are stored.

    :raises Refused: if the run is not running
    """
    return change_state(run, by, Verb.RUN_PAUSED, Run.State.PAUSED, only_from=[Run.State.RUNNING])


@transaction.atomic
def resume_run(*, run: Run, by: User | None = None) -> Run:
    """
    Resume a paused run. The caller enqueues it with `jury.tasks.enqueue`.

    :raises Refused: if the run is not paused, or its project is archived
    """
    lock_in_use(run.project)
    return change_state(run, by, Verb.RUN_RESUMED, Run.State.RUNNING, only_from=[Run.State.PAUSED])


def cancel_run(*, run: Run, by: User | None = None) -> Run:
    """
    End a run for good. Its answers stay, and the next run asks for the rest.

    :raises Refused: if the run has ended
    """
    return change_state(run, by, Verb.RUN_CANCELLED, Run.State.CANCELLED, only_from=Run.OPEN)


@transaction.atomic
def change_state(run: Run, by: User | None, verb: Verb, state: str, *, only_from: Sequence[str]) -> Run:
    """
    Move a run to another state and record the event.

    :raises Refused: if the run is in none of the states `only_from`
    """
    locked = Run.objects.select_for_update(of=["self"]).select_related("project").get(pk=run.pk)
    if locked.state not in only_from:
        raise Refused(
            f"Run {run.pk} cannot be {verb.removeprefix('run.')}. It is: {locked.get_state_display().lower()}."
        )
    locked.state = state
    locked.finished_at = None if state in Run.OPEN else timezone.now()
    locked.save(update_fields=["state", "finished_at"])
    record_event(project=locked.project, verb=verb, subject=str(run.pk), actor=by)
    return locked
