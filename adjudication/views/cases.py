"""Pages of cases: found, claimed, labelled blind, read, settled."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from adjudication import actions
from adjudication.actions.blind_answers import FINAL
from adjudication.actions.holds import is_held
from adjudication.forms.cases import CaseFilterForm, FinalForm, ReopenForm, SendBackForm
from adjudication.models import BlindAnswer, Case
from adjudication.queries import cases
from annotation import queries
from annotation.forms.judgement import chosen_in_words, field_choices, judgement_context
from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Invalid, Refused
from corpus.queries import categories_of, category_names

ON_A_PAGE = 50
TEMPLATE = "adjudication/case.html"


def filter_form(access: Access, data: Any) -> CaseFilterForm:
    return CaseFilterForm(
        data or None, categories=categories_of(access.project), sources=cases.sources_of(access.project)
    )


@require_safe
@require_role(Role.ADJUDICATOR)
@vary_on_headers("HX-Request")
def case_list(request: PageRequest, access: Access) -> HttpResponse:
    """The cases of a project; of open ones nothing that would tell what anybody said of them."""
    form = filter_form(access, request.GET)
    filters = form.to_filter()
    is_open = filters.state == Case.State.OPEN
    found = cases.cases_matching(access.project, filters).order_by(
        *(["opened_at", "pk"] if is_open else ["-closed_at"])
    )
    shown = Paginator(found, ON_A_PAGE).get_page(request.GET.get("at"))
    context = {
        "access": access,
        "page": "cases",
        "form": form,
        "filters": filters,
        "shown": shown,
        "rows": rows_of(access, list(shown)),
        "counts": cases.counts_of(access.project),
        "names": category_names(access.project),
    }
    return render(request, "adjudication/cases.html" + ("#found" if request.htmx else ""), context)


def rows_of(access: Access, shown: list[Case]) -> list[dict[str, Any]]:
    answers, stale = cases.answers_on(shown), cases.stale_among(access.project, shown)
    return [row_of(access, case, answers[case.pk]) | {"is_stale": case.pk in stale} for case in shown]


def row_of(access: Access, case: Case, answers: cases.Answers) -> dict[str, Any]:
    """What the list shows of a case; its labels and reason only to whom they may be shown."""
    is_settled = case.state in (Case.State.SETTLED, Case.State.REOPENED)
    is_shown = is_settled and cases.may_read_settlement(case, access.user, answers)
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
        "second": cases.second_of(answers) if is_shown else None,
    }


def is_changed(case: Case) -> bool:
    return (case.blind_prompt_label, case.blind_response_label) != (case.prompt_label, case.response_label)


@require_POST
@require_role(Role.ADJUDICATOR)
def take_next(request: PageRequest, access: Access) -> HttpResponse:
    form = filter_form(access, request.POST)
    form.is_valid()
    found = actions.claim_next_case(project=access.project, by=access.user, filters=form.to_filter())
    if found is None:
        messages.info(request, "No case is left that you could settle and that matches. Thank you.")
        return redirect("adjudication:cases", access.project.slug)
    return redirect("adjudication:case", access.project.slug, found.pk)


def case_named(access: Access, case: int) -> Case:
    """
    :raises Http404: if the project has no such case
    """
    found = Case.objects.filter(pk=case, item__project=access.project)
    if one := found.select_related("item", "adjudicator", "holder").first():
        return one
    raise Http404("The project has no such case.")


@require_safe
@require_role(Role.ADJUDICATOR)
@never_cache  # going back must show what is in hand now, not what was
@vary_on_headers("HX-Request")
def case(request: PageRequest, access: Access, case: int) -> HttpResponse:
    return show_case(request, access, case_named(access, case))


@require_POST
@require_role(Role.ADJUDICATOR)
def claim(request: PageRequest, access: Access, case: int) -> HttpResponse:
    case_named(access, case)
    actions.claim_case(project=access.project, case=case, by=access.user)
    return answer(request, access, case)


@require_POST
@require_role(Role.ADJUDICATOR)
def renew(_request: PageRequest, access: Access, case: int) -> HttpResponse:
    """The page is open still."""
    case_named(access, case)
    actions.renew_hold(project=access.project, case=case, by=access.user)
    return HttpResponse(status=204)


@require_POST
@require_role(Role.ADJUDICATOR)
def release(request: PageRequest, access: Access, case: int) -> HttpResponse:
    case_named(access, case)
    actions.release_case(project=access.project, case=case, by=access.user)
    messages.info(request, "You let the case go; another adjudicator may take it.")
    return redirect("adjudication:cases", access.project.slug)


@require_POST
@require_role(Role.ADJUDICATOR)
def blind(request: PageRequest, access: Access, case: int) -> HttpResponse:
    def record(form: FinalForm) -> None:
        actions.record_blind(project=access.project, case=case, by=access.user, judgement=form.judgement())

    return judged(request, access, case, record)


@require_POST
@require_role(Role.ADJUDICATOR)
def settle(request: PageRequest, access: Access, case: int) -> HttpResponse:
    def end(form: FinalForm) -> None:
        seen = form.cleaned_data["seen"]
        actions.settle_case(project=access.project, case=case, by=access.user, judgement=form.judgement(), seen=seen)

    return judged(request, access, case, end)


def judged(request: PageRequest, access: Access, case: int, act: Callable[[FinalForm], None]) -> HttpResponse:
    """Do what the labels sent in are for; where that is refused, show them again beside the reason."""
    case_named(access, case)
    form, refusal = FinalForm(request.POST, categories=categories_of(access.project)), None
    try:
        if form.is_valid():
            act(form)
            return answer(request, access, case)
    except Invalid as error:
        form.refuse(error)
    except Refused as reason:  # a page of its own would lose what was typed
        refusal = reason
    now = case_named(access, case)
    return show_case(request, access, now, form, status=409 if refusal else 422, refusal=refusal)


@require_POST
@require_role(Role.ADJUDICATOR)
def send_back(request: PageRequest, access: Access, case: int) -> HttpResponse:
    found = case_named(access, case)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return show_case(request, access, found, status=422, send_back_form=form)
    try:
        actions.send_back_case(project=access.project, case=case, by=access.user, **form.cleaned_data)
    except Refused as refusal:  # beside the form, for a page of its own would lose what was typed
        form.add_error(None, str(refusal))
        return show_case(request, access, case_named(access, case), status=409, send_back_form=form)
    return answer(request, access, case)


@require_POST
@require_role(Role.ADJUDICATOR)
def reopen(request: PageRequest, access: Access, case: int) -> HttpResponse:
    found = case_named(access, case)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return show_case(request, access, found, status=422, reopen_form=form)
    opened = actions.reopen_case(project=access.project, case=case, by=access.user, **form.cleaned_data)
    if opened is None:
        messages.info(request, "Reopened. The opinions decide this dialogue by now, so no case is open on it.")
        return redirect("adjudication:case", access.project.slug, case)
    messages.info(request, "Reopened. The earlier settlement stays readable; this is the case that is open now.")
    return redirect("adjudication:case", access.project.slug, opened.pk)


@require_POST
@require_role(Role.ADJUDICATOR)
def ask_second(_request: PageRequest, access: Access, case: int) -> HttpResponse:
    case_named(access, case)
    actions.ask_second(project=access.project, case=case, by=access.user)
    return redirect("adjudication:case", access.project.slug, case)


def answer(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Show a case as it is now, in place or as a page."""
    if request.htmx:
        return show_case(request, access, case_named(access, case))
    return redirect("adjudication:case", access.project.slug, case)


