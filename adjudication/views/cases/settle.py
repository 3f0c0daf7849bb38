"""Label a case blind, settle it, send it back, reopen it, or ask for a second answer."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from adjudication import actions
from adjudication.forms.cases import FinalForm, ReopenForm, SendBackForm
from adjudication.views.cases.page import find_case_or_404, show_case, show_or_redirect
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.queries import asked_of_adjudicators, categories_of


@require_POST
@require_role(Role.ADJUDICATOR)
def blind(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Record a blind answer, and show the opinions."""

    def record(form: FinalForm) -> object:
        return actions.record_blind(project=access.project, case=case, by=access.user, judgement=form.judgement())

    return submit_labels(request, access, case, record)


@require_POST
@require_role(Role.ADJUDICATOR)
def settle(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Settle the case with the final labels."""

    def record(form: FinalForm) -> object:
        etag, judgement = form.cleaned_data["seen"], form.judgement()
        return actions.settle_case(project=access.project, case=case, by=access.user, judgement=judgement, etag=etag)

    return submit_labels(request, access, case, record)


def submit_labels(
    request: PageRequest, access: Access, case: int, action: Callable[[FinalForm], object]
) -> HttpResponse:
    """Run an action with the labels that were sent; if it is refused, show them again with the reason."""
    find_case_or_404(access, case)
    form = FinalForm(
        request.POST, categories=categories_of(access.project), questions=asked_of_adjudicators(access.project)
    )
    tried = attempt(form, lambda: action(form))
    if tried.is_done:
        return show_or_redirect(request, access, case)
    return show_case(request, access, find_case_or_404(access, case), form, status=tried.status)


@require_POST
@require_role(Role.ADJUDICATOR)
def send_back(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Ask for more votes, release the case, and go on to the list."""
    find_case_or_404(access, case)
    form = SendBackForm(request.POST)
    tried = attempt(
        form,
        lambda: actions.send_back_case(project=access.project, case=case, by=access.user, **form.cleaned_data),
    )
    if tried.is_done:
        messages.info(request, f"Case {case} was sent back for more votes. It waits until they are cast.")
        cases = reverse("adjudication:cases", args=[access.project.slug])
        return HttpResponseClientRedirect(cases) if request.htmx else redirect(cases)
    current = find_case_or_404(access, case)
    return show_case(request, access, current, status=tried.status, send_back_form=form)


@require_POST
@require_role(Role.ADJUDICATOR)
def reopen(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """End a settlement, and open the new case if there is one."""
    find_case_or_404(access, case)
    form = ReopenForm(request.POST)
    tried = attempt(
        form,
        lambda: actions.reopen_case(project=access.project, case=case, by=access.user, **form.cleaned_data),
    )
    if not tried.is_done:
        current = find_case_or_404(access, case)
        return show_case(request, access, current, status=tried.status, reopen_form=form)
    if tried.value is None:
        messages.info(request, "Reopened. The opinions decide this dialogue by now, so no case is open on it.")
        return redirect("adjudication:case", access.project.slug, case)
    messages.info(request, "Reopened. The earlier settlement stays readable; this is the case that is open now.")
    return redirect("adjudication:case", access.project.slug, tried.value.pk)


@require_POST
@require_role(Role.ADJUDICATOR)
def ask_second(_request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Ask another adjudicator for a blind answer."""
    find_case_or_404(access, case)
    actions.ask_second(project=access.project, case=case, by=access.user)
    return redirect("adjudication:case", access.project.slug, case)
