"""Another policy beside the project's own: what would change, and the change."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from adjudication import actions
from adjudication.actions.policy_change import compare, proposal
from adjudication.forms.policies import ChangeForm, PolicyForm
from adjudication.policies import policy_of
from adjudication.policy_diff import Kind
from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Invalid, Refused

ON_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def policies(request: PageRequest, access: Access) -> HttpResponse:
    """Compare; nothing is counted before another policy is chosen."""
    form = PolicyForm(request.GET if "policy" in request.GET else None, initial=own(access))
    return show_policies(request, access, form)


def own(access: Access) -> dict[str, Any]:
    project = access.project
    return {"policy": project.policy, "quorum": project.quorum, "caution": project.caution or ""}


def show_policies(
    request: PageRequest, access: Access, form: PolicyForm, change: ChangeForm | None = None, *, status: int = 200
) -> HttpResponse:
    asked = request.GET
    at = max(1, int(asked["at"])) if asked.get("at", "").isdecimal() and len(asked["at"]) < 7 else 1
    kind = Kind(*(asked.get(name, "") for name in ("field", "before", "after")))
    found = None
    if form.is_bound and form.is_valid():
        try:
            proposed = proposal(access.project, **form.wanted())
            found = compare(access.project, proposed, kind=kind, limit=ON_A_PAGE, offset=(at - 1) * ON_A_PAGE)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
    elif form.is_bound:
        status = 422
    context = {
        "access": access,
        "page": "quality",
        "form": form,
        "change": change or ChangeForm(initial=form.cleaned_data if found else None),
        "difference": found,
        "own": policy_of(access.project),
        "own_name": access.project.get_policy_display(),
        "is_own": bool(found) and form.wanted() == {**own(access), "caution": access.project.caution},
        "kind": kind,
        "at": at,
        "pages": -(-found.total // ON_A_PAGE) if found else 0,
        "asked_kind": urlencode(asdict(kind)),
        "query": urlencode({name: value or "" for name, value in form.wanted().items()}) if found else "",
    }
    return render(request, "adjudication/policies.html", context, status=status)


@require_POST
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access) -> HttpResponse:
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return show_policies(request, access, PolicyForm(request.POST), form, status=422)
    try:
        done = actions.change_policy(
            project=access.project, by=access.user, reason=form.cleaned_data["reason"], **form.wanted()
        )
    except Invalid as error:
        form.add_error(error.field, error.reason)
        return show_policies(request, access, PolicyForm(request.POST), form, status=422)
    messages.success(
        request,
        f"The policy is changed. Other labels: {done.labels:,}. Cases opened: {done.opens:,}; closed: {done.closes:,}.",
    )
    return redirect("adjudication:policies", access.project.slug)
