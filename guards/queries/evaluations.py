"""Evaluations, the texts that guards are asked about, and what they said."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from django.db import connection
from django.db.models import Count, F, QuerySet, TextField, Value, Window
from django.db.models.functions import MD5, Cast, Concat
from numpy.typing import NDArray

from corpus.errors import Refused
from corpus.labels import Label
from corpus.models import Project
from corpus.turns import has_response
from guards.figures.cases import NO_LABEL, NOT_ASKED, EvaluatedCases
from guards.figures.verdicts import Verdict as Said
from guards.models import BenchmarkCase, Evaluation, TransformedText, Verdict
from jury.models import Run, Shard
from jury.queries import PromptItem

VALUES: dict[str | None, Said] = {
    Label.SAFE: Said.SAFE,
    Label.NEEDS_CAUTION: Said.CAUTION,
    Label.UNSAFE: Said.UNSAFE,
    None: Said.UNREADABLE,
}
TEXTS = "SELECT t.id, t.turns::text, t.ends_at_prompt FROM guards_casetext t WHERE t.id = ANY(%(texts)s)"
TEXTS_TO_ASK = f"""
    {TEXTS} AND NOT EXISTS (SELECT FROM guards_verdict v WHERE v.run_id = %(run)s AND v.text_id = t.id) ORDER BY t.id
"""


Spoken = tuple[Said, float | None, list[str]]
"Of one verdict: its value, the probability of unsafe, and the categories that the guard named."


class NoSuchEvaluation(Refused):
    """The project has no evaluation of that number."""

    code = "not_found"


def evaluations_of(project: Project) -> QuerySet[Evaluation]:
    """Return the evaluations of a project, the latest first."""
    evaluations = Evaluation.objects.filter(project=project).order_by("-pk")
    return evaluations.select_related("run", "juror__prompt", "benchmark", "started_by")


def finished_on_twins(project: Project) -> QuerySet[Evaluation]:
    """Return the latest evaluation of each guard on each set of twins, of those that have finished, oldest first."""
    finished = Evaluation.objects.filter(
        project=project, benchmark__twins__isnull=False, run__state=Run.State.FINISHED, transforms=[]
    )
    latest = finished.order_by("juror", "benchmark", "-pk").distinct("juror", "benchmark").values("pk")
    return evaluations_of(project).filter(pk__in=latest).order_by("pk")


def find_evaluation(project: Project, number: int) -> Evaluation:
    """
    Return an evaluation of a project.

    :raises NoSuchEvaluation: if there is none of that number
    """
    if found := evaluations_of(project).filter(pk=number).first():
        return found
    raise NoSuchEvaluation(f"{project.slug} has no evaluation {number}.")


def texts_to_ask(shard: Shard) -> list[PromptItem]:
    """Return the texts of a shard that have no verdict in its run yet, by primary key."""
    return read_texts(TEXTS_TO_ASK, {"texts": shard.items, "run": shard.run_id})


def texts_by_pk(keys: Sequence[int]) -> list[PromptItem]:
    """Return texts by their primary keys, in any order."""
    return read_texts(TEXTS, {"texts": list(keys)})


def read_texts(statement: str, parameters: dict[str, Any]) -> list[PromptItem]:
    """Return the texts that a statement finds; one that ends with a response is judged by it, others as prompts."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = [(key, orjson.loads(turns), is_prompt) for key, turns, is_prompt in cursor.fetchall()]
    return [PromptItem(key, turns, has_response(turns) and not is_prompt) for key, turns, is_prompt in found]


def cases_asked(evaluation: Evaluation) -> QuerySet[BenchmarkCase]:
    """
    Return the cases that an evaluation is about, in the order of the benchmark.

    A limit takes a pseudo-random sample, the same one every time: many files are sorted by what their cases test. A
    larger limit takes the same cases and others. Of twins it takes whole families, as many as fit.
    """
    cases = BenchmarkCase.objects.filter(benchmark=evaluation.benchmark_id).order_by("number", "pk")
    left = cases.exclude(number__in=evaluation.left_out_cases)
    if evaluation.limit is None:
        return left
    benchmark = evaluation.benchmark
    family = F("pair") if benchmark.is_of_twins else Cast("number", TextField())
    order = [MD5(Concat(family, Value(benchmark.sha256))), family]
    drawn = left.annotate(place=Window(Count("*"), order_by=order)).filter(place__lte=evaluation.limit)
    return cases.filter(pk__in=drawn.values("pk"))


def evaluated_cases(evaluation: Evaluation) -> EvaluatedCases:
    """Return the cases of an evaluation with what the guard said of each."""
    cases = list(cases_asked(evaluation))
    texts = [case.text_id for case in cases]
    said = verdicts_of(evaluation)
    results = transformed_texts(evaluation)
    own = [said.get(text) for text in texts]
    return EvaluatedCases(
        numbers=[case.number for case in cases],
        truth=np.array([NO_LABEL if case.is_unsafe is None else case.is_unsafe for case in cases], dtype=np.int8),
        verdicts=values_of(texts, said),
        probabilities=np.array([np.nan if v is None or v[1] is None else v[1] for v in own], dtype=np.float64),
        category=[case.category for case in cases],
        kind=[case.kind for case in cases],
        group=[case.group for case in cases],
        pair=[case.pair for case in cases],
        language=[case.language for case in cases],
        label_source=[case.label_source for case in cases],
        named=[v[2] if v else [] for v in own],
        transformed={
            name: values_of([results.get((text, name)) for text in texts], said) for name in evaluation.transforms
        },
    )


def verdicts_of(evaluation: Evaluation) -> dict[int, Spoken]:
    """
    Return what was said of each text that was asked about, by the primary key of the text.

    A question that got no reply, as its endpoint was away, says nothing of the guard.
    """
    given = Verdict.objects.filter(run=evaluation.run_id).exclude(outcome=Verdict.Outcome.FAILED)
    rows = given.values_list("text", "label", "probability", "categories")
    return {text: (VALUES[label], probability, names) for text, label, probability, names in rows}


def transformed_texts(evaluation: Evaluation) -> dict[tuple[int, str], int]:
    """
    Return the text that each text of an evaluation became, by text and transform.

    Texts that a transform leaves as they are evade nobody, and are not among them.
    """
    if not evaluation.transforms:
        return {}
    texts = cases_asked(evaluation).values("text")
    found = TransformedText.objects.filter(text__in=texts, transform__in=evaluation.transforms)
    found = found.exclude(result=F("text"))
    return {(text, name): result for text, name, result in found.values_list("text", "transform", "result")}


def values_of(texts: Sequence[int | None], said: Mapping[int, Spoken]) -> NDArray[np.int8]:
    """Return the verdict on each text as a value, NOT_ASKED where there is none."""
    known = {text: value for text, (value, *_) in said.items()}
    return np.array([NOT_ASKED if text is None else known.get(text, NOT_ASKED) for text in texts], dtype=np.int8)
