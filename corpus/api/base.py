"""Base classes of the REST routes: access, scopes and pages."""

from typing import Any, ClassVar, TypedDict

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from corpus.access import Access, Role, access_to
from corpus.models import Project, TokenGrant
from corpus.queries import check_in_use


class ProjectView(APIView):
    """A route of one project. Non-members get 404, and members whose role is too low get 403."""

    least_role: ClassVar[Role] = Role.ANNOTATOR
    least_roles: ClassVar[dict[str, Role]] = {}
    "Method to role, for methods that need another role."
    scope: ClassVar[str] = TokenGrant.Scope.DATA
    "The scope a token needs for any method that does more than read."
    scopes: ClassVar[dict[str, str]] = {}
    "Method to scope, for methods that need another scope."
    also_archived: ClassVar[bool] = False
    "Whether methods that do more than read are let through in an archived project."
    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """
        Check the token's scope and project and the caller's role, and set `access`.

        :raises Archived: if the project is archived, and the method does more than read
        """
        super().initial(request, *args, **kwargs)
        least = self.least_roles.get(str(request.method), self.least_role)
        check_scope(request, self.scopes.get(str(request.method), self.scope))
        self.access = access_to(kwargs["slug"], request.user, least=least)
        check_project(request, self.access.project)
        if request.method not in SAFE_METHODS and not self.also_archived:
            check_in_use(self.project)

    @property
    def project(self) -> Project:
        """Return the project of the route."""
        return self.access.project


class NumberedView(ProjectView):
    """A route of an object with a numeric id, under its project or by the id alone."""

    part: ClassVar[str]
    "Name of the path parameter with the id."
    slug_from: ClassVar[tuple[type[Model], str]]
    "The model, and the lookup from it to the slug of its project."

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the project of the object if the path does not name it."""
        if "slug" not in kwargs:
            model, lookup = self.slug_from
            slugs = model._default_manager.filter(pk=kwargs[self.part]).values_list(lookup, flat=True)
            kwargs["slug"] = slugs.first() or ""  # no project has an empty slug
        super().initial(request, *args, **kwargs)


class Pages(CursorPagination):
    """Cursor pages, which do not shift when rows are added. The caller may set their length."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Any:
        """
        Return the cursor of a call, if it has one.

        :raises NotFound: if it is none of ours: all pages are ordered by a number
        """
        cursor = super().decode_cursor(request)
        position = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if not position.isdecimal() or len(position) > 18:  # PostgreSQL's numbers have 64 bits
            raise NotFound(self.invalid_cursor_message)
        return cursor


class NewestFirst(Pages):
    """Pages of the newest rows first."""

    ordering = "-pk"


class OldestFirst(Pages):
    """Pages of the oldest rows first."""

    ordering = "pk"


PAGE = [
    OpenApiParameter("cursor", description="As in `next` and `previous`."),
    OpenApiParameter("page_size", int, description="Rows per page, 500 at most."),
]


def grant_of(request: Request) -> TokenGrant | None:
    """Return the grant of the call's token; None for a session."""
    return request.auth if isinstance(request.auth, TokenGrant) else None


def check_scope(request: Request, scope: str) -> None:
    """
    Check that the call's token, if it has one, has the scope.

    :raises PermissionDenied: if it lacks it
    """
    wanted = TokenGrant.Scope.READ.value if request.method in SAFE_METHODS else scope
    grant = grant_of(request)
    if request.auth is not None and (grant is None or wanted not in grant.scopes):
        raise PermissionDenied(f"This token lacks the scope {wanted}. Make one with it on the page Tokens.")


def check_project(request: Request, project: Project) -> None:
    """
    Check that the call's token, if it has one, works in this project.

    :raises Http404: if it is limited to another
    """
    grant = grant_of(request)
    if grant and grant.project_id not in (None, project.pk):
        raise Http404(f"You have no project {project.slug!r}.")


def page_of(shape: Any) -> Any:
    """Return the type of a page of rows: `next` and `previous` are URLs, null at the ends."""
    fields = {"next": str | None, "previous": str | None, "results": list[shape]}
    return TypedDict(f"PageOf{shape.__name__}", fields)  # type: ignore[operator]  # created at run time


@extend_schema(exclude=True)
class NotThere(APIView):
    """The fallback for unknown routes: 404 in the form of every error."""

    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """
        Refuse the call.

        :raises Http404: always
        """
        raise Http404("There is no such route. /api/docs/ has them all.")
