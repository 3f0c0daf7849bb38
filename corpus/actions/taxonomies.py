"""Load taxonomies, and add categories to a project's own."""

from itertools import chain, count
from pathlib import Path

import orjson
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from corpus import queries
from corpus.actions.events import record_event
from corpus.categories.content import SEPARATORS, CategoryText, Content, read_category
from corpus.errors import Refused
from corpus.labels import normalize
from corpus.models import Category, CategoryMap, Event, Project, Taxonomy, Verb
from corpus.taxonomy_versions import content_of, counts_as

FOLDER = Path(__file__).resolve().parent.parent / "taxonomies"
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
def store_taxonomy(*, name: str, version: int, content: Content) -> Taxonomy:
    """
    Return a version of a taxonomy, and store it if it is not there.

    :raises Refused: if that version is there with other content
    """
    taxonomy, is_new = Taxonomy.objects.get_or_create(
        name=name, version=version, defaults={"title": content.title, "about": content.about}
    )
    if is_new:
        Category.objects.bulk_create(
            Category(taxonomy=taxonomy, position=position, **each.as_row)
            for position, each in enumerate(content.categories, start=1)
        )
    elif not is_same(taxonomy, content):
        raise Refused(
            f"There is a taxonomy {taxonomy} already, with other content. Give the one in the file another name, or "
            "another version."
        )
    return taxonomy


def is_same(taxonomy: Taxonomy, content: Content) -> bool:
    """Return whether a stored version has this content, written as it is read."""
    rows = [each.as_row for each in content_of(taxonomy).categories]
    stored = tuple(read_category(row, "categories") for row in rows)
    return (taxonomy.title, taxonomy.about, stored) == (content.title, content.about, content.categories)


@transaction.atomic
def add_category(*, project: Project, by: User, slug: str, name: str, definition: str) -> Category:
    """
    Add a fine-grained category at the end of the project's taxonomy, as its next version.

    Opinions keep the version they were cast under. Other projects do not change: with its first added category
    a project gets a taxonomy of its own.

    :raises Refused: if the slug or the name is taken or invalid, or the definition is empty
    """
    project = lock_project(project)
    before = project.taxonomy
    name, definition = " ".join(name.split()), definition.strip()
    check_is_new(before, slug, name)
    content = content_of(before)
    new = CategoryText(slug, name, content.next_code, Category.Tier.FINE.value, definition)
    check_fits(Category(**new.as_row, position=len(content.categories) + 1))
    after = store_version(project, content.with_categories((*content.categories, new)))
    detail = {"category": slug, "name": name, "before": str(before)}
    record_event(project=project, verb=Verb.TAXONOMY_EXTENDED, subject=str(after), actor=by, detail=detail)
    return Category.objects.get(taxonomy=after, slug=slug)


def lock_project(project: Project) -> Project:
    """
    Lock a project until the transaction ends, so that one lead at a time changes its taxonomy, and return it anew.

    Votes and items do not wait for this lock. It goes without a join: a row that waits for the lock would be lost if
    its taxonomy changed meanwhile.
    """
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def store_version(project: Project, content: Content) -> Taxonomy:
    """
    Store the next version of a project's own taxonomy, and move the project to it.

    :param project: locked
    :param content: made from the present version
    """
    before = project.taxonomy
    project.taxonomy = insert_version(project, content)
    project.save(update_fields=["taxonomy"])
    lacked = dict(CategoryMap.objects.filter(taxonomy=before).values_list("slug", "earlier"))
    CategoryMap.objects.bulk_create(
        CategoryMap(taxonomy=project.taxonomy, earlier_id=lacked.get(slug, before.pk), slug=slug, counts_as=list(heirs))
        for slug, heirs in content.counts_as.items()
    )
    return project.taxonomy


def insert_version(project: Project, content: Content) -> Taxonomy:
    """Insert a version and its categories."""
    name = own_name(project)
    last = Taxonomy.objects.filter(name=name).aggregate(last=Max("version"))["last"] or project.taxonomy.version
    taxonomy = Taxonomy.objects.create(
        name=name, version=last + 1, title=content.title, about=content.about, based_on=project.taxonomy
    )
    Category.objects.bulk_create(
        Category(taxonomy=taxonomy, position=position, **each.as_row)
        for position, each in enumerate(content.categories, start=1)
    )
    return taxonomy


def check_is_new(taxonomy: Taxonomy, slug: str, name: str) -> None:
    """
    Check that no category of a taxonomy is spelled like this slug or name.

    :raises Refused: if one is, or the name or slug cannot be used
    """
    if not normalize(slug) or not normalize(name):
        raise Refused("A category needs a name and a name in files with at least one letter or digit.")
    if separators := set(SEPARATORS) & set(name):
        raise Refused(f"The name cannot have {min(separators)!r} in it: that is what separates categories in files.")
    if slug in counts_as(taxonomy.pk):
        raise Refused(f"The category {slug!r} was retired. Bring it back on the page Taxonomy and questions.")
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
    made = Event.objects.filter(project=project, verb__in=(Verb.TAXONOMY_EXTENDED, Verb.TAXONOMY_CHANGED))
    if made.filter(subject=str(taxonomy)).exists():
        return taxonomy.name
    wanted = f"{taxonomy.name}-{project.slug}"[:LONGEST_NAME]
    numbered = (f"{wanted[: LONGEST_NAME - 4]}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if not Taxonomy.objects.filter(name=name).exists())
