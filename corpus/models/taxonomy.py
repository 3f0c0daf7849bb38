"""Taxonomies and their categories."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Taxonomy(models.Model):
    """One version of a list of hazard categories. A version never changes; a change makes a new one."""

    name = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    about = models.TextField(blank=True)

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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "slug"], name="one_category_a_slug"),
            models.UniqueConstraint(fields=["taxonomy", "position"], name="one_category_a_position"),
        ]

    def __str__(self) -> str:
        return self.name
