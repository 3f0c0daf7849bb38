from collections.abc import Callable, Sequence
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation.actions import VoteWriter
from annotation.slots import open_slots
from corpus import queries
from corpus.actions import record_event
from corpus.actions.import_support import limits, lock_imports, without_cycle_search
from corpus.errors import Invalid
from corpus.importing.opinions import COLUMNS, ImportedOpinion, parse_opinion
from corpus.importing.report import ImportReport, Report, batched, reject
from corpus.importing.rows import Row, RowFile
from corpus.labels import check_judgement
from corpus.models import Project, Verb
from corpus.queries import KnownItem
from jury.actions import BallotWriter

Numbered = tuple[int, ImportedOpinion]
GeneratorClient = VoteWriter | BallotWriter


@without_cycle_search()
@transaction.atomic
def import_opinions(
    *,
    project: Project,
    path: Path,
    report: Report,
    progress: Callable[[float], None] = lambda _share: None,
    name: str = "",
    by: User | None = None,
) -> ImportReport:
    """
    Add opinions made elsewhere; all of the file, or nothing when it breaks off.

    A rater not met before is created. An opinion of a known (item, rater) is unchanged if
    its content is the same, else refused.

    :param report: told of every refused row
    :param name: of the file as people know it, where its path has another
    :param progress: told the share of the file read, 0 to 1
    :raises Unreadable: if the file cannot be read to its end, or lacks a column
    """
    lock_imports(project)
    import_report = ImportReport()
    bounds, spellings = limits(), queries.spellings_of(project.taxonomy)
    writers: dict[str, GeneratorClient] = {"human": VoteWriter(project), "llm": BallotWriter(project)}
    with RowFile(path, bounds, COLUMNS) as file:

        def read(row: Row) -> Numbered | None:
            import_report.read += 1
            try:
                if row.problem:
                    raise Invalid("row", row.problem)
                return row.number, parse_opinion(row.value, spellings=spellings, limits=bounds)
            except Invalid as error:
                identity = row.value.get("item_id") if isinstance(row.value, dict) else ""
                reject(import_report, report, row=row.number, identity=identity, error=error)
                return None

        for batch in batched(file.rows()):
            read_rows = [each for each in map(read, batch) if each]
            admitted = admit(project, read_rows, import_report, report)
            for kind, writer in writers.items():
                add_batch(writer, [each for each in admitted if each[1].kind == kind], import_report, report)
            progress(file.share_read)
    open_slots(project=project)
    subject = name or path.name
    record_event(
        project=project, verb=Verb.OPINIONS_IMPORTED, subject=subject, actor=by, detail=import_report.as_dict()
    )
    return import_report


Admitted = tuple[int, ImportedOpinion, KnownItem]


def admit(project: Project, batch: Sequence[Numbered], import_report: ImportReport, report: Report) -> list[Admitted]:
    """Keep the opinions whose item is known and which it and the project allow."""
    items = queries.known_items(project, list({opinion.item_id for _, opinion in batch}))
    wanted = project.fields
    admitted = []
    for number, opinion in batch:
        try:
            item = items.get(opinion.item_id)
            if item is None:
                raise Invalid("item_id", "the project has no item of this id")
            check_judgement(opinion.judgement, wanted=wanted, has_response=item.has_response)
            admitted.append((number, opinion, item))
        except Invalid as error:
            reject(import_report, report, row=number, identity=opinion.item_id, error=error)
    return admitted


def add_batch(writer: GeneratorClient, batch: Sequence[Admitted], import_report: ImportReport, report: Report) -> None:
    pairs = [(item.pk, writer.rater(opinion.rater)) for _, opinion, item in batch]
    known = {pair: as_stored(*columns) for pair, columns in writer.known(pairs).items()}
    now = timezone.now()
    fresh = []
    for (number, opinion, item), pair in zip(batch, pairs, strict=True):
        before = known.get(pair)
        if before is None and not item.is_withdrawn:
            known[pair] = as_content(opinion)
            fresh.append((*pair, opinion, opinion.cast_at or now))
        elif before is not None and is_same(before, opinion):
            import_report.unchanged += 1
        else:
            reason = "this rater's opinion of the item is another" if before else "the item is withdrawn"
            reject(import_report, report, row=number, identity=opinion.item_id, error=Invalid("item_id", reason))
    import_report.created += len(fresh)
    writer.write(fresh)


Content = tuple[object, ...]


def as_content(opinion: ImportedOpinion) -> Content:
    said = opinion.judgement
    return (
        said.prompt_label,
        said.response_label,
        said.categories,
        said.other_text,
        said.rationale,
        opinion.seconds,
        opinion.cast_at,
    )


def as_stored(prompt_label: str, response_label: str, categories: list[str], *rest: object) -> Content:
    return (prompt_label, response_label, tuple(categories), *rest)


def is_same(before: Content, opinion: ImportedOpinion) -> bool:
    # A file without moments got the moment of its import, which its next import cannot know.
    now = as_content(opinion)
    return before == now if opinion.cast_at else before[:-1] == now[:-1]


def refresh_statistics() -> None:
    """Let the planner know what a large import brought; it would learn of it only minutes later."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotation_vote, jury_ballot, annotation_slot")
