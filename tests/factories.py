"""Functions that create projects and their data with the management commands, as a user does."""

import io
import itertools
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Queue
from corpus.actions import record_event
from corpus.labels import FIELDS
from corpus.models import Project, Verb
from corpus.queries import find_latest_taxonomy

numbers = itertools.count(1)


class Outcome(dict[str, Any]):
    """The JSON of the last line of a command, with its exit code and its stderr."""

    code: int = 0
    stderr: str = ""


def command(name: str, /, *arguments: object, **options: Any) -> Outcome:
    """Run a management command in this process, as `manage.py` would; return its outcome."""
    out, err = io.StringIO(), io.StringIO()
    code, error = 0, ""
    try:
        call_command(name, *(str(each) for each in arguments), *as_arguments(options), stdout=out, stderr=err)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    except CommandError as failure:
        code, error = failure.returncode, str(failure)
    lines = out.getvalue().splitlines() or err.getvalue().splitlines()
    outcome = Outcome(json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {})
    outcome.code, outcome.stderr = code, err.getvalue() + error
    return outcome


def as_arguments(options: dict[str, Any]) -> list[str]:
    """Return options as a user types them: a list as a repeated option, True as a flag."""
    arguments = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        values = value if isinstance(value, list) else [value]
        arguments += [flag if each is True else f"{flag}={each}" for each in values]
    return arguments


def make_project(**options: Any) -> Project:
    """
    Create a project with a unique slug; the options are those of create_project.

    With settings of a usual kind it stores what that would store: to check them took most of its time.
    """
    slug = f"project-{next(numbers)}"
    if options.keys() <= {"votes_wanted", "quorum", "policy", "fields"}:
        wanted = options.pop("fields", FIELDS)
        wants = {f"wants_{field}": field in wanted for field in FIELDS}
        project = Project.objects.create(
            slug=slug, name=slug, taxonomy=find_latest_taxonomy("aegis2"), **wants, **options
        )
        record_event(project=project, verb=Verb.PROJECT_CREATED, subject=slug)
        return project
    made = command("create_project", slug, **options)
    assert made.code == 0, made.stderr
    return Project.objects.get(slug=slug)


def set_queue(project: Project, **settings: Any) -> None:
    """Change settings of a project's queue, whose row is not there before somebody asks for work or saves settings."""
    Queue.objects.update_or_create(project=project, defaults=settings)


def write_lines(folder: Path, rows: list[Any], name: str = "") -> Path:
    """Write a JSONL file and return its path; a row that is text is written unchanged."""
    path = folder / (name or f"rows-{next(numbers)}.jsonl")
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def dialogue(name: str, *, response: bool = True, text: str = "", **more: Any) -> dict[str, Any]:
    """Return a row for import_dialogues."""
    row = {"id": name, "prompt": text or f"What is {name}?", **more}
    return row | {"response": f"That is {name}."} if response else row


def opinion(
    item: str, rater: str, prompt: str | None = "safe", response: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return a row for import_votes; raters whose name starts with `model` are of kind `llm`."""
    kind = "llm" if rater.startswith("model") else "human"
    return {
        "item_id": item,
        "rater": rater,
        "rater_kind": kind,
        "prompt_label": prompt,
        "response_label": response,
        **more,
    }


def import_dialogues(project: Project, folder: Path, rows: list[Any], **options: Any) -> Outcome:
    """Import rows of dialogues with the command."""
    return command("import_dialogues", write_lines(folder, rows), project=project.slug, **options)


def import_votes(project: Project, folder: Path, rows: list[Any], **options: Any) -> Outcome:
    """Import rows of votes with the command."""
    return command("import_votes", write_lines(folder, rows), project=project.slug, **options)


def decisions(project: Project, folder: Path, **options: Any) -> dict[str, dict[str, Any]]:
    """Return the lines of list_decisions, by item id."""
    path = folder / f"decisions-{next(numbers)}.jsonl"
    assert command("list_decisions", project=project.slug, out=path, **options).code == 0
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["id"]: line for line in lines}
