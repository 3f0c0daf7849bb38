"""REST routes of one release and its files, for leads."""

from typing import ClassVar

from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.access import Role
from corpus.api.base import ProjectView
from releases import downloads
from releases.models import Release
from releases.serializers import as_release
from releases.shapes import ReleaseShape

OTHER_TYPES = ("text/markdown", "text/html", "application/octet-stream")


class ReleaseView(ProjectView):
    """A route of releases, for leads."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "releases"

    def release_named(self, version: str) -> Release:
        """
        Return a release of the project.

        :raises Http404: if the project has no such version
        """
        release = Release.objects.filter(project=self.project, version=version).first()
        if release is None:
            raise Http404(f"The project has no release {version!r}.")
        return release


class ReleaseDetail(ReleaseView):
    """One release with its manifest."""

    @extend_schema(responses={200: ReleaseShape})
    def get(self, request: Request, slug: str, version: str) -> Response:
        return Response(as_release(self.release_named(version)))


class ReleaseFile(ReleaseView):
    """
    A file of a release, whole or in part, its SHA-256 as `ETag`.

    409 if it is not what was made, or if it has opinions and you hold a case that you have not labelled blind.
    """

    also_fails_with = ("409",)

    @extend_schema(
        parameters=[
            OpenApiParameter("Range", location="header", description="`bytes=FROM-TO`: a part of the file."),
            OpenApiParameter("If-Range", location="header", description="An `ETag`: all, if it is another now."),
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
        release = self.release_named(version)
        return downloads.download(self.access.user, request.method, request.headers, release, name)
