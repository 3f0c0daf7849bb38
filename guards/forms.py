"""Forms of guards, for leads."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from corpus.slug_field import SlugField
from guards.models import Benchmark, Evaluation
from guards.transforms import TRANSFORMS, UNREADABLE_TO_PEOPLE
from jury.forms import BudgetForm
from jury.models import Juror


class EvaluationForm(BudgetForm):
    """Start or estimate an evaluation: which guard, on which benchmark, which transforms, which budget."""

    FOLDED: ClassVar = {
        "Rewritten texts: is the guard easily evaded?": ("transforms",),
        "More options": ("keep_near", "no_cache"),
    }

    juror = forms.ChoiceField(label="Guard", help_text="Any juror that has an endpoint.")
    benchmark = forms.ChoiceField(label="Benchmark")
    transforms = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (name, f"{name} (people cannot read it either)" if name in UNREADABLE_TO_PEOPLE else name)
            for name in TRANSFORMS
        ],
        label="Also ask about every case rewritten as",
        help_text="Each takes as many calls as the cases themselves.",
    )
    keep_near = forms.BooleanField(
        required=False,
        label="Keep near-duplicates of training texts",
        help_text="Otherwise a guard that was trained on a release is not asked about them, nor about the very texts.",
    )
    no_cache = forms.BooleanField(
        required=False,
        label="Pay for identical questions again",
        help_text="Otherwise the same model, prompt and parameters repeat an earlier verdict on a text at no cost.",
    )
    field_order = ("juror", "benchmark", "limit", "budget_usd", "max_calls")

    def __init__(self, *args: Any, jurors: Sequence[Juror], benchmarks: Sequence[Benchmark], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["juror"].choices = [(juror.name, juror.name) for juror in jurors if juror.base_url]
        fields["benchmark"].choices = [(each.name, f"{each.name} ({each.rows:,} cases)") for each in benchmarks]
        fields["limit"].label = "Sample of cases, drawn at random (empty: all)"


class CompareForm(forms.Form):
    """Choose another evaluation on the same benchmark to compare with."""

    other = forms.ChoiceField(label="Compare with")

    def __init__(self, *args: Any, others: Sequence[Evaluation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["other"].choices = [(each.pk, f"{each.juror.name}, evaluation {each.pk}") for each in others]


class TwinsForm(forms.Form):
    """A new set of twins: from which sentences, and whether from dialogues, too."""

    name = SlugField(max_length=60, label="Name", help_text="Letters, digits, hyphens and underscores.")
    task = forms.ChoiceField(choices=Benchmark.Task.choices, label="What is judged")
    shipped = forms.BooleanField(required=False, initial=True, label="The sentences that come with the software")
    templates = forms.FileField(
        required=False,
        label="Or sentences of your own",
        help_text="CSV with the columns id, attribute, text and response, and slots such as {plural} in the texts.",
    )
    dialogues = forms.BooleanField(
        required=False,
        initial=True,
        label="Dialogues in use",
        help_text="Those that name one identity group once, where another name is sure to fit.",
    )


class HashListForm(forms.Form):
    """A list of hashes to compare the dialogues with."""

    name = SlugField(max_length=60, label="Name", help_text="Letters, digits, hyphens and underscores.")
    task = forms.ChoiceField(choices=Benchmark.Task.choices, label="The hashes are of")
    file = forms.FileField(
        label="File",
        help_text="A SHA-256 in hexadecimal a line, of the normalized text. Lines that begin with # are remarks.",
    )
