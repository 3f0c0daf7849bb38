"""Evaluate guards on benchmarks: choose the texts, estimate what it costs, start the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction

from corpus.actions import lock_in_use, record_event
from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.labels import Field
from corpus.models import Project, Verb
from guards import queries
from guards.actions.texts import store_texts
from guards.benchmarks.case import JudgedText
from guards.engine.verdict_client import VerdictClient
from guards.models import Benchmark, CaseText, Evaluation, TransformedText
from guards.overlap import near_cases, overlapping_cases
from guards.transforms import TRANSFORMS, transform_turns
from jury.actions.checks import check_can_reach
from jury.actions.estimates import Estimate, estimate_for
from jury.actions.sharding import create_shards_of
from jury.models import Batch, Juror, Run, Shard


def check_can_evaluate(juror: Juror, benchmark: Benchmark, transforms: Sequence[str]) -> None:
    """
    Check that a guard can be asked about a benchmark.

    :raises Refused: if it has no endpoint or key, is not asked for that label, or a transform is unknown
    """
    if juror.is_generator:
        raise Refused(f"{juror.name!r} is a generator: it writes responses, and judges none.")
    check_can_reach(juror)
    field = Field(f"{benchmark.task}_label")
    if field not in juror.asks:
        raise Refused(
            f"{benchmark.name} has {field.part}s to judge, and juror {juror.name!r} is not asked for labels of "
            f"{field.part}s. Add a juror that is: add_juror … --asks {field}."
        )
    if unknown := sorted(set(transforms) - set(TRANSFORMS)):
        raise Refused(f"There is no transform {unknown[0]!r}. Known: {', '.join(TRANSFORMS)}.")


def estimate_evaluation(
    *, project: Project, juror: Juror, benchmark: Benchmark, transforms: Sequence[str] = (), limit: int | None = None
) -> Estimate:
    """
    Return what an evaluation would cost at most: verdicts that are known already cost nothing.

    :raises Refused: if the guard cannot be asked
    """
    check_can_evaluate(juror, benchmark, transforms)
    planned = Evaluation(project=project, juror=juror, benchmark=benchmark, limit=limit)
    texts = sorted(set(queries.cases_asked(planned).values_list("text", flat=True)))
    return estimate_for(VerdictClient(project, juror), texts * (1 + len(transforms)), queries.texts_by_pk)


@transaction.atomic
def start_evaluation(
    *,
    project: Project,
    juror: Juror,
    benchmark: Benchmark,
    transforms: Sequence[str] = (),
    limit: int | None = None,
    budget_usd: Decimal | None = None,
    budget_calls: int | None = None,
    uses_cache: bool = True,
    keeps_near: bool = False,
    by: User | None = None,
) -> Evaluation:
    """
    Create an evaluation with its run; nothing is asked yet. The caller enqueues the run with `jury.tasks.enqueue`.

    Cases whose text the guard was trained on, or nearly, or whose label it helped decide, are left out. An evaluation
    of the same guard on the same cases that is under way in the same way is returned as it is.

    :param transforms: keys of `TRANSFORMS`: every case is asked about once more with each
    :param limit: so many cases only, drawn from those that are not left out, the same ones every time; of twins, whole
        families only
    :param uses_cache: repeat verdicts on identical earlier requests at no cost
    :param keeps_near: leave out only cases with the very text that the guard was trained on, and no near-duplicates
    :raises Refused: if the guard cannot be asked, or no case is left; or if one that has not ended is paused, goes by
        another budget, or has a batch whose answers are still to come
    """
    check_can_evaluate(juror, benchmark, transforms)
    keeps_near = keeps_near or benchmark.is_of_twins  # which have no labels, and are compared by families
    lock_evaluations(project)
    same = {"project": project, "juror": juror, "benchmark": benchmark, "limit": limit}
    chosen = [name for name in TRANSFORMS if name in set(transforms)]
    money: dict[str, Any] = {"budget_usd": budget_usd, "budget_calls": budget_calls, "uses_cache": uses_cache}
    open_ones = Evaluation.objects.filter(**same, transforms=chosen, run__state__in=Run.OPEN).select_related("run")
    if open_one := open_ones.filter(near_left_out__isnull=keeps_near).first():
        check_goes_on(open_one, money)
        return open_one
    check_no_batch(juror)
    left_out = cases_left_out(juror, benchmark, keeps_near=keeps_near)
    run = create_run(project, money)
    evaluation = Evaluation.objects.create(**same, **left_out.fields, run=run, transforms=chosen, started_by=by)
    texts = texts_of(evaluation)
    if not texts:
        raise Refused(no_case_left(benchmark, limit))
    create_shards_of(run, juror, texts)
    detail = {"guard": juror.name, "benchmark": benchmark.name, "texts": len(texts), "left_out": len(left_out.cases)}
    record_event(project=project, verb=Verb.EVALUATION_STARTED, subject=str(evaluation.pk), actor=by, detail=detail)
    return evaluation


def create_run(project: Project, money: Mapping[str, Any]) -> Run:
    """
    Create the run of an evaluation, which asks all cases by the categories that there are now.

    :param money: the budgets, and whether earlier verdicts are repeated
    """
    return Run.objects.create(
        project=project, generates=Run.Generates.VERDICTS, taxonomy_id=project.taxonomy_id, **money
    )


def lock_evaluations(project: Project) -> None:
    """
    Make others who start an evaluation of the project wait until the transaction ends: a form sent twice starts one.

    :raises Archived: if the project is archived
    """
    lock_in_use(project)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evaluation'), %s)", [project.pk])


def check_goes_on(evaluation: Evaluation, money: Mapping[str, Any]) -> None:
    """
    Check that an evaluation that has not ended is what somebody wants to start: it runs, and by what they chose.

    :param money: the budgets, and whether earlier verdicts are repeated
    :raises Refused: if it is not
    """
    named, run = f"Evaluation {evaluation.pk} of the same guard on the same cases", evaluation.run
    if run.state == Run.State.PAUSED:
        raise Refused(f"{named} is paused. Resume or cancel it first.")
    if any(getattr(run, name) != value for name, value in money.items()):
        raise Refused(f"{named} is under way with another budget or use of earlier verdicts. Cancel it first.")


def check_no_batch(juror: Juror) -> None:
    """
    Check that no batch of an evaluation that has ended is still with the endpoint.

    Its answers are paid for, and asked for again they would be paid twice.

    :raises Refused: if one is
    """
    # One of a shard that broke off is asked after no more, so it would never end.
    waiting = {"shard__juror": juror, "shard__state": Shard.State.WAITING}
    batches = Batch.objects.filter(**waiting, state__in=Batch.OPEN)
    if batches.filter(shard__run__generates=Run.Generates.VERDICTS).exclude(shard__run__state__in=Run.OPEN).exists():
        raise Refused(
            f"A batch of {juror.name} from an evaluation that has ended is still with the endpoint, and may be paid "
            "for. Start this one when its answers have come, or it has been cancelled there."
        )


def no_case_left(benchmark: Benchmark, limit: int | None) -> str:
    """Return the message that an evaluation has no case."""
    if benchmark.is_of_twins and limit is not None:
        return f"No family of twins of {benchmark.name} has as few as {limit:,} cases. Choose a larger limit."
    return f"No case of {benchmark.name} is left: the guard was trained on all of them, or decided them."


@dataclass(frozen=True)
class LeftOut:
    """The cases that a guard is not asked about."""

    version: str
    "Of the release that the guard was trained on; empty if none is known."
    cases: list[int]
    "Their numbers, ascending."
    near: int | None
    "How many of them are left out as near-duplicates alone; None where these are kept."

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of an evaluation that keep them."""
        return {"left_out_cases": self.cases, "left_out_of": self.version, "near_left_out": self.near}


