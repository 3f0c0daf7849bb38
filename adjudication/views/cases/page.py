"""The page of one case, by what a person can do with it."""

from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from adjudication.actions.blind_answers import FINAL
from adjudication.actions.holds import is_held
from adjudication.case_states import RECOUNT, Action, State, find_transition
from adjudication.forms.cases import FinalForm, ReopenForm, SendBackForm
from adjudication.models import BlindAnswer, Case
from adjudication.policies import policy_of
from adjudication.queries import cases
from adjudication.views.cases.opinions import opinions_context
from adjudication.views.cases.steps import outcome_of, steps_of
from adjudication.visible_opinions import opinions_if_visible
from adjudication.visible_settlements import visible_settlements
from adjudication.visible_similar import visible_similar
from annotation import queries
from annotation.forms.judgement import describe_choices, judgement_context
from annotation.forms.questions import keys_of_questions
from annotation.reading import length_of
from corpus.access import Access, PageRequest, Role
from corpus.categories.translation import translate
from corpus.labels import FIELDS
from corpus.models import Project
from corpus.queries import asked_of_adjudicators, categories_of, category_names, questions_of
from corpus.questions import answer_words, field_of
from corpus.taxonomy_versions import counts_as

TEMPLATE = "adjudication/case.html"
SHORTEST_RENEWAL = 10
"Seconds between two renewals of a hold, at least."


def find_case_or_404(access: Access, case: int) -> Case:
    """
    Return a case with its item and its people.

    :raises Http404: if the project has no such case
    """
    if found := cases.find_case(access.project, case):
        return found
    raise Http404("The project has no such case.")


def show_or_redirect(request: PageRequest, access: Access, case: int) -> HttpResponse:
    """Return the part of the page that shows a case as it is now, for htmx, or a redirect to the page."""
    if request.htmx:
        return show_case(request, access, find_case_or_404(access, case))
    return redirect("adjudication:case", access.project.slug, case)


def stage_of(case: Case, user: User, answers: cases.BlindAnswers) -> str:
    """
    Return what a person can do with a case now.

    :return: take, blind, settle or second; held, own or done if there is nothing to do
    """
    is_own = queries.has_written(user, case.item) or queries.has_voted(user, case.item)
    if find_transition(case.state, Action.CLAIM) and not case.item.withdrawn_at:
        if is_own:
            return "own"
        if not is_held(case):
            return "take"
        if case.holder_id != user.pk:
            return "held"
        return "settle" if cases.own_answer(answers, user) else "blind"
    is_hidden = not (is_own or cases.may_read_settlement(case, user, answers))
    return "second" if is_hidden and find_transition(case.state, Action.ANSWER_SECOND) else "done"


def permissions(access: Access, case: Case) -> dict[str, bool]:
    """Return `can_…` for every action: whether the state of a case and the person's role allow it."""
    rows = {action: find_transition(case.state, action) for action in Action}
    return {
        f"can_{action}": row is not None and row.least_role != RECOUNT and access.has_role(Role(row.least_role))
        for action, row in rows.items()
    }


