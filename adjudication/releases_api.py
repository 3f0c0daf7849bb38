"""Releases over REST: made by admins, read by leads."""

from typing import ClassVar

from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from adjudication import actions, downloads
from adjudication.models import Release
from adjudication.serializers import OrderSerializer, accepted, as_release
from adjudication.shapes import AcceptedShape, ReleaseShape
from adjudication.tasks import hand_over
from corpus.access import Role
from corpus.api import PAGE, NewestFirst, ProjectView, page_of

OTHER_TYPES = ("text/markdown", "application/octet-stream")


class ReleaseView(ProjectView):
    least_role: ClassVar[Role] = Role.LEAD
    tag = "releases"

    def release_named(self, version: str) -> Release:
        """
        :raises Http404: if the project has none of that version
        """
        found = Release.objects.filter(project=self.project, version=version).first()
        if found is None:
            raise Http404(f"The project has no release {version!r}.")
        return found


class Releases(ReleaseView):
    """The releases of a project, the latest first; and a new one, by an admin: 202, for a worker makes it."""

    heavy_methods = ("POST",)
    least_roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(parameters=PAGE, responses={200: page_of(ReleaseShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        page = pages.paginate_queryset(Release.objects.filter(project=self.project), request, view=self) or []
        return pages.get_paginated_response([as_release(release) for release in page])

    @extend_schema(request=OrderSerializer, responses={202: AcceptedShape})
    def post(self, request: Request, slug: str) -> Response:
        body = OrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        job = actions.begin_release(
            project=self.project,
            order=body.order(),
            policy_name=body.validated_data["policy"],
            by=self.access.user,
        )
        hand_over(job.pk)
        return accepted(job)


class ReleaseDetail(ReleaseView):
    """One release with its manifest."""

    @extend_schema(responses={200: ReleaseShape})
    def get(self, request: Request, slug: str, version: str) -> Response:
        return Response(as_release(self.release_named(version)))


class ReleaseFile(ReleaseView):
    """A file of a release, whole or in part, its SHA-256 as `ETag`; 409 if it is not what was made."""

    also_fails_with = ("409",)

    @extend_schema(
        parameters=[
            OpenApiParameter("Range", location="header", description="`bytes=FROM-TO`: a part of the file."),
            OpenApiParameter("If-None-Match", location="header", description="An `ETag`: 304 if it is still that."),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.ANY,
            **{(200, kind): OpenApiTypes.BINARY for kind in OTHER_TYPES},
            **{(206, kind): OpenApiTypes.BINARY for kind in ("application/json", *OTHER_TYPES)},
            304: None,
            416: None,
        },
    )
    def get(self, request: Request, slug: str, version: str, name: str) -> HttpResponseBase:
        return downloads.answer(request.headers, *downloads.file_of(self.release_named(version), name))
