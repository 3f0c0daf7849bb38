"""Answers on their way into the database, a buffer a shard; and how they are stored and charged together."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, models, transaction

from jury.engine import ledger
from jury.engine.cleaning import error_line
from jury.engine.commits import transaction_id, was_committed
from jury.engine.pipeline import Result
from jury.engine.shards import heartbeat
from jury.models import Answer, Run, Shard

logger = logging.getLogger(__name__)
UNSTORABLE = (DataError, IntegrityError, ValueError, OverflowError)
"What the database and its driver say of a value that has no place in its column."
ANSWER_KEYS = ("juror_id", "run_id", "prompt_id", "taxonomy_id", "cast_at", "cost_usd")


@dataclass(frozen=True)
class Sent:
    """What a transaction stored of a buffer, if it was committed: the connection broke before that was said."""

    transaction: str
    answers: tuple[Answer, ...]
    charged: Decimal
    reserved: Decimal
    calls: int


@dataclass
class BallotBuffer:
    """The results of one shard that are not stored yet."""

    shard: Shard
    wanted: int
    "Answers that were missing when the shard was opened."
    answers: list[Answer] = field(default_factory=list)
    charged: Decimal = Decimal(0)
    "US dollars that the attempts cost."
    reserved: Decimal = Decimal(0)
    "US dollars that were reserved for them."
    calls: int = 0
    stored: int = 0
    error: str = ""
    is_lost: bool = False
    "Another worker has taken the shard over."
    in_doubt: Sent | None = None
    "What may be stored already."

    def add(self, result: Result) -> None:
        """Add the result of one question."""
        reservation = result.reservation
        self.charged, self.reserved = self.charged + reservation.charged, self.reserved + reservation.usd
        self.calls += reservation.calls
        self.error = self.error or result.error
        if result.answer is not None:
            self.answers.append(result.answer)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.answers or self.calls)

    @property
    def is_complete(self) -> bool:
        """Whether all answers are stored."""
        return self.is_empty and self.stored == self.wanted

    def as_sent(self, transaction: str) -> Sent:
        """Return what the buffer holds now as what a transaction stores."""
        return Sent(transaction, tuple(self.answers), self.charged, self.reserved, self.calls)

    def mark_stored(self, sent: Sent) -> None:
        """Take what a transaction stored out of the buffer."""
        count = len(sent.answers)
        self.stored += count
        self.answers, self.calls = self.answers[count:], self.calls - sent.calls
        self.charged, self.reserved = self.charged - sent.charged, self.reserved - sent.reserved

    def settle_doubt(self) -> None:
        """
        Find out whether what is in doubt is stored.

        :raises OperationalError: if the database does not know yet
        """
        sent = self.in_doubt
        if sent is not None and was_committed(sent.transaction) and are_there(sent.answers):
            self.mark_stored(sent)
        self.in_doubt = None


def are_there(answers: Sequence[Answer]) -> bool:
    """
    Return whether answers of a run are stored, of which all are or none; True if there are none.

    A server that crashed before a transaction was written gives the number of that to the next one.
    """
    if not answers:
        return True
    first, subject = answers[0], f"{answers[0].SUBJECT}_id"
    model: Any = type(first)
    stored = model.objects.filter(juror=first.juror_id, run=first.run_id)
    return bool(stored.filter(**{f"{subject}__in": [getattr(answer, subject) for answer in answers]}).exists())


def flush(run: Run, buffers: Collection[BallotBuffer], holder: str) -> bool:
    """
    Store what the buffers hold, charge it, and show that the holder is alive. All in one transaction, or not at all.

    A shard that another worker has taken over is not charged: that worker has charged all that was reserved for it.

    :return: False if the run has stopped, or another worker holds one of the shards
    :raises OperationalError, InterfaceError: if the database is away; what may be stored all the same is in doubt, and
        the next call finds out, so that nothing is charged twice
    """
    for buffer in buffers:
        buffer.settle_doubt()
    full = [buffer for buffer in buffers if not buffer.is_empty]
    sent: list[Sent] = []
    try:
        held, is_running = store(run, full, buffers, holder, sent)
    except (OperationalError, InterfaceError):
        for buffer, part in zip(full, sent, strict=False):
            buffer.in_doubt = part
        raise
    for buffer, part in zip(full, sent, strict=True):
        buffer.mark_stored(part)
    for buffer in buffers:
        buffer.is_lost = buffer.shard.pk not in held
    return is_running and len(held) == len(buffers)


def store(
    run: Run, full: Sequence[BallotBuffer], buffers: Collection[BallotBuffer], holder: str, sent: list[Sent]
) -> tuple[set[int], bool]:
    """
    Store and charge buffers in one transaction.

    :param full: those of `buffers` that hold anything
    :param sent: filled with what is stored of each of them, before the transaction ends
    :return: the shards that no other worker has taken over, and whether the run goes on
    """
    with transaction.atomic():
        store_answers(run, [answer for buffer in full for answer in buffer.answers])
        if full:
            ledger.lock_run(run.pk)
        held = heartbeat([buffer.shard.pk for buffer in buffers], holder)
        charged = [buffer for buffer in full if buffer.shard.pk in held]
        if charged:
            usd = sum((buffer.charged for buffer in charged), Decimal(0))
            ledger.charge(run, usd, sum(buffer.calls for buffer in charged))
        for buffer in charged:
            ledger.unreserve(buffer.shard, buffer.reserved, buffer.calls)
        is_running = Run.objects.get(pk=run.pk).state == Run.State.RUNNING
        if full:
            number = transaction_id()
            sent.extend(buffer.as_sent(number) for buffer in full)
    return held, is_running


def store_answers(run: Run, answers: Sequence[Answer]) -> None:
    """
    Store answers of one juror in place of those that the run asks for again.

    Where another worker was first, the database keeps the answer of that worker. An answer that cannot be stored
    fails alone.
    """
    if not answers:
        return
    if run.asks_again:
        supersede(run, answers)
    try:
        insert(answers)
    except UNSTORABLE:
        for answer in answers:
            store_alone(answer)


def supersede(run: Run, answers: Sequence[Answer]) -> None:
    """Mark the answers that the run asks for again as no longer current. `answers` are of one kind and juror."""
    subject = f"{answers[0].SUBJECT}_id"
    values: dict[str, Any] = {
        "subjects": [getattr(answer, subject) for answer in answers],
        "juror": answers[0].juror_id,
        "again": run.asks_again,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {answers[0]._meta.db_table} SET is_current = false
            WHERE {subject} = ANY(%(subjects)s) AND juror_id = %(juror)s AND is_current AND outcome = ANY(%(again)s)
            """,
            values,
        )


