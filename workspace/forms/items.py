"""The form that searches items."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from adjudication.models import Decision
from annotation.display_names import LABEL_WORDS
from corpus.grouped_forms import GroupedForm
from corpus.importing.values import one_line_end
from corpus.labels import FIELDS, Label
from corpus.models import Category
from corpus.text_area import TextArea
from workspace.forms.reason import ReasonField
from workspace.queries.items import SORTS

CLUSTER = r"^[0-9a-fA-F]{32}\Z"
"Name of a cluster of near-duplicates."
DECIDED_LABELS = [(label.value, LABEL_WORDS[label.value]) for label in (Label.SAFE, Label.UNSAFE)]
"The labels of decisions: what needs_caution counts as is decided, too."


class ItemForm(GroupedForm, forms.Form):
    """Filters of the item list."""

    MORE = ("source", "license", *(str(field) for field in FIELDS), "similar", "cluster")
    FOLDED: ClassVar = {"More filters": MORE}

    id = forms.CharField(required=False, max_length=200, label="Id begins with")
    text = forms.CharField(required=False, max_length=200, label="Words in it")
    status = forms.ChoiceField(
        required=False,
        label="Status",
        choices=[("", "Any"), *Decision.Status.choices, ("withdrawn", "Withdrawn")],
    )
    source = forms.ChoiceField(required=False, label="Source")
    license = forms.ChoiceField(required=False, label="Licence")
    category = forms.ChoiceField(required=False, label="Category")
    similar = forms.ChoiceField(
        required=False, label="Near-duplicates", choices=[("", "Any"), ("yes", "With some"), ("no", "Without")]
    )
    cluster = forms.RegexField(
        CLUSTER,
        required=False,
        label="Cluster",
        error_messages={"invalid": "A cluster has 32 digits of 0 to 9 and a to f."},
    )

    def __init__(
        self,
        *args: Any,
        categories: Sequence[Category],
        sources: Sequence[str],
        licenses: Sequence[str],
        label_fields: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        options = {
            "source": [(source, source) for source in sources],
            "license": [(name, name) for name in licenses],
            "category": [(category.slug, category.name) for category in categories],
        }
        for name, choices in options.items():
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *choices]
        for each in FIELDS:
            if each in label_fields:
                choice = forms.ChoiceField(
                    required=False, label=f"{each.display_name} label", choices=[("", "Any"), *DECIDED_LABELS]
                )
                self.fields[each.value] = choice

    def to_filter(self) -> dict[str, str]:
        """Return the filters that are set, by field name. An invalid form filters nothing and shows its errors."""
        if not self.is_valid():
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value}


class PlaceForm(forms.Form):
    """The order of the item list, and the item beyond which the page begins; what is odd is left out."""

    sort = forms.ChoiceField(required=False, choices=[(sign + name, name) for name in SORTS for sign in ("", "-")])
    after = forms.CharField(required=False, strip=False, max_length=10_000)
    before = forms.CharField(required=False, strip=False, max_length=10_000)
    at = forms.ChoiceField(required=False, choices=[("last", "last")])

    def to_place(self) -> dict[str, str]:
        """Return what is set and valid, by field name."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ChoiceOfItems(forms.Form):
    """Which items to change, and how: those ticked, or all that match a filter."""

    DO = (("withdraw", "Withdraw"), ("restore", "Restore"), ("expect", "Set expected categories"))

    do = forms.ChoiceField(choices=DO, label="With these")
    scope = forms.ChoiceField(choices=[("ticked", "Those ticked"), ("matching", "All that match")])
    query = forms.CharField(required=False, max_length=20_000)
    "The filters, as in the address of the list."


class ConfirmChange(forms.Form):
    """What a change of items still needs once its number has been seen."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = ReasonField("Releases list it with each of them.")
    categories = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Probably about",
        help_text="Opt-outs of annotators go by them. Tick nothing if it is unknown.",
    )  # fmt: skip

    def __init__(self, *args: Any, do: str, categories: Sequence[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["categories"]
        field.choices = [(category.slug, category.name) for category in categories]
        for name in {"reason", "categories"} - {{"withdraw": "reason", "expect": "categories"}.get(do, "")}:
            del self.fields[name]


class WithdrawForm(forms.Form):
    """Why one item is withdrawn."""

    reason = ReasonField("Later releases list it with the item.")


class CorrectionForm(forms.Form):
    """The texts of all turns of an item, and why they change."""

    def __init__(self, *args: Any, turns: Sequence[dict[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turns = turns
        for at, turn in enumerate(turns):
            self.fields[f"text_{at}"] = forms.CharField(
                label=turn["role"].capitalize(), strip=False, required=False, initial=turn["text"],
                widget=TextArea(attrs={"rows": 4, "dir": "auto"}),
            )  # fmt: skip
        self.fields["reason"] = ReasonField("Later releases list it with the old text.")

    @property
    def is_of_these_turns(self) -> bool:
        """Whether the texts sent are of the turns: the item may have got a response since the page was opened."""
        sent = {name for name in self.data if name.startswith("text_")}
        return sent == {f"text_{at}" for at in range(len(self.turns))}

    def texts(self) -> list[str]:
        """Return the texts of a valid form. Other line ends are no change: a page shows and sends them all alike."""
        given = [one_line_end(self.cleaned_data[f"text_{at}"]) for at in range(len(self.turns))]
        old = [turn["text"] for turn in self.turns]
        return [before if one_line_end(before) == text else text for before, text in zip(old, given, strict=True)]
