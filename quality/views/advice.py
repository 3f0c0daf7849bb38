"""The items that other ways of counting would label otherwise."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from quality.queries.freshness import freshness_of, latest_reports
from quality.reports.page_rows import FIELD_NAMES
from quality.reports.summaries import advice_summary

PAGE_SIZE = 50


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
        "summary": advice_summary(advice) if advice else "",
        "titles": [(field["field"], FIELD_NAMES[field["field"]]) for field in fields],
        "shown": Paginator(advice["flips"] if advice else [], PAGE_SIZE).get_page(request.GET.get("at")),
    }
    return render(request, "quality/advice.html", context)
