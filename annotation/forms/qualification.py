"""Forms of the qualification page."""

from django import forms

from annotation.models import Gold, Qualification


class QualificationForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """Whether and how annotators qualify."""

    class Meta:
        model = Qualification
        fields = ("is_on", "applies_to", "pass_percent", "attempts", "size", "compares_categories")
        widgets = {"applies_to": forms.RadioSelect}
        labels = {
            "is_on": "Annotators qualify before they get real work",
            "applies_to": "Who qualifies, when this is switched on",
            "pass_percent": "Pass mark, %",
            "attempts": "Attempts a person has",
            "size": "Dialogues of an attempt",
            "compares_categories": "Compare categories too",
        }
        help_texts = {
            "is_on": "It ends the assignments of annotators who have yet to qualify.",
            "applies_to": "People who join later always qualify. Adjudicators, leads and admins never need to.",
            "pass_percent": "Of all labels asked for, so many must equal the gold labels. "
            "What needs caution counts as in this project's policy.",
            "attempts": "You can grant a person another one.",
            "size": "Drawn from the set. Leave empty for the whole set.",
            "compares_categories": "Where the gold label names categories, they must be the same ones.",
        }


class UseForm(forms.Form):
    """What the ticked gold labels are used for."""

    items = forms.TypedMultipleChoiceField(
        coerce=int, label="Dialogues", error_messages={"required": "Tick at least one dialogue."}
    )
    use = forms.ChoiceField(choices=Gold.Use, label="Use the ticked dialogues for")

    def __init__(self, *args: object, known: list[int], **kwargs: object) -> None:
        """
        :param known: primary keys of the items to choose from
        """
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field: forms.TypedMultipleChoiceField = self.fields["items"]  # type: ignore[assignment]
        field.choices = [(item, str(item)) for item in known]
