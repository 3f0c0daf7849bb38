"""Queries for projects, items and taxonomies, named for what they return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Max, QuerySet

from corpus.errors import Archived, Invalid, Refused
from corpus.groups.terms import TermList, parse_terms, shipped_terms
from corpus.labels import normalize
from corpus.look_alikes import LETTERS, ODD_ID
from corpus.models import (
    Category,
    DuplicateSearch,
    GroupSearch,
    GroupTerms,
    Item,
    Member,
    Project,
    Question,
    SiteAdmin,
    Taxonomy,
    TokenGrant,
)
from corpus.prepared import fetch_one
from corpus.questions import AskedOf, questions_asked
from corpus.taxonomy_versions import counts_as, retired_names


class NoSuchProject(Refused):
    """There is no project of that slug."""


class NoSuchItem(Refused):
    """The project has no item of that id."""


def find_project(slug: str) -> Project:
    """
    Return a project by its slug.

    :raises NoSuchProject: if there is none; the message lists the existing ones
    """
    try:
        return Project.objects.select_related("taxonomy").get(slug=slug)
    except Project.DoesNotExist:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise NoSuchProject(f"There is no project {slug!r}. Known: {known}.") from None


def projects_in_use() -> QuerySet[Project]:
    """Return the projects that are not archived, with their taxonomies, by primary key."""
    return Project.objects.filter(archived_at=None).select_related("taxonomy").order_by("pk")


def check_in_use(project: Project) -> None:
    """
    Check that a project may change.

    :param project: as just read
    :raises Archived: if it is archived
    """
    if project.archived_at:
        raise Archived(
            f"Project {project} is archived: it can be read and exported, but nothing in it changes. An admin restores "
            "it on its page Project."
        )


def projects_of(user: User | AnonymousUser) -> list[Project]:
    """Return the projects a person may see, sorted by slug: those they are a member of; all for a site admin."""
    if not isinstance(user, User):
        return []
    return list(visible_projects(user, of_site=is_site_admin(user)))


def visible_projects(user: User, *, of_site: bool) -> QuerySet[Project]:
    """
    Return the projects a person may see, sorted by slug.

    :param of_site: whether they are a site admin, who sees all
    """
    projects = Project.objects.select_related("taxonomy").order_by("slug")
    return projects if of_site else projects.filter(pk__in=Member.objects.filter(user=user).values("project"))


IS_SITE_ADMIN = """
    SELECT EXISTS (SELECT FROM corpus_siteadmin s JOIN auth_user u ON u.id = s.user_id WHERE u.id = %s AND u.is_active)
"""


def is_site_admin(user: User) -> bool:
    """Return whether a person is a site admin, who acts as admin in every project."""
    row = fetch_one(IS_SITE_ADMIN, [user.pk])
    return bool(row and row[0])


def open_site_admins() -> QuerySet[SiteAdmin]:
    """Return the site admins whose accounts are open."""
    return SiteAdmin.objects.filter(user__is_active=True)


def find_item(project: Project, external_id: str) -> Item:
    """
    Return an item of a project by its external id.

    :raises NoSuchItem: if the project has none of that id
    """
    try:
        return Item.objects.get(project=project, external_id=external_id)
    except Item.DoesNotExist:
        raise NoSuchItem(f"No dialogue has the id {external_id!r}.") from None


def spellings_of(taxonomy: Taxonomy) -> Mapping[str, str]:
    """Return the slug of a category by each of its spellings, as written and normalized."""
    return spellings_of_version(taxonomy.pk)


@lru_cache(maxsize=64)  # a version never changes
def spellings_of_version(taxonomy: int) -> Mapping[str, str]:
    """Return the spellings of the taxonomy with this primary key, cached."""
    spellings = {}
    for slug, name, also_written in Category.objects.filter(taxonomy=taxonomy).values_list(
        "slug", "name", "also_written"
    ):
        for spelling in (slug, name, *also_written):
            spellings[spelling] = spellings[normalize(spelling)] = slug
    return MappingProxyType(spellings)


@lru_cache(maxsize=64)
def spellings_in_files(taxonomy: int) -> Mapping[str, str]:
    """
    Return the spellings of a version and, where these leave them free, of the categories that it lacks.

    A file that was written for an earlier version can so be imported again: its slugs are stored as they are, and
    count as what the version says.
    """
    spellings = {}
    for slug, name in retired_names(taxonomy).items():
        for spelling in (slug, name):
            spellings[spelling] = spellings[normalize(spelling)] = slug
    return MappingProxyType({**spellings, **spellings_of_version(taxonomy)})


def categories_of(project: Project) -> list[Category]:
    """Return the categories of the project's taxonomy version, in its order."""
    return list(Category.objects.filter(taxonomy=project.taxonomy_id).order_by("position"))


