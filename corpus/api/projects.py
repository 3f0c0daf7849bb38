"""REST routes of projects."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from corpus import queries
from corpus.api.base import ProjectView, check_scope, grant_of
from corpus.models import Project, TokenGrant
from corpus.shapes import CategoryShape, ProjectInFull, ProjectShape


def as_project(project: Project) -> ProjectShape:
    """Return a project as the routes show it."""
    return {
        "slug": project.slug,
        "name": project.name,
        "fields": list(project.fields),
        "votes_wanted": project.votes_wanted,
        "policy": project.policy,
        "taxonomy": {"name": project.taxonomy.name, "version": project.taxonomy.version},
    }


class ProjectList(APIView):
    """The projects of the caller."""

    @extend_schema(responses={200: list[ProjectShape]})
    def get(self, request: Request) -> Response:
        check_scope(request, TokenGrant.Scope.READ)
        grant, projects = grant_of(request), queries.projects_of(request.user)
        only = grant.project_id if grant else None
        return Response([as_project(project) for project in projects if only in (None, project.pk)])


class ProjectDetail(ProjectView):
    """One project, with the caller's role and the categories of its taxonomy."""

    @extend_schema(responses={200: ProjectInFull})
    def get(self, _request: Request, slug: str) -> Response:
        categories: list[CategoryShape] = [
            {"slug": each.slug, "name": each.name, "tier": each.tier, "definition": each.definition}
            for each in queries.categories_of(self.project)
        ]
        whole: ProjectInFull = {**as_project(self.project), "role": self.access.role, "categories": categories}
        return Response(whole)
