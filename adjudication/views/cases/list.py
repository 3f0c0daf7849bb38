"""The list of a project's cases."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from adjudication import actions
from adjudication.actions.holds import is_held
from adjudication.case_states import State
from adjudication.forms.cases import CaseFilterForm
from adjudication.models import Case
from adjudication.queries import cases
from adjudication.queries.case_filters import case_counts, case_sources, cases_matching
from adjudication.views.cases.page import is_changed
from corpus.access import Access, PageRequest, Role, require_role
from corpus.labels import label_columns_of
from corpus.queries import categories_of, category_names

ON_A_PAGE = 50


def filter_form(access: Access, data: QueryDict) -> CaseFilterForm:
    """Return the filter form with the project's categories and sources to choose from."""
    return CaseFilterForm(data or None, categories=categories_of(access.project), sources=case_sources(access.project))


@require_safe
@require_role(Role.ADJUDICATOR)
@vary_on_headers("HX-Request")
def case_list(request: PageRequest, access: Access) -> HttpResponse:
    """List the cases of a project; for open cases, nothing that shows an opinion."""
    form = filter_form(access, request.GET)
    filters = form.to_filter()
    order = ["opened_at", "pk"] if filters.state == State.OPEN else ["-closed_at", "-pk"]
    matching = cases_matching(access.project, filters).order_by(*order)
    shown = Paginator(matching, ON_A_PAGE).get_page(request.GET.get("at"))
    context = {
        "access": access,
        "page": "cases",
        "form": form,
        "filters": filters,
        "shown": shown,
        "rows": rows_of(access, list(shown)),
        "counts": case_counts(access.project),
        "names": category_names(access.project),
    }
    return render(request, "adjudication/cases.html" + ("#found" if request.htmx else ""), context)


@require_POST
@require_role(Role.ADJUDICATOR)
def claim_next(request: PageRequest, access: Access) -> HttpResponse:
    """Claim the oldest case that matches the filter, and open its page."""
    form = filter_form(access, request.POST)
    claimed = actions.claim_next_case(project=access.project, by=access.user, filters=form.to_filter())
    if claimed is None:
        messages.info(request, "No case is left that you could settle and that matches. Thank you.")
        return redirect("adjudication:cases", access.project.slug)
    return redirect("adjudication:case", access.project.slug, claimed.pk)


def rows_of(access: Access, page: list[Case]) -> list[dict[str, Any]]:
    """Return the rows of a page of the list."""
    answers, stale = cases.blind_answers_on(page), cases.stale_cases(access.project, page)
    return [case_row(access, case, answers[case.pk]) | {"is_stale": case.pk in stale} for case in page]


def case_row(access: Access, case: Case, answers: cases.BlindAnswers) -> dict[str, Any]:
    """Return what the list shows of a case; labels and reason only if this person may read its settlement."""
    is_settled = case.state in (State.SETTLED, State.REOPENED)
    is_shown = is_settled and cases.may_read_settlement(case, access.user, answers)
    second = cases.second_answer(answers) if is_shown else None
    return {
        "case": case if is_shown else None,
        "pk": case.pk,
        "name": case.item.external_id,
        "source": case.item.source,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "by": case.adjudicator.username if case.adjudicator else "",
        "holder": case.holder.username if case.holder and is_held(case) else "",
        "is_mine": case.holder_id == access.user.pk and is_held(case),
        "is_sent_back": case.sent_back_at is not None,
        "is_hidden": is_settled and not is_shown,
        "is_changed": is_shown and is_changed(case),
        "second": second,
        "is_second_same": second is not None and label_columns_of(second) == label_columns_of(case),
    }
