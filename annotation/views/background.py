"""The pages on which people describe themselves, and on which a project asks them to."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotation import actions
from annotation.forms.background import AboutMeForm, BackgroundQuestionForm
from annotation.queries.background import background_questions, own_background
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.choice_lines import choices_of_lines


@require_http_methods(["GET", "HEAD", "POST"])
@require_role()
def about_me(request: PageRequest, access: Access) -> HttpResponse:
    """Show a person what they say of themselves, and why it is asked, and store it."""
    project, user, status = access.project, access.user, 200
    questions, own = background_questions(project), own_background(project, user)
    form = AboutMeForm(request.POST if request.method == "POST" else None, questions=questions, own=own)
    if request.method == "POST":
        tried = attempt(form, lambda: actions.describe_self(project=project, user=user, answers=form.answers))
        if tried.is_done:
            messages.success(request, "Saved. You can change or delete it here at any time.")
            return redirect("annotation:about-me", project.slug)
        status = tried.status
    context = {"access": access, "page": "wellbeing", "form": form, "has_answered": bool(own)}
    return render(request, "annotation/about_me.html", context, status=status)


@require_POST
@require_role(also_archived=True)  # deleting is a right, whatever has become of the project
def forget_me(request: PageRequest, access: Access) -> HttpResponse:
    """Delete what a person has said of themselves in this project."""
    actions.forget_background(user=access.user, project=access.project)
    messages.success(request, "Deleted. Nothing that you said of yourself is stored here any more.")
    return redirect("annotation:about-me", access.project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def questions(request: PageRequest, access: Access) -> HttpResponse:
    """Show what people are asked about themselves, and add a question."""
    form, status = BackgroundQuestionForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        tried = attempt(form, lambda: add_question(access, form))
        if tried.is_done:
            messages.success(request, "Question added. People find it on their page About me.")
            return redirect("annotation:background", access.project.slug)
        status = tried.status
    context = {"access": access, "page": "project", "form": form, "questions": background_questions(access.project)}
    return render(request, "annotation/background.html", context, status=status)


def add_question(access: Access, form: BackgroundQuestionForm) -> None:
    """Add the question of a valid form."""
    choices = choices_of_lines(form.cleaned_data["choices"])
    values = form.cleaned_data | {"choices": choices}
    actions.add_background_question(project=access.project, by=access.user, **values)


@require_POST
@require_role(Role.ADMIN)
def remove(request: PageRequest, access: Access, key: str) -> HttpResponse:
    """Ask something no longer, and delete the answers."""
    actions.remove_background_question(project=access.project, by=access.user, key=key)
    messages.success(request, "Removed, with all its answers.")
    return redirect("annotation:background", access.project.slug)
