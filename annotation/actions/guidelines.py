"""Publish versions of a guideline, and find the version a vote was cast under."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation import queries
from annotation.guideline_diff import sections_of
from annotation.models import GuidelineVersion
from annotation.session import AnnotatorSession
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Project, Verb

FIRST_GUIDELINE = Path(__file__).resolve().parent.parent / "first_guideline.txt"
MOST_LINES = 10_000
"Lines of a whole guideline: a comparison shows those of two, on one page."
MOST_CHARACTERS = 500_000
MOST_QUESTIONS = 200


def guideline_in_force(project: Project) -> GuidelineVersion:
    """Return the newest version; for a project without any the first, which is not stored until it is needed."""
    first = GuidelineVersion(project=project, name="1", body=FIRST_GUIDELINE.read_text(), published_at=timezone.now())
    return queries.current_guideline(project) or first


def store_guideline(project: Project) -> GuidelineVersion:
    """Return the newest version, and store the first if the project has none."""
    version = guideline_in_force(project)
    if version.pk:
        return version
    return GuidelineVersion.objects.get_or_create(project=project, name="1", defaults={"body": version.body})[0]


def find_guideline(session: AnnotatorSession, name: str) -> int:
    """
    Return the primary key of a version.

    :param name: of the version the person saw; empty for the one in force
    :raises Invalid: if the project has no such version
    """
    newest = session.guideline or store_guideline(session.project).pk
    if name in ("", session.guideline_name):
        return newest
    version = queries.guideline_versions(session.project).filter(name=name).values_list("pk", flat=True).first()
    if version is None:
        raise Invalid("guideline", f"the project has no version {name!r}")
    return version


@transaction.atomic
def publish_guideline(
    *,
    project: Project,
    by: User,
    after: str,
    summary: str,
    body: str,
    entries: dict[str, dict[str, list[str]]],
    faq: list[dict[str, str]],
) -> GuidelineVersion:
    """
    Publish the next version of the guideline. Earlier versions and the votes cast under them stay as they are.

    :param after: name of the version that was edited
    :param entries: category slug to its `included` and `excluded` lines
    :param faq: a list of `{question, answer}`
    :raises Invalid: if the guideline is too long
    :raises Refused: if another version was published meanwhile, or nothing changed
    """
    content: dict[str, Any] = {"body": body, "entries": entries, "faq": faq}
    check_length(content)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('guideline'), %s)", [project.pk])
    before = store_guideline(project)
    if before.name != after:
        raise Refused(f"Version {before.name} was published while you wrote. Compare the two and publish again.")
    if content == {"body": before.body, "entries": queries.guideline_entries(project, before), "faq": before.faq}:
        raise Refused("Nothing differs from the version in force.")
    version = GuidelineVersion.objects.create(
        project=project, name=str(int(before.name) + 1), summary=summary, published_by=by, **content
    )
    record_event(
        project=project, verb=Verb.GUIDELINE_PUBLISHED, subject=version.name, actor=by, detail={"summary": summary}
    )
    return version


@transaction.atomic
def publish_first_guideline(
    *,
    project: Project,
    by: User | None,
    body: str,
    entries: dict[str, dict[str, list[str]]],
    faq: list[dict[str, str]],
) -> GuidelineVersion:
    """
    Publish the first version of a new project's guideline, made from a file or another project.

    :param by: None for a command; the other parameters are as of `publish_guideline`
    :raises Invalid: if it is too long
    """
    content: dict[str, Any] = {"body": body, "entries": entries, "faq": faq}
    check_length(content)
    version = GuidelineVersion.objects.create(project=project, name="1", published_by=by, **content)
    record_event(project=project, verb=Verb.GUIDELINE_PUBLISHED, subject=version.name, actor=by)
    return version


def check_length(content: dict[str, Any]) -> None:
    """
    Check that a guideline is short enough for its pages and their comparison.

    :param content: `{body, entries, faq}`
    :raises Invalid: if it has too many questions, lines or characters
    """
    lines = [line for section in sections_of(content).values() for line in section]
    counts = {
        "questions": (len(content["faq"]), MOST_QUESTIONS),
        "lines": (len(lines), MOST_LINES),
        "characters": (sum(map(len, lines)), MOST_CHARACTERS),
    }
    for unit, (count, most) in counts.items():
        if count > most:
            raise Invalid("guideline", f"the guideline has {count:,} {unit}; shorten it to at most {most:,}")


def guideline_news(*, project: Project, user: User) -> tuple[GuidelineVersion, GuidelineVersion] | None:
    """
    Return the version of a person's last vote and the newest, until they vote under that; otherwise None.

    Also None before their first vote, when the whole guideline is new to them.
    """
    last, newest = queries.last_vote(project, user), queries.current_guideline(project)
    return None if last is None or newest is None or last.guideline == newest else (last.guideline, newest)
