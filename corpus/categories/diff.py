"""What differs between two versions of a taxonomy, category by category. Pure."""

from dataclasses import dataclass

from corpus.categories.content import CategoryText, Content
from corpus.categories.translation import CountsAs

FIELDS = {
    "name": "Name",
    "code": "Code",
    "tier": "Tier",
    "definition": "Definition",
    "also_written": "Also written",
    "included": "Included",
    "excluded": "Not included",
    "examples": "Examples",
    "crosswalk": "In other taxonomies",
}
"The texts of a category that may change, and their words."


@dataclass(frozen=True)
class Difference:
    """What becomes of one category."""

    slug: str
    name: str
    kind: str
    "added, back (a retired one), changed, moved, retired, or counted (a retired one counts as something else)."
    fields: tuple[tuple[str, str, str], ...] = ()
    "Of a changed one: words of the field, before and after."
    heirs: tuple[str, ...] = ()
    "Of a retired one: names of what it counts as."


def differences(before: Content, after: Content, counted_before: CountsAs) -> list[Difference]:
    """
    Return what differs, in the order of the later version; retired ones last.

    :param counted_before: what slugs that the earlier version lacks count as in it
    """
    old = {each.slug: each for each in before.categories}
    names = {each.slug: each.name for each in after.categories}
    found = [row for each in after.categories if (row := difference_of(each, old, counted_before))]
    found += [Difference(slug, names[slug], "moved") for slug in moved(before, after) if slug not in of(found)]
    for slug, heirs in after.counts_as.items():
        if slug in old:
            found.append(Difference(slug, old[slug].name, "retired", heirs=tuple(names[each] for each in heirs)))
        elif heirs != counted_before.get(slug) and slug in after.chosen:
            found.append(Difference(slug, slug, "counted", heirs=tuple(names[each] for each in heirs)))
    return found


def of(found: list[Difference]) -> set[str]:
    """Return the slugs of differences."""
    return {each.slug for each in found}


def difference_of(new: CategoryText, old: dict[str, CategoryText], retired: CountsAs) -> Difference | None:
    """Return how a category differs from before; None if it is the same."""
    if new.slug not in old:
        return Difference(new.slug, new.name, "back" if new.slug in retired else "added")
    was = old[new.slug]
    fields = tuple(
        (words, shown(getattr(was, name)), shown(getattr(new, name)))
        for name, words in FIELDS.items()
        if getattr(was, name) != getattr(new, name)
    )
    return Difference(new.slug, new.name, "changed", fields) if fields else None


def shown(value: object) -> str:
    """Return a value of a category as text, one entry a line."""
    if isinstance(value, dict):
        return "\n".join(f"{name}: {code or 'no equal'}" for name, code in value.items())
    if isinstance(value, tuple):
        return "\n".join(f"{'+' if e['counts'] else '-'} {e['text']}" if isinstance(e, dict) else str(e) for e in value)
    return str(value)


def moved(before: Content, after: Content) -> list[str]:
    """Return the slugs that have other neighbours before them, among those that both versions have."""
    kept = [slug for slug in before.slugs if slug in after.slugs]
    now = [slug for slug in after.slugs if slug in before.slugs]
    return [slug for slug, other in zip(now, kept, strict=True) if slug != other]