def category_names(project: Project) -> dict[str, str]:
    """Return the names of the project's categories by slug, and then of those that its taxonomy no longer has."""
    names = {category.slug: category.name for category in categories_of(project)}
    return {**names, **retired_names(project.taxonomy_id)}


def questions_of(project: Project) -> tuple[Question, ...]:
    """
    Return the questions of a project in order, retired ones too: one query for each object of the project that asks.

    No query if the project never had a question, so such projects are as fast as before there were any.
    """
    if not project.has_questions:
        return ()
    kept: tuple[Question, ...] | None = project.__dict__.get(KEPT_QUESTIONS)
    if kept is None:
        kept = tuple(Question.objects.filter(project=project).order_by("position", "pk"))
        project.__dict__[KEPT_QUESTIONS] = kept
    return kept


def asked_of_people(project: Project) -> list[Question]:
    """Return the questions that people are asked on an item with a response, in order."""
    return questions_asked(questions_of(project), AskedOf.PEOPLE, has_response=True)


def asked_of_adjudicators(project: Project) -> list[Question]:
    """Return the questions that adjudicators answer on an item with a response, in order."""
    return questions_asked(questions_of(project), None, has_response=True)


def forget_questions(project: Project) -> None:
    """Make `questions_of` look again, after a change."""
    project.__dict__.pop(KEPT_QUESTIONS, None)


KEPT_QUESTIONS = "_kept_questions"


def check_present(project: Project, slugs: Sequence[str]) -> None:
    """
    Check that a person chose categories that the taxonomy has. They are there, and may choose better than a map.

    :raises Invalid: if one was retired since they saw it; the reason says what it counts as
    """
    retired = counts_as(project.taxonomy_id)
    for slug in slugs:
        if slug in retired:
            names = category_names(project)
            heirs = ", ".join(names[heir] for heir in retired[slug]) or "nothing"
            raise Invalid("categories", f"{names[slug]} is no longer a category, and counts as {heirs}; choose again")


def find_latest_taxonomy(name: str) -> Taxonomy:
    """
    Return the newest version of a taxonomy.

    :raises Refused: if there is none of that name
    """
    taxonomy = Taxonomy.objects.filter(name=name).order_by("-version").first()
    if taxonomy is None:
        known = ", ".join(sorted(set(Taxonomy.objects.values_list("name", flat=True))))
        raise Refused(f"There is no taxonomy {name!r}. Known: {known}.")
    return taxonomy


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item that the project has already, as an import needs it."""

    pk: int
    has_response: bool
    is_withdrawn: bool
    content_hash: bytes


def known_items(project: Project, external_ids: Sequence[str]) -> dict[str, KnownItem]:
    """
    Return many items at once, by external id. Unknown ids are left out.

    :param external_ids: without line feeds, as one text is sent faster than a list
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT external_id, id, has_response, withdrawn_at IS NOT NULL, content_hash
            FROM corpus_item WHERE project_id = %s AND external_id = ANY(string_to_array(%s, chr(10)))
            """,
            [project.pk, "\n".join(external_ids)],
        )
        return {row[0]: KnownItem(row[1], row[2], row[3], bytes(row[4])) for row in cursor.fetchall()}


# Without invisible characters and blanks, in one case, width and script: much as `look_alike_key` in Python.
SEEN = """CASE WHEN {id} ~ '^[!-~]*$' THEN lower({id}) ELSE translate(
    lower(normalize(regexp_replace({id}, %(unseen)s, '', 'g'), NFKD) COLLATE pg_c_utf8), %(odd)s, %(plain)s) END"""
# Ids that are not odd look like what they are, so at most one of a group is none. The odd ones have an index, and the
# others are looked up one by one: after an import, the planner knows too little to see how few odd ones there are.
LOOK_ALIKE_IDS = f"""
    WITH odd AS (
        SELECT id, external_id, {SEEN.format(id="external_id")} AS seen
        FROM corpus_item WHERE project_id = %(project)s AND external_id::text ~ '{ODD_ID}'
    ), spelled AS (
        SELECT * FROM odd
        UNION ALL
        SELECT DISTINCT plain.id, plain.external_id, seen FROM odd CROSS JOIN LATERAL (
            SELECT id, external_id FROM corpus_item item
            WHERE item.project_id = %(project)s AND item.external_id = seen COLLATE "C" OFFSET 0
        ) AS plain WHERE plain.external_id::text !~ '{ODD_ID}'
    ), alike AS (
        SELECT array_agg(external_id ORDER BY id) AS ids, max(id) AS newest
        FROM spelled GROUP BY seen HAVING count(*) > 1 AND max(id) > %(after)s
    )
    SELECT ids FROM alike ORDER BY newest LIMIT %(most)s
