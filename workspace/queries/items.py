"""Items by what has become of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from adjudication.models import Decision
from corpus.errors import Refused
from corpus.kept import item_count, until_items_change
from corpus.labels import FIELDS
from corpus.models import Item, ItemCluster, Project

HAS_WORDS = "EXISTS (SELECT FROM jsonb_array_elements(turns) AS turn WHERE turn ->> 'text' ILIKE %s)"
LABELS = ("status", *FIELDS, "categories", "stale")
ITEMS_A_PAGE = 50
MOST_COUNTED = 10_000
"Items that match a filter are counted up to here: beyond, only that there are more is of use."
MOST_SECONDS = 5
SORTS = {"imported": "pk", "id": "external_id"}
"The column of each order. Both have an index and no value twice, so that any page is quick among a million items."


class TooSlow(Refused):
    """A search took longer than MOST_SECONDS."""


def items_matching(project: Project, filters: dict[str, Any]) -> QuerySet[Item]:
    """
    Return the items of a project that match every filter.

    :param filters: any of status, source, license, category, a label field, id (its beginning), text (words in a
        turn), similar ("yes" where the prompt has near-duplicates, "no") and cluster (in hexadecimal)
    """
    items = Item.objects.filter(project=project)
    for column in ("source", "license"):
        if filters.get(column) is not None:
            items = items.filter(**{column: filters[column]})
    if filters.get("id"):
        items = items.filter(external_id__startswith=filters["id"])
    if filters.get("similar"):
        others = ItemCluster.objects.filter(item=OuterRef("pk"), size__gt=1)
        items = items.filter(Exists(others) if filters["similar"] == "yes" else ~Exists(others))
    if filters.get("cluster"):
        cluster = {"project": project, "cluster": bytes.fromhex(filters["cluster"])}
        items = items.filter(pk__in=ItemCluster.objects.filter(**cluster).values("item"))
    if filters.get("text"):
        words = RawSQL(HAS_WORDS, [like_pattern(filters["text"])], output_field=BooleanField())  # noqa: S611 - a parameter
        items = items.filter(words)
    return with_decision(items, project, filters)


def with_decision(items: QuerySet[Item], project: Project, filters: dict[str, Any]) -> QuerySet[Item]:
    """Return those of the items whose decision under the project's policy matches; without one an item is pending."""
    decided = Decision.objects.filter(item=OuterRef("pk"), policy=project.policy)
    status = filters.get("status")
    if status == "withdrawn":
        items = items.filter(withdrawn_at__isnull=False)
    elif status == Decision.Status.PENDING:
        items = items.filter(~Exists(decided.exclude(status=status)), withdrawn_at=None)
    elif status:
        items = items.filter(Exists(decided.filter(status=status)), withdrawn_at=None)
    wanted = {str(field): filters[field] for field in FIELDS if filters.get(field)}
    if filters.get("category"):
        wanted["categories__contains"] = [filters["category"]]
    return items.filter(Exists(decided.filter(**wanted))) if wanted else items


def like_pattern(words: str) -> str:
    """Return an ILIKE pattern that finds words literally, anywhere in a text."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@dataclass(frozen=True)
class ItemPage:
    """A page of a list of items. Pages begin beyond an item, not at a number, so the last is as quick as the first."""

    rows: list[dict[str, Any]]
    "With their labels (`d_status`…) but without their text."
    has_previous: bool
    has_next: bool
    count: int
    "How many items match, MOST_COUNTED at most where there is a filter."
    is_more: bool
    "Whether more than `count` match."


def item_page(project: Project, filters: dict[str, Any], *, sort: str = "imported", **place: str) -> ItemPage:
    """
    Return a page of the items that match.

    :param filters: as of `items_matching`
    :param sort: a key of SORTS, after a hyphen for the reverse order
    :param place: `after` or `before` with the id of an item, or `at` that is "last"; the first page without them
    :raises TooSlow: if it takes more than MOST_SECONDS
    """
    with time_limit(MOST_SECONDS):
        matching = items_matching(project, filters)
        rows, is_cut = rows_beyond(project, matching, sort, place)
        count = capped_count(matching) if filters else item_count(project)
    is_backwards = bool(place.get("before") or place.get("at"))
    return ItemPage(
        rows=rows,
        has_previous=is_cut if is_backwards else bool(place.get("after")),
        has_next=is_cut if not is_backwards else bool(place.get("before")),
        count=min(count, MOST_COUNTED) if filters else count,
        is_more=bool(filters) and count > MOST_COUNTED,
    )


def rows_beyond(
    project: Project, items: QuerySet[Item], sort: str, place: dict[str, str]
) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows after or before an item in an order, and whether there are more of them."""
    column, is_down = SORTS[sort.removeprefix("-")], sort.startswith("-")
    is_backwards = bool(place.get("before") or place.get("at"))
    goes_down = is_down != is_backwards
    anchor = Item.objects.filter(project=project, external_id=place.get("after") or place.get("before") or "").first()
    if anchor:
        items = items.filter(beyond(column, anchor, goes_down=goes_down))
    sign = "-" if goes_down else ""
    found = list(as_rows(project, items.order_by(f"{sign}{column}"))[: ITEMS_A_PAGE + 1])
    rows, is_cut = found[:ITEMS_A_PAGE], len(found) > ITEMS_A_PAGE
    return rows[::-1] if is_backwards else rows, is_cut


def beyond(column: str, anchor: Item, *, goes_down: bool) -> Q:
    """Return the condition for items that come after an item in the order of a column."""
    return Q(**{f"{column}__{'lt' if goes_down else 'gt'}": getattr(anchor, column)})


def as_rows(project: Project, items: QuerySet[Item]) -> QuerySet[Item, Any]:
    """Return items as rows with their labels (`d_status`…) but without their text."""
    decided = Decision.objects.filter(item=OuterRef("pk"), policy=project.policy)
    labels: Any = {f"d_{name}": Subquery(decided.values(name)[:1]) for name in LABELS}
    rows: QuerySet[Item, Any] = items.annotate(**labels).values(
        "external_id", "source", "license", "has_response", "withdrawn_at", *labels
    )
    return rows


def capped_count(items: QuerySet[Item]) -> int:
    """Return the number of items, or MOST_COUNTED + 1 if there are more than MOST_COUNTED."""
    return items.order_by()[: MOST_COUNTED + 1].count()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """
    End the statements of a block that take longer, in a transaction of its own, or in a part of the present one.

    :raises TooSlow: if one did
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{round(seconds * 1000)}ms"])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", before)
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        raise TooSlow(
            f"The search was stopped after {seconds:g} seconds. Add another filter, such as a source or the beginning "
            "of an id, so that fewer dialogues have to be read."
        ) from error


def sources_of(project: Project) -> list[str]:
    """Return the distinct sources of the items, sorted, without the empty one; MOST_DISTINCT at most."""
    return distinct(project, "source")


def licenses_of(project: Project) -> list[str]:
    """Return the distinct licences of the items, sorted, without the empty one; MOST_DISTINCT at most."""
    return distinct(project, "license")


MOST_DISTINCT = 200


def distinct(project: Project, column: str) -> list[str]:
    """Return the distinct values of a text column of the items, sorted."""
    values = Item.objects.filter(project=project).exclude(**{column: ""}).values_list(column, flat=True)
    found = values.distinct().order_by(F(column).asc())[:MOST_DISTINCT]
    return until_items_change(project, column, lambda: list(found))
