"""The REST route of an item's history, for leads."""

from typing import ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from adjudication.queries.history import history_of
from adjudication.serializers.cases import as_entry
from adjudication.shapes import HistoryShape
from adjudication.visible_opinions import visible_opinions
from corpus.access import Role
from corpus.api.base import ProjectView
from corpus.queries import NoSuchItem, find_item


class ItemHistory(ProjectView):
    """Everything known about one item, in time order."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "items"

    @extend_schema(responses={200: HistoryShape})
    def get(self, request: Request, slug: str, external_id: str) -> Response:
        try:
            item = find_item(self.project, external_id)
        except NoSuchItem as error:
            raise Http404(str(error)) from error
        history: HistoryShape = {
            "item": {
                "id": item.external_id,
                "turns": item.turns,
                "has_response": item.has_response,
                "withdrawn_at": item.withdrawn_at,
            },
            "history": [as_entry(entry) for entry in history_of(visible_opinions(self.access.user, item))],
        }
        return Response(history)
