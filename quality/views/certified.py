"""The page of certified labels: what the jurors could decide alone, at which promise, as of the last measurement."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from adjudication.panel_scores import ScoreBy
from adjudication.policies import POLICIES
from corpus.access import Access, PageRequest, Role, require_role
from corpus.models import Project
from quality.actions import watch_promise
from quality.queries.freshness import freshness_of, latest_reports
from quality.reports.audit import AUDIT, latest_promise
from quality.reports.certified import ERRORS, EVIDENCE, RISKS, error_and_risk, score_asked
from quality.reports.certified_words import Gap, audit_rows, exact_percent, page_context


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
    if promise := latest_promise(access.project):
        audit = reports[AUDIT].content if AUDIT in reports else {}
        context |= {"watched": promise, "error_words": exact_percent(promise.error)}
        context["audit"] = audit_rows(promise, audit) if audit.get("promise") == promise.pk else []
    if EVIDENCE in reports:
        context |= page_context(reports[EVIDENCE].content, **asked_promise(access.project, request.GET))
        context["gaps"] = [linked(access, gap) for gap in context["gaps"]]
    return render(request, "quality/certified.html", context)


def linked(access: Access, gap: Gap) -> dict[str, str]:
    """Return what is missing as the template shows it, with the address of the next step."""
    address = reverse(gap.view, args=[access.project.slug]) + gap.query if gap.view else ""
    return {"text": gap.text, "url": address, "link": gap.link}


@require_POST
@require_role(Role.LEAD)
def watch(request: PageRequest, access: Access) -> HttpResponse:
    """Have the promise watched at the error, the risk and the score of the page."""
    watch_promise(project=access.project, by=access.user, **asked_promise(access.project, request.POST))
    messages.success(request, "This promise is watched from now on. Figures follow with the next measurement.")
    return redirect("quality:certified", access.project.slug)


def asked_promise(project: Project, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the error, risk and score that a request names among those of the page; by default the project's own."""
    error, risk = error_and_risk(project)
    return {
        "error": one_of(ERRORS, query.get("error"), error),
        "risk": one_of(RISKS, query.get("risk"), risk),
        "score_by": next((each for each in ScoreBy if each == query.get("score_by")), score_asked(project)),
    }


def one_of(choices: tuple[float, ...], asked: str | None, default: float) -> float:
    """Return the choice that a parameter of the address names; the default if it names none."""
    return next((each for each in choices if str(each) == asked), default)
