"""Access to projects: every page and route of a project checks membership and role here."""

from collections.abc import Callable, Iterable
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
from corpus.prepared import fetch_all, fetch_one
from corpus.queries import check_in_use, is_site_admin, visible_projects

Role = Member.Role
RANKS = {role: rank for rank, role in enumerate((Role.ANNOTATOR, Role.ADJUDICATOR, Role.LEAD, Role.ADMIN))}
READING = ("GET", "HEAD", "OPTIONS")
"The methods that change nothing."
P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request with what the middleware adds."""

    htmx: HtmxDetails


@dataclass(frozen=True)
class Access:
    """A person in a project, with their role there."""

    project: Project
    user: User
    role: Role
    is_site_admin: bool = False
    "Whether they administer the whole site, accounts included, and so every project."

    def has_role(self, least: Role) -> bool:
        """Return whether the person's role is at least this one."""
        return RANKS[self.role] >= RANKS[least]

    @property
    def is_adjudicator(self) -> bool:
        """Return whether the person is an adjudicator or more."""
        return self.has_role(Role.ADJUDICATOR)

    @property
    def is_lead(self) -> bool:
        """Return whether the person is a lead or more."""
        return self.has_role(Role.LEAD)

    @property
    def is_admin(self) -> bool:
        """Return whether the person is an admin of the project."""
        return self.has_role(Role.ADMIN)


def access_to(slug: str, user: User | AnonymousUser, *, least: Role = Role.ANNOTATOR) -> Access:
    """
    Return a person's access to a project, in one query. A site admin is an admin of every project.

    :param least: the role the person needs
    :raises Http404: if there is no such project, or the person is not a member; they cannot tell which
    :raises PermissionDenied: if their role is below `least`
    """
    if not user.is_authenticated or not isinstance(user, User):
        raise Http404
    row = fetch_one(find_access(), {"slug": slug, "user": user.pk})
    if row is None or not (row[-2] or row[-1]):
        raise Http404(f"You have no project {slug!r}.")
    access = access_of(user, row)
    if not access.has_role(least):
        raise PermissionDenied(f"This needs the role {least.label.lower()}.")
    return access


@cache
def find_access() -> str:
    """Return the statement that finds a project and a person's role in it; it runs for every page and call."""
    return f"""
        SELECT {project_columns()}, m.role, EXISTS (SELECT FROM corpus_siteadmin s WHERE s.user_id = %(user)s)
        FROM corpus_project p JOIN corpus_taxonomy t ON t.id = p.taxonomy_id
        LEFT JOIN corpus_member m ON m.project_id = p.id AND m.user_id = %(user)s
        WHERE p.slug = %(slug)s
    """


@cache
def project_columns() -> str:
    """Return the columns of a project `p` and its taxonomy `t` that `access_of` expects first in a row."""
    return ", ".join([f"p.{name}" for name in columns_of(Project)] + [f"t.{name}" for name in columns_of(Taxonomy)])


def access_of(user: User, row: tuple[Any, ...]) -> Access:
    """Return the access that a row tells: `project_columns()`, the role or None, and whether of a site admin."""
    *columns, role, of_site = row
    project_fields, taxonomy_fields = columns_of(Project), columns_of(Taxonomy)
    project = Project.from_db("default", project_fields, columns[: len(project_fields)])
    project.taxonomy = Taxonomy.from_db("default", taxonomy_fields, columns[len(project_fields) :])
    return Access(project, user, Role.ADMIN if of_site else Role(role), is_site_admin=of_site)


def list_access(user: User) -> list[Access]:
    """Return a person's access to every project they may see, sorted by slug."""
    of_site = is_site_admin(user)
    return access_to_each(user, visible_projects(user, of_site=of_site), of_site=of_site)


def first_access(user: User, most: int) -> tuple[list[Access], list[Access]]:
    """Return a person's access to their first projects by slug: at most this many in use, and as many archived ones."""
    rows = fetch_all(find_first(most, of_site=is_site_admin(user)), {"user": user.pk})
    return by_archived([access_of(user, row) for row in rows])


@cache
def find_first(most: int, *, of_site: bool) -> str:
    """Return the statement that finds a person's first projects and their role in each; it runs for every page."""
    member = "" if of_site else "JOIN corpus_member m ON m.project_id = p.id AND m.user_id = %(user)s"
    role = "NULL, true" if of_site else "m.role, false"
    return " UNION ALL ".join(
        f"""(
            SELECT {project_columns()}, {role} FROM corpus_project p JOIN corpus_taxonomy t ON t.id = p.taxonomy_id
            {member} WHERE p.archived_at IS {state} ORDER BY p.slug LIMIT {most}
        )"""
        for state in ("NULL", "NOT NULL")
    )


def access_to_each(user: User, projects: Iterable[Project], *, of_site: bool) -> list[Access]:
    """Return a person's access to each of these projects; `of_site` says whether they are a site admin."""
    roles = dict(Member.objects.filter(user=user).values_list("project", "role"))
    return [
        Access(project, user, Role.ADMIN if of_site else Role(roles[project.pk]), is_site_admin=of_site)
        for project in projects
    ]


def by_archived(projects: list[Access]) -> tuple[list[Access], list[Access]]:
    """Divide projects into those in use and the archived ones."""
    in_use = [access for access in projects if access.project.archived_at is None]
    return in_use, [access for access in projects if access.project.archived_at]


@cache
def columns_of(model: type[Model]) -> list[str]:
    """Return the columns of a model's table in the order that `from_db` expects."""
    return [str(field.column) for field in model._meta.concrete_fields]


def require_role(
    least: Role = Role.ANNOTATOR, *, also_archived: bool = False
) -> Callable[
    [Callable[Concatenate[PageRequest, Access, P], HttpResponseBase]],
    Callable[..., HttpResponseBase],
]:
    """
    Decorate a view of (request, access, ...) as one of (request, slug, ...) for members with at least this role.

    A person who is not signed in is sent to the sign-in page. In an archived project, whatever is not a GET or HEAD is
    refused, so that no view has to think of it.

    :param also_archived: whether the view may be posted to in an archived project, as it changes nothing in it
    """

    def decorate(
        view: Callable[Concatenate[PageRequest, Access, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: PageRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return send_to_sign_in(request)
            access = access_to(slug, request.user, least=least)
            if request.method not in READING and not also_archived:
                check_in_use(access.project)
            return view(request, access, *args, **kwargs)

        return guarded

    return decorate


def require_site_admin(access: Access) -> None:
    """
    Check that a person administers the whole site.

    :raises PermissionDenied: if not
    """
    if not access.is_site_admin:
        raise PermissionDenied("This needs a site admin.")


def send_to_sign_in(request: PageRequest) -> HttpResponse:
    """Redirect to the sign-in page and back. An htmx request gets a plain 401, which the page's script explains."""
    if request.htmx:
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")
