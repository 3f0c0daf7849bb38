"""Change a project's list of terms for identity groups, and find the groups that its items name."""

import time
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import connection, transaction

from corpus import queries
from corpus.actions.events import record_event
from corpus.actions.projects import lock_in_use
from corpus.errors import Invalid, Refused
from corpus.groups.matching import METHOD, Matcher
from corpus.groups.terms import parse_terms, shipped_terms
from corpus.models import GroupSearch, GroupTerms, Item, Project, Verb
from corpus.turns import has_response, without_response

ITEMS_AT_ONCE = 500
LONGEST_NOTE = 500
LOCK = "SELECT pg_advisory_xact_lock(hashtext('groups'), %s)"
MAKE_FOUND = """
    CREATE TEMPORARY TABLE found_groups (item bigint, prompt text[], response text[], prompt_length int,
        response_length int) ON COMMIT DROP
"""
# Only rows that are new or differ are written: most searches after an import change few.
STORE = """
    INSERT INTO corpus_itemgroups (item_id, project_id, prompt, response, prompt_length, response_length)
    SELECT f.item, %(project)s, f.prompt, f.response, f.prompt_length, f.response_length
    FROM found_groups f LEFT JOIN corpus_itemgroups g ON g.item_id = f.item
    WHERE g.item_id IS NULL OR (g.prompt, g.response, g.prompt_length, g.response_length)
        IS DISTINCT FROM (f.prompt, f.response, f.prompt_length, f.response_length)
    ON CONFLICT (item_id) DO UPDATE SET prompt = excluded.prompt, response = excluded.response,
        prompt_length = excluded.prompt_length, response_length = excluded.response_length
"""
Found = tuple[int, list[str], list[str], int | None, int]
"Primary key of an item, the groups in prompt and response, and how many characters these have."


@transaction.atomic
def change_group_terms(
    *, project: Project, by: User | None, content: str, note: str, after: int | None = None
) -> GroupTerms:
    """
    Make a new version of the project's list of terms.

    :param content: CSV, as `corpus.groups.terms` reads it
    :param note: what changed, and why
    :param after: the version that was edited, where somebody else may have made another one meanwhile
    :raises Invalid: naming the line that is wrong
    :raises Refused: if the list is the one there is, or not the one that was edited
    """
    terms = parse_terms(content)
    if not note.strip() or len(note.strip()) > LONGEST_NOTE:
        raise Invalid("note", f"say what changed and why, in at most {LONGEST_NOTE} characters")
    lock_in_use(project)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [project.pk])
    known = queries.group_terms(project)
    if after is not None and after != known.version:
        raise Refused(f"Version {known.version} was made meanwhile. Load the list again, and change that one.")
    if terms.sha256 == known.terms.sha256:
        raise Refused("This is the list there is already; nothing was changed.")
    made = GroupTerms.objects.create(
        project=project,
        version=known.version + 1,
        content=terms.csv,
        sha256=terms.sha256,
        note=note.strip(),
        made_by=by,
    )
    detail = {"terms": len(terms.terms), "groups": len(terms.groups), "sha256": terms.sha256, "note": made.note}
    record_event(project=project, verb=Verb.GROUP_TERMS_CHANGED, subject=str(made.version), actor=by, detail=detail)
    return made


def reset_group_terms(*, project: Project, by: User | None) -> GroupTerms:
    """
    Make a new version that is the list which comes with the software.

    :raises Refused: if the project has that list already
    """
    note = "The list that comes with the software."
    return change_group_terms(project=project, by=by, content=shipped_terms().csv, note=note)


@transaction.atomic
def find_groups(*, project: Project) -> GroupSearch:
    """
    Find the groups that a project's items name; do nothing if that is known for these items and this list.

    Withdrawn items take part. All of it is one transaction, so nothing is left of one whose process is killed.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [project.pk])
    version, responses = Project.objects.get(pk=project.pk).items_version, queries.response_count(project)
    listed, known = queries.group_terms(project), queries.group_search(project)
    wanted = (METHOD, listed.terms.sha256, listed.version, version, responses)
    if known and wanted == (
        known.method, known.terms_sha256, known.version, known.items_version, known.responses
    ):  # fmt: skip
        return known
    began = time.monotonic()
    counts = store_groups(project, Matcher(listed.terms))
    about = dict(zip(("method", "terms_sha256", "version", "items_version", "responses"), wanted, strict=True))
    return GroupSearch.objects.update_or_create(
        project=project, defaults=about | counts | {"seconds": time.monotonic() - began}
    )[0]


def store_groups(project: Project, matcher: Matcher) -> dict[str, int]:
    """Find and store the groups of every item, and return how many items there are, name one, or are withheld."""
    rows = list(groups_of_items(project, matcher))  # first, since a connection reads nothing while it copies
    with connection.cursor() as cursor:
        cursor.execute(MAKE_FOUND)
        with cursor.copy("COPY found_groups FROM STDIN WITH (FORMAT binary)") as copy:
            copy.set_types(["int8", "text[]", "text[]", "int4", "int4"])
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE found_groups")
        cursor.execute(STORE, {"project": project.pk})
        cursor.execute("DROP TABLE found_groups")
    return {
        "items": len(rows),
        "named": sum(bool(prompt or response) for _, prompt, response, *_ in rows),
        "withheld": sum(length is None for *_, length, _ in rows),
    }


def groups_of_items(project: Project, matcher: Matcher) -> Iterator[Found]:
    """Yield what each item of a project names, by import."""
    rows = Item.objects.filter(project=project).order_by("pk").values_list("pk", "turns", "reconstruction_id")
    for item, turns, reconstruction_id in rows.iterator(ITEMS_AT_ONCE):
        prompt = [turn["text"] for turn in without_response(turns)] if reconstruction_id is None else None
        response = [turns[-1]["text"]] if has_response(turns) else []
        length = None if prompt is None else sum(map(len, prompt))
        yield item, matcher.groups_in(prompt or ()), matcher.groups_in(response), length, sum(map(len, response))
