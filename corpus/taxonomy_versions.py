"""Versions of taxonomies as they are stored. A version never changes, so what is read of one is kept."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from corpus.categories.content import CategoryText, Content
from corpus.categories.translation import CountsAs
from corpus.models import Category, CategoryMap, Taxonomy

MOST_KEPT = 256


@lru_cache(MOST_KEPT)
def counts_as(taxonomy: int) -> CountsAs:
    """
    Return what the slugs that a version lacks count as in it.

    :param taxonomy: primary key
    """
    rows = CategoryMap.objects.filter(taxonomy=taxonomy).order_by("slug").values_list("slug", "counts_as")
    return MappingProxyType({slug: tuple(heirs) for slug, heirs in rows})


@lru_cache(MOST_KEPT)
def retired_names(taxonomy: int) -> Mapping[str, str]:
    """Return the names of the categories that a version lacks by slug, each as the last version that had it."""
    maps = CategoryMap.objects.filter(taxonomy=taxonomy).order_by("slug")
    names = dict(maps.values_list("slug", "slug"))
    found = Category.objects.filter(taxonomy__in=maps.values("earlier"), slug__in=names)
    last = dict(maps.values_list("slug", "earlier"))
    names |= {slug: name for slug, at, name in found.values_list("slug", "taxonomy", "name") if last[slug] == at}
    return MappingProxyType(names)


@lru_cache(MOST_KEPT)
def made_by_edit(taxonomy: int) -> bool:
    """Return whether a version was made from an earlier one."""
    return Taxonomy.objects.filter(pk=taxonomy, based_on__isnull=False).exists()


def content_of(taxonomy: Taxonomy) -> Content:
    """Return a version as plain values, as the next one begins with."""
    categories = tuple(map(text_of, Category.objects.filter(taxonomy=taxonomy).order_by("position")))
    return Content(
        title=taxonomy.title,
        about=taxonomy.about,
        categories=categories,
        earlier=counts_as(taxonomy.pk),
        before=frozenset(each.slug for each in categories),
    )


def text_of(category: Category) -> CategoryText:
    """Return a stored category as plain values."""
    return CategoryText(
        slug=category.slug,
        name=category.name,
        code=category.code,
        tier=category.tier,
        definition=category.definition,
        also_written=tuple(category.also_written),
        included=tuple(category.included),
        excluded=tuple(category.excluded),
        examples=tuple(category.examples),
        crosswalk=dict(sorted(category.crosswalk.items())),
    )


def last_text(taxonomy: Taxonomy, slug: str) -> CategoryText | None:
    """Return a category that a version lacks, as the last version that had it; None if none did."""
    row = CategoryMap.objects.filter(taxonomy=taxonomy, slug=slug).first()
    found = row and Category.objects.filter(taxonomy=row.earlier_id, slug=slug).first()
    return text_of(found) if found else None


def versions_up_to(taxonomy: Taxonomy, *, most: int = 200) -> list[Taxonomy]:
    """Return a version and those it was made from, newest first."""
    versions = [taxonomy]
    while versions[-1].based_on_id and len(versions) < most:
        versions.append(Taxonomy.objects.get(pk=versions[-1].based_on_id))
    return versions
