"""Changes of a taxonomy in words. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from corpus.categories.diff import FIELDS

OTHER_TAXONOMIES = {"llama_guard_3": "Llama Guard 3", "mlcommons": "MLCommons", "pyrit": "PyRIT"}


def describe(change: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """
    Return a change that was accepted in words.

    :param names: names of categories by slug, also of retired and new ones
    """
    say = {
        "add": lambda: f"Add {change['category']['name']}",
        "edit": lambda: f"Edit {named([change['slug']], names)}: {edited_fields(change['category'])}",
        "move": lambda: f"Move {named([change['slug']], names)} to place {change['position']}",
        "retire": lambda: f"Retire {named([change['slug']], names)}, which counts as {heirs_of(change, names)}",
        "merge": lambda: f"Merge {named(change['slugs'], names)} into {merged_into(change, names)}",
        "split": lambda: f"Split {named([change['slug']], names)} into {new_names(change)}",
        "count": lambda: f"Count {named([change['slug']], names)} as {heirs_of(change, names)}",
        "name": lambda: f"Call the taxonomy {change.get('title', 'as before')}, and say what it is about",
        "import": lambda: f"Replace all categories by {len(change['categories'])} from a file",
    }
    return say[change["change"]]()


def named(slugs: Iterable[str], names: Mapping[str, str]) -> str:
    """Return the names of categories, joined by commas."""
    return ", ".join(names.get(slug, slug) for slug in slugs)


def heirs_of(change: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return what a category counts as, in words."""
    return named(change.get("counts_as") or [], names) or "nothing"


def merged_into(change: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the name of the category that others are merged into."""
    return str(change["category"]["name"]) if change.get("category") else named([change["into"]], names)


def new_names(change: Mapping[str, Any]) -> str:
    """Return the names of the categories that a split makes."""
    return ", ".join(row["name"] for row in change["categories"])


def edited_fields(row: Mapping[str, Any]) -> str:
    """Return what an edit changes, in words."""
    return ", ".join(words.lower() for name, words in FIELDS.items() if name in row) or "nothing"


def crosswalk_words(name: str) -> str:
    """Return the name of another taxonomy in words."""
    return OTHER_TAXONOMIES.get(name, name.replace("_", " ").capitalize())
