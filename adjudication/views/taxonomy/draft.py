"""The pages that collect changes of a taxonomy in a draft, preview them and publish them."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from adjudication.actions.taxonomy_change import Consequences, NothingToPublish, preview_changes, publish_changes
from adjudication.forms.taxonomy import FORMS, ChangeForm, PublishForm, initial_of
from adjudication.policy_diff import STATUSES
from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions.taxonomy_drafts import Drafted, add_change, discard_draft, draft_of, take_back
from corpus.attempt import REFUSED, attempt
from corpus.categories.content import CategoryText
from corpus.categories.diff import differences
from corpus.categories.words import describe
from corpus.errors import Invalid, Refused
from corpus.models import Event, Project, Taxonomy, TaxonomyDraft, Verb
from corpus.queries import category_names
from corpus.taxonomy_versions import last_text


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form of one kind of change, and add it to the draft. If it is refused, the typed text stays."""
    asked = request.POST if request.method == "POST" else request.GET
    do, drafted = asked.get("do", "add"), draft_of(access.project)
    if do not in FORMS:
        raise Http404(f"There is no change {do!r}.")
    about = category_of(access, drafted, do, asked.get("slug", ""))
    form, status = form_of(request, drafted, do, about), 200
    if request.method == "POST":
        tried = attempt(form, lambda: add_to_draft(access, form))
        if tried.is_done:
            messages.success(request, f"In the draft: {describe(tried.result.changes[-1], names_in(access, drafted))}.")
            return redirect("adjudication:taxonomy-draft", access.project.slug)
        status = tried.status
        show_again(form, revision=draft_of(access.project).draft.revision)
    context = {"access": access, "page": "taxonomy", "form": form, "do": do, "drafted": drafted}
    return render(request, "adjudication/taxonomy/change.html", context, status=status)


def show_again(form: Form, **present: object) -> None:
    """Show a refused form with what was typed, for the draft as it is by now: who sends it again has been told."""
    sent: Any = form.data
    data = sent.copy()
    for name, value in present.items():
        data[name] = str(value)
    form.data = data


def publication_of(taxonomy: Taxonomy, project: Project) -> Event | None:
    """Return the event by which a version was published; None for one that no lead published."""
    events = Event.objects.filter(project=project, verb=Verb.TAXONOMY_CHANGED, subject=str(taxonomy))
    return events.select_related("actor").order_by("pk").last()


def category_of(access: Access, drafted: Drafted, do: str, slug: str) -> CategoryText | None:
    """
    Return the category that an address names, as it is in the draft; a retired one as it was last.

    :raises Http404: if a change needs one, and there is none
    """
    found = next((each for each in drafted.after.categories if each.slug == slug), None)
    if do in ("count", "add"):
        before = next((each for each in drafted.present.categories if each.slug == slug), None)
        found = None if found else before or last_text(access.project.taxonomy, slug)
    if FORMS[do].wants_slug and found is None:
        raise Http404(f"There is no category {slug!r}.")
    return found


def form_of(request: PageRequest, drafted: Drafted, do: str, about: CategoryText | None) -> ChangeForm:
    """Return the form of a kind of change."""
    fixed = {"do": do, "slug": about.slug if about else "", "revision": drafted.draft.revision}
    initial = fixed | initial_of(do, drafted.after, about)
    if request.method == "POST":
        return FORMS[do](request.POST, request.FILES, content=drafted.after, about=about, initial=initial)
    return FORMS[do](content=drafted.after, about=about, initial=initial)


def add_to_draft(access: Access, form: ChangeForm) -> TaxonomyDraft:
    """
    Add the change of a valid form to the draft.

    :raises Invalid: if it cannot be made, naming a field of the form where it has one
    """
    try:
        return add_change(
            project=access.project, by=access.user, change=form.change(), revision=form.cleaned_data["revision"]
        )
    except Invalid as error:
        field = form.own_field(error.field)
        raise Invalid(field, error.reason if field in form.fields else f"{field}: {error.reason}") from error


@require_safe
@require_role(Role.LEAD)
def draft(request: PageRequest, access: Access) -> HttpResponse:
    """Show the changes of the draft, and what they would do."""
    return show_draft(request, access)


