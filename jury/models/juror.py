"""Jurors, generators and the versions of their prompts."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from corpus.models import Project

AT_LEAST_ONE = [MinValueValidator(1)]
NOT_NEGATIVE = [MinValueValidator(0)]


def default_asks() -> list[str]:
    """Return what a juror is asked for by default: all there is."""
    return ["prompt_label", "response_label", "categories"]


class PromptVersion(models.Model):
    """A prompt of jurors or generators. Never edited once stored; a changed file is a new version."""

    IMPORTED = "imported"

    name = models.SlugField(max_length=60, unique=True)
    text = models.TextField()
    "The whole TOML file, which `jury.prompting.Prompt.parse` reads."
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="+")
    "The project that it was frozen in, whose members alone see it; None for a file, which all projects see."

    def __str__(self) -> str:
        return self.name


class PromptDraft(models.Model):
    """A prompt that is being written in a project. It becomes a prompt version when it is frozen."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.SlugField(max_length=60)
    "That of the prompt version it is to be."
    text = models.TextField()
    "As typed: it need not be a prompt yet."
    based_on = models.CharField(max_length=60, blank=True, default="")
    "The name of the prompt version that it began as."
    revision = models.PositiveIntegerField(default=1)
    "Counts the changes, so that one in a second tab is noticed."
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_draft_a_name")]

    def __str__(self) -> str:
        return self.name


class Juror(models.Model):
    """
    A model with its prompt and parameters, which judges items of one project.

    A juror with empty `asks` is a generator: it writes responses, casts no ballots and is on no panel.
    """

    class ResponseFormat(models.TextChoices):
        """How a reply becomes JSON."""

        JSON_SCHEMA = "json_schema", "JSON schema, enforced by the endpoint"
        JSON_OBJECT = "json_object", "A JSON object of the model's own making"
        TEXT = "text", "Text that must turn out to be JSON"

    class TokenParameter(models.TextChoices):
        """The parameter of a request that limits the tokens of the answer."""

        MAX_TOKENS = "max_tokens", "max_tokens, as most endpoints call it"
        MAX_COMPLETION_TOKENS = "max_completion_tokens", "max_completion_tokens, as OpenAI's newer models call it"

    class Transport(models.TextChoices):
        """How requests are sent."""

        LIVE = "live", "Call by call"
        BATCH = "batch", "In batches, answered within a day"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.TextField(db_collation="C")
    model = models.CharField(max_length=200, blank=True, default="")
    base_url = models.CharField(max_length=500, blank=True, default="")
    "An OpenAI-compatible endpoint. Empty for a juror whose ballots were imported."
    api_key_env = models.CharField(max_length=100, blank=True, default="")
    "The environment variable that holds the key; the key itself is never stored."
    prompt = models.ForeignKey(PromptVersion, models.PROTECT, related_name="+")
    asks = ArrayField(models.CharField(max_length=20), default=default_asks, blank=True)
    temperature = models.FloatField(default=0.0, null=True, blank=True, validators=NOT_NEGATIVE)
    "None where none is sent: some models accept their own alone."
    max_tokens = models.PositiveIntegerField(default=512, validators=AT_LEAST_ONE)
    max_tokens_parameter = models.CharField(max_length=21, choices=TokenParameter, default=TokenParameter.MAX_TOKENS)
    extra_body = models.JSONField(default=dict, blank=True)
    "Further parameters of a request, as `jury.engine.extra_body` allows them."
    response_format = models.CharField(max_length=12, choices=ResponseFormat, default=ResponseFormat.JSON_SCHEMA)
    asks_probability = models.BooleanField(default=False, db_default=False)
    "Whether it is asked how probable it finds its verdicts, by logprobs."
    concurrency = models.PositiveSmallIntegerField(default=8, validators=AT_LEAST_ONE)
    "Simultaneous requests in one shard."
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=AT_LEAST_ONE)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=AT_LEAST_ONE)
    price_in = models.DecimalField(max_digits=12, decimal_places=6, default=0, validators=NOT_NEGATIVE)
    "US dollars per million prompt tokens."
    price_out = models.DecimalField(max_digits=12, decimal_places=6, default=0, validators=NOT_NEGATIVE)
    "US dollars per million answer tokens."
    timeout_seconds = models.PositiveIntegerField(default=120, db_default=120, validators=AT_LEAST_ONE)
    "Timeout of one request."
    transport = models.CharField(max_length=5, choices=Transport, default=Transport.LIVE, db_default="live")
    trained_on = models.CharField(max_length=60, blank=True, default="", db_default="")
    "The release of the project that its model was trained on, as said of it; see `queries.versions_trained_on`."
    in_panel = models.BooleanField(default=True)
    "Whether runs that name no jurors ask it."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_juror_a_name"),
            models.CheckConstraint(condition=~Q(asks=[]) | Q(in_panel=False), name="generators_are_on_no_panel"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_generator(self) -> bool:
        """Whether it writes responses instead of casting ballots."""
        return not self.asks
