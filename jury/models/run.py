"""Runs of the jury, of a generator or of an evaluated guard, and their shards."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from corpus.models import Project, Taxonomy
from jury.models.juror import Juror


class Run(models.Model):
    """
    A run of jurors, of a generator or of an evaluated guard.

    All its state is in the database, so it survives the loss of the broker.
    """

    class Generates(models.TextChoices):
        """What the answers to a run are."""

        NOTHING = "", "Ballots"
        RESPONSES = "responses", "Responses"
        REFUSALS = "refusals", "Refusals"
        VERDICTS = "verdicts", "Verdicts"

    class State(models.TextChoices):
        """Only running and paused runs can change their state."""

        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        OVER_BUDGET = "over_budget", "Stopped at its budget"
        BROKEN = "broken", "Ended, but parts of it broke off"
        CANCELLED = "cancelled", "Cancelled"
        REPLACED = "replaced", "Replaced by a later run"

    OPEN = (State.RUNNING, State.PAUSED)

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    generates = models.CharField(max_length=10, choices=Generates, default=Generates.NOTHING, db_default="", blank=True)
    "What the run stores: ballots (empty), responses, refusals, or verdicts on the cases of a benchmark."
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    budget_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    budget_calls = models.PositiveIntegerField(null=True)
    asks_again = ArrayField(models.CharField(max_length=10), default=list)
    "Outcomes that do not count as an answer: those items are asked about again."
    uses_cache = models.BooleanField(default=True, db_default=True)
    "Whether verdicts of identical earlier requests are repeated at no cost."
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, null=True, related_name="+", db_index=False)
    "By whose categories all of it asks, as evaluations do; None for those that the project has while it asks."
    cost_usd = models.DecimalField(max_digits=26, decimal_places=10, default=0)
    calls = models.PositiveIntegerField(db_default=0)
    "Attempts that may have been answered, and the questions of batches."
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def has_budget(self) -> bool:
        """Whether dollars or calls are limited."""
        return self.budget_usd is not None or self.budget_calls is not None


class Shard(models.Model):
    """The part of a run that one Celery task works through: items for one juror."""

    class State(models.TextChoices):
        """A waiting shard may be claimed by a worker or not."""

        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        BROKEN = "broken", "Broken off"

    run = models.ForeignKey(Run, models.CASCADE, related_name="shards")
    juror = models.ForeignKey(Juror, models.PROTECT, related_name="+")
    items = ArrayField(models.BigIntegerField())
    "Primary keys of what is asked about: items, or texts of benchmarks."
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reserved_usd = models.DecimalField(max_digits=26, decimal_places=10, db_default=0)
    reserved_calls = models.IntegerField(db_default=0)
    "The reserved cost and number of its calls under way, if the run has a budget."
    holder = models.CharField(max_length=32, blank=True, db_default="")
    "Random id of the worker that has claimed it; empty if none has."
    seen_at = models.DateTimeField(null=True)
    "Last heartbeat of that worker; None if the shard is unclaimed."
    error = models.TextField(blank=True, default="")
    "Why it broke off: a fault of ours or an unreachable endpoint. Its stored answers are kept."

    class Meta:
        indexes = [
            # A worker takes a juror's next shard from it, and sees whether any is left.
            models.Index(
                F("run"), F("juror"), F("items__0"), F("id"), condition=Q(state="waiting"), name="shards_that_wait"
            )
        ]

    def __str__(self) -> str:
        return f"shard {self.pk} of {self.run}"
