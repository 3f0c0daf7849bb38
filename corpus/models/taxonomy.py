"""Taxonomies and their categories."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Taxonomy(models.Model):
    """One version of a list of hazard categories. A version never changes; a change makes a new one."""

    name = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    about = models.TextField(blank=True)
    based_on = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    "The version that this one was made from by an edit. None for one that was loaded or imported."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="one_taxonomy_a_version")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Category(models.Model):
    """One hazard category of a taxonomy, with guidance for annotators."""

    class Tier(models.TextChoices):
        """Groups of categories, in the order pages show them."""

        CORE = "core", "Core"
        FINE = "fine", "Fine-grained"
        CAUTION = "caution", "Needs caution"
        OTHER = "other", "Other"

    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="categories")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=8)
    tier = models.CharField(max_length=8, choices=Tier)
    position = models.PositiveSmallIntegerField()
    "From 1. Also breaks ties between categories."
    also_written = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    definition = models.TextField()
    included = ArrayField(models.TextField(), default=list, blank=True)
    excluded = ArrayField(models.TextField(), default=list, blank=True)
    examples = models.JSONField(default=list, blank=True)
    crosswalk = models.JSONField(default=dict, blank=True)
    """
    What the category is called in other taxonomies, as `{"mlcommons": "S1", "llama_guard_3": null}`.

    Null for "no equal", no key where nobody has said.
    """

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "slug"], name="one_category_a_slug"),
            models.UniqueConstraint(fields=["taxonomy", "position"], name="one_category_a_position"),
        ]

    def __str__(self) -> str:
        return self.name


class CategoryMap(models.Model):
    """
    What a category that an earlier version had counts as in a later one that lacks it.

    Opinions keep the slugs and the version they were given under; they are translated where they are counted. A slug
    means the same in every version, so one row does for all that had it. A slug that the later version has is itself
    and has no row.
    """

    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", db_index=False)
    "The later version."
    earlier = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", db_index=False)
    "The last version that had it."
    slug = models.SlugField(max_length=60, db_index=False)
    counts_as = ArrayField(models.TextField(), default=list, blank=True)
    "Slugs of the later version: one after a merge, some after a split, none if it was retired without an heir."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "slug"], name="one_map_a_category"),
            models.CheckConstraint(
                condition=~models.Q(taxonomy=models.F("earlier")), name="map_is_from_an_earlier_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} of {self.earlier} in {self.taxonomy}"
