"""The list of a project's cases."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from adjudication import actions
from adjudication.actions.holds import is_held
from adjudication.case_states import State
from adjudication.forms.cases import STATE_WORDS, CaseFilterForm
from adjudication.models import Case
from adjudication.queries import cases
from adjudication.queries.case_filters import (
    CaseFilter,
    case_counts,
    case_sources,
    cases_matching,
    fields_in_dispute,
    shown_source,
    source_of,
)
from adjudication.views.cases.page import is_changed
from adjudication.visible_settlements import visible_settlements
from corpus.access import Access, PageRequest, Role, require_role
from corpus.labels import label_columns_of
from corpus.models import Project
from corpus.queries import categories_of, category_names

ON_A_PAGE = 50
MOST_SEARCHED = 5_000
"How many cases a filter by what opinions say looks through. Each takes some 40 microseconds."
SORTS = {"opened": "opened_at", "closed": "closed_at", "source": "shown_source", "by": "adjudicator__username"}
"The values of a case to sort by, by their names in addresses; a minus before the name turns the order round."


def filter_form(access: Access, data: QueryDict) -> CaseFilterForm:
    """Return the filter form with the project's categories and sources to choose from."""
    return CaseFilterForm(
        data or None,
        categories=categories_of(access.project),
        sources=case_sources(access.project, of_lead=access.is_lead),
        disputed=fields_in_dispute(access.project),
    )


@require_safe
@require_role(Role.ADJUDICATOR)
@vary_on_headers("HX-Request")
def case_list(request: PageRequest, access: Access) -> HttpResponse:
    """List the cases of a project; for open cases, nothing that shows an opinion."""
    form = filter_form(access, request.GET)
    filters, sort = form.to_filter(), sort_of(request)
    shown = page_of_cases(access, filters, sort, request.GET.get("at"))
    context = {
        "access": access,
        "page": "cases",
        "form": form,
        "filters": filters,
        "is_filtered": replace(filters, state="open") != CaseFilter(),
        "shown": shown,
        "rows": rows_of(access, list(shown)),
        "most_searched": MOST_SEARCHED if filters.reads_opinions else 0,
        "tabs": tabs_of(access.project, filters),
        "sort": sort,
        "query": query_of(filters),
        "page_query": urlencode({**chosen_of(filters), "sort": sort}),
        "names": category_names(access.project),
    }
    return render(request, "adjudication/cases.html" + ("#list" if request.htmx else ""), context)


@require_POST
@require_role(Role.ADJUDICATOR)
def claim_next(request: PageRequest, access: Access) -> HttpResponse:
    """Claim the oldest case that matches the filter, and open its page."""
    form = filter_form(access, request.POST)
    claimed = actions.claim_next_case(
        project=access.project, by=access.user, filters=form.to_filter(), of_lead=access.is_lead
    )
    if claimed is None:
        messages.info(request, "No case is left that you could settle and that matches. Thank you.")
        return redirect("adjudication:cases", access.project.slug)
    return redirect("adjudication:case", access.project.slug, claimed.pk)


def sort_of(request: PageRequest) -> str:
    """Return the order asked for, as in SORTS; by default the oldest open case, or the one closed last, comes first."""
    asked: str = request.GET.get("sort", "")
    if asked.removeprefix("-") in SORTS:
        return asked
    return "opened" if request.GET.get("state", "open") in ("", State.OPEN) else "-closed"


def page_of_cases(access: Access, filters: CaseFilter, sort: str, at: str | None) -> Page[Case]:
    """
    Return a page of cases in an order.

    The database walks to a late page over keys alone; the rows, with their items, are read for one page only. Opinions
    are looked up case by case, so a filter that reads them searches the first MOST_SEARCHED cases in this order.
    """
    minus = "-" if sort.startswith("-") else ""
    order = (minus + SORTS[sort.removeprefix("-")], f"{minus}pk")
    keys = cases_in_order(access, filters, order)
    if filters.reads_opinions:
        others = cases_in_order(access, replace(filters, category="", margin=""), order)
        keys = keys.filter(pk__in=list(others[:MOST_SEARCHED]))
    shown: Page[Any] = Paginator(keys, ON_A_PAGE).get_page(at)
    found = cases.cases_to_list(list(shown.object_list))
    shown.object_list = found
    return shown


def cases_in_order(access: Access, filters: CaseFilter, order: Sequence[str]) -> QuerySet[Case, int]:
    """Return the primary keys of the cases that match, in an order of SORTS."""
    found = cases_matching(access.project, filters, of_lead=access.is_lead)
    shown = shown_source(access.project, of_lead=access.is_lead)
    return found.alias(shown_source=shown).order_by(*order).values_list("pk", flat=True)


def tabs_of(project: Project, filters: CaseFilter) -> list[dict[str, Any]]:
    """Return the states to choose from, each with its number of cases and the query that lists them."""
    counts = case_counts(project)
    return [
        {
            "name": name,
            "count": counts[state],
            "query": query_of(replace(filters, state=state)),
            "is_here": state == filters.state,
        }
        for state, name in STATE_WORDS.items()
        if counts[state] or state in ("open", "settled", filters.state)
    ]


def query_of(filters: CaseFilter) -> str:
    """Return a filter as the query of an address, without what it leaves open."""
    return urlencode(chosen_of(filters))


def chosen_of(filters: CaseFilter) -> dict[str, str]:
    """Return the values of a filter by name, without what it leaves open."""
    return {name: value for name, value in asdict(filters).items() if value}


def rows_of(access: Access, page: list[Case]) -> list[dict[str, Any]]:
    """Return the rows of a page of the list."""
    answers, stale = cases.blind_answers_on(page), cases.stale_cases(access.project, page)
    read = visible_settlements(access.user, access.project, page, answers)
    return [
        case_row(access, case, answers[case.pk], is_shown=case.pk in read) | {"is_stale": case.pk in stale}
        for case in page
    ]


def case_row(access: Access, case: Case, answers: cases.BlindAnswers, *, is_shown: bool) -> dict[str, Any]:
    """
    Return what the list shows of a case.

    :param is_shown: whether this person reads its settlement: labels and reason
    """
    second = cases.second_answer(answers) if is_shown else None
    return {
        "case": case if is_shown else None,
        "pk": case.pk,
        "name": case.item.external_id,
        "source": source_of(case, of_lead=access.is_lead),
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "by": case.adjudicator.username if case.adjudicator else "",
        "holder": case.holder.username if case.holder and is_held(case) else "",
        "is_mine": case.holder_id == access.user.pk and is_held(case),
        "is_sent_back": case.sent_back_at is not None,
        "is_hidden": case.state in (State.SETTLED, State.REOPENED) and not is_shown,
        "is_changed": is_shown and is_changed(case),
        "second": second,
        "is_second_same": second is not None
        and label_columns_of(second) == label_columns_of(case)
        and second.answers == case.answers,
    }
