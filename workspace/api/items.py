"""The REST route of items and their decisions, for leads."""

from collections.abc import Sequence
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from adjudication.models import Decision
from corpus.access import Role
from corpus.api.base import PAGE, OldestFirst, ProjectView, page_of
from corpus.labels import Judgement, label_columns_of
from corpus.models import Item, Project
from workspace.queries.items import items_matching
from workspace.serializers import ItemFilterSerializer
from workspace.shapes import ItemShape


class ItemPages(OldestFirst):
    """Pages of items, by import."""

    page_size = 100
    max_page_size = 1_000


class Items(ProjectView):
    """The items that match, by import. Follow `next` to the end; pages never shift under you."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "items"

    @extend_schema(parameters=[ItemFilterSerializer, *PAGE], responses={200: page_of(ItemShape)})
    def get(self, request: Request, slug: str) -> Response:
        filters = ItemFilterSerializer(data=request.query_params)
        filters.is_valid(raise_exception=True)
        pages = ItemPages()
        page = pages.paginate_queryset(items_matching(self.project, filters.validated_data), request, view=self) or []
        return pages.get_paginated_response(as_items(self.project, page))


def as_items(project: Project, items: Sequence[Item]) -> list[ItemShape]:
    """Return items with their decisions; an item without one is pending."""
    decisions = {
        decision.item_id: decision
        for decision in Decision.objects.filter(item__in=[item.pk for item in items], policy=project.policy)
    }
    return [as_item(item, decisions.get(item.pk)) for item in items]


def as_item(item: Item, decision: Decision | None) -> ItemShape:
    """Return an item and its decision as the route returns them."""
    return {
        "id": item.external_id,
        "turns": item.turns,
        "has_response": item.has_response,
        "source": item.source,
        "license": item.license,
        "imported_at": item.imported_at,
        "withdrawn_at": item.withdrawn_at,
        "status": decision.status if decision else Decision.Status.PENDING.value,
        "decided_by": decision.decided_by if decision else None,
        **label_columns_of(decision or Judgement()),
        "categories": decision.categories if decision else None,
        "categories_agreed": decision.categories_agreed if decision else None,
        "stale": decision.stale if decision else None,
    }
