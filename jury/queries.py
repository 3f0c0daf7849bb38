"""Reads of jurors, runs and ballots, named for what comes back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Now

from corpus.errors import Refused
from corpus.models import Category, Item, Project
from jury.endpoints import Rules, origin_of
from jury.families import shared_families
from jury.models import Ballot, Batch, Juror, PromptVersion, Run, Shard, Writing
from jury.prompting import Prompt

SECONDS_OF_PACE = 60
"How far back the pace of a run is measured."

FIGURES = """
    SELECT juror_id, count(*) FILTER (WHERE outcome = 'cast') AS cast,
        count(*) FILTER (WHERE outcome = 'abstained') AS abstained,
        count(*) FILTER (WHERE outcome = 'unreadable') AS unreadable,
        count(*) FILTER (WHERE outcome = 'failed') AS failed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
        percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS slowest, sum(cost_usd) AS cost
    FROM {table}
    WHERE juror_id = ANY(%(jurors)s) AND (run_id = %(run)s OR %(run)s::bigint IS NULL) AND is_current
    GROUP BY juror_id
"""


def answers_of(run: Run) -> Any:
    """Give the kind of answer that a run asks for, `Ballot` or `Writing`."""
    return Writing if run.writes else Ballot


def generators_of(project: Project) -> QuerySet[Juror]:
    """Give the generators of a project by name."""
    return Juror.objects.filter(project=project, asks=[]).select_related("prompt").order_by("name")


def generator_named(project: Project, name: str) -> Juror:
    """
    :raises Refused: naming the generators there are
    """
    generators = generators_of(project)
    found = generators.filter(name=name).first()
    if found is None:
        known = ", ".join(generators.values_list("name", flat=True)) or "none; add one with add_generator"
        raise Refused(f"Project {project} has no generator {name!r}. Known: {known}.")
    return found


def not_written(generator: Juror, items: Sequence[int]) -> list[int]:
    """Keep the items that a generator has not been asked about and is not being asked about, or where that failed."""
    under_way = Batch.objects.filter(shard__juror=generator, state__in=Batch.OPEN).values_list("items", flat=True)
    spoken = Writing.objects.filter(juror=generator, item__in=list(items), is_current=True)
    done = set(spoken.exclude(outcome=Writing.Outcome.FAILED).values_list("item", flat=True)).union(*under_way)
    return [key for key in items if key not in done]


def jurors_of(project_id: int) -> dict[str, int]:
    """Map the name of every juror to its primary key."""
    return dict(Juror.objects.filter(project_id=project_id).values_list("name", "pk"))


def panel(project: Project, names: Sequence[str] = ()) -> list[Juror]:
    """
    Give the named jurors, or else all of the panel, by name.

    :raises Refused: if one is not known, or there is none
    """
    jurors = Juror.objects.filter(project=project).select_related("prompt").order_by("name")
    chosen = list(jurors.filter(name__in=names) if names else jurors.filter(in_panel=True))
    if unknown := set(names) - {juror.name for juror in chosen}:
        raise Refused(f"Project {project} has no juror {min(unknown)!r}.")
    if not chosen:
        raise Refused(f"Project {project} has no jurors. Add one with add_juror.")
    return chosen


def response_models(project: Project) -> list[str]:
    """Name the models that wrote responses of a project, as generators or an import say, at most a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT meta ->> 'response_model' FROM corpus_item
            WHERE project_id = %s AND meta ? 'response_model' ORDER BY 1 LIMIT 100
            """,
            [project.pk],
        )
        return [row[0] for row in cursor.fetchall() if row[0]]


def families_shared(project: Project, jurors: Iterable[Juror]) -> dict[str, list[str]]:
    """Find the model families of more than one juror, or of a juror and of a model that wrote responses."""
    authors = [(f"the author of responses {model}", model) for model in response_models(project)]
    shared = shared_families([*((juror.name, juror.model) for juror in jurors), *authors])
    names = {name for name, _ in authors}
    return {family: members for family, members in shared.items() if set(members) - names}


def prompts(*, written: bool = False) -> list[str]:
    """Name the prompt versions that ask for a judgement, or else for a text."""
    versions = PromptVersion.objects.exclude(name=PromptVersion.IMPORTED).order_by("name")
    return [each.name for each in versions if Prompt.parse(each.text).form.is_written == written]


def prompt_named(name: str) -> PromptVersion:
    """
    :raises Refused: naming the ones there are
    """
    prompt = PromptVersion.objects.filter(name=name).exclude(name=PromptVersion.IMPORTED).first()
    if prompt is None:
        known = PromptVersion.objects.exclude(name=PromptVersion.IMPORTED).order_by("name")
        raise Refused(f"There is no prompt {name!r}. Known: {', '.join(known.values_list('name', flat=True))}.")
    return prompt


def labels_asked(project: Project, juror: Juror) -> tuple[str, ...]:
    """Give the labels a juror is asked for: its own, as far as the project wants them."""
    return tuple(field for field in project.fields if field in juror.asks)


def categories_shown(taxonomy_id: int) -> list[dict[str, Any]]:
    """Give the categories in order, with what a prompt may say of them."""
    categories = Category.objects.filter(taxonomy_id=taxonomy_id).order_by("position")
    return [dict(row) for row in categories.values("slug", "name", "code", "definition", "included", "excluded")]


@dataclass(frozen=True, slots=True)
class Asked:
    """An item, as far as a juror is shown it."""

    pk: int
    turns: list[dict[str, str]]
    has_response: bool


def shard_to_hear(pk: int) -> Shard:
    """Give a shard with all that is needed to ask its questions."""
    return Shard.objects.select_related("run__project__taxonomy", "juror__prompt").get(pk=pk)


def items_to_ask(shard: Shard) -> list[Asked]:
    """Give the items of a shard that its juror has not spoken on yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.id, turns::text, has_response FROM corpus_item i
            WHERE i.id = ANY(%(items)s) AND withdrawn_at IS NULL AND NOT EXISTS (
                SELECT FROM {answers_of(shard.run)._meta.db_table} a
                WHERE a.item_id = i.id AND a.juror_id = %(juror)s AND is_current
                    AND (outcome <> ALL(%(again)s) OR run_id = %(run)s))
            ORDER BY i.id
            """,
            {"items": shard.items, "juror": shard.juror_id, "again": shard.run.asks_again, "run": shard.run_id},
        )
        return [Asked(pk, orjson.loads(turns), has_response) for pk, turns, has_response in cursor.fetchall()]


def items_spread(project: Project, count: int, *, with_response: bool) -> list[Asked]:
    """Give so many items from all over a project, the same ones every time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, turns::text, has_response FROM corpus_item
            WHERE project_id = %s AND withdrawn_at IS NULL AND refusal_of IS NULL AND (has_response OR NOT %s)
            ORDER BY md5(external_id), id LIMIT %s
            """,
            [project.pk, with_response, count],
        )
        return [Asked(pk, orjson.loads(turns), has_response) for pk, turns, has_response in cursor.fetchall()]


def items_by_pk(keys: Sequence[int]) -> list[Asked]:
    """Give items by their primary keys, in no order."""
    found = Item.objects.filter(pk__in=keys).values_list("pk", "turns", "has_response")
    return [Asked(pk, turns, has_response) for pk, turns, has_response in found]


def run_of(project: Project, number: int | None = None) -> Run:
    """
    Give a run of a project by its number, or the latest.

    :raises Refused: if there is none
    """
    runs = Run.objects.filter(project=project).select_related("project").order_by("-pk")
    run = (runs if number is None else runs.filter(pk=number)).first()
    if run is None:
        which = "no run of the jury yet" if number is None else f"no run {number}"
        raise Refused(f"Project {project} has {which}.")
    return run


def nobodys(shards: QuerySet[Shard]) -> QuerySet[Shard]:
    """Keep the shards that wait and that no living worker holds, by the clock of the database."""
    silent = Now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS)
    return shards.filter(Q(seen_at=None) | Q(seen_at__lt=silent), state=Shard.State.WAITING)


def in_hand(run: Run) -> QuerySet[Shard]:
    """Give the shards of a run that a living worker holds: what `nobodys` leaves out."""
    lately = Now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS)
    return Shard.objects.filter(run=run, state=Shard.State.WAITING, seen_at__gte=lately)


def reserved_of(run: Run) -> tuple[Decimal, int]:
    """Sum up what is reserved of the budget, in US dollars and calls, by workers that were killed too."""
    shards = Shard.objects.filter(run=run)
    held = shards.aggregate(usd=Sum("reserved_usd", default=Decimal(0)), calls=Sum("reserved_calls", default=0))
    return held["usd"], held["calls"]


def has_calls_under_way(run: Run) -> bool:
    """Whether living workers or batches have money reserved, some of which they may give back."""
    return in_hand(run).filter(reserved_calls__gt=0).exists() or open_batches(run).exists()


def open_batches(run: Run) -> QuerySet[Batch]:
    """Give the batches of a run that are being sent or answered."""
    return Batch.objects.filter(shard__run=run, state__in=Batch.OPEN).order_by("pk")


def open_batch(shard: Shard) -> Batch | None:
    return Batch.objects.filter(shard=shard, state__in=Batch.OPEN).first()


def goes_by_batch(shard_id: int) -> bool:
    """Whether a shard's juror answers in batches, or did when its batch was sent."""
    by_juror = Shard.objects.filter(pk=shard_id, juror__transport=Juror.Transport.BATCH)
    return by_juror.exists() or Batch.objects.filter(shard=shard_id, state__in=Batch.OPEN).exists()


