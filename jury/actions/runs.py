from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.labels import Field
from corpus.models import Project, Verb
from corpus.secret_files import secret_named
from jury import queries
from jury.models import Ballot, Batch, GeneratedResponse, Juror, Run, Shard
from jury.prompting import Form, Prompt

# A juror has spoken on an item unless its ballot has one of the outcomes asked again, and is being asked while a batch
# with it is open; one that
# is asked for the response label alone has nothing to say of an item without a response.
UNANSWERED = """
    SELECT i.id FROM corpus_item i
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL
        AND (i.has_response OR NOT %(response_only)s)
        AND NOT EXISTS (SELECT FROM jury_ballot b WHERE b.item_id = i.id AND b.juror_id = %(juror)s
            AND is_current AND outcome <> ALL(%(again)s))
        AND NOT EXISTS (SELECT FROM jury_batch b JOIN jury_shard s ON s.id = b.shard_id
            WHERE s.juror_id = %(juror)s AND b.state IN ('sending', 'under_way') AND i.id = ANY(b.items))
"""
CUT_SHARDS = f"""
    INSERT INTO jury_shard (run_id, juror_id, state, error, items)
    SELECT %(run)s, %(juror)s, 'waiting', '', array_agg(id ORDER BY id)
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(size)s AS shard FROM ({UNANSWERED}) AS unanswered
        WHERE %(limit)s::int IS NULL OR id = ANY(%(items)s)) AS numbered
    GROUP BY shard ORDER BY shard
"""

NOT_ENDED = (Run.State.RUNNING, Run.State.PAUSED)


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
    by: User | None = None,
) -> Run:
    """
    Cut what the jurors have not spoken on into shards; nothing is asked yet.

    A run of the project that has not ended, a paused one too, is replaced: its shards stop, what they have
    stored stays, and what they have not is part of the new run.

    :param limit: only the first so many items, by import, that some juror has not spoken on
    :param uses_cache: cast again, at no cost, what was answered before in the same way
    :raises Refused: if a juror cannot be asked: no endpoint, no key, no field the project wants
    """
    for juror in jurors:
        check_can_ask(project, juror)
    replace_run(project, Run.Generates.NOTHING)
    run = Run.objects.create(
        project=project,
        budget_usd=budget_usd,
        budget_calls=budget_calls,
        asks_again=sorted(asks_again),
        uses_cache=uses_cache,
    )
    take_batches_over(run, jurors)
    cut_shards(run, jurors, limit)
    detail = {"jurors": [juror.name for juror in jurors]}
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
    Cut items into shards for a generator to write responses or refusals for, as its prompt says.

    A run of the project that writes the same and has not ended is replaced.

    :param items: primary keys; those that the generator has written for, or would not, are passed over
    :raises Refused: if the generator cannot be asked
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
    take_batches_over(run, [generator])
    size, wanted = shard_size(generator), queries.without_generated_response(generator, items)
    parts = [wanted[at : at + size] for at in range(0, len(wanted), size)]
    Shard.objects.bulk_create(Shard(run=run, juror=generator, items=part) for part in parts)
    detail = {"generator": generator.name, "generates": generates, "items": len(wanted)}
    record_event(project=project, verb=Verb.RUN_STARTED, subject=str(run.pk), actor=by, detail=detail)
    return run


