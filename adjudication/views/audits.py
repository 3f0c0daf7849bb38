"""A lead's audits of finished items, and the quality checks of annotators."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from adjudication.visible_opinions import visible_opinions
from annotation.actions import audit_item, show_dialogue
from annotation.forms.judgement import JudgementForm, judgement_context
from annotation.models import Audit
from annotation.queries import annotator_checks, is_shown
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.kept import kept_if_large
from corpus.queries import categories_of, category_names

LATEST = 20
MOST_WAITING = 100


@require_safe
@require_role(Role.LEAD)
def audits(request: PageRequest, access: Access) -> HttpResponse:
    """List the audits that wait, which the schedule draws, the latest that are done, and the quality checks."""
    drawn = Audit.objects.filter(project=access.project).select_related("item", "auditor")
    waiting = drawn.filter(audited_at=None).order_by("drawn_at", "item")
    context = {
        "access": access,
        "page": "audits",
        "waiting": waiting[:MOST_WAITING],
        "waiting_count": waiting.count(),
        "done": drawn.exclude(audited_at=None).order_by("-audited_at", "-pk")[:LATEST],
        "checks": kept_if_large(access.project, "annotator checks", lambda: annotator_checks(access.project)),
    }
    return render(request, "adjudication/audits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def audit(request: PageRequest, access: Access, item: int) -> HttpResponse:
    """Show one item without its votes until it is audited, then with them; record the audit."""
    found = find_audit_or_404(access, item)
    categories = categories_of(access.project)
    form, status = JudgementForm(categories=categories), 200
    if request.method == "POST":
        form = JudgementForm(request.POST, categories=categories)
        tried = attempt(
            form,
            lambda: audit_item(project=access.project, by=access.user, item=item, answer=form.to_answer()),
        )
        if tried.is_done:
            messages.success(request, "Audited. The annotators see your reason.")
            return redirect("adjudication:audit", access.project.slug, item)
        status = tried.status
    context = {"access": access, "page": "audits", "audit": found, **audit_context(access, found, form)}
    context["names"] = category_names(access.project)
    if found.audited_at:
        context["votes"] = (
            visible_opinions(access.user, found.item).votes.filter(is_current=True).order_by("annotator__name", "pk")
        )
    return render(request, "adjudication/audit.html", context, status=status)


def audit_context(access: Access, audit: Audit, form: JudgementForm) -> dict[str, Any]:
    """Return what the form of an audit needs; nothing of the dialogue but its length until it is shown."""
    shown = is_shown(access.user, audit.item, since=audit.drawn_at)
    show_url = reverse("adjudication:show-audit", args=[access.project.slug, audit.item_id])
    return judgement_context(access, audit.item, form, is_shown=shown) | {"show_url": show_url}


@require_POST
@require_role(Role.LEAD)
def show(_request: PageRequest, access: Access, item: int) -> HttpResponse:
    """Show the dialogue to a lead from whom it is hidden until they ask for it."""
    show_dialogue(item=find_audit_or_404(access, item).item, user=access.user)
    return redirect("adjudication:audit", access.project.slug, item)


def find_audit_or_404(access: Access, item: int) -> Audit:
    """
    Return the audit of an item, done or not, with the item and the lead.

    :raises Http404: if the item was not drawn for an audit here
    """
    found = Audit.objects.filter(project=access.project, item=item).select_related("item", "auditor").first()
    if found is None:
        raise Http404("This dialogue is not up for audit.")
    return found