def batches_of(run: Run) -> QuerySet[Batch]:
    return Batch.objects.filter(shard__run=run).select_related("shard__juror").order_by("pk")


def shards_to_look_after() -> QuerySet[Shard]:
    """Give the shards, nobody's, of runs that go on no longer, whose batches are paid for and still to be collected."""
    open_ones = Batch.objects.filter(state__in=Batch.OPEN).exclude(shard__run__state=Run.State.RUNNING)
    return nobodys(Shard.objects.filter(pk__in=open_ones.values("shard"))).order_by("pk")


def shards_held(run: Run) -> int:
    """Count the shards that a living worker has in hand."""
    return in_hand(run).count()


def waiting_shards(run: Run) -> QuerySet[Shard]:
    """Give the shards of a run that are nobody's, so that the jurors take turns and items complete early."""
    return nobodys(Shard.objects.filter(run=run)).order_by("items__0", "pk")


@dataclass(frozen=True)
class RunProgress:
    state: str
    ballots: int
    "How many the run wants in all."
    outcomes: dict[str, int]
    cost_usd: Decimal

    @property
    def done(self) -> int:
        return sum(self.outcomes.values())


def run_progress(run: Run) -> RunProgress:
    """Give how far a run is, from the database alone."""
    counted = answers_of(run).objects.filter(run=run, is_current=True).values("outcome").annotate(count=Count("pk"))
    outcomes = dict.fromkeys(Ballot.Outcome.values, 0) | {row["outcome"]: row["count"] for row in counted}
    fresh = Run.objects.get(pk=run.pk)
    return RunProgress(fresh.state, ballots_wanted(run), outcomes, fresh.cost_usd)


