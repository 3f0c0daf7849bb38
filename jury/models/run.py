from django.contrib.postgres.fields import ArrayField
from django.db import models

from corpus.models import Project
from jury.models.juror import Juror


class Run(models.Model):
    """One convening of the jury, or of a generator. All that is needed to go on with it is here, not in the broker."""

    class Generates(models.TextChoices):
        NOTHING = "", "Ballots"
        RESPONSES = "responses", "Responses"
        REFUSALS = "refusals", "Refusals"

    class State(models.TextChoices):
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
    "What is asked for in place of ballots."
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    budget_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    budget_calls = models.PositiveIntegerField(null=True)
    asks_again = ArrayField(models.CharField(max_length=10), default=list)
    "Outcomes that do not count as having spoken, so that those ballots are asked for again."
    uses_cache = models.BooleanField(default=True, db_default=True)
    "Whether an answer that was paid for once may be cast again."
    cost_usd = models.DecimalField(max_digits=16, decimal_places=10, default=0)
    calls = models.PositiveIntegerField(db_default=0)
    "Questions that were answered or failed; the SDK's own retries of one are not counted."
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def has_budget(self) -> bool:
        return self.budget_usd is not None or self.budget_calls is not None


class Shard(models.Model):
    """The part of a run that one Celery task works through: some items, one juror."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        BROKEN = "broken", "Broken off"

    run = models.ForeignKey(Run, models.CASCADE, related_name="shards")
    juror = models.ForeignKey(Juror, models.PROTECT, related_name="+")
    items = ArrayField(models.BigIntegerField())
    "Primary keys."
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reserved_usd = models.DecimalField(max_digits=16, decimal_places=10, db_default=0)
    reserved_calls = models.IntegerField(db_default=0)
    "What its calls that are under way may cost, as long as the run has a budget."
    holder = models.CharField(max_length=32, blank=True, db_default="")
    "The worker that has it in hand, by a name of its own making."
    seen_at = models.DateTimeField(null=True)
    "When that worker last gave a sign of life; none where nobody holds it."
    error = models.TextField(blank=True, default="")
    "What broke it off: a fault of ours, or an endpoint that is gone. What it has stored is kept."

    def __str__(self) -> str:
        return f"shard {self.pk} of {self.run}"
