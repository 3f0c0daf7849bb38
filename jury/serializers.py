"""Request bodies of the jury's REST routes, and the representation of a run."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from rest_framework import serializers

from corpus.errors import Refused
from corpus.labels import label_columns_of
from jury import actions, queries
from jury.actions.jurors import CHANGEABLE, ENTERED, GENERATOR_DEFAULTS, JUROR_DEFAULTS, OF_JURORS_ALONE, REQUEST_FIELDS
from jury.actions.runs import RETRIED
from jury.actions.trials import Trial
from jury.engine.extra_body import check_extra_body
from jury.models import GeneratedResponse, Juror, PromptVersion, Run
from jury.prompting import ASKABLE, Prompt
from jury.shapes import PromptShape, RunShape, SuggestionShape, TrialShape


class ExtraBodyField(serializers.DictField):
    """Further parameters of every request, such as `{"reasoning_effort": "low"}`."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """
        Return the parameters.

        :raises ValidationError: if one of them may not be given
        """
        value: dict[str, Any] = super().to_internal_value(data)
        try:
            check_extra_body(value)
        except Refused as error:
            raise serializers.ValidationError(str(error)) from error
        return value


class ModelSerializer(serializers.ModelSerializer[Juror]):
    """Base of jurors and generators. They have the name of the variable with their key, never the key itself."""

    extra_body = ExtraBodyField(default=dict)

    class Meta:
        model = Juror
        read_only_fields = ("id",)
        fields: Sequence[str] = ["id", *(name for name in ENTERED if name not in OF_JURORS_ALONE)]
        extra_kwargs: ClassVar[dict[str, dict[str, Any]]] = {
            "name": {"max_length": 200},
            "model": {"required": True, "allow_blank": False},
            "base_url": {"required": True, "allow_blank": False},
            "trained_on": {"help_text": "The release of the project that its model was trained on; empty if none."},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """
        Return the fields.

        :raises ValidationError: if there is no such field, or it may not change any more
        """
        problems = dict.fromkeys(self.initial_data.keys() - self.fields.keys(), "There is no such field.")
        if found := self.instance:
            now = self.to_representation(found)
            fixed = [name for name in attrs.keys() - {*CHANGEABLE, *REQUEST_FIELDS} if attrs[name] != now[name]]
            problems |= dict.fromkeys(fixed, "This cannot change. Add another one under a new name.")
        if problems:
            raise serializers.ValidationError(problems)
        return attrs

    def update(self, instance: Juror, validated_data: dict[str, Any]) -> Juror:
        """Change a juror or a generator."""
        return actions.change_juror(juror=instance, **validated_data)


class JurorSerializer(ModelSerializer):
    """A juror. It has the name of the variable with its key, never the key itself."""

    prompt = serializers.CharField(default=JUROR_DEFAULTS["prompt"], max_length=60)
    asks = serializers.ListField(
        child=serializers.ChoiceField(ASKABLE), default=lambda: list(ASKABLE), max_length=len(ASKABLE)
    )

    class Meta(ModelSerializer.Meta):
        fields = ("id", *ENTERED, "in_panel")

    def create(self, validated_data: dict[str, Any]) -> Juror:
        """Add a juror."""
        return actions.add_juror(**validated_data)


class GeneratorSerializer(ModelSerializer):
    """A generator. It has the name of the variable with its key, never the key itself."""

    prompt = serializers.CharField(default=GENERATOR_DEFAULTS["prompt"], max_length=60)
    temperature = serializers.FloatField(default=GENERATOR_DEFAULTS["temperature"], min_value=0, allow_null=True)

    def create(self, validated_data: dict[str, Any]) -> Juror:
        """Add a generator."""
        return actions.add_generator(**validated_data)


class BudgetSerializer(serializers.Serializer[Any]):
    """How many dialogues a run is about, and its budget."""

    limit = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, allow_null=True, default=None)
    max_calls = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)


class ConveneSerializer(BudgetSerializer):
    """The request to start a run."""

    jurors = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=1_000)
    "Names of jurors; empty for the whole panel."
    retry = serializers.ListField(child=serializers.ChoiceField(RETRIED), default=list, max_length=len(RETRIED))
    cache = serializers.BooleanField(default=True)
    allow_trained = serializers.BooleanField(
        default=False, help_text="Ask jurors that were trained on a release of the project, too."
    )


class TrySerializer(serializers.Serializer[Any]):
    """The request to try a juror."""

    item = serializers.CharField(default="", allow_blank=True, max_length=200)
    "External id of a dialogue; empty for one of the project's."


def as_trial(trial: Trial) -> TrialShape:
    """Return what came of a trial."""
    answer, suggestion = trial.answer, trial.suggestion
    shape: TrialShape = {
        "item": trial.item,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "seconds": answer.seconds,
        "cost_usd": float(answer.cost_usd),
        "suggestion": None,
    }
    if suggestion:
        found = {"settings": suggestion.changes, "options": suggestion.options, "outcome": suggestion.outcome}
        shape["suggestion"] = cast("SuggestionShape", found)
    if isinstance(answer, GeneratedResponse):
        return {**shape, "text": answer.text}
    return {**shape, **label_columns_of(answer), "categories": answer.categories, "answers": answer.answers}


def as_run(run: Run) -> RunShape:
    """Return a run with its progress."""
    return as_runs([run])[0]


def as_runs(runs: Sequence[Run]) -> list[RunShape]:
    """Return runs with their progress, in as many queries for many as for one."""
    progress, errors = queries.progress_of_runs(runs), queries.errors_of_runs(runs)
    held = Counter(queries.claimed(*runs).values_list("run", flat=True))
    batches = Counter(queries.open_batches(*runs).values_list("shard__run", flat=True))
    return [
        {
            "id": run.pk,
            "project": run.project.slug,
            "state": progress[run.pk].state,
            "ballots": progress[run.pk].ballots,
            "outcomes": progress[run.pk].outcomes,
            "held": held[run.pk],
            "batches": batches[run.pk],
            "cost_usd": float(progress[run.pk].cost_usd),
            "budget_usd": None if run.budget_usd is None else float(run.budget_usd),
            "max_calls": run.budget_calls,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "errors": errors[run.pk],
        }
        for run in runs
    ]


class PromptSerializer(serializers.Serializer[Any]):
    """A prompt version to freeze."""

    name = serializers.CharField(max_length=60, help_text="Unique in the site; it never changes.")
    text = serializers.CharField(
        max_length=100_000, trim_whitespace=False, help_text="The prompt in TOML, as the files of `jury/prompts/`."
    )


def as_prompt(version: PromptVersion) -> PromptShape:
    """Return a prompt version without its text, as JSON."""
    prompt = Prompt.parse(version.text)
    return {
        "name": version.name,
        "form": prompt.form,
        "send": prompt.send,
        "project": version.project.slug if version.project else None,
        "sha256": version.sha256,
        "created_at": version.created_at,
    }
