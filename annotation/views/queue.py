"""What leads see of the queue: batches, leases, skips, gold, and how it hands out."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation import queries
from annotation.actions import (
    assign_batch,
    close_batch,
    free_lease,
    remove_gold,
    reopen_batch,
    set_gold,
    update_queue_settings,
)
from annotation.actions import (
    open_batch as open_a_batch,
)
from annotation.forms.queue import BatchForm, ExpectedForm, GoldForm, QueueForm
from annotation.models import Batch, Queue
from annotation.queries import batch_progress, queue_progress, running_leases
from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions import expect_categories
from corpus.errors import Invalid, Refused
from corpus.labels import Judgement
from corpus.queries import categories_of


@require_safe
@require_role(Role.LEAD)
def queue(request: PageRequest, access: Access) -> HttpResponse:
    return show_queue(request, access)


@require_POST
@require_role(Role.LEAD)
def settings(request: PageRequest, access: Access) -> HttpResponse:
    form = QueueForm(request.POST, instance=settings_of(access))
    if not form.is_valid():
        return show_queue(request, access, settings_form=form, status=422)
    update_queue_settings(project=access.project, by=access.user, settings=form.cleaned_data)
    return back(request, access, "Kept. It holds from the next dialogue handed out.")


@require_POST
@require_role(Role.LEAD)
def open_batch(request: PageRequest, access: Access) -> HttpResponse:
    form = BatchForm(request.POST, project=access.project)
    if not form.is_valid():
        return show_queue(request, access, batch_form=form, status=422)
    try:
        open_a_batch(project=access.project, by=access.user, **form.cleaned_data)
    except Refused as refusal:  # beside the form, for a page of its own would lose what was typed
        form.add_error(None, str(refusal))
        return show_queue(request, access, batch_form=form, status=409)
    return back(request, access, f"Batch {form.cleaned_data['name']} is open.")


@require_POST
@require_role(Role.LEAD)
def change_batch(request: PageRequest, access: Access, batch: int) -> HttpResponse:
    """Close it, open it again, or hand it to others, as the button pressed says."""
    found = get_object_or_404(Batch.objects.select_related("project"), pk=batch, project=access.project)
    verb = request.POST.get("do")
    if verb == "close":
        close_batch(batch=found, by=access.user)
    elif verb == "reopen":
        reopen_batch(batch=found, by=access.user)
    else:
        chosen = queries.members_of(access.project).filter(pk__in=numbers(request.POST.getlist("people")))
        assign_batch(batch=found, by=access.user, people=list(chosen))
    return back(request, access, f"Batch {found.name} is changed.")


@require_POST
@require_role(Role.LEAD)
def free(request: PageRequest, access: Access, lease: uuid.UUID) -> HttpResponse:
    free_lease(project=access.project, lease=lease, by=access.user)
    return back(request, access, "Freed: the next who asks may get it.")


@require_POST
@require_role(Role.LEAD)
def gold(request: PageRequest, access: Access) -> HttpResponse:
    """Set an item's gold label, or take it away."""
    form = GoldForm(request.POST)
    if request.POST.get("do") == "remove":
        remove_gold(project=access.project, by=access.user, external_id=request.POST.get("external_id", ""))
        return back(request, access, "It is an ordinary dialogue again.")
    try:
        if form.is_valid():
            given = form.cleaned_data
            judgement = Judgement(given["prompt_label"] or None, given["response_label"] or None)
            set_gold(
                project=access.project,
                by=access.user,
                external_id=given["external_id"],
                judgement=judgement,
                reason=given["reason"],
            )
            return back(request, access, f"{given['external_id']} has a gold label.")
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.reason)
    return show_queue(request, access, gold_form=form, status=422)


@require_POST
@require_role(Role.LEAD)
def expected(request: PageRequest, access: Access) -> HttpResponse:
    """Say what dialogues are probably about, which opting out goes by."""
    form = ExpectedForm(request.POST, categories=categories_of(access.project))
    try:
        if form.is_valid():
            changed = expect_categories(project=access.project, by=access.user, **form.cleaned_data)
            return back(request, access, f"Kept; it was new for {changed:,} of them.")
    except Invalid as error:
        form.add_error("external_ids", f"{error.reason[:1].upper()}{error.reason[1:]}.")
    return show_queue(request, access, expected_form=form, status=422)


def numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 10]


def settings_of(access: Access) -> Queue:
    return Queue.objects.filter(project=access.project).first() or Queue(project=access.project)


def back(request: PageRequest, access: Access, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("annotation:queue", access.project.slug)


def show_queue(request: PageRequest, access: Access, *, status: int = 200, **forms: Any) -> HttpResponse:
    project = access.project
    people = list(queries.members_of(project))
    handed_to = queries.people_by_batch(project)
    context = {
        "access": access,
        "page": "queue",
        "progress": queue_progress(project),
        "batches": [(batch, handed_to.get(batch["pk"], [])) for batch in batch_progress(project)],
        "people": people,
        "leases": running_leases(project),
        "skips": queries.skips_by_reason(project),
        "golds": queries.gold_items(project),
        "settings_form": QueueForm(instance=settings_of(access)),
        "batch_form": BatchForm(project=project),
        "gold_form": GoldForm(),
        "expected_form": ExpectedForm(categories=categories_of(project)),
        **forms,
    }
    return render(request, "annotation/queue.html", context, status=status)