def replace_run(project: Project, generates: str) -> None:
    """End what runs for the same purpose, and let one at a time begin, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('run'), %s)", [project.pk])
    Run.objects.filter(project=project, generates=generates, state__in=NOT_ENDED).update(
        state=Run.State.REPLACED, finished_at=timezone.now()
    )


def check_can_generate(generator: Juror) -> Run.Generates:
    """
    Return what a generator writes.

    :raises Refused: if it is none, or saying what it lacks
    """
    if not generator.is_generator:
        raise Refused(
            f"{generator.name!r} is a juror. What writes responses is a generator: add one with add_generator."
        )
    check_can_reach(generator)
    form = Prompt.parse(generator.prompt.text).form
    return Run.Generates.REFUSALS if form == Form.REFUSAL else Run.Generates.RESPONSES


def check_can_reach(juror: Juror) -> None:
    """
    :raises Refused: saying what it lacks
    """
    if not juror.base_url:
        raise Refused(f"Juror {juror.name!r} came with an import and has no endpoint to ask.")
    queries.rules_for_endpoints().check(juror.base_url)
    if juror.api_key_env and not secret_named(juror.api_key_env):
        raise Refused(
            f"{juror.name!r} needs its key in the environment variable {juror.api_key_env}, "
            f"or in the file that {juror.api_key_env}_FILE names."
        )


def check_can_ask(project: Project, juror: Juror) -> None:
    """
    :raises Refused: saying what the juror lacks
    """
    if juror.is_generator:
        raise Refused(f"{juror.name!r} is a generator: it writes responses, and judges none.")
    check_can_reach(juror)
    if not queries.labels_asked(project, juror):
        raise Refused(f"Juror {juror.name!r} is asked for no label that project {project} wants.")


def cut_shards(run: Run, jurors: Sequence[Juror], limit: int | None) -> None:
    first = first_unanswered(run, jurors, limit)
    with connection.cursor() as cursor:
        for juror in jurors:
            more = {"run": run.pk, "size": shard_size(juror), "limit": limit, "items": first}
            cursor.execute(CUT_SHARDS, unanswered_params(run.project, juror, run.asks_again) | more)


def shard_size(juror: Juror) -> int:
    is_batch = juror.transport == Juror.Transport.BATCH
    return int(settings.JURY_BATCH_ITEMS if is_batch else settings.JURY_SHARD_ITEMS)


def take_batches_over(run: Run, jurors: Sequence[Juror]) -> None:
    """Let a run collect what an earlier one has sent: it is paid for, and must not be asked for again."""
    left = Batch.objects.filter(shard__juror__in=jurors, state__in=Batch.OPEN, shard__run__generates=run.generates)
    for batch in left.select_related("shard").select_for_update():
        Shard.objects.filter(pk=batch.shard_id).update(
            run=run, items=batch.items, state=Shard.State.WAITING, error="", holder="", seen_at=None
        )
        Batch.objects.filter(pk=batch.pk).update(unreachable_since=None)


def first_unanswered(run: Run, jurors: Sequence[Juror], limit: int | None) -> list[int]:
    """Return the first items on which some juror has not spoken; none where there is no limit."""
    if limit is None:
        return []
    silent = unanswered_items(run.project, jurors, limit=limit, asks_again=run.asks_again)
    return sorted(set().union(*silent.values()))[:limit]


def unanswered_items(
    project: Project, jurors: Sequence[Juror], *, limit: int | None, asks_again: Collection[str]
) -> dict[int, list[int]]:
    """
    Return the items on which each juror has not spoken, by import, by the juror's primary key.

    :param limit: at most so many of each juror
    """
    found = {}
    with connection.cursor() as cursor:
        for juror in jurors:
            asked = unanswered_params(project, juror, asks_again) | {"limit": limit}
            cursor.execute(f"{UNANSWERED} ORDER BY i.id LIMIT %(limit)s", asked)
            found[juror.pk] = [row[0] for row in cursor.fetchall()]
    return found


def unanswered_params(project: Project, juror: Juror, asks_again: Collection[str]) -> dict[str, Any]:
    return {
        "project": project.pk,
        "juror": juror.pk,
        "again": list(asks_again),
        "response_only": queries.labels_asked(project, juror) == (Field.RESPONSE,),
    }


def pause_run(*, run: Run, by: User | None = None) -> Run:
    """
    Let no further question go out; what is under way is awaited and stored.

    :raises Refused: if the run is not running
    """
    return change_run(run, by, Verb.RUN_PAUSED, Run.State.PAUSED, only_from=[Run.State.RUNNING])


def resume_run(*, run: Run, by: User | None = None) -> Run:
    """
    Let a paused run go on; hand it to the workers with jury.tasks.enqueue.

    :raises Refused: if the run is not paused
    """
    return change_run(run, by, Verb.RUN_RESUMED, Run.State.RUNNING, only_from=[Run.State.PAUSED])


def cancel_run(*, run: Run, by: User | None = None) -> Run:
    """
    End a run for good. What it has stored stays, and the next run asks for the rest.

    :raises Refused: if the run has ended already
    """
    return change_run(run, by, Verb.RUN_CANCELLED, Run.State.CANCELLED, only_from=NOT_ENDED)


@transaction.atomic
def change_run(run: Run, by: User | None, verb: Verb, state: str, *, only_from: Sequence[str]) -> Run:
    fresh = Run.objects.select_for_update(of=["self"]).select_related("project").get(pk=run.pk)
    if fresh.state not in only_from:
        raise Refused(
            f"Run {run.pk} cannot be {verb.removeprefix('run.')}. It is: {fresh.get_state_display().lower()}."
        )
    fresh.state = state
    fresh.finished_at = None if state in NOT_ENDED else timezone.now()
    fresh.save(update_fields=["state", "finished_at"])
    record_event(project=fresh.project, verb=verb, subject=str(run.pk), actor=by)
    return fresh
