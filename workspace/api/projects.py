"""REST routes that archive and restore projects, for admins."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.access import Role
from corpus.actions import restore_project
from corpus.api.base import ProjectView
from corpus.api.projects import as_project
from corpus.shapes import ProjectShape
from workspace import actions
from workspace.serializers import ReasonSerializer


class ArchiveProject(ProjectView):
    """
    Archive the project: it is read and exported as before, but nothing in it changes until it is restored.

    Running runs pause. Any call that would change it is refused with `archived`; members can still be changed on pages.
    """

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.ADMIN

    @extend_schema(request=ReasonSerializer, responses={200: ProjectShape})
    def post(self, request: Request, slug: str) -> Response:
        body = ReasonSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = actions.archive_project(project=self.project, by=self.access.user, **body.validated_data)
        return Response(as_project(project))


class RestoreProject(ProjectView):
    """Take an archived project into use again, as it was. Runs that were paused wait to be resumed."""

    least_role: ClassVar[Role] = Role.ADMIN
    also_archived = True

    @extend_schema(request=None, responses={200: ProjectShape})
    def post(self, request: Request, slug: str) -> Response:
        return Response(as_project(restore_project(project=self.project, by=self.access.user)))
