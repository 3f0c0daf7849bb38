"""Items by what has become of them."""

from typing import Any

from django.db.models import BooleanField, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from adjudication.models import Decision
from corpus.labels import FIELDS
from corpus.models import Item, Project

HAS_WORDS = "EXISTS (SELECT FROM jsonb_array_elements(turns) AS turn WHERE turn ->> 'text' ILIKE %s)"
LABELS = ("status", *FIELDS, "categories", "stale")


def items_matching(project: Project, filters: dict[str, Any]) -> QuerySet[Item]:
    """
    Return the items of a project that match every filter.

    :param filters: any of status, source, license, category, id (its beginning) and text (words in a turn)
    """
    items = Item.objects.filter(project=project)
    for column in ("source", "license"):
        if filters.get(column) is not None:
            items = items.filter(**{column: filters[column]})
    if filters.get("id"):
        items = items.filter(external_id__startswith=filters["id"])
    if filters.get("text"):
        words = RawSQL(HAS_WORDS, [like_pattern(filters["text"])], output_field=BooleanField())  # noqa: S611 - a parameter
        items = items.filter(words)
    decided = Decision.objects.filter(item=OuterRef("pk"), policy=project.policy)
    if filters.get("status") == "withdrawn":
        return items.filter(withdrawn_at__isnull=False)
    if filters.get("status"):
        items = items.filter(Exists(decided.filter(status=filters["status"])), withdrawn_at=None)
    if filters.get("category"):
        items = items.filter(Exists(decided.filter(categories__contains=[filters["category"]])))
    return items


def like_pattern(words: str) -> str:
    """Return an ILIKE pattern that finds words literally, anywhere in a text."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def item_rows(project: Project, filters: dict[str, Any]) -> QuerySet[Item, Any]:
    """Return the matching items as rows with their labels (`d_status`…) but without their text, in import order."""
    decided = Decision.objects.filter(item=OuterRef("pk"), policy=project.policy)
    labels = {f"d_{name}": Subquery(decided.values(name)[:1]) for name in LABELS}
    items: Any = items_matching(project, filters).annotate(**labels).order_by("pk")
    rows: QuerySet[Item, Any] = items.values(
        "external_id", "source", "license", "has_response", "withdrawn_at", *labels
    )
    return rows


def sources_of(project: Project) -> list[str]:
    """Return the distinct sources of the items, sorted, without the empty one; 200 at most."""
    return distinct(project, "source")


def licenses_of(project: Project) -> list[str]:
    """Return the distinct licences of the items, sorted, without the empty one; 200 at most."""
    return distinct(project, "license")


def distinct(project: Project, column: str) -> list[str]:
    """Return the distinct values of a text column of the items, sorted."""
    values = Item.objects.filter(project=project).exclude(**{column: ""}).values_list(column, flat=True)
    return list(values.distinct().order_by(F(column).asc())[:200])
