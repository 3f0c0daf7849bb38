"""The REST route of a project's taxonomy, for leads."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from adjudication import actions
from adjudication.serializers.taxonomy import ChangeTaxonomySerializer, as_consequences, as_taxonomy
from adjudication.shapes import ChangedTaxonomyShape, TaxonomyShape
from corpus.access import Role
from corpus.api.base import ProjectView


class Taxonomy(ProjectView):
    """The categories that a project judges by; changes make its next version, or preview it."""

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(responses={200: TaxonomyShape})
    def get(self, request: Request, slug: str) -> Response:
        return Response(as_taxonomy(self.project))

    @extend_schema(request=ChangeTaxonomySerializer, responses={200: ChangedTaxonomyShape, 201: ChangedTaxonomyShape})
    def post(self, request: Request, slug: str) -> Response:
        asked = ChangeTaxonomySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        if data["is_preview"]:
            seen = actions.preview_changes(project=self.project, changes=data["changes"])
            return Response(as_consequences(seen, is_preview=True))
        made = actions.publish_changes(
            project=self.project,
            by=self.access.user,
            changes=data["changes"],
            reason=data["reason"],
            based_on=data["based_on"],
        )
        return Response(as_consequences(made, is_preview=False), status=HTTP_201_CREATED)
