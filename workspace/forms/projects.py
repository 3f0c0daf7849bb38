"""The form of a new project, and the templates it can begin from."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.text import slugify

from adjudication.forms.policies import SCORES, share_field
from corpus.grouped_forms import GroupedForm
from corpus.labels import FIELDS, Field
from corpus.models import Project, Taxonomy
from corpus.slug_field import SlugField
from workspace.forms.reason import ReasonField

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
        (
            "certified", "Certified labels",
            "People label a blind sample, and jurors the rest where the sample shows how often they are wrong at most.",
            BOTH, Project.Policy.CERTIFIED,
        ),
        ("own", "Your own", "Every setting as you like it.", BOTH, MAJORITY),
    )
)  # fmt: skip


def template_named(key: str | None) -> Template:
    """Return the template with this key; the first if there is none such."""
    return next((template for template in TEMPLATES if template.key == key), TEMPLATES[0])


def taxonomy_choices() -> list[tuple[str, str]]:
    """Return the name of each taxonomy titled by its newest version, and by both where a title is there twice."""
    titles = dict(Taxonomy.objects.order_by("name", "version").values_list("name", "title"))
    shown = Counter(titles.values())
    return [(name, title if shown[title] == 1 else f"{title} ({name})") for name, title in titles.items()]


class ProjectForm(GroupedForm, forms.Form):
    """A new project."""

    FOLDED: ClassVar[dict[str, tuple[str, ...]]] = {
        "More settings": ("slug", "quorum", "caution", "error", "risk", "score_by", "split_by")
    }

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
    votes_wanted = forms.IntegerField(label="Human votes per item", min_value=1, max_value=99, initial=3)
    slug = SlugField(max_length=60, required=False, help_text="For addresses and commands. Empty: made from the name.")
    quorum = forms.IntegerField(
        label="Opinions that a decision needs", min_value=1, max_value=999, required=False,
        help_text="Empty: as many as the policy says.",
    )  # fmt: skip
    caution = forms.ChoiceField(
        label="Needs caution", choices=[("", "As the policy says"), *Project.Caution.choices], required=False
    )
    error = share_field("Wrong at most, under certified", help_text="Of labels by jurors alone. Empty: 0.05.")
    risk = share_field("Risk that it is more, under certified", help_text="Empty: 0.10.")
    score_by = forms.ChoiceField(
        label="Score of a label by jurors, under certified", choices=SCORES, required=False,
        help_text="Probabilities are those of jurors that are asked for them.",
    )  # fmt: skip
    split_by = forms.ChoiceField(
        label="Releases keep in one split", choices=Project.SplitBy.choices, initial=Project.SplitBy.CLUSTER,
        required=False,
    )  # fmt: skip

    def __init__(self, data: Any = None, *, template: Template = TEMPLATES[0]) -> None:
        super().__init__(data, initial=template.initial)
        self.fields["taxonomy"].choices = taxonomy_choices()  # type: ignore[attr-defined]

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
        wanted, chosen = settings.pop("fields_wanted"), settings.pop("split_by")
        split_by = {"split_by": chosen} if chosen else {}
        promise = {f"certified_{name}": settings.pop(name) for name in ("error", "risk", "score_by")}
        promise["certified_score_by"] = promise["certified_score_by"] or None
        return settings | promise | {"fields": wanted, "caution": settings["caution"] or None} | split_by


def field_choices() -> list[tuple[str, str]]:
    """Return the label fields with their names."""
    return [(field.value, field.display_name) for field in FIELDS]


class SettingsForm(forms.Form):
    """The settings of a project that change after a look at what that does."""

    name = forms.CharField(max_length=120, help_text="Shown to everybody who works in it.")
    fields_wanted = forms.MultipleChoiceField(
        label="What is labelled", choices=field_choices, widget=forms.CheckboxSelectMultiple
    )
    votes_wanted = forms.IntegerField(label="Human votes per item", min_value=1, max_value=32_767)
    split_by = forms.ChoiceField(
        label="Releases keep in one split", choices=Project.SplitBy.choices, required=False,
        help_text="Near-duplicates differ in one word of ten or so. It is for releases made from now on.",
    )  # fmt: skip

    def changes(self) -> dict[str, Any]:
        """Return the settings of a valid form as `change_project` takes them."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "fields": data["fields_wanted"],
            "votes_wanted": data["votes_wanted"],
            "split_by": data["split_by"] or None,
        }


class SaveSettingsForm(SettingsForm):
    """The settings whose effect was shown, with the reason to change to them."""

    name = forms.CharField(max_length=120, widget=forms.HiddenInput)
    fields_wanted = forms.MultipleChoiceField(choices=field_choices, widget=forms.MultipleHiddenInput)
    votes_wanted = forms.IntegerField(min_value=1, max_value=32_767, widget=forms.HiddenInput)
    split_by = forms.ChoiceField(choices=Project.SplitBy.choices, required=False, widget=forms.HiddenInput)
    version = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = ReasonField("It stays with the change, in the audit log.")


class ArchiveForm(forms.Form):
    """Why a project is archived."""

    reason = ReasonField("It stays in the audit log.")


class NewSlugForm(forms.Form):
    """How a copy of a project, or one made from a file, is called."""

    name = forms.CharField(
        max_length=120,
        required=False,
        help_text="Empty: as in the original, or with (copy) if taken.",
    )
    slug = SlugField(max_length=60, help_text="For addresses and commands, such as garden-2. It stays for good.")


class FromFileForm(NewSlugForm):
    """A project file, and how the new project is called."""

    file = forms.FileField(label="Project file", help_text="From Download project file, on the page Project.")
    field_order = ("file",)


class CloneForm(NewSlugForm):
    """A copy of a project."""

    taxonomy = forms.ChoiceField(
        label="Categories", required=False,
        help_text="With others, the same dialogues are judged by another list of hazards.",
    )  # fmt: skip
    with_items = forms.BooleanField(
        label="Copy the dialogues, too", required=False, help_text="Those that are not withdrawn, without any opinion."
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        super().__init__(data)
        same = ("", f"The same: {project.taxonomy.title}, version {project.taxonomy.version}")
        self.fields["taxonomy"].choices = [same, *taxonomy_choices()]  # type: ignore[attr-defined]
