"""Pages that withdraw, restore and correct items, one by one or many at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions import replace_item, restore_item, withdraw_item
from corpus.attempt import attempt
from corpus.corrected_items import other_text_in_use, refusal_in_use
from corpus.models import Item
from corpus.queries import NoSuchItem, categories_of, find_item
from workspace.actions import change_items
from workspace.forms.items import ChoiceOfItems, ConfirmChange, CorrectionForm, WithdrawForm
from workspace.queries.chosen_items import Chosen, chosen_items
from workspace.views.items import filters_of

TITLES = {"withdraw": "Withdraw items", "restore": "Restore items", "expect": "Set expected categories"}
DONE = {"withdraw": "withdrawn", "restore": "in use again", "expect": "changed"}


@require_POST
@require_role(Role.LEAD)
def change_many(request: PageRequest, access: Access) -> HttpResponse:
    """Show how many items would be changed, or change them once that was seen."""
    choice = ChoiceOfItems(request.POST)
    if not choice.is_valid():
        messages.error(request, "Nothing was changed: say which items, and what to do with them.")
        return redirect("workspace:items", access.project.slug)
    choose, do = chooser(access, request.POST, choice), choice.cleaned_data["do"]
    posted = request.POST if "digest" in request.POST else None
    form, status = ConfirmChange(posted, do=do, categories=categories_of(access.project)), 200
    if posted:
        done = attempt(form, lambda: change(access, choose, do, form))
        if done.is_done:
            messages.success(request, f"{done.result:,} item{'' if done.result == 1 else 's'} {DONE[do]}.")
            return redirect(list_address(access, choice))
        status = done.status
    if not (chosen := choose()).count:
        messages.error(request, "Nothing was changed: tick at least one item.")
        return redirect(list_address(access, choice))
    return show_choice(request, access, choice, form, chosen, status=status)


def change(access: Access, choose: Callable[[], Chosen], do: str, form: ConfirmChange) -> int:
    """Change the chosen items as a valid form says; raise what the action refuses."""
    return change_items(project=access.project, choose=choose, do=do, by=access.user, **form.cleaned_data)


def list_address(access: Access, choice: ChoiceOfItems) -> str:
    """Return the address of the list with the filters that it had."""
    query = choice.cleaned_data["query"]
    return reverse("workspace:items", args=[access.project.slug]) + (f"?{query}" if query else "")


def chooser(access: Access, posted: QueryDict, choice: ChoiceOfItems) -> Callable[[], Chosen]:
    """Return a function that returns the chosen items as they are when it is called."""
    project = access.project
    if choice.cleaned_data["scope"] == "ticked":
        ids = posted.getlist("ids")
        return lambda: chosen_items(project, ids=ids)
    filters = filters_of(access, QueryDict(choice.cleaned_data["query"]))
    return lambda: chosen_items(project, filters=filters)


def show_choice(
    request: PageRequest, access: Access, choice: ChoiceOfItems, form: ConfirmChange, chosen: Chosen, *, status: int
) -> HttpResponse:
    """Render what would be changed, with the form that confirms it."""
    do = choice.cleaned_data["do"]
    affected = {"withdraw": chosen.in_use, "restore": chosen.restorable}.get(do, chosen.count)
    context = {
        "access": access,
        "page": "items",
        "title": TITLES[do],
        "choice": choice.cleaned_data,
        "ids": request.POST.getlist("ids") if choice.cleaned_data["scope"] == "ticked" else [],
        "chosen": chosen,
        "affected": affected,
        "form": form,
    }
    return render(request, "workspace/change_items.html", context, status=status)


@require_safe
@require_role(Role.LEAD)
def item(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Show what can be changed of one item."""
    return show_item(request, access, item_or_404(access, external_id))


@require_POST
@require_role(Role.LEAD)
def withdraw(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Withdraw an item."""
    found, form = item_or_404(access, external_id), WithdrawForm(request.POST)
    ask = partial(withdraw_item, project=access.project, external_id=external_id, by=access.user)
    done = attempt(form, lambda: ask(**form.cleaned_data))
    if not done.is_done:
        return show_item(request, access, found, withdraw_form=form, status=done.status)
    refusal = refusal_in_use(found)
    said = f"{external_id} is withdrawn. Its opinions stay."
    if refusal:
        said += f" {refusal.external_id}, the refusal made of it, has the same prompt and is in use still."
    messages.success(request, said)
    return redirect("workspace:change-item", access.project.slug, external_id)


@require_POST
@require_role(Role.LEAD)
def restore(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Restore a withdrawn item."""
    item_or_404(access, external_id)
    restore_item(project=access.project, external_id=external_id, by=access.user)
    messages.success(request, f"{external_id} is in use again. It wants the votes that it lacks.")
    return redirect("workspace:change-item", access.project.slug, external_id)


@require_POST
@require_role(Role.LEAD)
def correct(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Correct the text of an item, which makes a new one."""
    found = item_or_404(access, external_id)
    form = CorrectionForm(request.POST, turns=found.turns)
    if not form.is_of_these_turns:
        messages.error(request, "The dialogue has other turns by now. Look at it, and correct it again.")
        again = CorrectionForm(turns=found.turns, initial=request.POST.dict())
        return show_item(request, access, found, correction_form=again, status=409)
    done = attempt(
        form,
        lambda: replace_item(
            project=access.project,
            external_id=external_id,
            texts=form.texts(),
            reason=form.cleaned_data["reason"],
            by=access.user,
        ),
    )
    if not done.is_done:
        return show_item(request, access, found, correction_form=form, status=done.status)
    new = done.result.external_id
    messages.success(request, f"{new} has the corrected text and wants votes. {external_id} is withdrawn.")
    return redirect("workspace:change-item", access.project.slug, new)


def item_or_404(access: Access, external_id: str) -> Item:
    """
    Return an item of the project.

    :raises Http404: if it has none of that id
    """
    try:
        return find_item(access.project, external_id)
    except NoSuchItem as error:
        raise Http404(str(error)) from error


def show_item(request: PageRequest, access: Access, item: Item, *, status: int = 200, **forms: Any) -> HttpResponse:
    """
    Render what can be changed of an item.

    :param forms: forms that were refused, by their names in the template
    """
    context = {
        "access": access,
        "page": "items",
        "item": item,
        "other_text": other_text_in_use(item) if item.withdrawn_at else None,
        "withdraw_form": WithdrawForm(),
        "correction_form": CorrectionForm(turns=item.turns),
        "may_correct": not item.withdrawn_at and item.reconstruction_id is None and not item.refusal_of,
        **forms,
    }
    return render(request, "workspace/change_item.html", context, status=status)
