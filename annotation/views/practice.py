"""The pages on which a person practises on dialogues whose labels are known. Nothing counts, no answer is stored."""

from django.db.models import Exists, OuterRef
from django.db.models.functions import Random
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation import queries
from annotation.actions import NotShown, know_answer
from annotation.actions.votes import Answer, check_answer
from annotation.feedback import Feedback, feedback_on_practice
from annotation.forms.judgement import JudgementForm, judgement_context
from annotation.models import Gold, Skip
from annotation.showing import prove_shown, was_shown
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.queries import categories_of, category_names


@require_http_methods(["GET", "HEAD", "POST"])
@require_role()
def practice(request: PageRequest, access: Access) -> HttpResponse:
    """Say what practice is; when asked, go to a dialogue, first to those the person has not practised on yet."""
    gold = queries.practice_gold(access.project, access.user)
    if request.method == "POST":
        known = Skip.objects.filter(item=OuterRef("item"), annotator__user=access.user, reason=Skip.KNOWS_ANSWER)
        drawn = gold.order_by(Exists(known), Random()).first()
        if drawn:
            return redirect("annotation:practise", access.project.slug, drawn.item_id)
    return render(request, "annotation/practice.html", {"access": access, "page": "label", "count": gold.count()})


@require_http_methods(["GET", "HEAD", "POST"])
@require_role()
def practise(request: PageRequest, access: Access, gold: int) -> HttpResponse:
    """
    Show one dialogue to practise on, and the feedback on an answer.

    :param gold: primary key of the item
    """
    if access.project.archived_at:
        return redirect("annotation:practice", access.project.slug)
    found = queries.practice_gold(access.project, access.user).filter(item=gold).first() if gold < 2**63 else None
    if found is None:
        raise Http404("This is no dialogue to practise on.")
    categories = categories_of(access.project)
    form, is_shown, status = JudgementForm(categories=categories), is_dialogue_shown(request, access, gold), 200
    if request.method == "POST" and "show" not in request.POST:
        form = JudgementForm(request.POST, categories=categories)
        tried = attempt(form, lambda: answer_in_practice(access, found, form.to_answer(), is_shown=is_shown))
        if tried.is_done:
            return show_feedback(request, access, tried.result)
        status = tried.status
    context = {"access": access, "page": "label"}
    context |= judgement_context(access, found.item, form, is_shown=is_shown)
    context["shown"] = prove_shown(access.user.pk, f"practice {gold}") if is_shown else ""
    return render(request, "annotation/practise.html" + ("#labelling" if request.htmx else ""), context, status=status)


def is_dialogue_shown(request: PageRequest, access: Access, item: int) -> bool:
    """Return whether the page shows the dialogue: the person hides none, asks for it now, or had it shown before."""
    if not queries.person_of(access.user).masks_text or "show" in request.POST:
        return True
    return was_shown(access.user.pk, f"practice {item}", request.POST.get("shown", ""))


def answer_in_practice(access: Access, gold: Gold, answer: Answer, *, is_shown: bool) -> Feedback:
    """
    Return the feedback on an answer in practice, which is not stored.

    :raises Invalid: if the answer breaks a rule
    :raises NotShown: if the dialogue is still hidden from the person
    """
    if not is_shown:
        raise NotShown
    check_answer(access.project, answer, has_response=gold.item.has_response, asks_questions=False)
    know_answer(project=access.project, user=access.user, item=gold.item_id)
    return feedback_on_practice(access.project, gold, answer.judgement)


def show_feedback(request: PageRequest, access: Access, feedback: Feedback) -> HttpResponse:
    """Show the feedback on one answer, and a button for the next dialogue."""
    context = {
        "access": access,
        "page": "label",
        "each": feedback,
        "names": category_names(access.project),
        "is_masked": False,
    }
    return render(request, "annotation/practice_feedback.html", context)
