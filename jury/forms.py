"""Forms of the jury, for leads."""

import json
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from corpus.errors import Refused
from corpus.grouped_forms import GroupedForm
from corpus.labels import FIELDS
from corpus.models import Project
from corpus.text_area import TextArea
from jury import queries
from jury.actions.jurors import ENTERED, GENERATOR_DEFAULTS, JUROR_DEFAULTS, OF_JURORS_ALONE
from jury.actions.runs import RETRIED
from jury.engine.extra_body import parse_extra_body
from jury.models import Ballot, Juror
from jury.prompting import ASKABLE

REQUEST_LABELS = {
    "temperature": "Temperature (empty: none is sent)",
    "max_tokens": "Longest answer, in tokens",
    "max_tokens_parameter": "Name of that limit at the endpoint",
    "extra_body": "Extra body: further parameters of every request, as a JSON object",
    "response_format": "Response format",
    "asks_probability": "Ask how probable each verdict is (by logprobs, which not every endpoint has)",
}
ASK_LABELS = {**{field.value: f"the {field.part}" for field in FIELDS}, "categories": "the categories"}
LIMITS = {
    "api_key_env": "Environment variable that holds the API key",
    "concurrency": "Simultaneous requests in one shard",
    "requests_per_minute": "Requests a minute, over all workers (empty: no limit)",
    "tokens_per_minute": "Tokens a minute, over all workers (empty: no limit)",
    "price_in": "Price of a million prompt tokens, in US dollars",
    "price_out": "Price of a million answer tokens, in US dollars",
    "timeout_seconds": "Timeout of one call, in seconds",
    "transport": "How requests are sent (batches need an endpoint that has them, and prices that hold for them)",
    "trained_on": "Release of this project that its model was trained on (empty: none)",
}
LIMITS_AND_PRICES = (
    *("concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds"),
    *("price_in", "price_out"),
)


class BudgetForm(GroupedForm, forms.Form):
    """How many dialogues a run is about, and its budget."""

    limit = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, label="First dialogues only, at most (empty: all)"
    )
    budget_usd = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=6,
        label="Budget in US dollars (empty: none)",
        help_text="A run stops before it would spend more.",
    )
    max_calls = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, label="Budget in calls (empty: none)"
    )


