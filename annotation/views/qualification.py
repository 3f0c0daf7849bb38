"""The qualification page for leads: people, dialogues and rules."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation import actions, queries
from annotation.forms.qualification import QualificationForm, UseForm
from annotation.models import Gold
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.models import Member

GOLD_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def qualification(request: PageRequest, access: Access) -> HttpResponse:
    """Show who has qualified, with which dialogues, and by which rules."""
    return show_qualification(request, access)


@require_POST
@require_role(Role.LEAD)
def settings(request: PageRequest, access: Access) -> HttpResponse:
    """Store how annotators qualify."""
    form = QualificationForm(request.POST, instance=queries.qualification_of(access.project))
    tried = attempt(
        form,
        lambda: actions.update_qualification(project=access.project, by=access.user, settings=form.cleaned_data),
    )
    if not tried.is_done:
        return show_qualification(request, access, settings_form=form, status=tried.status)
    state = "on" if form.cleaned_data["is_on"] else "off"
    return redirect_with_message(request, access, f"Saved. The qualification is {state}.")


@require_POST
@require_role(Role.LEAD)
def use(request: PageRequest, access: Access) -> HttpResponse:
    """Say what the ticked gold labels are used for."""
    known = list(Gold.objects.filter(project=access.project).values_list("item", flat=True))
    form = UseForm(request.POST, known=known)
    tried = attempt(
        form, lambda: actions.use_gold(project=access.project, by=access.user, **form.cleaned_data), refused_field="use"
    )
    if not tried.is_done:
        return show_qualification(request, access, use_form=form, status=tried.status)
    words = Gold.Use(form.cleaned_data["use"]).label.lower()
    return redirect_with_message(request, access, f"Saved. New for {words}: {tried.result:,}.")


@require_POST
@require_role(Role.LEAD)
def grant(request: PageRequest, access: Access, user: int) -> HttpResponse:
    """Grant a person another attempt."""
    member = get_object_or_404(Member.objects.select_related("user"), project=access.project, user=user)
    actions.grant_attempt(project=access.project, by=access.user, user=member.user)
    return redirect_with_message(request, access, f"{member.user.username} may try once more.")


def redirect_with_message(request: PageRequest, access: Access, message: str) -> HttpResponse:
    """Redirect to the qualification page and show a message there."""
    messages.success(request, message)
    return redirect("annotation:qualification", access.project.slug)


def show_qualification(request: PageRequest, access: Access, *, status: int = 200, **forms: Any) -> HttpResponse:
    """
    Show the qualification page.

    :param forms: forms with errors, by their names in the template, in place of empty ones
    """
    project = access.project
    people, set_uses = queries.people_who_qualify(project), Gold.Use
    shown = Paginator(queries.gold_items(project), GOLD_A_PAGE).get_page(request.GET.get("at"))
    failures = queries.failures_by_item(project)
    context = {
        "access": access,
        "page": "queue",
        "rules": queries.qualification_of(project),
        "people": people,
        "passed": sum(row["passed_at"] is not None for row in people),
        "waiting": sum(not row["is_qualified"] and not row["left"] for row in people),
        "shown": shown,
        "rows": [(gold, failures.get(gold.item_id)) for gold in shown],
        "set_size": queries.usable_gold(project, set_uses.QUALIFICATION).count(),
        "practice_size": queries.usable_gold(project, set_uses.PRACTICE).count(),
        "unusable": queries.unusable_count(project, set_uses.QUALIFICATION, set_uses.PRACTICE),
        "often_failed": sum(count["often_failed"] for count in failures.values()),
        "settings_form": QualificationForm(instance=queries.qualification_of(project)),
        "use_form": UseForm(known=[], initial={"use": set_uses.QUALIFICATION}),
        **forms,
    }
    return render(request, "annotation/qualification.html", context, status=status)
