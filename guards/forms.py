"""Forms of guards, for leads."""

from collections.abc import Sequence
from typing import Any

from django import forms

from guards.models import Benchmark, Evaluation
from guards.transforms import TRANSFORMS, UNREADABLE_TO_PEOPLE
from jury.forms import BudgetForm
from jury.models import Juror


class EvaluationForm(BudgetForm):
    """Start or estimate an evaluation: which guard, on which benchmark, which transforms, which budget."""

    juror = forms.ChoiceField(label="Guard", help_text="Any juror that has an endpoint.")
    benchmark = forms.ChoiceField(label="Benchmark")
    transforms = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (name, f"{name} (people cannot read it either)" if name in UNREADABLE_TO_PEOPLE else name)
            for name in TRANSFORMS
        ],
        label="Ask about every case once more, rewritten",
        help_text="Shows how easily the guard is evaded. Each costs as many questions as the cases themselves.",
    )
    no_cache = forms.BooleanField(
        required=False,
        label="Ask anew what was answered before",
        help_text="Else a verdict on the same text by the same model, prompt and parameters is repeated, unpaid.",
    )
    field_order = ("juror", "benchmark", "limit", "budget_usd", "max_calls")

    def __init__(self, *args: Any, jurors: Sequence[Juror], benchmarks: Sequence[Benchmark], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["juror"].choices = [(juror.name, juror.name) for juror in jurors if juror.base_url]
        fields["benchmark"].choices = [(each.name, f"{each.name} ({each.rows:,} cases)") for each in benchmarks]
        fields["limit"].label = "Only so many cases, drawn at random"


class CompareForm(forms.Form):
    """Choose another evaluation on the same benchmark to compare with."""

    other = forms.ChoiceField(label="Compare with")

    def __init__(self, *args: Any, others: Sequence[Evaluation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["other"].choices = [(each.pk, f"{each.juror.name}, evaluation {each.pk}") for each in others]
