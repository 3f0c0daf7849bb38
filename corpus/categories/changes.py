"""
The changes that make a new version of a taxonomy, each a JSON object with the key `change`. Pure.

`add` (category, position?) · `edit` (slug, category: the keys to change) · `move` (slug, position) · `retire` (slug,
counts_as) · `merge` (slugs, into or category) · `split` (slug, categories, counts_as?) · `count` (slug, counts_as) ·
`name` (title, about) · `import` (categories, counts_as?, title?, about?). Positions begin at 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from itertools import count as numbers
from typing import Any

from corpus.categories.content import (
    CAUTION_SLUG,
    MOST_CATEGORIES,
    CategoryText,
    Content,
    check_content,
    list_of,
    read_category,
)
from corpus.errors import Invalid
from corpus.importing.values import clean_name, clean_text
from corpus.labels import normalize, preview

Change = Mapping[str, Any]
MOST_CHANGES = 500


def apply_all(content: Content, changes: Sequence[Change]) -> Content:
    """
    Return a taxonomy after some changes.

    :raises Invalid: if one cannot be made; the field begins with its place, as in `changes[0].slug`
    """
    for at, change in enumerate(changes):
        try:
            content = apply(content, change)
        except Invalid as error:
            raise Invalid(f"changes[{at}].{error.field}", error.reason) from error
    return content


def apply(content: Content, change: object) -> Content:
    """
    Return a taxonomy after one change.

    :raises Invalid: if it cannot be made
    """
    if not isinstance(change, Mapping):
        raise Invalid("change", f"{preview(change)} is not an object")
    kind = change.get("change")
    if not isinstance(kind, str) or kind not in CHANGES:
        raise Invalid("change", f"{preview(kind)} is not one of {', '.join(CHANGES)}")
    make, keys = CHANGES[kind]
    if unknown := [key for key in change if key not in (*keys, "change")]:
        raise Invalid("change", f"{kind} has no key {preview(unknown[0])}; it has {', '.join(keys)}")
    changed = make(content, change)
    check_content(changed)
    return changed


def add(content: Content, change: Change) -> Content:
    """Add a category, or bring a retired one back, at the end or at a position."""
    new = read_category(change.get("category"), "category", code=content.next_code)
    if new.slug in content.slugs:
        raise Invalid("category.slug", f"{new.slug!r} is a category already")
    position = change.get("position")
    at = len(content.categories) if position is None else place_of(position, len(content.categories) + 1)
    return brought_back(content.with_categories(inserted(content.categories, at, new)), {new.slug})


def edit(content: Content, change: Change) -> Content:
    """Change the texts of a category. Its slug stays: opinions refer to it."""
    old, new = content.find(change.get("slug"), "slug"), change.get("category")
    if not isinstance(new, Mapping):
        raise Invalid("category", f"{preview(new)} is not an object")
    if new.get("slug", old.slug) != old.slug:
        raise Invalid("category.slug", "it stays, for opinions refer to it; add another and merge this into it")
    edited = read_category(old.as_row | dict(new), "category")
    if old.slug == CAUTION_SLUG and edited.tier != old.tier:
        raise Invalid("category.tier", f"{CAUTION_SLUG!r} stays in its tier")
    return content.with_categories([edited if each.slug == old.slug else each for each in content.categories])


def move(content: Content, change: Change) -> Content:
    """Move a category to a position, from 1; the order breaks ties between categories."""
    moved = content.find(change.get("slug"), "slug")
    rest = [each for each in content.categories if each.slug != moved.slug]
    return content.with_categories(inserted(rest, place_of(change.get("position"), len(content.categories)), moved))


def retire(content: Content, change: Change) -> Content:
    """Take a category away; opinions that name it count as naming its heirs, or nothing."""
    old = content.find(change.get("slug"), "slug")
    heirs = slugs_in(content, change, "counts_as", but=(old.slug,))
    return chosen_for(without(content, [old.slug]), [old.slug], heirs)


def merge(content: Content, change: Change) -> Content:
    """Make one category of several: one of them, another, or a new one."""
    slugs = [content.find(slug, "slugs").slug for slug in dict.fromkeys(texts_of(change, "slugs"))]
    if change.get("category") is not None:
        if change.get("into") is not None:
            raise Invalid("into", "give into or category, not both")
        first = min(content.slugs.index(slug) for slug in slugs) if slugs else 0
        new = {"tier": content.categories[first].tier if slugs else "fine", **dict_of(change, "category")}
        # A new category may take over the name of one that it replaces.
        content = without(content, [slug for slug in slugs if slug != new.get("slug")])
        content, into = add_or_edit(content, new, first), str(new.get("slug"))
    else:
        into = content.find(change.get("into"), "into").slug
        content = without(content, [slug for slug in slugs if slug != into])
    gone = [slug for slug in slugs if slug != into]
    if not gone or len(set(slugs) | {into}) < 2:
        raise Invalid("slugs", "name at least two categories, or one and another that it becomes a part of")
    return chosen_for(content, gone, (into,))


def split(content: Content, change: Change) -> Content:
    """Make several categories of one; existing opinions count as the chosen ones, as all if none is chosen."""
    old, rows = content.find(change.get("slug"), "slug"), list_of(change, "categories", "split")
    at = content.slugs.index(old.slug)
    content = without(content, [old.slug])
    parts: list[str] = []
    for number, row in enumerate(rows):
        new = read_category(row, f"categories[{number}]", code=content.next_code)
        if new.slug == old.slug:
            raise Invalid(f"categories[{number}].slug", f"{old.slug!r} is what is split; choose another name in files")
        content = brought_back(content.with_categories(inserted(content.categories, at + number, new)), {new.slug})
        parts.append(new.slug)
    if len(set(parts)) < 2:
        raise Invalid("categories", "a split makes at least two categories")
    heirs = tuple(texts_of(change, "counts_as")) or tuple(parts)
    if strange := [slug for slug in heirs if slug not in parts]:
        raise Invalid("counts_as", f"{preview(strange[0])} is not one of the new categories")
    return chosen_for(content, [old.slug], heirs)


def count(content: Content, change: Change) -> Content:
    """Choose anew what a retired category counts as."""
    slug = change.get("slug")
    if not isinstance(slug, str) or slug not in content.counts_as:
        raise Invalid("slug", f"{preview(slug)} is not a retired category")
    return chosen_for(content, [slug], slugs_in(content, change, "counts_as"))


def name(content: Content, change: Change) -> Content:
    """Change what the taxonomy is called, and the text about it."""
    title = clean_name(change.get("title", content.title), "title", limit=120).strip()
    about = clean_text(change.get("about", content.about), "about", limit=10_000).strip()
    return replace(content, title=title, about=about)


def free_code(code: str, others: Sequence[CategoryText]) -> str:
    """Return a code, or the first of S1, S2 and so on that is free if one of the others has it."""
    if not code:
        return code
    taken = {normalize(each.code) for each in others}
    return next(each for each in chain([code], (f"S{at}" for at in numbers(1))) if normalize(each) not in taken)


def import_all(content: Content, change: Change) -> Content:
    """Replace all categories; those that are gone count as nothing, unless `counts_as` says as what."""
    rows = change.get("categories")
    if not isinstance(rows, list) or not rows or len(rows) > MOST_CATEGORIES:
        raise Invalid("categories", f"it is not a list of 1 to {MOST_CATEGORIES} categories")
    new = [read_category(row, f"categories[{at}]", code=f"S{at + 1}") for at, row in enumerate(rows)]
    slugs = [each.slug for each in new]
    # The label of that name counts as naming it, so it stays where a file does not have it.
    kept = [each for each in content.categories if each.slug == CAUTION_SLUG and CAUTION_SLUG not in slugs]
    new += [replace(each, code=free_code(each.code, new)) for each in kept]
    wanted = change.get("counts_as") or {}
    if not isinstance(wanted, Mapping):
        raise Invalid("counts_as", f"{preview(wanted)} is not an object")
    gone = [slug for slug in content.slugs if slug not in {each.slug for each in new}]
    retired = [slug for slug in content.counts_as if slug not in slugs]
    content = brought_back(content.with_categories(new), set(slugs))
    if strange := [slug for slug in wanted if slug not in (*gone, *retired)]:
        raise Invalid("counts_as", f"{preview(strange[0])} is not a category that this import takes away")
    for slug in (*gone, *(slug for slug in retired if slug in wanted)):
        content = chosen_for(content, [slug], slugs_in(content, wanted, slug))
    return name(content, {key: change[key] for key in ("title", "about") if change.get(key) is not None})


def without(content: Content, slugs: Sequence[str]) -> Content:
    """
    Return it without some categories, whose heirs are still to be chosen.

    :raises Invalid: if one of them has to stay
    """
    if CAUTION_SLUG in slugs:
        raise Invalid("slug", f"{CAUTION_SLUG!r} must stay: the label of that name counts as naming it")
    return content.with_categories([each for each in content.categories if each.slug not in slugs])


def chosen_for(content: Content, slugs: Sequence[str], heirs: Sequence[str]) -> Content:
    """Return it with these heirs of slugs it lacks, also for slugs whose heirs they were themselves."""
    chosen = {
        slug: tuple(dict.fromkeys(new for old in olds for new in (heirs if old in slugs else (old,))))
        for slug, olds in content.chosen.items()
    }
    return replace(content, chosen=chosen | {slug: tuple(heirs) for slug in slugs})


def brought_back(content: Content, slugs: set[str]) -> Content:
    """Return it without heirs of categories that it has again."""
    return replace(content, chosen={slug: heirs for slug, heirs in content.chosen.items() if slug not in slugs})


def add_or_edit(content: Content, row: dict[str, Any], at: int) -> Content:
    """Return it with a category in a row: changed if there is one of its slug, else added at a place from 0."""
    if row.get("slug") in content.slugs:
        return edit(content, {"slug": row["slug"], "category": row})
    return add(content, {"category": row, "position": min(at, len(content.categories)) + 1})


def inserted(categories: Sequence[CategoryText], at: int, new: CategoryText) -> tuple[CategoryText, ...]:
    """Return categories with another at a place from 0."""
    return (*categories[:at], new, *categories[at:])


def place_of(position: object, most: int) -> int:
    """
    Return the place from 0 of a position from 1.

    :raises Invalid: if it is no number from 1 to `most`
    """
    if not isinstance(position, int) or isinstance(position, bool) or not 1 <= position <= most:
        raise Invalid("position", f"{preview(position)} is not a number from 1 to {most}")
    return position - 1


def dict_of(change: Change, key: str) -> Mapping[str, Any]:
    """
    Return the object under a key.

    :raises Invalid: if there is none
    """
    value = change.get(key)
    if not isinstance(value, Mapping):
        raise Invalid(key, f"{preview(value)} is not an object")
    return value


def texts_of(change: Change, key: str) -> list[str]:
    """
    Return the texts under a key; empty if there is none.

    :raises Invalid: if it is no list of texts
    """
    found = list_of(change, key, "change")
    if strange := [each for each in found if not isinstance(each, str)]:
        raise Invalid(key, f"{preview(strange[0])} is not text")
    return found


def slugs_in(content: Content, change: Change, key: str, *, but: Sequence[str] = ()) -> tuple[str, ...]:
    """
    Return the slugs under a key, which are categories of the taxonomy.

    :param but: slugs that may not be among them
    :raises Invalid: if one is none
    """
    slugs = tuple(content.find(slug, key).slug for slug in dict.fromkeys(texts_of(change, key)))
    if both := [slug for slug in slugs if slug in but]:
        raise Invalid(key, f"{both[0]!r} cannot count as itself when it is retired")
    return slugs


CHANGES: dict[str, tuple[Callable[[Content, Change], Content], tuple[str, ...]]] = {
    "add": (add, ("category", "position")),
    "edit": (edit, ("slug", "category")),
    "move": (move, ("slug", "position")),
    "retire": (retire, ("slug", "counts_as")),
    "merge": (merge, ("slugs", "into", "category")),
    "split": (split, ("slug", "categories", "counts_as")),
    "count": (count, ("slug", "counts_as")),
    "name": (name, ("title", "about")),
    "import": (import_all, ("categories", "counts_as", "title", "about")),
}
"The function of each kind of change, and its keys."
