"""What the REST routes of all apps share."""

from typing import Any, ClassVar, TypedDict

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from corpus.access import Access, Role, access_to
from corpus.models import Project, TokenGrant


class ProjectView(APIView):
    """A route of one project: 404 to whoever is no member of it, 403 to a role below the least."""

    least_role: ClassVar[Role] = Role.ANNOTATOR
    least_roles: ClassVar[dict[str, Role]] = {}
    "Of the methods that need another."
    scope: ClassVar[str] = TokenGrant.Scope.DATA
    "What a token must be good for, to do more here than read."
    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        least = self.least_roles.get(str(request.method), self.least_role)
        check_scope(request, self.scope)
        self.access = access_to(kwargs["slug"], request.user, least=least)
        check_project(request, self.access.project)

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


PAGE = [
    OpenApiParameter("cursor", description="As it stands in `next` and `previous`."),
    OpenApiParameter("page_size", int, description="How many a page is to have; more than the route allows is cut."),
]


def grant_of(request: Request) -> TokenGrant | None:
    """Return what the token of a call may do; None for a session, and for tokens that may do all."""
    return getattr(request.auth, "grant", None)


def check_scope(request: Request, scope: str) -> None:
    """
    :raises PermissionDenied: if the call comes with a token that is not good for it
    """
    wanted = TokenGrant.Scope.READ.value if request.method in SAFE_METHODS else scope
    grant = grant_of(request)
    if grant and wanted not in grant.scopes:
        raise PermissionDenied(f"This token has not the scope {wanted}. Make one that has, on the page Tokens.")


def check_project(request: Request, project: Project) -> None:
    """
    :raises Http404: if the call comes with a token of another project
    """
    grant = grant_of(request)
    if grant and grant.project_id not in (None, project.pk):
        raise Http404(f"No project {project.slug!r} of yours.")


def page_of(shape: Any) -> Any:
    """Return the type of a page of such things: `next` and `previous` are addresses, null at the ends."""
    fields = {"next": str | None, "previous": str | None, "results": list[shape]}
    return TypedDict(f"PageOf{shape.__name__}", fields)  # type: ignore[operator]  # made while the program runs


@extend_schema(exclude=True)
class NotThere(APIView):
    """Answers in the form of all errors for what is no route, whoever asks."""

    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404("There is no such route. /api/docs/ has them all.")
