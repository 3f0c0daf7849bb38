"""Open, claim, renew and release a case, and show its dialogue."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from adjudication import actions
from adjudication.views.cases.page import find_case_or_404, show_case, show_or_redirect
from annotation.actions import show_dialogue
from corpus.access import Access, PageRequest, Role, require_role


@require_safe
@require_role(Role.ADJUDICATOR)
@vary_on_headers("HX-Request")
def case(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Show a case as far as this person may see it."""
    return show_case(request, access, find_case_or_404(access, case))


@require_POST
@require_role(Role.ADJUDICATOR)
def claim(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Hold the case, and show it to be labelled."""
    find_case_or_404(access, case)
    actions.claim_case(project=access.project, case=case, by=access.user)
    return show_or_redirect(request, access, case)


@require_POST
@require_role(Role.ADJUDICATOR)
def show(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Show the dialogue to a person from whom it is hidden until they ask for it."""
    show_dialogue(item=find_case_or_404(access, case).item, user=access.user)
    return show_or_redirect(request, access, case)


@require_POST
@require_role(Role.ADJUDICATOR)
def renew(_request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Extend the hold; an open page calls this now and then."""
    find_case_or_404(access, case)
    actions.renew_hold(project=access.project, case=case, by=access.user)
    return HttpResponse(status=204)


@require_POST
@require_role(Role.ADJUDICATOR)
def release(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """End the hold, and go back to the list."""
    find_case_or_404(access, case)
    actions.release_case(project=access.project, case=case, by=access.user)
    messages.info(request, "You let the case go; another adjudicator may take it.")
    return redirect("adjudication:cases", access.project.slug)
