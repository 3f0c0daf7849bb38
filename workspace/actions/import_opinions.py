"""Import votes and ballots that were made elsewhere."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.actions import VoteWriter
from annotation.slots import open_slots
from corpus import queries
from corpus.actions import record_event
from corpus.actions.import_support import ImportRun, limits, lock_imports, without_cycle_search
from corpus.actions.imports import open_rows
from corpus.actions.items import items_changed
from corpus.errors import Invalid
from corpus.importing.opinions import COLUMNS, ImportedOpinion, parse_opinion
from corpus.importing.readers import Row, RowFile
from corpus.importing.reading import RowParser
from corpus.importing.report import ImportReport, OnReject
from corpus.index_lookups import index_lookups
from corpus.labels import FIELDS, check_judgement
from corpus.models import Item, Project, Verb
from corpus.queries import KnownItem
from corpus.questions import AskedOf, check_answers
from jury.actions import BallotWriter

OPINION_TABLES = ("annotation_vote", "jury_ballot", "annotation_slot")
"Those that an import of opinions fills."
WHOM = {"human": AskedOf.PEOPLE, "llm": AskedOf.JURORS}
Numbered = tuple[int, ImportedOpinion]
"Row number and opinion."
Admitted = tuple[int, ImportedOpinion, KnownItem]
OpinionWriter = VoteWriter | BallotWriter
MOST_TWINS = 20
"Unknown ids in a file for which items with an id that looks the same are sought."


@without_cycle_search()
@transaction.atomic
def import_opinions(
    *,
    project: Project,
    path: Path,
    on_reject: OnReject,
    progress: Callable[[float], None] = lambda _share: None,
    name: str = "",
    by: User | None = None,
    dialogues: RowParser | None = None,
    has_new_items: bool = False,
) -> ImportReport:
    """
    Add the opinions of a file to a project; all of them, or none if the file breaks off.

    Unknown raters are created. A second opinion of a rater on an item counts as unchanged if its content is the
    same, and is rejected otherwise.

    :param on_reject: called with each rejected row
    :param name: the file as its owner calls it, if its path has another name
    :param progress: called with the share of the file read, 0 to 1
    :param dialogues: what parses the file if its rows are dialogues with opinions on them
    :param has_new_items: whether this transaction stored items by `store_dialogues`
    :raises Unreadable: if the file cannot be read to its end, or lacks a column
    """
    lock_imports(project)
    run = ImportRun(on_reject, progress)
    bounds, questions = limits(), queries.questions_of(project)
    spellings = queries.spellings_in_files(project.taxonomy_id)
    ballots = BallotWriter(project)
    writers: dict[str, OpinionWriter] = {"human": VoteWriter(project), "llm": ballots}

    def parse(row: object) -> ImportedOpinion:
        return parse_opinion(row, spellings=spellings, limits=bounds, questions=questions)

    opened = open_rows(path, dialogues, name=name) if dialogues else RowFile(path, bounds, COLUMNS, name=name)
    with opened as file, index_lookups():
        for batch in opinions_of(run, file, parse, dialogues):
            admitted = admit(project, batch, run, ballots)
            for kind, writer in writers.items():
                add_batch(writer, [each for each in admitted if each[1].kind == kind], run)
    for writer in writers.values():
        run.report.warn(writer.raters.warnings)
    if has_new_items:
        items_changed(project)  # late, as it locks the project's row; before the slots, as changes of settings do
    open_slots(project=project)
    subject = name or path.name
    record_event(project=project, verb=Verb.OPINIONS_IMPORTED, subject=subject, actor=by, detail=run.report.counts())
    return run.report


def opinions_of(
    run: ImportRun, file: RowFile, parse: Callable[[object], ImportedOpinion], dialogues: RowParser | None
) -> Iterator[list[Numbered]]:
    """Yield the opinions of a file in batches, with their row numbers; a dialogue may have several."""
    if dialogues is None:
        yield from run.batches(file, lambda row: parse(row.value), id_column="item_id")
        return

    def parse_all(row: Row) -> list[ImportedOpinion]:
        turns, votes = dialogues.annotated(row.value)
        return [replace(parse(vote), turns=turns) for vote in votes]

    for batch in run.batches(file, parse_all, id_column="id"):
        yield [(number, opinion) for number, opinions in batch for opinion in opinions]


def admit(project: Project, batch: Sequence[Numbered], run: ImportRun, ballots: BallotWriter) -> list[Admitted]:
    """Return the opinions on known items with their items; reject labels and answers that are not asked for."""
    asked = {opinion.item_id for _, opinion in batch}
    items = queries.known_items(project, list(asked))
    twins = twins_of(project, sorted(asked - items.keys()), run)
    wanted, stored = project.fields, stored_turns(batch, items)
    admitted = []
    for number, opinion in batch:
        try:
            item = items.get(opinion.item_id)
            if item is None:
                raise Invalid("item_id", "the project has no item of this id" + twins.get(opinion.item_id, ""))
            if opinion.turns is not None and opinion.turns != stored[opinion.item_id]:
                raise Invalid("item_id", "the item of this id has another text, which this opinion is not about")
            if opinion.kind == "llm":
                ballots.check_rater(opinion.rater)
            check_judgement(opinion.judgement, wanted=wanted, has_response=item.has_response)
            admitted.append((number, with_checked_answers(project, opinion, item), item))
        except Invalid as error:
            run.reject(number, opinion.item_id, error)
    return admitted


def stored_turns(batch: Sequence[Numbered], items: Mapping[str, KnownItem]) -> dict[str, Any]:
    """
    Return the turns of the items whose opinions stand beside a text in the file, by id.

    It may be another one: tools number the tasks of each of their projects from 1.
    """
    beside = {each.item_id for _, each in batch if each.turns is not None} & items.keys()
    if not beside:
        return {}
    found = Item.objects.filter(pk__in=[items[name].pk for name in beside])
    return dict(found.values_list("external_id", "turns"))


def with_checked_answers(project: Project, opinion: ImportedOpinion, item: KnownItem) -> ImportedOpinion:
    """
    Return an opinion with its answers as they are stored; it may lack some.

    :raises Invalid: if one breaks a rule of its question, or the rater is not asked it on this item
    """
    if not opinion.answers:
        return opinion
    whom, questions = WHOM[opinion.kind], queries.questions_of(project)
    answers = check_answers(questions, opinion.answers, whom=whom, has_response=item.has_response, needs_required=False)
    return replace(opinion, answers=answers)


def twins_of(project: Project, unknown: Sequence[str], run: ImportRun) -> dict[str, str]:
    """Return what to say of unknown ids that look like an item's; only for the first, because it reads all items."""
    if not unknown or run.report.rejected > MOST_TWINS:
        return {}
    found = queries.look_alike_items(project, unknown[:MOST_TWINS])
    return {name: f", but {twin!a} looks like {name!a}" for name, twin in found.items()}


