"""Import dialogues from a file."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from corpus import queries
from corpus.actions.events import record_event
from corpus.actions.import_support import (
    ImportRun,
    constraints_at_once,
    limits,
    lock_imports,
    without_cycle_search,
)
from corpus.actions.items import items_changed
from corpus.errors import Invalid
from corpus.importing import copy_binary
from corpus.importing.dialogues import Dialogue
from corpus.importing.options import NO_OPTIONS, ReadOptions
from corpus.importing.peek import first_rows, form_of, needed_columns
from corpus.importing.readers import RowFile
from corpus.importing.reading import RowParser
from corpus.importing.report import ImportReport, OnReject
from corpus.index_lookups import index_lookups
from corpus.models import Project, Verb

COPY_ITEMS = """
    COPY corpus_item (project_id, external_id, turns, source, license, meta, expected_categories, reference,
        reconstruction_id, refusal_of, content_hash, imported_at, withdrawal_reason)
    FROM STDIN WITH (FORMAT binary)
"""
SAME_CONTENT = "{} rows have the content of an item that there is already, and with it the id: they are unchanged."
COLUMNS = 13
"Columns of COPY_ITEMS."


@dataclass(slots=True)
class NewItem:
    """A dialogue as it is sent to the database."""

    external_id: str
    content_hash: bytes
    columns: bytes
    "Those of COPY_ITEMS that are of the dialogue."


Numbered = tuple[int, NewItem]


@transaction.atomic
def import_dialogues(
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
    Import the dialogues of a file into a project: all of them, or none if the file cannot be read to its end.

    A row with a known id counts as unchanged if its content is the same, and is rejected otherwise.

    :param on_reject: called with each rejected row; like `progress`, it cannot use the database connection
    :param name: the file as its owner calls it, if its path has another name
    :param progress: called with the share of the file read, 0 to 1
    :param options: the form of the file if it is not to be recognised, the columns of its table, whether to make ids
    :raises Unreadable: if the file cannot be read to its end, or lacks a column that is named
    :raises Refused: if its rows may be of several forms
    """
    report = store_dialogues(
        project=project, path=path, on_reject=on_reject, progress=progress, name=name, by=by, options=options
    )
    if report.created:
        items_changed(project)
    return report


@without_cycle_search()
def store_dialogues(
    *,
    project: Project,
    path: Path,
    on_reject: OnReject,
    progress: Callable[[float], None],
    name: str,
    by: User | None,
    options: ReadOptions,
) -> ImportReport:
    """Do what `import_dialogues` does, but for `items_changed`, which comes last in a transaction."""
    lock_imports(project)
    run = ImportRun(on_reject, progress)
    newest = queries.newest_item(project)
    parser = row_parser(project, path, options, name=name)
    with open_rows(path, parser, name=name) as file, index_lookups(), constraints_at_once():
        batches = dialogues_of(run, file, parser)
        batch = next(batches, None)
        while batch is not None:
            with writing_items(project, fresh_items(project, batch, run)):
                batch = next(batches, None)  # while the database stores the rows of the last one
    if run.report.created:
        run.report.warn(queries.look_alike_ids(project, after=newest))
    if options.make_ids and run.report.unchanged:
        run.report.warn([SAME_CONTENT.format(f"{run.report.unchanged:,}")])
    subject = name or path.name
    record_event(project=project, verb=Verb.ITEMS_IMPORTED, subject=subject, actor=by, detail=run.report.counts())
    return run.report


def row_parser(project: Project, path: Path, options: ReadOptions, *, name: str) -> RowParser:
    """
    Return the parser of a file, whose form is named or recognised.

    :raises Unreadable: if its first rows cannot be read, or lack a column that is named
    :raises Refused: if they may be of several forms
    """
    bounds, spellings = limits(), queries.spellings_in_files(project.taxonomy_id)
    first = first_rows(path, bounds, options, name=name)
    form = form_of(first, options, name or str(path))
    return RowParser(form, options, spellings, bounds, empty_is_none=first.file_form == "csv")


