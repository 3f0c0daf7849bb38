"""REST routes that list releases, start a new one, and push one."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.access import Role
from corpus.api.base import PAGE, NewestFirst, page_of
from releases.api.releases import ReleaseView
from releases.models import Release
from releases.serializers import PushSerializer, ReleaseSpecSerializer, as_release
from releases.shapes import ReleaseShape
from workspace import actions
from workspace.serializers import accepted
from workspace.shapes import AcceptedShape
from workspace.tasks import enqueue_job


class Releases(ReleaseView):
    """The releases of a project, the latest first; and a new one, by an admin: 202, for a worker makes it."""

    heavy_methods = ("POST",)
    least_roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(parameters=PAGE, responses={200: page_of(ReleaseShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        page = pages.paginate_queryset(Release.objects.filter(project=self.project), request, view=self) or []
        return pages.get_paginated_response([as_release(release) for release in page])

    @extend_schema(request=ReleaseSpecSerializer, responses={202: AcceptedShape})
    def post(self, request: Request, slug: str) -> Response:
        body = ReleaseSpecSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        job = actions.begin_release(
            project=self.project,
            spec=body.to_spec(),
            policy_name=body.validated_data["policy"],
            enqueue=enqueue_job,
            by=self.access.user,
        )
        return accepted(job)


class PushRelease(ReleaseView):
    """
    Push a release to the Hugging Face Hub or to S3: 202, for a worker does it. Asked for twice, an open push is one.

    403 if the project has not pushed there with that key yet, and you are no site admin.
    """

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.ADMIN

    @extend_schema(request=PushSerializer, responses={202: AcceptedShape})
    def post(self, request: Request, slug: str, version: str) -> Response:
        release = self.release_named(version)
        body = PushSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        job = actions.begin_push(
            project=self.project, version=release.version, enqueue=enqueue_job, by=self.access.user, **asked
        )
        return accepted(job)