def add_batch(writer: OpinionWriter, batch: Sequence[Admitted], run: ImportRun) -> None:
    """Write the opinions that are new; reject a second opinion of a rater, and any on a withdrawn item."""
    pairs = [(item.pk, writer.raters.number(opinion.rater)) for _, opinion, item in batch]
    known = {pair: stored_content(*columns) for pair, columns in writer.known(pairs).items()}
    now = timezone.now()
    fresh = []
    for (number, opinion, item), pair in zip(batch, pairs, strict=True):
        before = known.get(pair)
        if before is None and not item.is_withdrawn:
            known[pair] = as_content(opinion)
            fresh.append((*pair, opinion, opinion.cast_at or now))
        elif before is not None and is_same(before, opinion):
            run.report.unchanged += 1
        else:
            reason = "this rater's opinion of the item is another" if before else "the item is withdrawn"
            run.reject(number, opinion.item_id, Invalid("item_id", reason))
    run.report.created += len(fresh)
    writer.write(fresh)


Content = tuple[object, ...]


def as_content(opinion: ImportedOpinion) -> Content:
    """Return the parts of an opinion that decide whether it is the same, in the order of the stored columns."""
    judgement = opinion.judgement
    return (
        *judgement.label_columns.values(),
        judgement.categories,
        judgement.other_text,
        judgement.rationale,
        opinion.answers,
        opinion.seconds,
        opinion.cast_at,
    )


def stored_content(*columns: Any) -> Content:
    """Return the stored columns of an opinion in the form of `as_content`."""
    categories, other_text, rationale, answers, *rest = columns[len(FIELDS) :]
    return (*columns[: len(FIELDS)], tuple(categories), other_text, rationale, orjson.loads(answers), *rest)


def is_same(stored: Content, opinion: ImportedOpinion) -> bool:
    """Return whether a stored opinion has the content of an imported one."""
    # A row without a time was stored with the time of its import, which a second import cannot know.
    imported = as_content(opinion)
    return stored == imported if opinion.cast_at else stored[:-1] == imported[:-1]
