"""Pages of prompt versions and their drafts: read one, write a new one, preview it, try it, and freeze it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import Attempt, attempt
from corpus.errors import Refused
from corpus.queries import category_names
from jury import actions, queries
from jury.models import PromptDraft
from jury.prompt_files import parse_prompt
from jury.prompt_forms import DraftForm, NewDraftForm, TryDraftForm
from jury.prompt_lines import line_of_error
from jury.prompting import Prompt


@require_safe
@require_role(Role.LEAD)
def prompts(request: PageRequest, access: Access) -> HttpResponse:
    """List the drafts of the project, and the prompt versions that it may use."""
    versions = [(version, Prompt.parse(version.text)) for version in queries.prompts_for(access.project)]
    context = {"access": access, "page": "jury", "versions": versions, "drafts": queries.drafts_of(access.project)}
    return render(request, "jury/prompts.html", context)


@require_safe
@require_role(Role.LEAD)
def prompt(request: PageRequest, access: Access, prompt: str) -> HttpResponse:
    """
    Show a prompt version.

    :raises Http404: if there is none of that name that the project may use
    """
    try:
        version = queries.prompt_named(prompt, access.project)
    except Refused as error:
        raise Http404(f"There is no prompt version {prompt!r} here.") from error
    context = {
        "access": access,
        "page": "jury",
        "version": version,
        "prompt": Prompt.parse(version.text),
        "jurors": queries.jurors_with(access.project, version),
    }
    return render(request, "jury/prompt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def new_draft(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form of a new draft; a POST begins it."""
    known = set(queries.prompts_for(access.project).values_list("name", flat=True))
    base = named if (named := request.GET.get("from", "")) in known else "full-policy-v2"
    first = {"based_on": base, "name": queries.next_name(base)} if request.method != "POST" else None
    form, status = NewDraftForm(request.POST or None, project=access.project, initial=first), 200
    if request.method == "POST":
        begun = attempt(form, lambda: actions.start_draft(project=access.project, by=access.user, **form.cleaned_data))
        if begun.is_done:
            return redirect("jury:draft", access.project.slug, begun.result.pk)
        status = begun.status
    return render(request, "jury/new_draft.html", {"access": access, "page": "jury", "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def draft(request: PageRequest, access: Access, draft: int) -> HttpResponse:
    """Show a draft with what is wrong with it and a preview; a POST saves, freezes or removes it."""
    if request.method == "POST" and request.POST.get("text") and not drafts_in(access).filter(pk=draft).exists():
        return show_gone(request, access, draft)
    found = find_draft(access, draft)
    if request.method != "POST":
        return show_draft(request, access, found, form_of(found))
    form = DraftForm(request.POST)
    doing = {"freeze": freeze, "remove": remove}
    return doing.get(request.POST.get("do", ""), save)(request, access, found, form)


def find_draft(access: Access, draft: int) -> PromptDraft:
    """Return a draft of the project."""
    return get_object_or_404(drafts_in(access).select_related("project__taxonomy"), pk=draft)


def drafts_in(access: Access) -> QuerySet[PromptDraft]:
    """Return the drafts of the project."""
    return PromptDraft.objects.filter(project=access.project)


def show_gone(request: PageRequest, access: Access, draft: int) -> HttpResponse:
    """Say what became of a draft that is there no more, and show the text that somebody sent for it."""
    frozen = queries.freezing_of(access.project, draft)
    context = {"access": access, "page": "jury", "frozen": frozen, "text": request.POST["text"]}
    return render(request, "jury/draft_gone.html", context, status=409)


def form_of(draft: PromptDraft) -> DraftForm:
    """Return the form of a draft as it is stored."""
    return DraftForm(initial={"name": draft.name, "text": draft.text, "revision": draft.revision})


def show_draft(
    request: PageRequest, access: Access, draft: PromptDraft, form: DraftForm, *, status: int = 200
) -> HttpResponse:
    """Render the page of a draft."""
    problem, line = problem_of(draft)
    context: dict[str, Any] = {"access": access, "page": "jury", "draft": draft, "form": form}
    context |= {"problem": problem, "line": line, "item": request.GET.get("item", "").strip()}
    if not problem:
        is_generative = Prompt.parse(draft.text).form.is_generative
        context["try_form"] = TryDraftForm(project=access.project, is_generative=is_generative)
        context |= preview_of(draft, context["item"])
        context["without_lists"] = actions.categories_without_lists(draft)
    return render(request, "jury/draft.html", context, status=status)


def problem_of(draft: PromptDraft) -> tuple[str, int | None]:
    """Return why a draft is no prompt, and on which line; empty if it is one."""
    try:
        parse_prompt(draft.text, draft.name)
    except Refused as error:
        return str(error), line_of_error(draft.text, str(error).removeprefix(f"{draft.name}:"))
    return "", None


def preview_of(draft: PromptDraft, item: str) -> dict[str, Any]:
    """Return the messages about a dialogue, or why there are none, for the page."""
    try:
        return {"preview": actions.preview_draft(draft=draft, item=item)}
    except Refused as error:
        return {"no_preview": str(error)}


def save(request: PageRequest, access: Access, draft: PromptDraft, form: DraftForm) -> HttpResponse:
    """Save a draft, prompt or not; where somebody else has saved it, show what was typed beside the reason."""
    saved = attempt(form, lambda: actions.save_draft(draft=draft, by=access.user, **form.cleaned_data))
    if not saved.is_done:
        return show_draft(request, access, draft, at_new_revision(form, saved), status=saved.status)
    messages.success(request, "Saved. Nobody is asked by it until it is frozen and a juror has it.")
    return redirect("jury:draft", access.project.slug, draft.pk)


def at_new_revision(form: DraftForm, tried: Attempt[Any]) -> DraftForm:
    """Return a refused form with the revision of the draft as it is now, so that saving again replaces that."""
    if isinstance(tried.refusal, actions.DraftChanged):
        form.data = {name: form.data.get(name) for name in form.fields} | {"revision": str(tried.refusal.revision)}
    return form


def freeze(request: PageRequest, access: Access, draft: PromptDraft, form: DraftForm) -> HttpResponse:
    """Save a draft and freeze it; where it cannot be frozen, it is not saved either, and what was typed is shown."""
    frozen = attempt(form, lambda: actions.save_and_freeze(draft=draft, by=access.user, **form.cleaned_data))
    if not frozen.is_done:
        return show_draft(request, access, draft, at_new_revision(form, frozen), status=frozen.status)
    version = frozen.result
    messages.success(request, f"{version.name} is frozen: it is never changed from now on. Add a juror with it.")
    return redirect("jury:prompt", access.project.slug, version.name)


def remove(request: PageRequest, access: Access, draft: PromptDraft, _form: DraftForm) -> HttpResponse:
    """
    Remove a draft.

    :raises Refused: if the box that says so is not ticked
    """
    if request.POST.get("is_sure") != "yes":
        raise Refused("Nothing was removed. Tick the box beside the button to remove this draft.")
    actions.remove_draft(draft=draft)
    messages.success(request, f"The draft {draft.name} is removed.")
    return redirect("jury:prompts", access.project.slug)


@require_POST
@require_role(Role.LEAD)
def try_draft(request: PageRequest, access: Access, draft: int) -> HttpResponse:
    """Ask a juror by a draft about a few dialogues, and show the replies. No ballot is stored."""
    found = find_draft(access, draft)
    problem, _ = problem_of(found)
    if problem:
        raise Refused(f"This draft is no prompt yet: {problem}")
    is_generative = Prompt.parse(found.text).form.is_generative
    form = TryDraftForm(request.POST, project=access.project, is_generative=is_generative)
    if not form.is_valid():
        raise Refused("Nothing was asked. Choose a juror of this project that has an endpoint.")
    juror = form.cleaned_data["juror"]
    trials = actions.try_draft(draft=found, juror=juror, by=access.user)
    context = {"access": access, "page": "jury", "draft": found, "juror": juror, "trials": trials, "form": form}
    context |= {"names": category_names(access.project), "cost": sum(trial.answer.cost_usd for trial in trials)}
    return render(request, "jury/draft_trials.html", context)
