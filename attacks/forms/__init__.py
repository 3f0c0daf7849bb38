"""Forms of the red-team room."""

from typing import Any
from uuid import UUID, uuid4

from django import forms

from attacks.actions.conversations import LONGEST_MESSAGE
from attacks.actions.turns import Message
from attacks.models import AttackSettings, Turn
from attacks.queries import consent_text, usable_targets
from attacks.techniques import TECHNIQUES
from corpus.models import Category, Project
from corpus.text_area import TextArea
from guards.transforms import TRANSFORMS, UNREADABLE_TO_PEOPLE
from jury.models import Juror

CLAIMS = [("yes", "Yes: it said or did what it should not"), ("no", "No")]


class GoalForm(forms.Form):
    """What an attack is after, and how."""

    goal = forms.ChoiceField(label="Goal", help_text="The category that you want a response about.")
    technique = forms.ChoiceField(label="Technique", choices=list(TECHNIQUES.items()))

    def __init__(self, *args: Any, categories: list[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        goal: Any = self.fields["goal"]
        goal.choices = [(category.slug, category.name) for category in categories]


class StartForm(GoalForm):
    """A new attack."""

    target = forms.ChoiceField(label="Model")
    field_order = ("target",)

    def __init__(self, *args: Any, targets: list[Juror], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target: Any = self.fields["target"]
        target.choices = [(each.name, f"{each.name} ({each.model})") for each in targets]


class FinishForm(GoalForm):
    """What the author says of their attack."""

    claim = forms.ChoiceField(label="Did it succeed, as you see it?", choices=CLAIMS, widget=forms.RadioSelect)
    field_order = ("claim",)

    @property
    def values(self) -> dict[str, Any]:
        """Return what a valid form says."""
        data = self.cleaned_data
        return {"claims_success": data["claim"] == "yes", "goal": data["goal"], "technique": data["technique"]}


class MessageForm(forms.Form):
    """A message to the model."""

    text = forms.CharField(
        label="Message",
        max_length=LONGEST_MESSAGE,
        strip=False,
        widget=TextArea(attrs={"rows": 4, "dir": "auto", "autofocus": True, "autocomplete": "off"}),
    )
    transform = forms.ChoiceField(label="Rewrite as", required=False)
    token = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, max_value=32_767, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        transform: Any = self.fields["transform"]
        transform.choices = [("", "As it is"), *((name, transform_name(name)) for name in TRANSFORMS)]

    @classmethod
    def after(cls, turns: list[Turn], draft: str) -> "MessageForm":
        """Return the form of the next message after some turns, with what was typed and not sent."""
        return cls(initial={"text": draft, "token": uuid4(), "seen": len(turns)})

    @property
    def message(self) -> Message:
        """Return the message of a valid form."""
        data = self.cleaned_data
        return Message(data["text"], token=data["token"], transform=data["transform"], seen=data["seen"])

    @property
    def posted_token(self) -> UUID | None:
        """Return the token of a form that need not be valid; None if there is none."""
        try:
            return UUID(str(self.data.get("token", "")))
        except ValueError:
            return None


def transform_name(name: str) -> str:
    """Return what pages call a transform."""
    words = name.removeprefix("injection: ")
    kind = "with the injection: " if name != words else ""
    note = " (hidden from readers, too)" if name in UNREADABLE_TO_PEOPLE else ""
    return f"{kind}{words}{note}"


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """What a project allows in its red-team room."""

    class Meta:
        model = AttackSettings
        fields = ("is_on", "targets", "budget_usd", "daily_usd", "most_turns", "license", "consent_text")
        labels = {
            "is_on": "Members may attack",
            "targets": "Models that may be attacked",
            "budget_usd": "Budget of the project, US dollars",
            "daily_usd": "Budget of a person a day, US dollars",
            "most_turns": "Messages in one attack, at most",
            "license": "Licence of the dialogues",
            "consent_text": "What people consent to first",
        }
        help_texts = {
            "targets": "Generators, and jurors of prompts that are on no panel.",
            "budget_usd": "For all attacks together. With 0, no message goes out.",
            "license": "As in the dialogues that you import, such as CC-BY-4.0.",
            "consent_text": "Another text has everybody asked again.",
        }
        widgets = {"targets": forms.CheckboxSelectMultiple, "consent_text": TextArea(attrs={"rows": 10})}

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets: Any = self.fields["targets"]
        targets.queryset = usable_targets(project)
        targets.label_from_instance = lambda each: f"{each.name} ({each.model})"
        if not self.is_bound:
            self.initial["consent_text"] = consent_text(self.instance)

    def clean_consent_text(self) -> str:
        """Return the text; empty if it is the one that we ship."""
        text: str = self.cleaned_data["consent_text"]
        return "" if text == consent_text(AttackSettings()) else text
