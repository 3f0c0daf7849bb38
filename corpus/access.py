"""Who may be where: every page and route of a project begins here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from corpus.models import Member, Project, Taxonomy
from corpus.prepared import fetch_one
from corpus.queries import projects_of

Role = Member.Role
RANKS = {role: rank for rank, role in enumerate((Role.ANNOTATOR, Role.ADJUDICATOR, Role.LEAD, Role.ADMIN))}
P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request as our middleware leaves it to a view."""

    htmx: HtmxDetails


@dataclass(frozen=True)
class Access:
    """A person in a project, and as what."""

    project: Project
    user: User
    role: Role

    def has_role(self, least: Role) -> bool:
        return RANKS[self.role] >= RANKS[least]

    @property
    def is_adjudicator(self) -> bool:
        return self.has_role(Role.ADJUDICATOR)

    @property
    def is_lead(self) -> bool:
        return self.has_role(Role.LEAD)

    @property
    def is_admin(self) -> bool:
        return self.has_role(Role.ADMIN)


# Every page and every call begins with this, so it is one plain statement.
FIND = """
    SELECT {project}, {taxonomy}, m.role,
        EXISTS (SELECT FROM corpus_member a WHERE a.user_id = %(user)s AND a.role = 'admin')
    FROM corpus_project p JOIN corpus_taxonomy t ON t.id = p.taxonomy_id
    LEFT JOIN corpus_member m ON m.project_id = p.id AND m.user_id = %(user)s
    WHERE p.slug = %(slug)s
"""


def access_to(slug: str, user: User | AnonymousUser, *, least: Role = Role.ANNOTATOR) -> Access:
    """
    Look up a project and what the person is there, in one query.

    An admin of any project is admin of all.

    :raises Http404: if there is no such project, or the person is no member of it: they cannot tell which
    :raises PermissionDenied: if their role there is not enough
    """
    if not user.is_authenticated or not isinstance(user, User):
        raise Http404
    project_columns, taxonomy_columns = columns_of(Project), columns_of(Taxonomy)
    statement = FIND.format(
        project=", ".join(f"p.{name}" for name in project_columns),
        taxonomy=", ".join(f"t.{name}" for name in taxonomy_columns),
    )
    row = fetch_one(statement, {"slug": slug, "user": user.pk})
    if row is None or not (row[-2] or row[-1]):
        raise Http404(f"No project {slug!r} of yours.")
    project = Project.from_db("default", project_columns, row[: len(project_columns)])
    project.taxonomy = Taxonomy.from_db("default", taxonomy_columns, row[len(project_columns) : -2])
    access = Access(project, user, Role.ADMIN if row[-1] else Role(row[-2]))
    if not access.has_role(least):
        raise PermissionDenied(f"This needs the role {least.label.lower()}.")
    return access


def accesses_of(user: User) -> list[Access]:
    """Return every project a person may be in, by slug, and as what."""
    roles = dict(Member.objects.filter(user=user).values_list("project", "role"))
    by_admin = Role.ADMIN in roles.values()
    return [Access(project, user, Role.ADMIN if by_admin else Role(roles[project.pk])) for project in projects_of(user)]


@cache
def columns_of(model: type[Model]) -> list[str]:
    """Return the columns of a table in the order of its fields, as from_db takes them."""
    return [str(field.column) for field in model._meta.concrete_fields]


def require_role(
    least: Role = Role.ANNOTATOR,
) -> Callable[
    [Callable[Concatenate[PageRequest, Access, P], HttpResponseBase]],
    Callable[..., HttpResponseBase],
]:
    """Turn a view of (request, access, ...) into one of (request, slug, ...) for members of that project."""

    def decorate(
        view: Callable[Concatenate[PageRequest, Access, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: PageRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return send_to_sign_in(request)
            return view(request, access_to(slug, request.user, least=least), *args, **kwargs)

        return guarded

    return decorate


def send_to_sign_in(request: PageRequest) -> HttpResponse:
    """Have somebody sign in and come back; a part of a page gets a plain 401, for the page itself says what to do."""
    if request.htmx:
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")