@require_POST
@require_role(Role.LEAD)
def undo(request: PageRequest, access: Access) -> HttpResponse:
    """Take a change out of the draft."""
    at, revision = number_in(request, "at"), number_in(request, "revision")
    take_back(project=access.project, by=access.user, at=at, revision=revision)
    messages.success(request, "The change is undone.")
    return redirect("adjudication:taxonomy-draft", access.project.slug)


@require_POST
@require_role(Role.LEAD)
def discard(request: PageRequest, access: Access) -> HttpResponse:
    """Drop the draft."""
    discard_draft(project=access.project, revision=number_in(request, "revision"))
    messages.success(request, "The draft is discarded. The taxonomy is as it was.")
    return redirect("adjudication:taxonomy", access.project.slug)


@require_POST
@require_role(Role.LEAD)
def publish(request: PageRequest, access: Access) -> HttpResponse:
    """Make the draft the next version."""
    form = PublishForm(request.POST)
    tried = attempt(form, lambda: publish_draft(access, form))
    if not tried.is_done:
        show_again(form, revision=draft_of(access.project).draft.revision, based_on=access.project.taxonomy)
        return show_draft(request, access, form, status=tried.status)
    made = tried.result
    messages.success(
        request,
        f"{made.taxonomy} is published. Dialogues with other categories than before: {made.decisions.categories:,}.",
    )
    return redirect("adjudication:taxonomy", access.project.slug)


def publish_draft(access: Access, form: PublishForm) -> Consequences:
    """Publish the draft of a valid form; raise what the action refuses."""
    changes = draft_of(access.project).draft.changes
    return publish_changes(project=access.project, by=access.user, changes=changes, **form.cleaned_data)


def number_in(request: PageRequest, name: str) -> int:
    """Return a number that a form sends; -1 if it is none."""
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else -1


def show_draft(
    request: PageRequest, access: Access, form: PublishForm | None = None, *, status: int = 200
) -> HttpResponse:
    """
    Show the draft with its preview.

    :param form: one that was sent and not accepted
    """
    drafted = draft_of(access.project)
    names = names_in(access, drafted)
    initial = {"revision": drafted.draft.revision, "based_on": str(access.project.taxonomy)}
    context: dict[str, Any] = {
        "access": access,
        "page": "taxonomy",
        "drafted": drafted,
        "changes": [describe_safely(each, names) for each in drafted.draft.changes],
        "differences": differences(drafted.present, drafted.after, drafted.present.earlier),
        "form": form or PublishForm(initial=initial),
        "published": publication_of(access.project.taxonomy, access.project) if status == REFUSED else None,
        **preview_context(access, drafted, names),
    }
    return render(request, "adjudication/taxonomy/draft.html", context, status=status)


def preview_context(access: Access, drafted: Drafted, names: dict[str, str]) -> dict[str, Any]:
    """Return what the draft would do, as template context; empty if it changes nothing."""
    if drafted.problem or not drafted.draft.changes:
        return {}
    try:
        seen = preview_changes(project=access.project, changes=drafted.draft.changes)
    except NothingToPublish as nothing:
        return {"nothing": str(nothing)}
    except (Invalid, Refused) as error:
        return {"nothing": str(error)}
    moved = {names.get(slug, slug): counts for slug, counts in seen.named.items() if counts[0] != counts[1]}
    statuses = {name: seen.decisions.statuses[name] for name in STATUSES}
    return {"preview": seen, "moved": moved, "statuses": statuses}


def names_in(access: Access, drafted: Drafted) -> dict[str, str]:
    """Return the names of categories by slug: of the draft, of the taxonomy and of those it lacks."""
    added = {
        str(row.get("slug")): str(row.get("name"))
        for each in drafted.draft.changes
        for row in [each.get("category") or {}, *(each.get("categories") or [])]
        if row.get("slug") and row.get("name")
    }
    return added | category_names(access.project) | {each.slug: each.name for each in drafted.after.categories}


def describe_safely(change: dict[str, Any], names: dict[str, str]) -> str:
    """Return a change in words, also one that no longer fits."""
    try:
        return describe(change, names)
    except (KeyError, TypeError):
        return str(change.get("change"))
