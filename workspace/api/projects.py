"""REST routes that create, change, copy, archive and restore projects, and give their files, for admins."""

from typing import ClassVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from corpus.access import Role, require_site_admin
from corpus.actions import restore_project
from corpus.api.base import ProjectView, check_scope, grant_of
from corpus.api.projects import ProjectDetail, ProjectList, as_project
from corpus.models import TokenGrant
from corpus.queries import is_site_admin
from corpus.shapes import ProjectShape
from workspace import actions
from workspace.project_files.writing import file_response, write_document
from workspace.queries.project_settings import proposed_settings, settings_change, settings_version
from workspace.serializers import (
    ChangeProjectSerializer,
    CloneSerializer,
    NewProjectSerializer,
    ReasonSerializer,
    as_settings_change,
)
from workspace.shapes import SettingsChangeShape


class Projects(ProjectList):
    """The projects of the caller; and a new one, by a site admin."""

    @extend_schema(request=NewProjectSerializer, responses={201: ProjectShape})
    def post(self, request: Request) -> Response:
        """
        Create a project, with settings or with those of a project file (`file`). The caller becomes its admin.

        Needs a site admin, and a token that is not limited to one project.
        """
        check_scope(request, TokenGrant.Scope.DATA)
        check_may_create(request)
        body = NewProjectSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user, data = cast("User", request.user), body.validated_data
        if (document := data.pop("file", None)) is not None:
            project = actions.open_project_from(document, by=user, **data)
        else:
            promise = {f"certified_{name}": data.pop(name) for name in ("error", "risk", "score_by") if name in data}
            project = actions.open_project(by=user, **data, **promise)
        return Response(as_project(project), status=HTTP_201_CREATED)


def check_may_create(request: Request) -> None:
    """
    Check that the caller may create projects.

    :raises PermissionDenied: if they are no site admin, or their token works in one project alone
    """
    grant = grant_of(request)
    if not is_site_admin(cast("User", request.user)) or (grant and grant.project_id is not None):
        raise PermissionDenied("This needs a site admin, and a token for all of their projects.")


class ProjectSettings(ProjectDetail):
    """One project, with the caller's role and the categories of its taxonomy; an admin changes its settings."""

    least_roles: ClassVar[dict[str, Role]] = {"PATCH": Role.ADMIN}
    heavy_methods = ("PATCH",)

    @extend_schema(
        request=ChangeProjectSerializer,
        parameters=[OpenApiParameter("dry_run", enum=["1"], description="Only say what would change.")],
        responses={200: SettingsChangeShape},
    )
    def patch(self, request: Request, slug: str) -> Response:
        """
        Change name, label fields, wanted votes or what splits go by, for a `reason`.

        The answer says what that does to slots, labels and cases.

        With `dry_run=1` nothing is saved. Send the `version` that it returns with the change, and a change meanwhile is
        noticed: 409 `changed_meanwhile`.
        """
        body = ChangeProjectSerializer(data=request.data, dry_run=request.query_params.get("dry_run") == "1")
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        if body.dry_run:
            changes = {name: data[name] for name in ("name", "fields", "votes_wanted", "split_by") if name in data}
            change = settings_change(self.project, proposed_settings(self.project, **changes))
        else:
            change = actions.change_project(project=self.project, by=self.access.user, **data)
        return Response(as_settings_change(change, settings_version(self.project)))


class ProjectFile(ProjectView):
    """
    The settings of the project as one file, which `POST projects/` takes: no data, no people, no keys.

    Fields, policy, taxonomy, questions, guideline, settings of queue and cases, jurors with their prompts.
    """

    least_role: ClassVar[Role] = Role.ADMIN

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, _request: Request, slug: str) -> HttpResponse:
        return file_response(write_document(self.project), slug)


class CloneProject(ProjectView):
    """
    Create a project with the settings of this one, and perhaps its items. The caller becomes its admin.

    Never opinions, people, events or keys of jurors. Needs a site admin, and a token for all of their projects.
    """

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.ADMIN
    also_archived = True

    @extend_schema(request=CloneSerializer, responses={201: ProjectShape})
    def post(self, request: Request, slug: str) -> Response:
        require_site_admin(self.access)
        check_may_create(request)
        body = CloneSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        copy = actions.clone_project(project=self.project, by=self.access.user, **data)
        return Response(as_project(copy), status=HTTP_201_CREATED)


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
