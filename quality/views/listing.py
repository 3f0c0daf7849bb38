"""Tables with more rows than a page: sorted by the links in their heads, and shown in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.http import urlencode

PAGE_SIZE = 50
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    key: str
    "Where the value to sort by is in a row, as in `gold.share`; empty if nobody should be sorted by it."
    title: str
    is_number: bool = True


@dataclass(frozen=True)
class Head:
    """The head of a column: a link that sorts by it."""

    column: Column
    query: str
    direction: str
    "The value of aria-sort; empty if the table is sorted by another column."


@dataclass(frozen=True)
class Listing:
    """One page of a sorted table."""

    heads: list[Head]
    shown: Page[Row]
    query: str
    "The parameters that links to other pages repeat."


def list_rows(
    rows: Sequence[Row], columns: Sequence[Column], query: Mapping[str, str], *, repeated: Mapping[str, str]
) -> Listing:
    """
    Return the page of rows that a request asks for.

    :param rows: in the order that they have unless a column is asked for
    :param query: `sort` is the key of a column, with a hyphen before it for descending; `at` is the page
    :param repeated: parameters that every link of the table repeats
    """
    wanted = query.get("sort", "")
    key, is_descending = wanted.removeprefix("-"), wanted.startswith("-")
    is_sorted = key in {column.key for column in columns if column.key}
    if is_sorted:
        rows = sort_rows(rows, key, is_descending=is_descending)
    page_query = {**repeated, "sort": wanted} if is_sorted else repeated
    heads = [
        head_of(each, repeated, is_descending=is_descending if is_sorted and each.key == key else None)
        for each in columns
    ]
    return Listing(heads, Paginator(rows, PAGE_SIZE).get_page(query.get("at")), urlencode(page_query))


def head_of(column: Column, repeated: Mapping[str, str], *, is_descending: bool | None) -> Head:
    """
    Return the head of a column; a second click on it turns the order round.

    :param is_descending: how the table is sorted by this column; None if it is sorted by another
    """
    direction = {None: "", False: "ascending", True: "descending"}[is_descending]
    sign = "-" if is_descending is False else ""
    return Head(column, urlencode({**repeated, "sort": f"{sign}{column.key}"}), direction)


def sort_rows(rows: Sequence[Row], key: str, *, is_descending: bool) -> list[Row]:
    """Return rows sorted by a value, those without one last in either direction; equal rows keep their order."""
    known = [row for row in rows if value_at(row, key) is not None]
    known.sort(key=lambda row: sort_key(value_at(row, key)), reverse=is_descending)
    return known + [row for row in rows if value_at(row, key) is None]


def sort_key(value: Any) -> Any:
    """Return what a value is sorted by: words without regard to case."""
    return value.casefold() if isinstance(value, str) else value


def value_at(row: Row, key: str) -> Any:
    """Return the value at a dotted key."""
    return reduce(lambda found, name: found[name], key.split("."), row)
