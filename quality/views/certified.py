"""The page of certified labels: what the jurors could decide alone, at which promise, as of the last measurement."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from adjudication.policies import POLICIES
from corpus.access import Access, PageRequest, Role, require_role
from quality.queries.freshness import freshness_of, latest_reports
from quality.reports.certified import ERRORS, EVIDENCE, RISKS, error_and_risk
from quality.reports.certified_words import Gap, page_context


@require_safe
@require_role(Role.LEAD)
def certified(request: PageRequest, access: Access) -> HttpResponse:
    """Show what could be promised at each error and risk, what that saves, and what is missing."""
    reports = latest_reports(access.project)
    context: dict[str, Any] = {
        "access": access,
        "page": "certified",
        "state": freshness_of(access.project, reports),
        "can_switch": "certified" in POLICIES and access.project.policy != "certified",
    }
    if EVIDENCE in reports:
        error, risk = error_and_risk(access.project)
        error, risk = one_of(ERRORS, request.GET.get("error"), error), one_of(RISKS, request.GET.get("risk"), risk)
        context |= page_context(reports[EVIDENCE].content, error=error, risk=risk)
        context["gaps"] = [linked(access, gap) for gap in context["gaps"]]
    return render(request, "quality/certified.html", context)


def linked(access: Access, gap: Gap) -> dict[str, str]:
    """Return what is missing as the template shows it, with the address of the next step."""
    address = reverse(gap.view, args=[access.project.slug]) + gap.query if gap.view else ""
    return {"text": gap.text, "url": address, "link": gap.link}


def one_of(choices: tuple[float, ...], asked: str | None, default: float) -> float:
    """Return the choice that a parameter of the address names; the default if it names none."""
    return next((each for each in choices if str(each) == asked), default)