class ConveneForm(BudgetForm):
    """Start or estimate a run: which jurors, how many dialogues, which budget."""

    FOLDED: ClassVar = {"More options": ("retry", "no_cache", "allow_trained")}

    jurors = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Jurors (none ticked: the whole panel)"
    )
    retry = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(value, Ballot.Outcome(value).label) for value in RETRIED],
        label="Ask again where the outcome was",
        help_text="What failed is asked again in any case. Cast: after a question was added; its new reply replaces "
        "the ballot, and whatever would be asked as before is repeated at no cost.",
    )
    no_cache = forms.BooleanField(
        required=False,
        label="Pay for identical questions again",
        help_text="Otherwise the same model, prompt and parameters repeat an earlier answer at no cost.",
    )
    allow_trained = forms.BooleanField(
        required=False,
        label="Also ask jurors that were trained on a release of this project",
        help_text="Their ballots are no independent opinions on its dialogues.",
    )
    field_order = ("jurors",)

    def __init__(self, *args: Any, jurors: list[Juror], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["jurors"]
        field.choices = [(juror.name, juror.name) for juror in jurors if juror.base_url]

    @property
    def asks_again(self) -> list[str]:
        """Return the outcomes that do not count as an answer."""
        return [Ballot.Outcome.FAILED.value, *self.cleaned_data["retry"]]


class ExtraBodyField(forms.CharField):
    """A JSON object of further parameters of a request."""

    widget = TextArea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Return a stored object as JSON, and what was typed as it is."""
        return (json.dumps(value, ensure_ascii=False) if value else "") if isinstance(value, dict) else value

    def clean(self, value: Any) -> Any:
        """
        Return the object.

        :raises ValidationError: if it is none, or may not be given
        """
        try:
            return parse_extra_body(super().clean(value))
        except Refused as error:
            raise ValidationError(str(error)) from error


class ProbabilityField(forms.TypedChoiceField):
    """Whether a juror is asked for probabilities. A list, since a box left empty is not sent, as is one left out."""

    def __init__(self) -> None:
        choices = [("False", "No"), ("True", "Yes")]
        super().__init__(
            choices=choices, coerce="True".__eq__, required=False, label=REQUEST_LABELS["asks_probability"]
        )

    def clean(self, value: Any) -> bool:
        """Return whether it says yes; nothing says no."""
        return bool(super().clean(value))


class JurorForm(GroupedForm, forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """Add a juror: its model, endpoint, prompt and limits."""

    FOLDED: ClassVar = {
        "Limits and prices": LIMITS_AND_PRICES,
        "Request settings": (*REQUEST_LABELS, "transport", "trained_on"),
    }

    prompt = forms.ChoiceField(label="Prompt version", initial=JUROR_DEFAULTS["prompt"])
    asks = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        choices=list(ASK_LABELS.items()),
        initial=ASKABLE,
        label="Asked about",
    )
    extra_body = ExtraBodyField(required=False, label=REQUEST_LABELS["extra_body"])
    asks_probability = ProbabilityField()

    is_generative = False
    "Whether the form offers the prompts of generators."

    class Meta:
        model = Juror
        fields: tuple[str, ...] = ENTERED
        widgets = {"name": forms.TextInput()}
        labels = LIMITS | REQUEST_LABELS | {"base_url": "Endpoint, as https://models.example/v1"}

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["prompt"]
        field.choices = [(name, name) for name in queries.prompt_names(project, generative=self.is_generative)]
        self.fields["model"].required = self.fields["base_url"].required = True

    def _post_clean(self) -> None:
        """Leave validation to `add_juror`, which page, REST and command share."""


class GeneratorForm(JurorForm):
    """Add a generator: its model, endpoint, prompt and limits."""

    is_generative = True
    prompt = forms.ChoiceField(label="Prompt version (refuse: refusals of unsafe prompts)")
    asks = None  # type: ignore[assignment]  # as Django drops an inherited field
    asks_probability = None  # type: ignore[assignment]

    class Meta(JurorForm.Meta):
        fields = tuple(name for name in JurorForm.Meta.fields if name not in OF_JURORS_ALONE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial=GENERATOR_DEFAULTS | kwargs.pop("initial", {}), **kwargs)


class LimitsForm(GroupedForm, forms.ModelForm):  # type: ignore[type-arg]
    """Change the fields of a juror that no answer depends on, and until it has answered those of its requests."""

    FOLDED: ClassVar = {"Request settings": (*REQUEST_LABELS, "transport", "trained_on")}

    extra_body = ExtraBodyField(required=False, label=REQUEST_LABELS["extra_body"])
    asks_probability = ProbabilityField()

    class Meta:
        model = Juror
        fields = ("in_panel", *LIMITS, *REQUEST_LABELS)
        labels = LIMITS | REQUEST_LABELS | {"in_panel": "On the panel: every run that names no jurors asks it"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What a page sends is left to `change_juror`, which refuses a change of these once the juror has been asked.
        is_fixed = self.instance.pk is None or (not self.is_bound and queries.has_been_asked(self.instance))
        fixed = REQUEST_LABELS if is_fixed else ()
        for_jurors = self.fields.keys() & set(OF_JURORS_ALONE) if self.instance.is_generator else ()
        left_out = [name for name in (*REQUEST_LABELS, "trained_on") if self.is_bound and name not in self.data]
        for name in {*fixed, *for_jurors, *left_out}:
            del self.fields[name]
        for name in ("price_in", "price_out"):
            self.initial[name] = f"{Decimal(getattr(self.instance, name)).normalize():f}"

    def _post_clean(self) -> None:
        """Leave validation to `change_juror`."""
