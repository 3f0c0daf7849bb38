"""Items by what has become of them."""

from typing import Any

from django.db.models import BooleanField, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from adjudication.models import Decision
from corpus.models import Item, Project

HAS_WORDS = "EXISTS (SELECT FROM jsonb_array_elements(turns) AS turn WHERE turn ->> 'text' ILIKE %s)"
LABELS = ("status", "prompt_label", "response_label", "categories", "stale")


def items_matching(project: Project, wish: dict[str, Any]) -> QuerySet[Item]:
    """
    :param wish: of status, source, license, category, id (its beginning) and text (words in a turn), what is asked for
    """
    found = Item.objects.filter(project=project)
    for column in ("source", "license"):
        if wish.get(column) is not None:
            found = found.filter(**{column: wish[column]})
    if wish.get("id"):
        found = found.filter(external_id__startswith=wish["id"])
    if wish.get("text"):
        words = RawSQL(HAS_WORDS, [like(wish["text"])], output_field=BooleanField())  # noqa: S611 - a parameter
        found = found.filter(words)
    decided = Decision.objects.filter(item=OuterRef("pk"), policy=project.policy)
    if wish.get("status") == "withdrawn":
        return found.filter(withdrawn_at__isnull=False)
    if wish.get("status"):
        found = found.filter(Exists(decided.filter(status=wish["status"])), withdrawn_at=None)
    if wish.get("category"):
        found = found.filter(Exists(decided.filter(categories__contains=[wish["category"]])))
    return found


def like(words: str) -> str:
    """Give a pattern of ILIKE for words as they stand."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def items_found(project: Project, wish: dict[str, Any]) -> QuerySet[Item, Any]:
    """Give the items that match, with their labels but without their text, by import."""
    decided = Decision.objects.filter(item=OuterRef("pk"), policy=project.policy)
    labels = {f"d_{name}": Subquery(decided.values(name)[:1]) for name in LABELS}
    found: Any = items_matching(project, wish).annotate(**labels).order_by("pk")
    rows: QuerySet[Item, Any] = found.values(
        "external_id", "source", "license", "has_response", "withdrawn_at", *labels
    )
    return rows


def sources_of(project: Project) -> list[str]:
    """Give the sources of the items by name, without the empty one."""
    return distinct(project, "source")


def licenses_of(project: Project) -> list[str]:
    """Give the licences of the items by name, without the empty one."""
    return distinct(project, "license")


def distinct(project: Project, column: str) -> list[str]:
    found = Item.objects.filter(project=project).exclude(**{column: ""}).values_list(column, flat=True)
    return list(found.distinct().order_by(F(column).asc())[:200])
