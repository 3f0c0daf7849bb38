"""A lead's audits of finished items, and the quality checks of annotators."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from adjudication.visible_opinions import visible_opinions
from annotation.actions import audit_item, show_dialogue
from annotation.forms.judgement import JudgementForm, judgement_context
from annotation.models import Audit, Vote
from annotation.queries import annotator_checks, audit_percent_of, is_shown
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.kept import kept_if_large
from corpus.models import Project
from corpus.queries import categories_of, category_names

ON_A_PAGE = 50
TABS = {"waiting": "Waiting", "done": "Done", "checks": "Checks of annotators"}


@require_safe
@require_role(Role.LEAD)
def audits(request: PageRequest, access: Access) -> HttpResponse:
    """List the audits that wait, which the schedule draws, those that are done, or the quality checks."""
    drawn = Audit.objects.filter(project=access.project)
    waiting, done = drawn.filter(audited_at=None), drawn.exclude(audited_at=None)
    current = request.GET.get("tab", "")
    current = current if current in TABS else "waiting"
    listed = waiting.order_by("drawn_at", "item") if current == "waiting" else done.order_by("-audited_at", "-pk")
    rows = listed.select_related("item", "auditor").defer("item__turns")
    counts = {"waiting": waiting.count(), "done": done.count()}
    context = {
        "access": access,
        "page": "audits",
        "percent": audit_percent_of(access.project),
        "next_audit": next_audit(waiting, access.user),
        "tabs": [{"key": key, "name": name, "count": counts.get(key)} for key, name in TABS.items()],
        "current": current,
        "query": f"tab={current}",
        "shown": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("at")),
        "checks": checks_of(access.project) if current == "checks" else [],
    }
    return render(request, "adjudication/audits.html", context)


def next_audit(waiting: QuerySet[Audit], user: User) -> Audit | None:
    """Return the audit that a lead may do next: of a dialogue that they neither wrote nor voted on."""
    voted = Vote.objects.filter(item=OuterRef("item"), annotator__user=user)
    return waiting.filter(~Exists(voted)).exclude(item__author=user).order_by("drawn_at", "item").first()


def checks_of(project: Project) -> list[dict[str, Any]]:
    """Return the checks of annotators; in a large project they may be a minute old."""
    return kept_if_large(project, "annotator checks", lambda: annotator_checks(project))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
@vary_on_headers("HX-Request")
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
    template = "adjudication/audit.html" + ("#labelling" if request.htmx else "")
    return render(request, template, context, status=status)


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