def cases_left_out(juror: Juror, benchmark: Benchmark, *, keeps_near: bool) -> LeftOut:
    """
    Return the cases that a guard is not asked about.

    These are cases whose text stands in the training split of the release it was trained on, near-duplicates of such
    texts, and cases whose label the guard helped decide.
    """
    release, helped = queries.trained_release(juror), queries.helped_decide(juror, benchmark)
    known = helped | overlapping_cases(release, benchmark) if release else helped
    near = near_cases(release, benchmark, known) if release and not keeps_near else set()
    return LeftOut(
        version=release.version if release else "",
        cases=sorted(known | near),
        near=None if keeps_near else len(near),
    )


def texts_of(evaluation: Evaluation) -> list[int]:
    """Return the primary keys of the texts of an evaluation, each once: as they are, and after that transformed."""
    plain = list(dict.fromkeys(queries.cases_asked(evaluation).values_list("text", flat=True)))
    if not evaluation.transforms:
        return plain
    for part in batched(plain):
        write_transformed(part, evaluation.transforms)
    found = TransformedText.objects.filter(text__in=plain, transform__in=evaluation.transforms).order_by("pk")
    return list(dict.fromkeys([*plain, *found.values_list("result", flat=True)]))


def write_transformed(texts: Sequence[int], transforms: Sequence[str]) -> None:
    """Store what transforms make of texts, where that is not stored yet."""
    rows = list(rewritten(texts, transforms))
    keys = store_texts({made.content_hash: made for *_, made in rows})
    TransformedText.objects.bulk_create(
        (TransformedText(text_id=text, transform=name, result_id=keys[made.content_hash]) for text, name, made in rows),
        ignore_conflicts=True,
    )


def rewritten(texts: Sequence[int], transforms: Sequence[str]) -> Iterator[tuple[int, str, JudgedText]]:
    """Yield for each text and transform that is not stored yet: both, and what the one makes of the other."""
    found = TransformedText.objects.filter(text__in=texts, transform__in=transforms)
    known = set(found.values_list("text", "transform"))
    stored = CaseText.objects.filter(pk__in=texts).values_list("pk", "turns", "ends_at_prompt")
    for text, turns, ends_at_prompt in stored:
        for name in transforms:
            if (text, name) not in known:
                changed = transform_turns(turns, name)
                yield text, name, JudgedText(orjson.dumps(changed).decode(), ends_at_prompt)
