"""Serializers of taxonomies and their changes."""

from typing import Any

from rest_framework import serializers

from adjudication.actions.taxonomy_change import Consequences
from adjudication.queries.named_categories import named_counts
from adjudication.shapes import ChangedTaxonomyShape, TaxonomyShape
from corpus.categories.changes import MOST_CHANGES
from corpus.models import Project
from corpus.taxonomy_versions import content_of, counts_as, versions_up_to


class ChangeTaxonomySerializer(serializers.Serializer[Any]):
    """Changes of a taxonomy, each an object with the key `change`; docs/taxonomies.md lists the kinds."""

    changes = serializers.ListField(child=serializers.JSONField(), max_length=MOST_CHANGES)
    based_on = serializers.CharField(max_length=80)
    "The version that they are made for, as in `aegis2 v1`."
    reason = serializers.CharField(max_length=2_000, required=False, allow_blank=True, default="")
    is_preview = serializers.BooleanField(default=False)


def as_taxonomy(project: Project) -> TaxonomyShape:
    """Return the taxonomy of a project as the route shows it."""
    taxonomy, content = project.taxonomy, content_of(project.taxonomy)
    return {
        "taxonomy": str(taxonomy),
        "title": content.title,
        "about": content.about,
        "categories": [each.as_row for each in content.categories],
        "counts_as": {slug: list(heirs) for slug, heirs in counts_as(taxonomy.pk).items()},
        "opinions": named_counts(project, taxonomy.pk),
        "versions": [str(each) for each in versions_up_to(taxonomy)],
    }


def as_consequences(made: Consequences, *, is_preview: bool) -> ChangedTaxonomyShape:
    """Return what changes do as the route shows it."""
    return {
        "taxonomy": None if is_preview else str(made.taxonomy),
        "dialogues": made.decisions.categories,
        "labels": made.decisions.labels,
        "lost": made.lost,
        "opinions": {slug: {"before": now, "after": then} for slug, (now, then) in made.named.items()},
    }
