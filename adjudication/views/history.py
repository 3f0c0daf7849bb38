"""The page of an item's history."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.models import Comment, Decision
from adjudication.queries.history import Entry, history_of
from adjudication.visible_opinions import visible_opinions
from annotation.queries import person_of
from corpus.access import Access, PageRequest, Role, require_role
from corpus.labels import FIELDS
from corpus.models import Item, ItemCluster, Project
from corpus.queries import NoSuchItem, category_names, find_item
from corpus.similar_items import SimilarItem, similar_items


@require_safe
@require_role(Role.LEAD)
def item_history(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Show everything known about one item, in time order."""
    try:
        item = find_item(access.project, external_id)
    except NoSuchItem as error:
        raise Http404(str(error)) from error
    entries = history_of(visible_opinions(access.user, item))
    context = {
        "access": access,
        "page": "items",
        "item": item,
        "entries": entries,
        "comment_count": Comment.objects.filter(item=item).count(),
        "summary": summary_of(access.project, item, entries),
        "similar": with_decisions(access.project, similar_items(item)),
        "cluster": ItemCluster.objects.filter(item=item, size__gt=1).first(),
        "names": category_names(access.project),
        "is_masked": person_of(access.user).masks_text,
    }
    return render(request, "adjudication/history.html", context)


def with_decisions(project: Project, similar: Sequence[SimilarItem]) -> list[tuple[SimilarItem, Decision]]:
    """Return similar items, each with its decision under the project's policy; without one it is pending."""
    decisions = Decision.objects.filter(item__in=[each.item.pk for each in similar], policy=project.policy)
    by_item = {decision.item_id: decision for decision in decisions}
    pending = Decision(status=Decision.Status.PENDING)
    return [(each, by_item.get(each.item.pk, pending)) for each in similar]


def summary_of(project: Project, item: Item, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the status and labels of an item under the project's policy, and how many current opinions and cases."""
    decision = Decision.objects.filter(item=item, policy=project.policy).first()
    counted = Counter(entry.kind for entry in entries if entry.is_current)
    labels = {field.display_name: getattr(decision, field.column("label"), None) for field in FIELDS}
    return {
        "status": decision.status if decision else "pending",
        "labels": [(name, label) for name, label in labels.items() if label],
        "votes": counted["vote"],
        "ballots": counted["ballot"],
        "cases": len({entry.case for entry in entries if entry.case}),
    }
