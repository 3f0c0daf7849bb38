"""REST routes of projects."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from corpus import queries
from corpus.api.base import ProjectView, check_scope, grant_of
from corpus.models import Project, TokenGrant
from corpus.question_shapes import as_question
from corpus.shapes import CategoryShape, ProjectInFull, ProjectShape


def as_project(project: Project) -> ProjectShape:
    """Return a project without its items, as JSON."""
    return {
        "slug": project.slug,
        "name": project.name,
        "fields": list(project.fields),
        "votes_wanted": project.votes_wanted,
        "policy": project.policy,
        "quorum": project.quorum,
        "caution": project.caution,
        "error": project.certified_error,
        "risk": project.certified_risk,
        **({"score_by": project.certified_score_by} if project.certified_score_by else {}),  # type: ignore[typeddict-item]
        "split_by": project.split_by,
        "taxonomy": {"name": project.taxonomy.name, "version": project.taxonomy.version},
        "archived_at": project.archived_at,
    }


class ProjectList(APIView):
    """The projects of the caller."""

    @extend_schema(responses={200: list[ProjectShape]})
    def get(self, request: Request) -> Response:
        check_scope(request, TokenGrant.Scope.READ)
        grant = grant_of(request)
        token_project = grant.project_id if grant else None  # None also if the token is good for all projects
        return Response(
            [
                as_project(project)
                for project in queries.projects_of(request.user)
                if token_project in (None, project.pk)
            ]
        )


class ProjectDetail(ProjectView):
    """One project, with the caller's role, the categories of its taxonomy and its questions."""

    @extend_schema(responses={200: ProjectInFull})
    def get(self, _request: Request, slug: str) -> Response:
        categories: list[CategoryShape] = [
            {
                "slug": category.slug,
                "name": category.name,
                "tier": category.tier,
                "definition": category.definition,
            }
            for category in queries.categories_of(self.project)
        ]
        questions = [as_question(question) for question in queries.questions_of(self.project)]
        body: ProjectInFull = {
            **as_project(self.project),
            "role": self.access.role,
            "categories": categories,
            "questions": questions,
        }
        return Response(body)