"""
LOOK_ALIKE_ITEMS = f"""
    WITH asked AS MATERIALIZED (SELECT id, {SEEN.format(id="id")} AS seen FROM unnest(%(ids)s::text[]) AS id)
    SELECT DISTINCT ON (asked.id) asked.id, external_id FROM asked
    JOIN corpus_item ON project_id = %(project)s AND {SEEN.format(id="external_id")} = seen
    ORDER BY asked.id, external_id
"""
UNSEEN = "[\\s\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
UNSEEN += "\u2800\u3000\u3164\ufeff\uffa0]"
DIGITS = "".join(chr(zero + digit) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for digit in range(10))
CHARACTERS = {
    "unseen": UNSEEN,
    "odd": DIGITS + "".join(map(chr, LETTERS)),
    "plain": "0123456789" * (len(DIGITS) // 10) + "".join(LETTERS.values()),
}
MOST_LOOK_ALIKES = 1_000


def newest_item(project: Project) -> int:
    """Return the highest primary key of the project's items; 0 if it has none."""
    return Item.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0


def look_alike_ids(project: Project, *, after: int) -> list[str]:
    """
    Return a warning for each group of items whose ids look the same, if one of them is new.

    :param after: an item is new if its primary key is higher
    """
    numbers = {"project": project.pk, "after": after, "most": MOST_LOOK_ALIKES}
    with connection.cursor() as cursor:
        cursor.execute(LOOK_ALIKE_IDS, {**CHARACTERS, **numbers})
        groups = cursor.fetchall()
    return [f"The ids {', '.join(map(ascii, ids[:5]))} look alike, but are different items." for (ids,) in groups]


def look_alike_items(project: Project, unknown: Sequence[str]) -> dict[str, str]:
    """Return for unknown ids the id of an item that looks the same; ids without one are left out."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK_ALIKE_ITEMS, {**CHARACTERS, "project": project.pk, "ids": list(unknown)})
        return dict(cursor.fetchall())


def tokens_of(user: User) -> list[TokenGrant]:
    """Return the token grants of a person, newest first, including expired ones that are not revoked."""
    grants = TokenGrant.objects.filter(token__user=user).select_related("token", "project")
    return list(grants.order_by("-token__created", "-pk"))


def duplicate_search(project: Project) -> DuplicateSearch | None:
    """Return the last search for near-duplicates in a project; None before the first."""
    return DuplicateSearch.objects.filter(project=project).first()


@dataclass(frozen=True)
class ListedTerms:
    """The list of terms for identity groups that a project goes by."""

    version: int
    "0 for the list that comes with the software."
    terms: TermList
    made: GroupTerms | None


def group_terms(project: Project) -> ListedTerms:
    """Return the current list of terms for identity groups of a project."""
    latest = group_term_versions(project).first()
    return ListedTerms(latest.version, parse_terms(latest.content), latest) if latest else first_terms()


def group_term_versions(project: Project) -> QuerySet[GroupTerms]:
    """Return the lists of terms that a project made of its own, latest first."""
    return GroupTerms.objects.filter(project=project).select_related("made_by").order_by("-version")


def find_group_terms(project: Project, version: int) -> ListedTerms | None:
    """Return a version of a project's list of terms, 0 for the one that comes with the software; None without it."""
    made = group_term_versions(project).filter(version=version).first()
    if made:
        return ListedTerms(made.version, parse_terms(made.content), made)
    return None if version else first_terms()


def first_terms() -> ListedTerms:
    """Return the list that a project has before it makes one of its own."""
    return ListedTerms(0, shipped_terms(), None)


def group_search(project: Project) -> GroupSearch | None:
    """Return the last search for identity groups in a project; None before the first."""
    return GroupSearch.objects.filter(project=project).first()


def response_count(project: Project) -> int:
    """Return how many items of a project have a response."""
    return Item.objects.filter(project=project, has_response=True).count()
