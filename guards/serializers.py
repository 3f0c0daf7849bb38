"""Request bodies of the REST routes of guards, and the representations of benchmarks and evaluations."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from corpus.errors import Refused
from guards.models import Benchmark, Comparison, Evaluation, HashList
from guards.queries import find_benchmark
from guards.shapes import BenchmarkShape, ComparisonShape, ContaminationShape, EvaluationShape, HashListShape
from guards.training.example import Choice, check_sources
from guards.training.rendering import FORMATS
from guards.transforms import TRANSFORMS
from guards.twins.templates import MOST_BYTES
from jury import queries as jury_queries
from jury.queries import prompt_named
from jury.serializers import BudgetSerializer
from releases.spec import SPLITS


class EvaluationSerializer(BudgetSerializer):
    """The request to start an evaluation. `limit` draws so many cases, the same ones every time."""

    juror = serializers.CharField(max_length=200)
    "Name of the guard: any juror of the project that has an endpoint."
    benchmark = serializers.CharField(max_length=60)
    transforms = serializers.ListField(
        child=serializers.ChoiceField(list(TRANSFORMS)), default=list, max_length=len(TRANSFORMS)
    )
    cache = serializers.BooleanField(default=True)
    keep_near = serializers.BooleanField(default=False)
    "Leave out no near-duplicates of texts that the guard was trained on."


class HashListSerializer(serializers.Serializer[Any]):
    """What a new list of hashes is called, and of what its hashes are."""

    name = serializers.SlugField(max_length=60)
    task = serializers.ChoiceField(Benchmark.Task.values, default=Benchmark.Task.PROMPT.value)
    "`prompt`, or `response`: of a response, the text is the turn before, an empty line, and the response."


class TwinsSerializer(serializers.Serializer[Any]):
    """The request to make a set of twins."""

    name = serializers.SlugField(max_length=60)
    task = serializers.ChoiceField(Benchmark.Task.values, default=Benchmark.Task.PROMPT.value)
    shipped = serializers.BooleanField(default=True)
    "Whether the templates that come with the software are used, where there are no others."
    templates = serializers.CharField(default="", allow_blank=True, max_length=MOST_BYTES, trim_whitespace=False)
    "CSV with `id`, `attribute`, `text` and `response`, in place of the shipped ones."
    dialogues = serializers.BooleanField(default=True)
    "Whether dialogues in use are swapped, too."


class TrainingSerializer(serializers.Serializer[Any]):
    """The options of training data."""

    prompt = serializers.CharField(max_length=60)
    "The prompt version that will ask the guard."
    split = serializers.ChoiceField(SPLITS, default=SPLITS[0])
    format = serializers.ChoiceField(FORMATS, default=FORMATS[0])
    "`completion`: `prompt` and `completion`, as TRL takes them; `messages`: one list."
    sources = serializers.ListField(child=serializers.CharField(max_length=100), default=list, max_length=20)
    "Only labels that these decided, as `*_label_source` names them."
    refusals = serializers.BooleanField(default=False)
    "Refusals that are safe by construction, too."
    redacted = serializers.BooleanField(default=False)
    "Rows without their prompt, too."
    without = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=20)
    "Names of benchmarks: dialogues that stand in one, word for word or nearly, are left out."

    def validate_sources(self, names: list[str]) -> tuple[str, ...] | None:
        """
        Return the sources, or None for all.

        :raises ValidationError: if one is unknown
        """
        try:
            return check_sources(each for name in names for each in name.split(","))
        except Refused as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_prompt(self, name: str) -> str:
        """
        Return the name of the prompt version.

        :raises ValidationError: if there is none of that name
        """
        try:
            return prompt_named(name, self.context["project"]).name
        except Refused as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_without(self, names: list[str]) -> list[Benchmark]:
        """
        Return the benchmarks of these names.

        :raises ValidationError: if there is none of a name
        """
        try:
            return [find_benchmark(self.context["project"], name) for name in dict.fromkeys(names)]
        except Refused as error:
            raise serializers.ValidationError(str(error)) from error

    @property
    def choice(self) -> Choice:
        """Return which labels are wanted."""
        data = self.validated_data
        return Choice(sources=data["sources"], refusals=data["refusals"], redacted=data["redacted"])


def as_benchmark(benchmark: Benchmark) -> BenchmarkShape:
    """Return a benchmark."""
    return {
        "name": benchmark.name,
        "title": benchmark.title,
        "task": benchmark.task,
        "licence": benchmark.licence,
        "source": benchmark.source,
        "note": benchmark.note,
        "sha256": benchmark.sha256,
        "is_known": benchmark.is_known,
        "differs": benchmark.differs,
        "cases": benchmark.rows,
        "labelled": benchmark.labelled,
        "positives": benchmark.positives,
        "twins": benchmark.twins,
        "added_at": benchmark.added_at,
    }


def as_contamination(benchmark: Benchmark) -> ContaminationShape:
    """Return which dialogues stand in a benchmark, as far as they were compared."""
    return {"benchmark": benchmark.name, "cases": benchmark.rows, **as_comparison(benchmark)}


def as_hash_list(hash_list: HashList) -> HashListShape:
    """Return a list of hashes, and which dialogues have a text with one of them, as far as they were compared."""
    return {
        "name": hash_list.name,
        "task": hash_list.task,
        "file": hash_list.file,
        "sha256": hash_list.sha256,
        "added_at": hash_list.added_at,
        "cases": hash_list.rows,
        **as_comparison(hash_list),
    }


def as_comparison(source: Benchmark | HashList) -> ComparisonShape:
    """Return what the last comparison with a benchmark or a list of hashes found."""
    known: Comparison | None = getattr(source, "contamination", None)
    return {
        "checked_at": known.checked_at if known else None,
        "is_current": known is not None and known.items_version == source.project.items_version,
        "rows": known.rows if known else None,
        "equal": known.equal if known else None,
        "near": known.near if known else None,
        "share": round(known.share, 6) if known else None,
        "cases_found": known.cases_found if known else None,
        "examples": known.examples if known else [],
    }


def as_evaluation(evaluation: Evaluation) -> EvaluationShape:
    """Return an evaluation with its progress."""
    return as_evaluations([evaluation])[0]


def as_evaluations(evaluations: Sequence[Evaluation]) -> list[EvaluationShape]:
    """Return evaluations with their progress, in as many queries for many as for one."""
    runs = [evaluation.run for evaluation in evaluations]
    progress, errors = jury_queries.progress_of_runs(runs), jury_queries.errors_of_runs(runs)
    return [
        {
            "id": each.pk,
            "guard": each.juror.name,
            "model": each.juror.model,
            "prompt": each.juror.prompt.name,
            "prompt_sha256": each.juror.prompt.sha256,
            "benchmark": each.benchmark.name,
            "benchmark_sha256": each.benchmark.sha256,
            "transforms": each.transforms,
            "limit": each.limit,
            "left_out": each.left_out,
            "left_out_of": each.left_out_of,
            "near_left_out": each.near_left_out,
            "state": progress[each.run_id].state,
            "texts": progress[each.run_id].ballots,
            "outcomes": progress[each.run_id].outcomes,
            "cost_usd": float(progress[each.run_id].cost_usd),
            "budget_usd": None if each.run.budget_usd is None else float(each.run.budget_usd),
            "max_calls": each.run.budget_calls,
            "started_at": each.started_at,
            "finished_at": each.run.finished_at,
            "errors": errors[each.run_id],
        }
        for each in evaluations
    ]
