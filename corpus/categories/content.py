"""Categories as plain values, and the rules they obey. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from corpus.categories.translation import CountsAs, compose
from corpus.errors import Invalid
from corpus.importing.values import clean_name, clean_text
from corpus.labels import Label, normalize, preview

TIERS = ("core", "fine", "caution", "other")
CAUTION_SLUG = str(Label.NEEDS_CAUTION)
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
CROSSWALK = re.compile(r"(?!answer_)[a-z][a-z0-9_]{0,39}")
SEPARATORS = ",;"
"Characters that separate names of categories in files."
LONGEST_NAME, LONGEST_CODE, LONGEST_TEXT = 120, 8, 10_000
MOST_CATEGORIES, MOST_LINES, MOST_CROSSWALKS = 200, 100, 10
COLUMNS_OF_EXPORTS = frozenset(
    {
        *("id", "reconstruction_id_if_redacted", "prompt", "response", "prompt_label", "response_label"),
        *("violated_categories", "prompt_label_source", "response_label_source", "turns", "source", "license"),
        *("answers", "agreement", "split", "counts", "soft_label", "sort_key", "meta", "item"),
    }
)
"What no crosswalk may be called, for it is a column of its own in exports."


@dataclass(frozen=True)
class CategoryText:
    """Everything there is to a category besides its place."""

    slug: str
    name: str
    code: str
    tier: str
    definition: str
    also_written: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()
    "Of `text` and `counts`, whether it counts as this category."
    crosswalk: dict[str, str | None] = field(default_factory=dict)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way it is written in files."""
        return (self.slug, self.name, *self.also_written)

    @property
    def as_row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        row = asdict(self)
        return row | {name: list(row[name]) for name in ("also_written", "included", "excluded", "examples")}