@dataclass(frozen=True)
class Figures:
    """What came of a juror's questions."""

    juror: Juror
    cast: int = 0
    abstained: int = 0
    unreadable: int = 0
    failed: int = 0
    median: float | None = None
    "Seconds from the question to the answer."
    slowest: float | None = None
    "The 99th percentile of the same."
    cost: Decimal = Decimal(0)


def figures(project: Project, run: Run | None = None, *, of_generators: bool = False) -> list[Figures]:
    """
    Give the figures of every juror, or else every generator, by name, over its current answers.

    :param run: of those that it asks, over what came of it
    """
    jurors = Juror.objects.filter(project=project).select_related("prompt").order_by("name")
    if run is not None:
        jurors, kind = jurors.filter(pk__in=Shard.objects.filter(run=run).values("juror")), answers_of(run)
    elif of_generators:
        jurors, kind = jurors.filter(asks=[]), Writing
    else:
        jurors, kind = jurors.exclude(asks=[]), Ballot
    by_key = {juror.pk: juror for juror in jurors}
    with connection.cursor() as cursor:
        sql = FIGURES.format(table=kind._meta.db_table)
        cursor.execute(sql, {"jurors": list(by_key), "run": run.pk if run else None})
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Figures(juror, *counted.get(pk, ())) for pk, juror in by_key.items()]


def minutes_left(run: Run, progress: "RunProgress") -> float | None:
    """Say how long a run still takes at the pace of the last minute; None if nothing came in it."""
    lately = answers_of(run).objects.filter(run=run, cast_at__gte=Now() - timedelta(seconds=SECONDS_OF_PACE)).count()
    return (progress.ballots - progress.done) / lately * SECONDS_OF_PACE / 60 if lately else None


def answers_in(run: Run, outcome: str = "") -> QuerySet[Any]:
    """Give the current answers of a run, of one outcome where it is named, the latest first."""
    current: QuerySet[Any] = answers_of(run).objects.filter(run=run, is_current=True)
    found = current.select_related("item", "juror").order_by("-pk")
    return found.filter(outcome=outcome) if outcome else found


def shard_errors(run: Run) -> list[str]:
    broken = Shard.objects.filter(run=run, state=Shard.State.BROKEN).order_by("pk")
    return list(broken.values_list("error", flat=True))


def ballots_wanted(run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cardinality(items)), 0) FROM jury_shard WHERE run_id = %s", [run.pk])
        return int(cursor.fetchone()[0])


def items_in(run: Run) -> int:
    """Count the items of a run, each once however many jurors are asked about it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT item) FROM jury_shard, unnest(items) AS item WHERE run_id = %s", [run.pk])
        return int(cursor.fetchone()[0])


def current_ballots(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[Any, ...]]:
    """
    Look up many ballots at once.

    :param pairs: (item, juror) primary keys
    :return: for the pairs that have a current ballot: prompt_label, response_label,
        categories, other_text, rationale, seconds, cast_at
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item_id, juror_id, prompt_label, response_label, categories, other_text, rationale,
                seconds, cast_at
            FROM jury_ballot JOIN unnest(%s::bigint[], %s::bigint[]) AS asked (item_id, juror_id)
                USING (item_id, juror_id)
            WHERE is_current
            """,
            [[item for item, _ in pairs], [juror for _, juror in pairs]],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def rules_for_endpoints() -> Rules:
    """Give what the operator has set about where questions may go."""
    return Rules.of(settings.JURY_ENDPOINTS_ALLOWED, public_only=settings.JURY_ENDPOINTS_PUBLIC_ONLY)


def has_endpoint(project: Project, origin: str) -> bool:
    """Tell whether some juror or generator of the project is asked at that scheme, host and port already."""
    known = Juror.objects.filter(project=project).exclude(base_url="").values_list("base_url", flat=True).distinct()
    return any(same_origin(base_url, origin) for base_url in known)


def same_origin(base_url: str, origin: str) -> bool:
    try:
        return origin_of(base_url) == origin
    except Refused:  # stored before there were rules
        return False
