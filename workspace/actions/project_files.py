"""Make a project from a project file, or as a copy of another project: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from adjudication.actions import update_case_settings
from annotation.actions import (
    add_background_question,
    publish_first_guideline,
    update_qualification,
    update_queue_settings,
)
from annotation.models import Queue
from attacks.actions import update_attack_settings
from attacks.queries import named, usable_targets
from corpus.actions import (
    add_member,
    add_question,
    change_group_terms,
    create_project,
    retire_question,
    store_taxonomy,
)
from corpus.categories.content import Content, check_content, read_category
from corpus.errors import Invalid, Refused
from corpus.groups.terms import parse_terms, shipped_terms
from corpus.models import Member, Project, Taxonomy
from corpus.queries import find_latest_taxonomy
from jury.actions import add_generator, add_juror, store_prompt
from jury.actions.jurors import OF_JURORS_ALONE
from workspace.project_files.reading import Document


@transaction.atomic
def project_from_document(
    document: Document, *, slug: str, name: str = "", taxonomy: str = "", by: User | None = None
) -> Project:
    """
    Create a project with the settings of a project file, and make whoever creates it its admin.

    :param document: as `read_document` returns it
    :param name: in place of that in the file
    :param taxonomy: name of another one, whose newest version takes the place of that in the file
    :param by: None for a command
    :raises Invalid: naming the part of the file that breaks a rule
    :raises Refused: if the slug is taken, or a setting does not fit
    """
    project = create_project(
        slug=slug,
        name=name or document["name"],
        taxonomy_version=find_latest_taxonomy(taxonomy) if taxonomy else taxonomy_of(document["taxonomy"]),
        by=by,
        split_by=document.get("split_by", Project.SplitBy.PROMPT),
        certified_error=document.get("certified_error"),
        certified_risk=document.get("certified_risk"),
        certified_score_by=document.get("certified_score_by"),
        **{key: document[key] for key in ("fields", "votes_wanted", "policy", "quorum", "caution")},
    )
    for at, question in enumerate(document["questions"]):
        with part(f"questions[{at}]"):
            copy_question(project, question, by)
    for at, question in enumerate(document.get("background", ())):
        with part(f"background[{at}]"):
            add_background_question(project=project, by=by, **question)
    with part("guideline"):
        if document["guideline"] is not None:
            publish_first_guideline(project=project, by=by, **document["guideline"])
    copy_settings(project, document, by)
    copy_jurors(project, document, by)
    copy_attacks(project, document.get("attacks"), by)
    copy_group_terms(project, document.get("group_terms"), by)
    if by:
        add_member(project=project, username=by.username, role=Member.Role.ADMIN)
    return project


@contextmanager
def part(path: str) -> Iterator[None]:
    """
    Say of which part of the file a rule is broken.

    :raises Invalid: with the path
    """
    try:
        yield
    except Invalid as error:
        raise Invalid("file", f"{path}.{error.field}: {error.reason}") from error
    except ValidationError as error:
        raise Invalid("file", f"{path}: {' '.join(error.messages)}") from error
    except Refused as error:
        raise Invalid("file", f"{path}: {error}") from error


def taxonomy_of(described: Document) -> Taxonomy:
    """
    Return the version of a taxonomy that a file describes; it is stored if it is not there.

    :raises Invalid: if that version is there with other content, or a category breaks a rule
    """
    with part("taxonomy"):
        rows = enumerate(described["categories"])
        categories = tuple(read_category(row, f"categories[{at}]") for at, row in rows)
        content = Content(described["title"], described["about"], categories)
        check_content(content)
        return store_taxonomy(name=described["name"], version=described["version"], content=content)


def copy_question(project: Project, question: Document, by: User | None) -> None:
    """Add a question of a file to a project."""
    values = {name: value for name, value in question.items() if name != "is_retired"}
    add_question(project=project, by=by, **values)
    if question["is_retired"]:
        retire_question(project=project, by=by, key=question["key"])


def copy_settings(project: Project, document: Document, by: User | None) -> None:
    """Store the settings of queue, qualification and cases that a file has."""
    with part("queue"):
        if document["queue"] is not None:
            Queue(project=project, **document["queue"]).clean_fields()
            update_queue_settings(project=project, by=by, settings=document["queue"])
    with part("qualification"):
        if document["qualification"] is not None:  # switched on once there is a set for it
            update_qualification(project=project, by=by, settings=document["qualification"])
    with part("cases"):
        if document["cases"] is not None:
            update_case_settings(project=project, by=by, **document["cases"])


def copy_jurors(project: Project, document: Document, by: User | None) -> None:
    """Add the jurors and generators of a file with their prompts. Keys have to be named again."""
    for at, prompt in enumerate(document["prompts"]):
        with part(f"prompts[{at}]"):
            store_prompt(prompt["name"], prompt["text"])
    for at, juror in enumerate(document["jurors"]):
        with part(f"jurors[{at}]"):
            if juror["asks"]:
                add_juror(project=project, by=by, **juror)
            else:
                values = {name: value for name, value in juror.items() if name not in OF_JURORS_ALONE}
                add_generator(project=project, by=by, **values)


def copy_attacks(project: Project, attacks: Document | None, by: User | None) -> None:
    """Store what a file lets people attack. A lead switches it on, once the keys are named again."""
    if attacks is None:
        return
    budgets = {name: Decimal(attacks[name]) for name in ("budget_usd", "daily_usd")}
    values = {name: attacks[name] for name in ("most_turns", "license", "consent_text")}
    with part("attacks"):
        targets = [named(usable_targets(project), name) for name in attacks["targets"]]
        update_attack_settings(project=project, by=by, targets=targets, **budgets, **values)


def copy_group_terms(project: Project, lines: list[str] | None, by: User | None) -> None:
    """Make the list of terms for identity groups of a file the first version of a project's own."""
    with part("group_terms"):
        if lines is not None and parse_terms("\n".join(lines)).sha256 != shipped_terms().sha256:
            change_group_terms(project=project, by=by, content="\n".join(lines), note="From a project file.")