def open_rows(path: Path, parser: RowParser, *, name: str) -> RowFile:
    """
    Open a file for its parser.

    :raises Unreadable: if it cannot be opened
    """
    return RowFile(path, parser.limits, needed_columns(parser.form, parser.options), name=name)


def dialogues_of(run: ImportRun, file: RowFile, parser: RowParser) -> Iterator[list[Numbered]]:
    """Yield the dialogues of a file in batches, with their row numbers; a row may have several."""
    if parser.is_plain:
        parse = parser.plain()
        yield from run.batches(file, lambda row: new_item(parse(row.value)), id_column="id")
        return
    for batch in run.batches(file, lambda row: parser.dialogues(row.value), id_column="id"):
        yield [(number, new_item(dialogue)) for number, dialogues in batch for dialogue in dialogues]


def fresh_items(project: Project, batch: Sequence[Numbered], run: ImportRun) -> list[NewItem]:
    """Return and count the items of a batch that the project lacks; reject known ids with other content."""
    known: dict[str, bytes] = {
        external_id: item.content_hash
        for external_id, item in queries.known_items(project, [each.external_id for _, each in batch]).items()
    }
    fresh = []
    for number, item in batch:
        external_id = item.external_id
        if external_id not in known:
            known[external_id] = item.content_hash
            fresh.append(item)
        elif known[external_id] == item.content_hash:
            run.report.unchanged += 1
        else:
            run.reject(number, external_id, Invalid("id", "an item of this id has other content"))
    run.report.created += len(fresh)
    return fresh


def write_items(project: Project, dialogues: Sequence[Dialogue]) -> None:
    """Insert dialogues as items. Their ids must be new to the project."""
    with writing_items(project, list(map(new_item, dialogues))):
        pass


@contextmanager
def writing_items(project: Project, items: Sequence[NewItem]) -> Iterator[None]:
    """
    Insert items with COPY, by the end of the block. Their ids must be new to the project.

    A thread waits for the database during the block, in which the connection cannot be used.
    """
    begin = copy_binary.row(COLUMNS) + copy_binary.bigint(project.pk)
    end = copy_binary.moment(timezone.now()) + copy_binary.text("")
    parts = [copy_binary.BEGINNING, *(part for each in items for part in (begin, each.columns, end)), copy_binary.END]
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as pool, ExitStack() as sending:
        sending.enter_context(cursor.copy(COPY_ITEMS)).write(b"".join(parts))
        stored = pool.submit(sending.pop_all().close)  # says that these are all, whereupon constraints are checked
        yield
        stored.result()


def new_item(dialogue: Dialogue) -> NewItem:
    """
    Return a dialogue as it is sent to the database.

    It is written here and not when it is sent, because the database stores the rows before it in the meantime.
    """
    serialized, length = dialogue.serialize(), copy_binary.length
    name, turns, meta = dialogue.external_id.encode(), serialized.turns, dialogue.meta
    columns = (
        length(len(name)),
        name,
        length(len(turns) + 1),
        copy_binary.JSON_VERSION,
        turns,
        origin_columns(dialogue.source, dialogue.license),
        length(len(meta) + 1),
        copy_binary.JSON_VERSION,
        meta,
        rare_columns(dialogue) if dialogue.has_rare else NO_RARE_COLUMNS,
        copy_binary.data(serialized.content_hash),
    )
    return NewItem(dialogue.external_id, serialized.content_hash, b"".join(columns))


@lru_cache(1_000)
def origin_columns(source: str, license_name: str) -> bytes:
    """Return the columns of where a dialogue is from, which are the same in most rows of a file."""
    return copy_binary.text(source) + copy_binary.text(license_name)


def rare_columns(dialogue: Dialogue) -> bytes:
    """Return the columns that are empty in most files."""
    return b"".join(
        (
            copy_binary.texts(dialogue.expected_categories),
            copy_binary.json(as_json(dialogue.reference)),
            copy_binary.bigint(dialogue.reconstruction_id),
            copy_binary.text(dialogue.refusal_of),
        )
    )


NO_RARE_COLUMNS = copy_binary.texts(()) + 3 * copy_binary.NULL


def as_json(value: Any) -> bytes | None:
    """Return a value as JSON; None stays None."""
    return None if value is None else orjson.dumps(value)