def show_case(
    request: PageRequest,
    access: Access,
    case: Case,
    form: FinalForm | None = None,
    *,
    status: int = 200,
    **forms: Any,
) -> HttpResponse:
    """
    Show what a person may see of a case at its stage: no opinion before their own blind answer.

    :param form: labels that were sent and not accepted
    :param forms: other forms that were not accepted, `send_back_form` or `reopen_form`
    """
    answers = cases.blind_answers_on([case])[case.pk]
    own, stage = cases.own_answer(answers, access.user), stage_of(case, access.user, answers)
    names = category_names(access.project)
    is_shown = queries.is_shown(access.user, case.item, since=case.opened_at)
    context: dict[str, Any] = {
        "access": access,
        "page": "cases",
        "case": case,
        "item": case.item,
        "stage": stage,
        "own": own,
        "names": names,
        "send_back_form": SendBackForm(),
        "reopen_form": ReopenForm(),
        "outcome": outcome_of(case),
        "steps": steps_of(stage, case, is_shown=is_shown),
        "hidden": None if is_shown else length_of(case.item.turns),
        "question_keys": keys_of_questions(asked_of_adjudicators(access.project)),
        "show_url": reverse("adjudication:show-case", args=[access.project.slug, case.pk]),
        **permissions(access, case),
    }
    if stage in ("blind", "settle", "second"):
        context |= labelling_context(access, case, form, own, is_shown=is_shown)
    elif form is not None:
        context |= {"typed": describe_choices(form, names), "refusals": form.non_field_errors()}
    if own and (opinions := opinions_if_visible(access.user, case.item)):
        context |= opinions_context(access, opinions)
        context["similar"] = visible_similar(access.user, case.item)
    if stage == "done":
        context |= settlement_context(access, case, answers)
    if case.held_until:
        seconds_left = (case.held_until - timezone.now()).total_seconds()
        context["renew_every"] = max(SHORTEST_RENEWAL, int(seconds_left / 3))
    return render(request, TEMPLATE + ("#labelling" if request.htmx else ""), context | forms, status=status)


def labelling_context(
    access: Access, case: Case, form: FinalForm | None, own: BlindAnswer | None, *, is_shown: bool
) -> dict[str, Any]:
    """Return what the form of labels needs: the form that was sent, else the blind answer, else an empty one."""
    categories = categories_of(access.project)
    questions = asked_of_adjudicators(access.project)
    initial = initial_labels(access, own) if own else None
    form = form or FinalForm(categories=categories, questions=questions, initial=initial)
    fields = cases.fields_of(access.project, case.item)
    context = judgement_context(access, case.item, form, fields=fields, labels=FINAL, is_shown=is_shown)
    return context | {"caution": policy_of(access.project).caution}


def initial_labels(access: Access, blind: BlindAnswer) -> dict[str, Any]:
    """Return a blind answer as the initial values of the final form, in terms of the present taxonomy."""
    slugs = translate(blind.categories, counts_as(access.project.taxonomy_id))
    labels = {str(name): getattr(blind, name) for name in FIELDS}
    answers = {field_of(key): answer for key, answer in blind.answers.items()}
    return {
        **labels,
        **answers,
        "other_text": blind.other_text,
        "rationale": blind.note,
        "categories": list(slugs),
        "order": " ".join(slugs),
    }


def settlement_context(access: Access, case: Case, answers: cases.BlindAnswers) -> dict[str, Any]:
    """Return the settlement of a case, or that it is hidden from somebody who is to label the dialogue blind."""
    context: dict[str, Any] = {}
    if case.state not in (State.SETTLED, State.REOPENED):
        return context
    if not visible_settlements(access.user, access.project, [case], {case.pk: answers}):
        is_held_anew = cases.may_read_settlement(case, access.user, answers)
        return context | {"is_hidden": True, "is_held_anew": is_held_anew}
    return context | {
        "settlement": case,
        "is_changed": is_changed(case),
        "is_stale": case.pk in cases.stale_cases(access.project, [case]),
        "second": cases.second_answer(answers),
        "settled_answers": settled_answers(access.project, case, cases.second_answer(answers)),
    }


def settled_answers(project: Project, case: Case, second: BlindAnswer | None) -> list[dict[str, Any]]:
    """Return each question that was answered, with the final, the blind and the second answer in words."""
    given = [case.answers, case.blind_answers, second.answers if second else {}]
    return [
        {
            "text": question.text,
            "answers": [answer_words(question, each[question.key]) if question.key in each else "" for each in given],
        }
        for question in questions_of(project)
        if any(question.key in each for each in given)
    ]


def is_changed(case: Case) -> bool:
    """Return whether a settlement has another label, or another answer to a question, than the blind answer had."""
    is_answer_changed = case.blind_answers != case.answers
    return is_answer_changed or any(getattr(case, f"blind_{name}") != getattr(case, name) for name in FIELDS)
