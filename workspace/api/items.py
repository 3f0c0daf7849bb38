"""REST routes of items and their decisions, and those that withdraw, restore and correct them, for leads."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED

from adjudication.models import Decision
from corpus.access import Role
from corpus.actions import replace_item, restore_item, withdraw_item
from corpus.api.base import PAGE, OldestFirst, ProjectView, page_of
from corpus.labels import Judgement, label_columns_of
from corpus.models import Item, ItemCluster, Project
from corpus.queries import NoSuchItem, find_item
from workspace.queries.items import items_matching
from workspace.serializers import CorrectionSerializer, ItemFilterSerializer, ReasonSerializer
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


class ItemView(ProjectView):
    """A route that changes one item."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "items"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """
        Find the item.

        :raises Http404: if the project has none of that id
        """
        super().initial(request, *args, **kwargs)
        try:
            find_item(self.project, kwargs["external_id"])
        except NoSuchItem as error:
            raise Http404(str(error)) from error

    def answer(self, item: Item, status: int = HTTP_200_OK) -> Response:
        """Return an item as it is now."""
        return Response(as_items(self.project, [item])[0], status=status)


class WithdrawItem(ItemView):
    """Withdraw an item from the queue, the jury and later releases, which list it with the reason."""

    @extend_schema(request=ReasonSerializer, responses={200: ItemShape})
    def post(self, request: Request, slug: str, external_id: str) -> Response:
        body = ReasonSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        return self.answer(withdraw_item(project=self.project, external_id=external_id, by=self.access.user, **data))


class RestoreItem(ItemView):
    """Take a withdrawn item into use again, with its opinions. It wants the votes that it lacks."""

    @extend_schema(request=None, responses={200: ItemShape})
    def post(self, request: Request, slug: str, external_id: str) -> Response:
        return self.answer(restore_item(project=self.project, external_id=external_id, by=self.access.user))


class CorrectItem(ItemView):
    """
    Correct the text of an item: 201 with a new item called `ID#2` that replaces it; the old one is withdrawn.

    Opinions stay with the old text, and the new one wants votes. The same correction again returns the same item.
    """

    @extend_schema(request=CorrectionSerializer, responses={201: ItemShape})
    def post(self, request: Request, slug: str, external_id: str) -> Response:
        body = CorrectionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        made = replace_item(project=self.project, external_id=external_id, by=self.access.user, **data)
        return self.answer(made, HTTP_201_CREATED)


def as_items(project: Project, items: Sequence[Item]) -> list[ItemShape]:
    """Return items with their decisions; an item without one is pending."""
    decisions = {
        decision.item_id: decision
        for decision in Decision.objects.filter(item__in=[item.pk for item in items], policy=project.policy)
    }
    clusters = ItemCluster.objects.in_bulk([item.pk for item in items])
    return [as_item(item, decisions.get(item.pk), clusters.get(item.pk)) for item in items]


def as_item(item: Item, decision: Decision | None, cluster: ItemCluster | None) -> ItemShape:
    """Return an item, its decision and its cluster as the route returns them."""
    return {
        "id": item.external_id,
        "turns": item.turns,
        "has_response": item.has_response,
        "source": item.source,
        "license": item.license,
        "imported_at": item.imported_at,
        "withdrawn_at": item.withdrawn_at,
        "withdrawal_reason": item.withdrawal_reason,
        "replaces": item.replaces,
        "cluster": cluster.name if cluster else None,
        "cluster_size": cluster.size if cluster else None,
        "status": decision.status if decision else Decision.Status.PENDING.value,
        "decided_by": decision.decided_by if decision else None,
        **label_columns_of(decision or Judgement()),
        "categories": decision.categories if decision else None,
        "categories_agreed": decision.categories_agreed if decision else None,
        "stale": decision.stale if decision else None,
    }