@dataclass(frozen=True)
class Content:
    """A version of a taxonomy as plain values, or a draft of one."""

    title: str
    about: str
    categories: tuple[CategoryText, ...]
    earlier: CountsAs = field(default_factory=dict)
    "What slugs that the version before lacked count as in it."
    chosen: CountsAs = field(default_factory=dict)
    "Heirs of slugs that were taken away since, or whose heirs were chosen anew."
    before: frozenset[str] = frozenset()
    "The slugs that the version before had: only these and those of `earlier` may stand in opinions."

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs of its categories, in order."""
        return tuple(each.slug for each in self.categories)

    @property
    def counts_as(self) -> dict[str, tuple[str, ...]]:
        """What every slug that it lacks counts as."""
        composed = compose(self.earlier, self.chosen, self.slugs)
        return {slug: heirs for slug, heirs in composed.items() if slug in self.before or slug in self.earlier}

    @property
    def next_code(self) -> str:
        """The next code: S and the number after the highest in use."""
        numbers = [int(found[1]) for each in self.categories if (found := re.fullmatch(r"S(\d+)", each.code))]
        return f"S{max(numbers, default=0) + 1}"

    def find(self, slug: object, where: str) -> CategoryText:
        """
        Return the category of a slug.

        :raises Invalid: if there is none
        """
        for each in self.categories:
            if each.slug == slug:
                return each
        raise Invalid(where, f"{preview(slug)} is not a category of this taxonomy")

    def with_categories(self, categories: Sequence[CategoryText]) -> "Content":
        """Return it with other categories."""
        return replace(self, categories=tuple(categories))


def read_category(row: object, where: str, *, code: str = "") -> CategoryText:
    """
    Check the category in a JSON object.

    :param where: names the place in errors, as in `categories[3]`
    :param code: for a row without one
    :raises Invalid: naming the key below `where`
    """
    if not isinstance(row, Mapping):
        raise Invalid(where, f"{preview(row)} is not an object")
    known = CategoryText.__dataclass_fields__
    if unknown := [name for name in row if name not in known]:
        raise Invalid(where, f"it has the key {preview(unknown[0])}, which no category has; known: {', '.join(known)}")
    slug = clean_name(row.get("slug"), f"{where}.slug", limit=60)
    if not SLUG.fullmatch(slug) or not normalize(slug):
        raise Invalid(f"{where}.slug", f"{preview(slug)} may have Latin letters, digits, _ and - only")
    tier = row.get("tier") or "fine"
    if tier not in TIERS:
        raise Invalid(f"{where}.tier", f"{preview(tier)} is not one of {', '.join(TIERS)}")
    definition = clean_text(row.get("definition", ""), f"{where}.definition", limit=LONGEST_TEXT).strip()
    if not definition:
        raise Invalid(f"{where}.definition", "it is missing; people and models judge by it")
    return CategoryText(
        slug=slug,
        name=read_name(row.get("name"), f"{where}.name"),
        code=clean_name(row.get("code") or code, f"{where}.code", limit=LONGEST_CODE),
        tier=tier,
        definition=definition,
        also_written=tuple(read_name(name, f"{where}.also_written") for name in lines_of(row, "also_written", where)),
        included=lines_of(row, "included", where),
        excluded=lines_of(row, "excluded", where),
        examples=tuple(read_example(each, f"{where}.examples") for each in list_of(row, "examples", where)),
        crosswalk=read_crosswalk(row.get("crosswalk"), f"{where}.crosswalk"),
    )


def read_name(value: object, where: str) -> str:
    """
    Check a name of a category; blanks in it become single spaces.

    :raises Invalid: if it is missing, too long, or has what separates names in files
    """
    name = " ".join(clean_text(value if value is not None else "", where, limit=10 * LONGEST_NAME).split())
    clean_name(name, where, limit=LONGEST_NAME)
    if not normalize(name):
        raise Invalid(where, "it needs at least one letter or digit")
    if separators := set(SEPARATORS) & set(name):
        raise Invalid(where, f"it cannot have {min(separators)!r} in it: that is what separates categories in files")
    return name


def list_of(row: Mapping[str, Any], key: str, where: str) -> list[Any]:
    """
    Return the list under a key; empty if there is none.

    :raises Invalid: if it is no list or too long
    """
    value = row.get(key)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise Invalid(f"{where}.{key}", f"{preview(value)} is not a list")
    if len(value) > MOST_LINES:
        raise Invalid(f"{where}.{key}", f"{len(value)} entries, {MOST_LINES} are allowed")
    return list(value)


def lines_of(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """
    Return the texts under a key, trimmed, without empty ones.

    :raises Invalid: if one is no text, or too long
    """
    texts = [clean_text(each, f"{where}.{key}", limit=LONGEST_TEXT) for each in list_of(row, key, where)]
    return tuple(" ".join(text.split()) for text in texts if text.strip())


def read_example(value: object, where: str) -> dict[str, Any]:
    """
    Check an example: its text, and whether it counts.

    :raises Invalid: if it is no such object
    """
    if not isinstance(value, Mapping) or set(value) != {"text", "counts"} or not isinstance(value["counts"], bool):
        raise Invalid(where, f"{preview(value)} is not an object of text and counts (true or false)")
    text = " ".join(clean_text(value["text"], where, limit=LONGEST_TEXT).split())
    if not text:
        raise Invalid(where, "an example has no text")
    return {"text": text, "counts": value["counts"]}


def read_crosswalk(value: object, where: str) -> dict[str, str | None]:
    """
    Check what a category is called in other taxonomies.

    :raises Invalid: if a name or a code is none
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_CROSSWALKS:
        raise Invalid(where, f"it is not an object of at most {MOST_CROSSWALKS} codes")
    for name in value:
        if not isinstance(name, str) or not CROSSWALK.fullmatch(name) or name in COLUMNS_OF_EXPORTS:
            raise Invalid(where, f"{preview(name)} cannot be the name of a column of exports: use a-z, 0-9 and _")
    return {
        name: None if code is None else clean_name(code, f"{where}.{name}", limit=LONGEST_NAME)
        for name, code in sorted(value.items())
    }


def check_content(content: Content) -> None:
    """
    Check a whole taxonomy: each spelling belongs to one category, and the label that is a category has its own.

    :raises Invalid: naming the category
    """
    if len(content.categories) > MOST_CATEGORIES:
        raise Invalid("categories", f"{len(content.categories)} of them, {MOST_CATEGORIES} are allowed")
    spelled: dict[str, str] = {}
    for each in content.categories:
        for spelling in each.spellings:
            other = spelled.setdefault(normalize(spelling), each.slug)
            if other != each.slug:
                reason = f"{preview(spelling)} is how the category {other!r} is written already"
                raise Invalid("categories", f"{reason}; choose another for {each.slug!r}")
    if len(set(content.slugs)) != len(content.slugs):
        twice = next(slug for slug in content.slugs if content.slugs.count(slug) > 1)
        raise Invalid("categories", f"{twice!r} is there twice")
    if CAUTION_SLUG not in content.slugs:
        raise Invalid("categories", f"{CAUTION_SLUG!r} must stay: the label of that name counts as naming it")
    if len(content.categories) < 2:
        raise Invalid("categories", f"a taxonomy needs one besides {CAUTION_SLUG!r}")
