"""Request bodies of the jury's REST routes, and the representation of a run."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from rest_framework import serializers

from corpus.errors import Refused
from jury import queries
from jury.actions.jurors import ENTERED
from jury.actions.trials import Trial
from jury.engine.extra_body import check_extra_body
from jury.models import Ballot, GeneratedResponse, Juror, Run
from jury.prompting import ASKABLE
from jury.shapes import RunShape, SuggestionShape, TrialShape

RETRIED = [Ballot.Outcome.ABSTAINED.value, Ballot.Outcome.UNREADABLE.value]


class JurorSerializer(serializers.ModelSerializer[Juror]):
    """A juror. It has the name of the variable with its key, never the key itself."""

    prompt = serializers.CharField(default="full-policy-v2", max_length=60)
    extra_body = serializers.DictField(default=dict)
    'Further parameters of every request, such as `{"reasoning_effort": "low"}`.'
    asks = serializers.ListField(
        child=serializers.ChoiceField(ASKABLE), default=lambda: list(ASKABLE), max_length=len(ASKABLE)
    )

    class Meta:
        model = Juror
        read_only_fields = ("id",)
        fields = ["id", *ENTERED, "in_panel"]
        extra_kwargs = {
            "name": {"max_length": 200},
            "model": {"required": True, "allow_blank": False},
            "base_url": {"required": True, "allow_blank": False},
        }

    def validate_extra_body(self, value: dict[str, Any]) -> dict[str, Any]:
        """
        Return the parameters.

        :raises ValidationError: if one of them may not be given
        """
        try:
            check_extra_body(value)
        except Refused as error:
            raise serializers.ValidationError(str(error)) from error
        return value


class ConveneSerializer(serializers.Serializer[Any]):
    """The request to start a run."""

    jurors = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=1_000)
    "Names of jurors; empty for the whole panel."
    limit = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, allow_null=True, default=None)
    max_calls = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    retry = serializers.ListField(child=serializers.ChoiceField(RETRIED), default=list, max_length=len(RETRIED))
    cache = serializers.BooleanField(default=True)


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
    labels = {name: getattr(answer, name) for name in ("prompt_label", "response_label", "categories")}
    return cast("TrialShape", {**shape, **labels})


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
