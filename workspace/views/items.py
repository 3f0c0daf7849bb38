"""The page that lists and searches items."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from corpus.queries import categories_of, category_names
from workspace.forms.items import ChoiceOfItems, ItemForm, PlaceForm
from workspace.queries.items import TooSlow, item_page, licenses_of, sources_of

PLACE = ("after", "before", "at")
HEADINGS = (("id", "Dialogue"),)
"The columns that sort the list, with their words; the order of import has none."


@require_safe
@require_role(Role.LEAD)
def items(request: PageRequest, access: Access) -> HttpResponse:
    """List the items that match a filter, in pages; with htmx only the table."""
    form = item_form(access, request.GET)
    filters = form.to_filter() if form.is_bound else {}
    place = PlaceForm(request.GET).to_place()
    context = {
        "access": access,
        "page": "items",
        "form": form,
        "is_filtered": bool(filters),
        "has_more": any(name in filters for name in ItemForm.MORE),
        "names": category_names(access.project),
        "headings": [heading(request.GET, name, words, place.get("sort", "")) for name, words in HEADINGS],
        "sort": place.get("sort", ""),
        "newest_query": sorted_by(request.GET, "-imported"),
        "oldest_query": sorted_by(request.GET, "imported"),
        "query": without(request.GET, *PLACE),
        "changes": ChoiceOfItems.DO,
        **found_items(access, filters, place),
    }
    return render(request, f"workspace/items.html{'#found' if request.htmx else ''}", context)


def filters_of(access: Access, query: QueryDict) -> dict[str, str]:
    """
    Return the filters of a query string, as of `items_matching`.

    :raises Refused: if it has one that cannot be understood: no filter would match everything
    """
    form = item_form(access, query)
    if form.is_bound and not form.is_valid():
        raise Refused("A filter cannot be understood, so nothing was changed. Filter the list again.")
    return form.to_filter() if form.is_bound else {}


def item_form(access: Access, query: QueryDict) -> ItemForm:
    """Return the form of the filters, with the choices that the project has."""
    project = access.project
    return ItemForm(
        query or None,
        categories=categories_of(project),
        sources=sources_of(project),
        licenses=licenses_of(project),
        label_fields=project.fields,
    )


def found_items(access: Access, filters: dict[str, str], place: dict[str, str]) -> dict[str, Any]:
    """Return the page of items, or why there is none, as context."""
    try:
        return {"shown": item_page(access.project, filters, **place)}
    except TooSlow as refusal:
        return {"shown": None, "refusal": str(refusal)}


def heading(query: QueryDict, name: str, words: str, sort: str) -> dict[str, str]:
    """
    Return the heading of a column, with the query that sorts by it, or the other way round if it does already.

    :param sort: the present order
    """
    order = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    return {
        "words": words,
        "order": order,
        "query": sorted_by(query, f"-{name}" if order == "ascending" else name),
    }


def sorted_by(query: QueryDict, sort: str) -> str:
    """Return the query string of the first page in this order."""
    kept = query.copy()
    kept["sort"] = sort
    return without(kept, *PLACE)


def without(query: QueryDict, *names: str) -> str:
    """Return a query string without these parameters."""
    kept = query.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()
