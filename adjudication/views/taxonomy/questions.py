"""The pages that add, change, move, retire and restore questions."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adjudication.actions.questions import change_question
from adjudication.forms.questions import QuestionForm, initial_of
from adjudication.queries.questions import answer_counts, disputed_count, why_meaning_stays
from corpus import actions
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.models import Question
from corpus.queries import questions_of
from corpus.question_rules import CAN_BE_DISPUTED, PRESETS

TEMPLATE = "adjudication/taxonomy/question.html"


def questions_tab(_request: PageRequest, access: Access) -> dict[str, Any]:
    """Return the questions with how many opinions answer each, and those to start from that the project lacks."""
    questions = questions_of(access.project)
    counts = answer_counts(access.project) if questions else {}
    keys = {question.key for question in questions}
    return {
        "asked": [(each, counts[each.key]) for each in questions if each.retired_at is None],
        "retired": [(each, counts[each.key]) for each in questions if each.retired_at is not None],
        "presets": {key: preset["text"] for key, preset in PRESETS.items() if key not in keys},
    }


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def add_question(request: PageRequest, access: Access) -> HttpResponse:
    """Add a question, from one of ours or one's own."""
    preset = PRESETS.get(request.GET.get("from", ""), {})
    form, status = QuestionForm(request.POST or None, initial=initial_of(preset)), 200
    if request.method == "POST":
        tried = attempt(form, lambda: actions.add_question(project=access.project, by=access.user, **form.values()))
        if tried.is_done:
            messages.success(request, "Question added. It is asked from the next dialogue on.")
            return to_questions(access)
        status = tried.status
    return render(request, TEMPLATE, {"access": access, "page": "taxonomy", "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def edit_question(request: PageRequest, access: Access, key: str) -> HttpResponse:
    """Change a question, as far as its answers allow."""
    question = question_or_404(access, key)
    why = why_meaning_stays(access.project, question)
    form = QuestionForm(request.POST or None, question=question, stays_because=why, initial=initial_of(question))
    status = 200
    if request.method == "POST":
        tried = attempt(form, lambda: change_question(project=access.project, by=access.user, key=key, **form.values()))
        if tried.is_done:
            messages.success(request, f"Saved: {tried.result.text}")
            return to_questions(access)
        status = tried.status
    context = {"access": access, "page": "taxonomy", "form": form, "question": question, "stays_because": why}
    if question.type in CAN_BE_DISPUTED:
        context["disputed"] = disputed_count(question, access.project.policy)
    return render(request, TEMPLATE, context, status=status)


@require_POST
@require_role(Role.LEAD)
def act_on_question(request: PageRequest, access: Access, key: str) -> HttpResponse:
    """Move a question up, retire it or restore it."""
    question = question_or_404(access, key)
    act = ACTS.get(request.POST.get("do", ""))
    if act is None:
        raise Http404("Nothing of that name can be done with a question.")
    messages.success(request, act(access, question))
    return to_questions(access)


def move_up(access: Access, question: Question) -> str:
    """Move a question before the one above it; return what was done, in words."""
    keys = [each.key for each in questions_of(access.project)]
    at = keys.index(question.key)
    if at:
        keys[at - 1 : at + 1] = [keys[at], keys[at - 1]]
    actions.reorder_questions(project=access.project, by=access.user, keys=keys)
    return "Moved. Pages that are open show the new order with the next dialogue."


def retire(access: Access, question: Question) -> str:
    """Retire a question; return what was done, in words."""
    actions.retire_question(project=access.project, by=access.user, key=question.key)
    return f"Retired: {question.text} Its answers stay, and it can be restored."


def restore(access: Access, question: Question) -> str:
    """Restore a question; return what was done, in words."""
    actions.restore_question(project=access.project, by=access.user, key=question.key)
    return "Question restored. It is asked again from the next dialogue on."


ACTS = {"up": move_up, "retire": retire, "restore": restore}


def question_or_404(access: Access, key: str) -> Question:
    """
    Return a question of the project.

    :raises Http404: if it has none of that key
    """
    try:
        return actions.find_question(access.project, key)
    except actions.NoSuchQuestion as error:
        raise Http404(str(error)) from error


def to_questions(access: Access) -> HttpResponse:
    """Redirect to the list of questions."""
    return redirect(f"{reverse('adjudication:taxonomy', args=[access.project.slug])}?tab=questions")
