"""What the REST routes of all apps share, and the routes of projects."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from corpus import queries
from corpus.access import Access, Role, access_to
from corpus.models import Project


class ProjectView(APIView):
    """A route of one project: 404 to whoever is no member of it, 403 to a role below the least."""

    least_role: ClassVar[Role] = Role.ANNOTATOR
    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.access = access_to(kwargs["slug"], request.user, least=self.least_role)

    @property
    def project(self) -> Project:
        return self.access.project


class NumberedView(ProjectView):
    """A route of something with a number of its own, found in its project, or by the number alone."""

    part: ClassVar[str]
    "Of the path: what holds the number."
    slug_from: ClassVar[tuple[type[Model], str]]
    "The table of such things, and the way from it to the slug of their project."

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if "slug" not in kwargs:
            model, way = self.slug_from
            found = model._default_manager.filter(pk=kwargs[self.part]).values_list(way, flat=True)
            kwargs["slug"] = found.first() or ""  # no project is called so
        super().initial(request, *args, **kwargs)


class Pages(CursorPagination):
    """Pages that do not shift under their reader, who may say how long they are."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


class NewestFirst(Pages):
    ordering = "-pk"


class OldestFirst(Pages):
    ordering = "pk"


def as_project(project: Project) -> dict[str, Any]:
    return {
        "slug": project.slug,
        "name": project.name,
        "fields": project.fields,
        "votes_wanted": project.votes_wanted,
        "policy": project.policy,
        "taxonomy": {"name": project.taxonomy.name, "version": project.taxonomy.version},
    }


class ProjectList(APIView):
    """The projects of the caller."""

    def get(self, request: Request) -> Response:
        return Response([as_project(project) for project in queries.projects_of(request.user)])


class ProjectDetail(ProjectView):
    """One project, with what the caller is there and the categories of its taxonomy."""

    def get(self, _request: Request, slug: str) -> Response:
        categories = [
            {"slug": each.slug, "name": each.name, "tier": each.tier, "definition": each.definition}
            for each in queries.categories_of(self.project)
        ]
        return Response({**as_project(self.project), "role": self.access.role, "categories": categories})
