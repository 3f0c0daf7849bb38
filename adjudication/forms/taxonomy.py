"""The forms of changes of a taxonomy, one for each kind of change."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from corpus.categories.content import CategoryText, Content
from corpus.categories.files import MOST_BYTES, NO_EQUAL, read_file
from corpus.categories.words import crosswalk_words
from corpus.errors import Invalid
from corpus.models import Category
from corpus.text_area import TextArea

PARTS = (1, 2, 3)
NAMED_APART = {"slug": "new_slug", "title": "name", "about": "about_text"}
"Fields that are called other than in a change, for the address has that name already."


def text(label: str, *, limit: int, required: bool = True, help_text: str = "", rows: int = 0) -> forms.CharField:
    """Return a field for text of one line, or of several."""
    widget = TextArea(attrs={"rows": rows, "dir": "auto"}) if rows else forms.TextInput(attrs={"dir": "auto"})
    return forms.CharField(max_length=limit, required=required, label=label, help_text=help_text, widget=widget)


class ChangeForm(forms.Form):
    """A change for the draft. The fields that say which are hidden."""

    title: ClassVar[str]
    "Heading of the page."
    button: ClassVar[str] = "Add to the draft"
    wants_slug: ClassVar[bool] = True
    "Whether the change is one of a category that the address names."

    do = forms.CharField(widget=forms.HiddenInput, max_length=20)
    slug = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, content: Content, about: CategoryText | None, **kwargs: Any) -> None:
        """
        :param content: the taxonomy with the changes of the draft
        :param about: the category that the address names
        """
        super().__init__(*args, **kwargs)
        self.content, self.about = content, about
        self.extend()

    def extend(self) -> None:
        """Add the fields that depend on the taxonomy."""

    def change(self) -> dict[str, Any]:
        """Return the change of a valid form."""
        raise NotImplementedError

    @property
    def heading(self) -> str:
        """The heading of the page, with the category that it is about."""
        return self.title.format(name=self.about.name if self.about else "")

    def own_field(self, name: str) -> str:
        """Return the field of the form that a place in a change is about, or the place itself."""
        parts = [NAMED_APART.get(part, part) for part in reversed(name.split("."))]
        return next((part for part in parts if part in self.fields), name)

    def choose_categories(self, label: str, help_text: str, *, but: Sequence[str] = ()) -> forms.MultipleChoiceField:
        """Return a field for any number of categories of the taxonomy."""
        choices = [(each.slug, each.name) for each in self.content.categories if each.slug not in but]
        return forms.MultipleChoiceField(
            choices=choices, required=False, label=label, help_text=help_text, widget=forms.CheckboxSelectMultiple
        )


class CategoryFields(ChangeForm):
    """The texts of a category."""

    name = text("Name", limit=120, help_text="No comma and no semicolon: these separate categories in files.")
    code = text(
        "Code",
        limit=8,
        required=False,
        help_text="Prompts may name categories by it. Empty: it stays, or is the next number.",
    )
    tier = forms.ChoiceField(choices=Category.Tier.choices, initial="fine")
    definition = text(
        "Definition", limit=10_000, rows=3, help_text="One or two sentences that people and models judge by."
    )
    also_written = text(
        "Also written", limit=10_000, required=False, rows=2, help_text="Other spellings in files, one a line."
    )
    included = text("Included", limit=100_000, required=False, rows=4, help_text="One per line.")
    excluded = text("Not included", limit=100_000, required=False, rows=4, help_text="One per line.")
    examples_in = text("Examples that count", limit=100_000, required=False, rows=3, help_text="One per line.")
    examples_out = text("Examples that do not count", limit=100_000, required=False, rows=3, help_text="One per line.")

    def extend(self) -> None:
        """Add a field for each crosswalk that the taxonomy has."""
        for name in sorted({name for each in self.content.categories for name in each.crosswalk}):
            self.fields[f"crosswalk.{name}"] = text(
                f"In {crosswalk_words(name)}",
                limit=120,
                required=False,
                help_text=f"Its code there; {NO_EQUAL} for no equal.",
            )

    def row(self) -> dict[str, Any]:
        """Return the category as a change has it."""
        data = self.cleaned_data
        crosswalk = {
            name.removeprefix("crosswalk."): None if data[name] == NO_EQUAL else data[name]
            for name in self.fields
            if name.startswith("crosswalk.") and data[name]
        }
        examples = [
            {"text": line, "counts": counts}
            for name, counts in (("examples_in", True), ("examples_out", False))
            for line in lines(data[name])
        ]
        return {
            **{name: data[name] for name in ("name", "code", "tier", "definition")},
            **{name: lines(data[name]) for name in ("also_written", "included", "excluded")},
            "examples": examples,
            "crosswalk": crosswalk,
        }


def values_of(category: CategoryText) -> dict[str, Any]:
    """Return the values of CategoryFields for a category."""
    row = category.as_row
    joined = {name: "\n".join(row[name]) for name in ("also_written", "included", "excluded")}
    for name, counts in (("examples_in", True), ("examples_out", False)):
        joined[name] = "\n".join(each["text"] for each in category.examples if each["counts"] is counts)
    codes = {f"crosswalk.{name}": NO_EQUAL if code is None else code for name, code in category.crosswalk.items()}
    return {name: row[name] for name in ("name", "code", "tier", "definition")} | joined | codes


def lines(value: str) -> list[str]:
    """Return the lines of a text that are not blank."""
    return [line.strip() for line in value.splitlines() if line.strip()]


class AddForm(CategoryFields):
    """A new category, or a retired one that comes back."""

    title = "Add a category"
    wants_slug = False

    new_slug = text(
        "Name in files", limit=60, help_text="Letters, digits and _. Files and programs use it; it never changes."
    )
    field_order = ("do", "slug", "revision", "name", "new_slug")

    def change(self) -> dict[str, Any]:
        """Return the change that adds it."""
        return {"change": "add", "category": {"slug": self.cleaned_data["new_slug"], **self.row()}}


class EditForm(CategoryFields):
    """The texts of a category."""

    title = "Edit {name}"

    def change(self) -> dict[str, Any]:
        """Return the change of those texts that differ."""
        row = self.row()
        row["code"] = row["code"] or (self.about.code if self.about else "")
        before = self.about.as_row if self.about else {}
        changed = {name: value for name, value in row.items() if value != before.get(name)}
        if not changed:
            raise Invalid("name", "nothing differs from before")
        return {"change": "edit", "slug": self.cleaned_data["slug"], "category": changed}


class MoveForm(ChangeForm):
    """Another place in the list."""

    title = "Move {name}"

    def extend(self) -> None:
        """Add the place, as far as the list goes."""
        self.fields["position"] = forms.IntegerField(
            min_value=1,
            max_value=len(self.content.categories),
            label="Place in the list",
            help_text="From 1. The order breaks ties in labels.",
        )

    def change(self) -> dict[str, Any]:
        """Return the change that moves it."""
        return {"change": "move", "slug": self.cleaned_data["slug"], "position": self.cleaned_data["position"]}


class RetireForm(ChangeForm):
    """No longer a category."""

    title = "Retire {name}"

    def extend(self) -> None:
        """Add the choice of its heirs."""
        self.fields["counts_as"] = self.choose_categories(
            "Opinions that name it count as naming",
            "Choose one or several. If you choose none, they name nothing through it, but still count for labels.",
            but=[self.about.slug] if self.about else [],
        )

    def change(self) -> dict[str, Any]:
        """Return the change that retires it."""
        return {"change": "retire", "slug": self.cleaned_data["slug"], "counts_as": self.cleaned_data["counts_as"]}


class CountForm(RetireForm):
    """What a retired category counts as."""

    title = "What {name} counts as"

    def change(self) -> dict[str, Any]:
        """Return the change that chooses its heirs."""
        return super().change() | {"change": "count"}


class MergeForm(ChangeForm):
    """One category of several."""

    title = "Merge categories"
    wants_slug = False

    into = forms.ChoiceField(required=False, label="Into", help_text="One of these or another, or a new one.")
    name = text("Name of the new one", limit=120, required=False)
    new_slug = text("Name in files of the new one", limit=60, required=False)
    definition = text("Definition of the new one", limit=10_000, required=False, rows=3)

    def extend(self) -> None:
        """Add the choice of categories."""
        self.fields["slugs"] = self.choose_categories("Merge", "Two or more.", but=["needs_caution"])
        self.order_fields(["do", "slug", "revision", "slugs", "into", "name", "new_slug", "definition"])
        into: Any = self.fields["into"]
        into.choices = [("", "A new category"), *((each.slug, each.name) for each in self.content.categories)]
        self.fields["slugs"].required = True
        self.fields["slugs"].error_messages["required"] = "Tick at least two categories."

    def change(self) -> dict[str, Any]:
        """Return the change that merges them."""
        data = self.cleaned_data
        target: dict[str, Any] = {"into": data["into"]}
        if not data["into"]:
            target = {"category": {"slug": data["new_slug"], "name": data["name"], "definition": data["definition"]}}
        return {"change": "merge", "slugs": data["slugs"], **target}


class SplitForm(ChangeForm):
    """Several categories of one."""

    title = "Split {name}"

    def extend(self) -> None:
        """Add the fields of the new categories."""
        for part in PARTS:
            is_needed = part < 3
            self.fields[f"name-{part}"] = text(f"Name of part {part}", limit=120, required=is_needed)
            self.fields[f"slug-{part}"] = text(f"Name in files of part {part}", limit=60, required=is_needed)
            self.fields[f"definition-{part}"] = text(
                f"Definition of part {part}", limit=10_000, required=is_needed, rows=2
            )
        self.fields["counts_as"] = forms.MultipleChoiceField(
            choices=[(str(part), f"Part {part}") for part in PARTS],
            required=False,
            label="Opinions that name it count as naming",
            help_text="All parts, if you choose none.",
            widget=forms.CheckboxSelectMultiple,
        )

    def change(self) -> dict[str, Any]:
        """Return the change that splits it."""
        data = self.cleaned_data
        parts = [part for part in PARTS if data[f"slug-{part}"] or data[f"name-{part}"]]
        rows = [{key: data[f"{key}-{part}"] for key in ("slug", "name", "definition")} for part in parts]
        tier = {"tier": self.about.tier} if self.about else {}
        heirs = [data[f"slug-{part}"] for part in data["counts_as"]]
        categories = [row | tier for row in rows]
        return {"change": "split", "slug": data["slug"], "categories": categories, "counts_as": heirs}

    def own_field(self, name: str) -> str:
        """Return the field that a place in a change is about."""
        place, _, key = name.removeprefix("categories[").partition("].")
        return f"{key}-{int(place) + 1}" if key and place.isdecimal() else super().own_field(name)


class NameForm(ChangeForm):
    """What the taxonomy is called."""

    title = "Name of the taxonomy"
    wants_slug = False
    name = text("Name", limit=120)
    about_text = text("About", limit=10_000, required=False, rows=4)

    def change(self) -> dict[str, Any]:
        """Return the change that names it."""
        return {"change": "name", "title": self.cleaned_data["name"], "about": self.cleaned_data["about_text"]}


class ImportForm(ChangeForm):
    """All categories, from a file."""

    title = "Import categories"
    wants_slug = False
    file = forms.FileField(
        label="File, JSON or CSV",
        help_text="As exported here. Categories that it lacks are retired; choose in the draft what they count as.",
    )

    def change(self) -> dict[str, Any]:
        """
        Return the change that imports it.

        :raises Invalid: if it cannot be read
        """
        file = self.cleaned_data["file"]
        return read_file(file.name, file.read(MOST_BYTES + 1))


class PublishForm(forms.Form):
    """Publish the draft."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    based_on = forms.CharField(widget=forms.HiddenInput, max_length=80)
    reason = text("Why", limit=2_000, rows=2, help_text="It stays with the version.")


FORMS: Mapping[str, type[ChangeForm]] = {
    "add": AddForm,
    "edit": EditForm,
    "move": MoveForm,
    "retire": RetireForm,
    "count": CountForm,
    "merge": MergeForm,
    "split": SplitForm,
    "name": NameForm,
    "import": ImportForm,
}
"By the value of `do` in the address."


def initial_of(do: str, content: Content, about: CategoryText | None) -> dict[str, Any]:
    """
    Return what a form shows at first.

    :param about: the category that the address names; for `add`, a retired one that comes back
    """
    initial: dict[str, Any] = {}
    if about and do in ("add", "edit"):
        initial |= values_of(about) | {"new_slug": about.slug}
    if about and do == "move":
        initial["position"] = content.slugs.index(about.slug) + 1
    if about and do == "count":
        initial["counts_as"] = list(content.counts_as.get(about.slug, ()))
    if do == "name":
        initial |= {"name": content.title, "about_text": content.about}
    return initial
