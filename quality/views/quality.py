"""The pages of a project's figures, as of its last measurement."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.queries import category_names
from quality.queries.freshness import freshness_of, latest_reports
from quality.reports import page_rows
from quality.reports.charts import chart_data
from quality.views.state import state_context

PAGE_SIZE = 50


@require_safe
@require_role(Role.LEAD)
def quality(request: PageRequest, access: Access) -> HttpResponse:
    """Show every figure in tables, and in charts if the browser runs scripts."""
    reports = latest_reports(access.project)
    context = state_context(access, reports) | {"page": "quality"}
    if reports:
        contents = {kind: report.content for kind, report in reports.items()}
        context |= figures_context(contents, category_names(access.project))
    return render(request, "quality/quality.html", context)


def figures_context(reports: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """
    Return the reports, and what the page makes of them, as template context.

    :param names: names of categories, by slug
    """
    agreement = reports["agreement"]
    titles = page_rows.FIELD_NAMES
    return {
        "reports": reports,
        "agreement": page_rows.agreement_rows(agreement),
        "categories": page_rows.category_rows(agreement, names),
        "category_shares": page_rows.category_share_rows(reports["shares"], names),
        "sources": page_rows.source_tables(agreement),
        "matrices": [{**matrix, "title": titles[matrix["field"]]} for matrix in agreement["matrices"]],
        "fields": [page_rows.field_section(reports, index) for index in range(len(agreement["fields"]))],
        "figures": chart_data(reports, names),
        "who": list(page_rows.KIND_NAMES.values()),
    }


@require_safe
@require_role(Role.LEAD)
def advice(request: PageRequest, access: Access) -> HttpResponse:
    """List the items that Dawid-Skene or a weighted vote would label otherwise, in pages."""
    reports = latest_reports(access.project)
    fields = reports["advice"].content["fields"] if reports else []
    wanted = request.GET.get("field") or access.project.fields[0]
    advice = next((field for field in fields if field["field"] == wanted), None)
    context = {
        "access": access,
        "page": "quality",
        "state": freshness_of(access.project, reports),
        "advice": advice,
        "titles": [(field["field"], page_rows.FIELD_NAMES[field["field"]]) for field in fields],
        "shown": Paginator(advice["flips"] if advice else [], PAGE_SIZE).get_page(request.GET.get("at")),
    }
    return render(request, "quality/advice.html", context)
