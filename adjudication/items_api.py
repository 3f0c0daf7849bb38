"""The items of a project over REST, with what has become of them, for leads."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from adjudication.items import items_matching
from adjudication.models import Decision
from adjudication.serializers import ItemWishSerializer
from corpus.access import Role
from corpus.api import OldestFirst, ProjectView
from corpus.models import Item, Project

LABELS = ("status", "decided_by", "prompt_label", "response_label", "categories", "categories_agreed", "stale")


class ItemPages(OldestFirst):
    page_size = 100
    max_page_size = 1_000


class Items(ProjectView):
    """The items that match, by import. Follow `next` to the end; pages never shift under you."""

    least_role: ClassVar[Role] = Role.LEAD

    def get(self, request: Request, slug: str) -> Response:
        asked = ItemWishSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        pages = ItemPages()
        page = pages.paginate_queryset(items_matching(self.project, asked.validated_data), request, view=self) or []
        return pages.get_paginated_response(as_items(self.project, page))


def as_items(project: Project, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Give items with their decisions, in two queries; one not counted yet is pending."""
    decisions = {
        decision.item_id: decision
        for decision in Decision.objects.filter(item__in=[item.pk for item in items], policy=project.policy)
    }
    return [as_item(item, decisions.get(item.pk)) for item in items]


def as_item(item: Item, decision: Decision | None) -> dict[str, Any]:
    labels: dict[str, Any] = {name: getattr(decision, name) for name in LABELS} if decision else {"status": "pending"}
    return {
        "id": item.external_id,
        "turns": item.turns,
        "has_response": item.has_response,
        "source": item.source,
        "license": item.license,
        "imported_at": item.imported_at,
        "withdrawn_at": item.withdrawn_at,
        **dict.fromkeys(LABELS),
        **labels,
    }
