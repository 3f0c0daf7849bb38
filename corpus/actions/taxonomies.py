"""Load taxonomies, and add categories to a project's own."""

import re
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

import orjson
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from corpus import queries
from corpus.actions.events import record_event
from corpus.errors import Refused
from corpus.labels import normalize
from corpus.models import Category, Event, Project, Taxonomy, Verb

FOLDER = Path(__file__).resolve().parent.parent / "taxonomies"
SEPARATORS = ",;"
"Characters that separate category names in files."
LONGEST_NAME = 60


@transaction.atomic
def load_taxonomy(path: Path) -> Taxonomy:
    """Store a taxonomy file, unless that version is stored already: a version never changes."""
    content = orjson.loads(path.read_bytes())
    taxonomy, is_new = Taxonomy.objects.get_or_create(
        name=content["name"],
        version=content["version"],
        defaults={"title": content["title"], "about": content["about"]},
    )
    if is_new:
        Category.objects.bulk_create(
            Category(taxonomy=taxonomy, position=position, **category)
            for position, category in enumerate(content["categories"], start=1)
        )
    return taxonomy


@transaction.atomic
def add_category(*, project: Project, by: User, slug: str, name: str, definition: str) -> Category:
    """
    Add a fine-grained category at the end of the project's taxonomy, as its next version.

    Opinions keep the version they were cast under. Other projects do not change: with its first added category
    a project gets a taxonomy of its own.

    :raises Refused: if the slug or the name is taken or invalid, or the definition is empty
    """
    # One lead at a time, so that the second extends what the first added. Votes and items do not wait for this lock.
    # Without a join: a row that waits for the lock would be lost if its taxonomy changed meanwhile.
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = project.taxonomy
    name, definition = " ".join(name.split()), definition.strip()
    check_is_new(before, slug, name)
    known = queries.categories_of(project)
    after = Taxonomy(name=own_name(project), version=before.version + 1, title=before.title, about=before.about)
    after.save()
    added = Category(
        taxonomy=after,
        slug=slug,
        name=name,
        code=next_code(known),
        tier=Category.Tier.FINE,
        position=max((category.position for category in known), default=0) + 1,
        definition=definition,
    )
    check_fits(added)
    for category in known:
        category.pk, category.taxonomy = None, after
    Category.objects.bulk_create([*known, added])
    project.taxonomy = after
    project.save(update_fields=["taxonomy"])
    detail = {"category": slug, "name": name, "before": str(before)}
    record_event(project=project, verb=Verb.TAXONOMY_EXTENDED, subject=str(after), actor=by, detail=detail)
    return added


def check_is_new(taxonomy: Taxonomy, slug: str, name: str) -> None:
    """
    Check that no category of a taxonomy is spelled like this slug or name.

    :raises Refused: if one is, or the name or slug cannot be used
    """
    if not normalize(slug) or not normalize(name):
        raise Refused("A category needs a name and a short name with at least one letter or digit.")
    if separators := set(SEPARATORS) & set(name):
        raise Refused(f"The name cannot have {min(separators)!r} in it: that is what separates categories in files.")
    spellings = queries.spellings_of(taxonomy)
    for written in (slug, name):
        if slug_of_known := spellings.get(written) or spellings.get(normalize(written)):
            raise Refused(f"{written!r} is how the category {slug_of_known!r} is written already. Choose another.")


def check_fits(category: Category) -> None:
    """
    Check the fields of a category.

    :raises Refused: if one is empty, too long or otherwise invalid
    """
    try:
        category.clean_fields(exclude=["taxonomy"])
    except ValidationError as error:
        raise Refused(" ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())) from error


def own_name(project: Project) -> str:
    """Return the name of the project's own taxonomy: the present one if the project made it, else a new one."""
    taxonomy = project.taxonomy
    if Event.objects.filter(project=project, verb=Verb.TAXONOMY_EXTENDED, subject=str(taxonomy)).exists():
        return taxonomy.name
    wanted = f"{taxonomy.name}-{project.slug}"[:LONGEST_NAME]
    numbered = (f"{wanted[: LONGEST_NAME - 4]}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if not Taxonomy.objects.filter(name=name).exists())


def next_code(categories: Sequence[Category]) -> str:
    """Return the next code: S and the number after the highest in use."""
    numbers = [int(found[1]) for each in categories if (found := re.fullmatch(r"S(\d+)", each.code))]
    return f"S{max(numbers, default=0) + 1}"
