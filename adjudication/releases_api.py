"""Releases over REST: made by admins, read by leads."""

from typing import ClassVar

from django.http import Http404, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from adjudication import actions, downloads
from adjudication.models import Release
from adjudication.serializers import OrderSerializer, accepted, as_release
from adjudication.tasks import hand_over
from corpus.access import Role, access_to
from corpus.api import NewestFirst, ProjectView


class ReleaseView(ProjectView):
    least_role: ClassVar[Role] = Role.LEAD

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

    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        page = pages.paginate_queryset(Release.objects.filter(project=self.project), request, view=self) or []
        return pages.get_paginated_response([as_release(release) for release in page])

    def post(self, request: Request, slug: str) -> Response:
        access_to(slug, request.user, least=Role.ADMIN)
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

    def get(self, request: Request, slug: str, version: str) -> Response:
        return Response(as_release(self.release_named(version)))


class ReleaseFile(ReleaseView):
    """A file of a release, whole or in part, its SHA-256 as `ETag`; 409 if it is not what was made."""

    def get(self, request: Request, slug: str, version: str, name: str) -> HttpResponseBase:
        return downloads.answer(request.headers, *downloads.file_of(self.release_named(version), name))