def insert(answers: Sequence[Answer]) -> None:
    """
    Insert answers of one kind, or none of them, but for those that another worker has inserted before.

    COPY takes an eighth of the processor time of INSERT, in which each value is quoted by itself. It knows no
    conflicts, which are rare.
    """
    try:
        with transaction.atomic():
            copy_in(answers)
    except IntegrityError:
        model: Any = type(answers[0])
        with transaction.atomic():
            model.objects.bulk_create(answers, ignore_conflicts=True)


def copy_in(answers: Sequence[Answer]) -> None:
    """Copy answers of one kind into their table, with all columns but the primary key."""
    meta = type(answers[0])._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for answer in answers:
            copy.write_row([value_of(field, answer) for field in fields])


def value_of(field: Any, answer: Answer) -> Any:
    """Return the value of a column as psycopg takes it."""
    value = getattr(answer, field.attname)
    return field.get_db_prep_save(value, connection) if isinstance(field, models.JSONField) else value


def store_alone(answer: Answer) -> Answer:
    """Store one answer, in place of one that cannot be stored a failed one at the same cost, and return it."""
    try:
        insert([answer])
        return answer
    except UNSTORABLE as error:
        reason = f"the answer could not be stored ({error_line(error)})"
        subject = f"{answer.SUBJECT}_id"
        logger.exception("%s %s, juror %s: %s", answer.SUBJECT, getattr(answer, subject), answer.juror_id, reason)
        kept = {name: getattr(answer, name) for name in (subject, *ANSWER_KEYS) if hasattr(answer, name)}
        failed: Answer = type(answer)(**kept, outcome=type(answer).Outcome.FAILED, reason=reason)
        insert([failed])
        return failed
