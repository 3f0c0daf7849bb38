"""Forms of the queue page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User

from annotation import queries
from annotation.display_names import LABEL_WORDS
from annotation.forms.judgement import field_title
from annotation.models import Queue
from annotation.models.queue import SETTINGS
from corpus.labels import FIELDS, Field, Judgement
from corpus.models import Category, Project
from corpus.text_area import TextArea


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """How a project hands out its items."""

    class Meta:
        model = Queue
        fields = SETTINGS
        labels = {
            "lease_minutes": "Minutes that a dialogue stays assigned",
            "daily_cap": "Votes a person may cast a day",
            "break_after_minutes": "Minutes of work before a break",
            "break_minutes": "Minutes a break lasts",
            "gold_percent": "Gold dialogues, %",
            "repeat_percent": "Repeated dialogues, %",
            "audit_percent": "Audited dialogues, %",
            "sample_percent": "Blind random sample, %",
            "similar_apart": "Dialogues between near-duplicates",
            "stops_early": "Stop early",
            "most_votes": "Votes where people split, at most",
            "orders_by": "Order",
            "random_percent": "At random all the same, %",
        }
        help_texts = {
            "lease_minutes": "Then somebody else may get it. An open page renews it.",
            "daily_cap": "Leave empty for no limit.",
            "break_after_minutes": "Leave empty for no breaks.",
            "gold_percent": "Of the dialogues assigned: those whose labels are known.",
            "repeat_percent": "Of the dialogues assigned: those a person has judged before.",
            "audit_percent": "Of the dialogues decided: those a lead looks at again.",
            "sample_percent": (
                "Of the dialogues not drawn yet: those that get all their votes whatever models say, for estimates on "
                "Quality. Nobody sees which."
            ),
            "similar_apart": (
                "So many others come between two near-duplicates that one person gets, while there are others."
            ),
            "stops_early": (
                "Ask for no more votes on a dialogue once none of them can change its labels. Its categories may then "
                "come from fewer people. The blind random sample gets all its votes. Where people alone decide, a "
                "quorum as large as the votes wanted leaves none to spare: three of three, say."
            ),
            "most_votes": (
                "While the votes on a dialogue decide nothing, one more is asked, up to so many in all. Leave empty to "
                "leave that to cases."
            ),
            "orders_by": (
                "By how jurors and people differ on a dialogue so far, what was decided on its near-duplicates, and "
                "how often opinions differ in its source."
            ),
            "random_percent": (
                "Of the dialogues assigned, where there is such an order. They keep the estimates on Quality right "
                "before all is labelled."
            ),
        }


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """The people a batch is assigned to; none means everybody."""

    def __init__(self) -> None:
        super().__init__(
            User.objects.none(),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label="For",
            help_text="Tick nobody to let everybody get its dialogues.",
        )


class BatchForm(forms.Form):
    """A new batch."""

    name = forms.CharField(max_length=60)
    size = forms.IntegerField(
        min_value=1, max_value=100_000, initial=2_000, label="Dialogues", help_text="2,000 to 4,000 work well."
    )
    source = forms.CharField(
        required=False, max_length=10_000, label="Only from the source", help_text="Leave empty for all sources."
    )
    people = PeopleField()

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members: Any = self.fields["people"]
        members.queryset = queries.members_of(project)


class GoldForm(forms.Form):
    """A gold label of one item."""

    external_id = forms.CharField(max_length=200, label="Id of the dialogue")
    categories = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For the feedback of a qualification and of practice. Hidden checks compare labels alone.",
    )
    reason = forms.CharField(
        required=False,
        max_length=10_000,
        label="Why",
        help_text="For other leads, and as feedback for people who qualify or practise on it.",
    )

    def __init__(self, *args: Any, project: Project, categories: Sequence[Category], **kwargs: Any) -> None:
        """
        :param project: whose annotators' fields the form has, named as on their page
        """
        super().__init__(*args, **kwargs)
        for name in queries.asked_fields(project):
            title = field_title(project, Field(name))
            choices = [("", "–"), *LABEL_WORDS.items()]
            self.fields[name] = forms.ChoiceField(required=False, label=title, choices=choices)
        self.order_fields(["external_id", *FIELDS])
        field: Any = self.fields["categories"]
        field.choices = [(category.slug, category.name) for category in categories]

    def judgement(self) -> Judgement:
        """Return the labels of a valid form."""
        labels: dict[str, Any] = {field.value: self.cleaned_data.get(field) or None for field in FIELDS}
        return Judgement(**labels, categories=tuple(self.cleaned_data["categories"]))


class ExpectedForm(forms.Form):
    """The categories that dialogues are expected to fall under."""

    external_ids = forms.CharField(
        max_length=1_000_000,
        label="Ids of dialogues, one a line",
        widget=TextArea(attrs={"rows": 3, "dir": "auto"}),
    )
    categories = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Probably about",
        help_text="Tick nothing if that is unknown.",
    )

    def __init__(self, *args: Any, categories: Sequence[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["categories"]
        field.choices = [(category.slug, category.name) for category in categories]

    def clean_external_ids(self) -> list[str]:
        """Return the ids, one per line, without empty lines."""
        return [line.strip() for line in self.cleaned_data["external_ids"].splitlines() if line.strip()]
