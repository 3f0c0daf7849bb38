"""Pages to compare the project's policy with another, and to change it."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from adjudication import actions
from adjudication.actions.policy_change import compare, proposal
from adjudication.forms.policies import ChangePolicyForm, PolicyForm
from adjudication.policies import policy_of
from adjudication.policy_diff import ChangeFilter, Difference
from adjudication.visible_opinions import note_items_shown
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.labels import FIELDS
from corpus.models import Project

ON_A_PAGE = 50
FIELD_NAMES = {field.value: field.display_name for field in FIELDS} | {"categories": "Categories"}


@require_safe
@require_role(Role.LEAD)
def policies(request: PageRequest, access: Access) -> HttpResponse:
    """Show the policy and, once another is chosen, what it would change."""
    form = PolicyForm(request.GET if "policy" in request.GET else None, initial=own_settings(access))
    return show_policies(request, access, form)


@require_POST
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access) -> HttpResponse:
    """Change the policy, and recount the project."""
    form = ChangePolicyForm(request.POST)
    changed = attempt(form, lambda: change_policy(access, form))
    if not changed.is_done:
        return show_policies(request, access, PolicyForm(request.POST), form, status=changed.status)
    made = changed.result
    messages.success(
        request,
        f"The policy is changed. Changed labels: {made.labels:,}. "
        f"Cases opened: {made.cases_opened:,}; closed: {made.cases_closed:,}.",
    )
    return redirect("adjudication:policies", access.project.slug)


def change_policy(access: Access, form: ChangePolicyForm) -> Difference:
    """Change the policy as a valid form says; raise what the action refuses."""
    return actions.change_policy(
        project=access.project, by=access.user, reason=form.cleaned_data["reason"], **form.to_settings()
    )


def own_settings(access: Access) -> dict[str, Any]:
    """Return the project's policy and settings, as values of the form."""
    project = access.project
    own = {"policy": project.policy, "quorum": project.quorum, "caution": project.caution or ""}
    promise = {"error": project.certified_error, "risk": project.certified_risk}
    return own | promise | {"score_by": project.certified_score_by or ""}


def settings_query(settings: dict[str, Any]) -> str:
    """Return the query that compares with a policy and its settings."""
    return urlencode({name: value or "" for name, value in settings.items()})


def show_policies(
    request: PageRequest, access: Access, form: PolicyForm, change: ChangePolicyForm | None = None, *, status: int = 200
) -> HttpResponse:
    """
    Show the comparison with the policy in a form.

    :param change: a form to change the policy that was refused
    """
    own = policy_of(access.project)
    other_caution = "unsafe" if own.caution == "safe" else "safe"
    context = {
        "access": access,
        "page": "policies",
        "form": form,
        "change": change or ChangePolicyForm(),
        "own": own,
        "own_score": Project.ScoreBy(own.score_by).label,
        "own_name": access.project.get_policy_display(),
        "other_caution": other_caution,
        "caution_query": settings_query(own_settings(access) | {"caution": other_caution}),
    }
    if form.is_bound:
        at, matching = page_of(request), filter_of(request)
        compared = attempt(form, lambda: compare_page(access, form, matching, at))
        status = status if compared.is_done else compared.status
        if compared.is_done:
            note_items_shown(access.user, access.project, [row["id"] for row in compared.result.rows])
            context |= difference_context(access, form, compared.result, matching, at)
            context["change"] = change or ChangePolicyForm(initial=form.cleaned_data)
    return render(request, "adjudication/policies.html", context, status=status)


def page_of(request: PageRequest) -> int:
    """Return the number of the page of changes asked for, from 1."""
    at = request.GET.get("at", "")
    return max(1, int(at)) if at.isdecimal() and len(at) < 7 else 1


def filter_of(request: PageRequest) -> ChangeFilter:
    """Return which changes are asked for."""
    return ChangeFilter(*(request.GET.get(name, "") for name in ("field", "before", "after")))


def compare_page(access: Access, form: PolicyForm, matching: ChangeFilter, at: int) -> Difference:
    """
    Compare the project's policy with that of a form.

    :raises Invalid: if a setting is out of range
    :raises Refused: if the policy does not fit the fields of the project
    """
    proposed = proposal(access.project, **form.to_settings())
    return compare(access.project, proposed, matching=matching, limit=ON_A_PAGE, offset=(at - 1) * ON_A_PAGE)


def difference_context(
    access: Access, form: PolicyForm, difference: Difference, matching: ChangeFilter, at: int
) -> dict[str, Any]:
    """Return what the page needs to show a comparison."""
    settings, project = form.to_settings(), access.project
    own = own_settings(access) | {"caution": project.caution, "score_by": project.certified_score_by}
    return {
        "difference": difference,
        "counts": [row | {"name": FIELD_NAMES[row["field"]]} for row in difference.counts],
        "rows": [row | {"name": FIELD_NAMES[row["field"]]} for row in difference.rows],
        "matching": matching,
        "matching_name": FIELD_NAMES.get(matching.field, "").lower(),
        "is_own": settings == own,
        "at": at,
        "pages": -(-difference.total // ON_A_PAGE),
        "filter_query": urlencode(asdict(matching)),
        "query": settings_query(settings),
    }
