"""The form of a new project, and the templates it can begin from."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.text import slugify

from corpus.grouped_forms import GroupedForm
from corpus.labels import FIELDS, Field
from corpus.models import Project, Taxonomy

BOTH = [field.value for field in FIELDS]


@dataclass(frozen=True)
class Template:
    """Settings to begin from."""

    key: str
    name: str
    meaning: str
    initial: dict[str, Any]


PROMPT, RESPONSE = ([field.value] for field in (Field.PROMPT, Field.RESPONSE))
MAJORITY = Project.Policy.MAJORITY
TEMPLATES = tuple(
    Template(key, name, meaning, {"fields_wanted": wanted, "policy": policy})
    for key, name, meaning, wanted, policy in (
        (
            "aegis2", "AEGIS 2.0, as in the paper", "People decide; the jury helps with unsafe dialogues.",
            BOTH, Project.Policy.AEGIS2,
        ),
        (
            "prompts", "Prompts only", "Labels of what people ask, by majority of people and models.",
            PROMPT, MAJORITY,
        ),
        (
            "responses", "Responses only", "Labels of what models answer, by majority of people and models.",
            RESPONSE, MAJORITY,
        ),
        ("own", "Your own", "Every setting as you like it.", BOTH, MAJORITY),
    )
)  # fmt: skip


def template_named(key: str | None) -> Template:
    """Return the template with this key; the first if there is none such."""
    return next((template for template in TEMPLATES if template.key == key), TEMPLATES[0])


class ProjectForm(GroupedForm, forms.Form):
    """A new project."""

    FOLDED: ClassVar[dict[str, tuple[str, ...]]] = {"More settings": ("slug", "quorum", "caution")}

    name = forms.CharField(max_length=120, help_text="Shown to everybody who works in it.")
    fields_wanted = forms.MultipleChoiceField(
        label="What is labelled",
        choices=[(field.value, field.display_name) for field in FIELDS],
        widget=forms.CheckboxSelectMultiple,
    )
    taxonomy = forms.ChoiceField(
        label="Categories", help_text="The list of hazards that people and jurors choose from."
    )
    policy = forms.ChoiceField(
        label="Who decides", choices=Project.Policy.choices, help_text="Policies can be compared and changed later."
    )
    votes_wanted = forms.IntegerField(label="Votes of people an item", min_value=1, max_value=99, initial=3)
    slug = forms.SlugField(
        max_length=60, required=False, help_text="For addresses and commands. Empty: made from the name."
    )
    quorum = forms.IntegerField(
        label="Opinions that a decision needs", min_value=1, max_value=999, required=False,
        help_text="Empty: as many as the policy says.",
    )  # fmt: skip
    caution = forms.ChoiceField(
        label="Needs caution", choices=[("", "As the policy says"), *Project.Caution.choices], required=False
    )

    def __init__(self, data: Any = None, *, template: Template = TEMPLATES[0]) -> None:
        super().__init__(data, initial=template.initial)
        names = Taxonomy.objects.order_by("name").values_list("name", flat=True).distinct()
        self.fields["taxonomy"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Make the slug from the name where none is given; a name without Latin letters needs one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("slug") and "slug" not in self.errors:
            cleaned["slug"] = slugify(cleaned.get("name", ""))[:60].strip("-_")
            if cleaned.get("name") and not cleaned["slug"]:
                self.add_error("slug", "The name has no Latin letters or digits, so give a slug, such as garden-2.")
        return cleaned

    def settings(self) -> dict[str, Any]:
        """Return the settings as `corpus.actions.create_project` takes them."""
        settings = dict(self.cleaned_data)
        wanted = settings.pop("fields_wanted")
        return settings | {"fields": wanted, "caution": settings["caution"] or None}


class ArchiveForm(forms.Form):
    """Why a project is archived."""

    reason = forms.CharField(
        max_length=2_000,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="It stays in the audit log.",
    )