def stage_of(case: Case, user: Any, answers: cases.Answers) -> str:
    """Return what a person may do with a case: take, blind, settle, second, or nothing (held, own, done)."""
    has_voted = queries.has_voted(user, case.item)
    if case.state == Case.State.OPEN and not case.item.withdrawn_at:
        if has_voted:
            return "own"
        if not is_held(case):
            return "take"
        if case.holder_id != user.pk:
            return "held"
        return "settle" if cases.own_of(answers, user) else "blind"
    if case.state == Case.State.SETTLED and not (has_voted or cases.may_read_settlement(case, user, answers)):
        return "second"
    return "done"


def show_case(
    request: PageRequest,
    access: Access,
    case: Case,
    form: FinalForm | None = None,
    *,
    status: int = 200,
    refusal: Refused | None = None,
    **more: Any,
) -> HttpResponse:
    """
    Show what a person may see of a case at their stage of it: no opinion before their own blind answer.

    :param form: one that was sent in and not accepted
    """
    answers = cases.answers_on([case])[case.pk]
    own, stage = cases.own_of(answers, access.user), stage_of(case, access.user, answers)
    project, names = access.project, category_names(access.project)
    context = {"access": access, "page": "cases", "case": case, "item": case.item, "stage": stage, "own": own}
    context |= {"names": names, "refusal": refusal, "send_back_form": SendBackForm(), "reopen_form": ReopenForm()}
    if stage in ("blind", "settle", "second"):
        shown = form or (form_of(access, own) if own else FinalForm(categories=categories_of(project)))
        context |= judgement_context(access, case.item, shown)
        context["fields"] = field_choices(project, cases.fields_of(project, case.item), labels=FINAL)
    elif form is not None:
        context["typed"] = chosen_in_words(form, names)
    if own:
        context |= opinions_for(access, case)
    if stage == "done":
        context |= settlement_for(access, case, answers) | {"is_masked": queries.person_of(access.user).masks_text}
    if case.held_until:
        context["renew_every"] = max(10, int((case.held_until - timezone.now()).total_seconds() / 3))
    return render(request, TEMPLATE + ("#labelling" if request.htmx else ""), context | more, status=status)


def form_of(access: Access, own: BlindAnswer) -> FinalForm:
    """Begin the final answer with the blind one."""
    filled: dict[str, Any] = {"prompt_label": own.prompt_label, "response_label": own.response_label}
    filled |= {
        "other_text": own.other_text,
        "rationale": own.note,
        "categories": own.categories,
        "order": " ".join(own.categories),
    }
    return FinalForm(categories=categories_of(access.project), initial=filled)


def opinions_for(access: Access, case: Case) -> dict[str, Any]:
    """What is shown once a person has answered blind."""
    opinions = cases.opinions_on(access.project, case.item)
    named = {slug for each in opinions for slug in each.categories}
    guideline = queries.current_guideline(access.project)
    tiers = queries.categories_by_tier(access.project, guideline) if guideline else {}
    return {
        "opinions": opinions,
        "named": [each for guidance in tiers.values() for each in guidance if each.slug in named],
        "seen": cases.mark_of(cases.seen_by(case.item)),
    }


def settlement_for(access: Access, case: Case, answers: cases.Answers) -> dict[str, Any]:
    if case.state not in (Case.State.SETTLED, Case.State.REOPENED):
        return {}
    if not cases.may_read_settlement(case, access.user, answers):
        return {"is_hidden": True}
    return {
        "settlement": case,
        "is_changed": is_changed(case),
        "is_stale": case.pk in cases.stale_among(access.project, [case]),
        "second": cases.second_of(answers),
    }
