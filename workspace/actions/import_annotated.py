"""Import dialogues from a file, and the opinions on them if the file is an export of an annotation tool."""

from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions.import_support import lock_imports
from corpus.actions.imports import row_parser, store_dialogues
from corpus.actions.items import items_changed
from corpus.importing.forms import AnnotatedForm
from corpus.importing.options import NO_OPTIONS, ReadOptions
from corpus.importing.report import ImportReport, OnReject, RejectedRow
from corpus.models import Project
from workspace.actions.import_opinions import import_opinions

BROKEN = "row"
"The field of a row that cannot be read at all."


@transaction.atomic
def import_annotated(
    *,
    project: Project,
    path: Path,
    on_reject: OnReject,
    progress: Callable[[float], None] = lambda _share: None,
    name: str = "",
    by: User | None = None,
    options: ReadOptions = NO_OPTIONS,
) -> ImportReport:
    """
    Import the dialogues of a file and the opinions in it: all, or none if the file cannot be read to its end.

    :param on_reject: called with each rejected row
    :param name: the file as its owner calls it, if its path has another name
    :param progress: called with the share of the work done, 0 to 1
    :raises Unreadable: if the file cannot be read to its end, or lacks a column that is named
    :raises Refused: if its rows may be of several forms
    """
    lock_imports(project)
    parser = row_parser(project, path, options, name=name)
    is_annotated = isinstance(parser.form, AnnotatedForm)
    half = (lambda share: progress(share / 2)) if is_annotated else progress
    report = store_dialogues(
        project=project, path=path, on_reject=on_reject, progress=half, name=name, by=by, options=options
    )
    if is_annotated:
        opinions = import_opinions(
            project=project,
            path=path,
            on_reject=without_broken_rows(on_reject),
            progress=lambda share: progress(0.5 + share / 2),
            name=name,
            by=by,
            dialogues=parser,
            has_new_items=bool(report.created),
        )
        report.opinions = opinions.counts()
        report.warn(opinions.warnings)
    elif report.created:
        items_changed(project)
    return report


def without_broken_rows(on_reject: OnReject) -> OnReject:
    """Return what is called with rows that the second reading rejects, but for those that the first could not read."""

    def reject(rejected: RejectedRow) -> None:
        if rejected.field != BROKEN:
            on_reject(rejected)

    return reject
