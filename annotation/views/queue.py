"""The queue page for leads: batches, leases, skips, gold, expected categories and settings."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation import actions, queries
from annotation.forms.queue import BatchForm, ExpectedForm, GoldForm, QueueForm
from annotation.models import Batch
from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions import expect_categories
from corpus.attempt import attempt
from corpus.queries import NoSuchItem, categories_of

GOLD_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def queue(request: PageRequest, access: Access) -> HttpResponse:
    """Show the queue of the project; `repeat_percent` of the address is a share of repeats to begin with."""
    stored, wanted = queries.queue_settings(access.project), request.GET.get("repeat_percent", "")
    initial = {"repeat_percent": max(stored.repeat_percent, *percents([wanted]))} if percents([wanted]) else {}
    return show_queue(request, access, settings_form=QueueForm(instance=stored, initial=initial))


@require_POST
@require_role(Role.LEAD)
def settings(request: PageRequest, access: Access) -> HttpResponse:
    """Store how the project hands out its items."""
    form = QueueForm(request.POST, instance=queries.queue_settings(access.project))
    if not form.is_valid():
        return show_queue(request, access, settings_form=form, status=422)
    actions.update_queue_settings(project=access.project, by=access.user, settings=form.cleaned_data)
    return redirect_with_message(request, access, "The settings are saved. They hold from the next dialogue on.")


@require_POST
@require_role(Role.LEAD)
def open_batch(request: PageRequest, access: Access) -> HttpResponse:
    """Open a new batch."""
    form = BatchForm(request.POST, project=access.project)
    tried = attempt(form, lambda: actions.open_batch(project=access.project, by=access.user, **form.cleaned_data))
    if not tried.is_done:
        return show_queue(request, access, batch_form=form, status=tried.status)
    return redirect_with_message(request, access, f"Batch {tried.result.name} is open.")


@require_POST
@require_role(Role.LEAD)
def change_batch(request: PageRequest, access: Access, batch: int) -> HttpResponse:
    """Close a batch, open it again or assign it to people, depending on the button."""
    found = get_object_or_404(Batch.objects.select_related("project"), pk=batch, project=access.project)
    verb = request.POST.get("do")
    if verb == "close":
        actions.close_batch(batch=found, by=access.user)
        done = "closed"
    elif verb == "reopen":
        actions.reopen_batch(batch=found, by=access.user)
        done = "open again"
    else:
        people = list(queries.members_of(access.project).filter(pk__in=numbers(request.POST.getlist("people"))))
        actions.assign_batch(batch=found, by=access.user, people=people)
        done = f"assigned to {', '.join(person.username for person in people) or 'everybody'}"
    return redirect_with_message(request, access, f"Batch {found.name} is {done}.")


@require_POST
@require_role(Role.LEAD)
def free_lease(request: PageRequest, access: Access, lease: uuid.UUID) -> HttpResponse:
    """End somebody's lease."""
    actions.free_lease(project=access.project, lease=lease, by=access.user)
    return redirect_with_message(
        request, access, "The dialogue is not assigned any more: another annotator may get it."
    )


@require_POST
@require_role(Role.LEAD)
def gold(request: PageRequest, access: Access) -> HttpResponse:
    """Set or remove the gold label of an item."""
    if request.POST.get("do") == "remove":
        return remove_gold(request, access, request.POST.get("external_id", ""))
    form = GoldForm(request.POST, project=access.project, categories=categories_of(access.project))
    tried = attempt(
        form,
        lambda: actions.set_gold(
            project=access.project,
            by=access.user,
            external_id=form.cleaned_data["external_id"],
            judgement=form.judgement(),
            reason=form.cleaned_data["reason"],
        ),
    )
    if not tried.is_done:
        return show_queue(request, access, gold_form=form, status=tried.status)
    return redirect_with_message(request, access, f"The gold label of {form.cleaned_data['external_id']} is saved.")


def remove_gold(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """
    Remove the gold label of an item, or say that it has none.

    :raises Http404: if the project has no item of that id
    """
    try:
        was_there = actions.remove_gold(project=access.project, by=access.user, external_id=external_id)
    except NoSuchItem as error:
        raise Http404(str(error)) from error
    if was_there:
        return redirect_with_message(request, access, "The gold label is removed: it is an ordinary dialogue again.")
    messages.info(request, f"{external_id} has no gold label.")
    return redirect("annotation:queue", access.project.slug)


@require_POST
@require_role(Role.LEAD)
def expected(request: PageRequest, access: Access) -> HttpResponse:
    """Set the expected categories of items, which opt-outs go by."""
    form = ExpectedForm(request.POST, categories=categories_of(access.project))
    tried = attempt(form, lambda: expect_categories(project=access.project, by=access.user, **form.cleaned_data))
    if not tried.is_done:
        return show_queue(request, access, expected_form=form, status=tried.status)
    return redirect_with_message(request, access, f"Saved. It was new for {tried.result:,} of them.")


def numbers(texts: list[str]) -> list[int]:
    """Return the texts that are primary keys, as numbers."""
    return [int(text) for text in texts if text.isdecimal() and len(text) < 10]


def percents(texts: list[str]) -> list[int]:
    """Return the texts that are whole numbers from 0 to 100."""
    return [number for number in numbers(texts) if number <= 100]


def redirect_with_message(request: PageRequest, access: Access, message: str) -> HttpResponse:
    """Redirect to the queue page and show a message there."""
    messages.success(request, message)
    return redirect("annotation:queue", access.project.slug)


def show_queue(request: PageRequest, access: Access, *, status: int = 200, **forms: Any) -> HttpResponse:
    """
    Show the queue page.

    :param forms: forms with errors, by their names in the template, in place of empty ones
    """
    project = access.project
    assigned = queries.people_by_batch(project)
    progress, batches = queries.queue_progress(project), queries.batch_progress(project)
    context = {
        "access": access,
        "page": "queue",
        "progress": progress,
        "open_slots": progress["slots"] - progress["filled"] - progress["leased"],
        "batches": [(batch, assigned.get(batch["pk"], [])) for batch in batches],
        "open_batches": sum(not batch["closed_at"] for batch in batches),
        "people": list(queries.members_of(project)),
        "leases": queries.running_leases(project),
        "skips": queries.skips_by_reason(project),
        "shown": Paginator(queries.gold_items(project), GOLD_A_PAGE).get_page(request.GET.get("at")),
        "settings_form": QueueForm(instance=queries.queue_settings(access.project)),
        "batch_form": BatchForm(project=project),
        "gold_form": GoldForm(project=project, categories=categories_of(project)),
        "expected_form": ExpectedForm(categories=categories_of(project)),
        **forms,
    }
    return render(request, "annotation/queue.html", context, status=status)
