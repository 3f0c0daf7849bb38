"""
`adjudication.answers` for all items of a project at once: one SQL statement for all questions.

The opinions are read once, whatever the number of questions. Values of choices and keys are parameters;
`adjudication.counting` decides the labels likewise.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adjudication.answers import field_followed, kinds_counted
from adjudication.counting import SOURCES
from adjudication.policies import Kind, Policy
from corpus.questions import DECIDED_TYPES, About, Question, Type, choices_of

COLUMNS = ("item_id", "policy", "question_id", "status", "value", "counts", "answered", "spread", "changed_at")
JUDGED = ("status", "value", "counts", "answered", "spread")
"The columns that say what a decision is."
MOST_COUNTS = 800
"How many choices the questions of one statement may have: PostgreSQL allows 1,664 columns."

# The rows that should be there; then those that should not be are deleted, and those that differ are written. In the
# names and parameters of a question, {q} is its number in the statement.
FRESH = """
WITH item AS (
    SELECT id AS item_id, has_response FROM corpus_item WHERE project_id = %(project)s{only_item}
), tally AS MATERIALIZED (
    SELECT item_id, {counted} FROM ({opinions}) AS opinion GROUP BY item_id
), {tallies}, fresh AS (
    {fresh}
)"""
# Like a settled label, a settled answer gives way to another settlement only.
FRESH_OF_QUESTION = """
    SELECT item_id, %(q{q})s::bigint AS question_id,
        CASE WHEN s.value IS NOT NULL THEN 'settled' ELSE t.status END AS status,
        coalesce(s.value, t.value) AS value, coalesce(t.counts, '{{}}') AS counts, coalesce(t.answered, 0) AS answered,
        t.spread
    FROM tally{q} t FULL JOIN (
        SELECT item_id, answers -> %(k{q})s AS value FROM adjudication_case JOIN item USING (item_id)
        WHERE state = 'settled' AND answers ? %(k{q})s{needs_response}
    ) AS s USING (item_id)"""
# A full join is hashed whatever PostgreSQL estimates. It knows neither how many items have an answer nor, right after a
# recount, how many decisions are stored: with NOT EXISTS it compared each with each. New ones are inserted plainly, as
# a recount holds their lock: the checks of ON CONFLICT took as long as deciding.
STORE = (
    FRESH
    + """, changed AS MATERIALIZED (
    SELECT item_id, question_id, before.policy IS NOT NULL AS is_stored, {new} FROM fresh FULL JOIN (
        SELECT * FROM adjudication_answerdecision
        WHERE policy = %(policy)s AND question_id IN ({questions}){only_its}
    ) AS before USING (item_id, question_id)
    WHERE ({old}) IS DISTINCT FROM ({new}) AND (before.status = 'settled' AND fresh.status <> 'settled') IS NOT TRUE
), gone AS (
    DELETE FROM adjudication_answerdecision stored USING changed
    WHERE is_stored AND changed.status IS NULL AND {is_same}
), renewed AS (
    UPDATE adjudication_answerdecision stored SET ({updated}) = ROW ({changed}, now()) FROM changed
    WHERE is_stored AND changed.status IS NOT NULL AND {is_same}
)
INSERT INTO adjudication_answerdecision ({columns})
SELECT item_id, %(policy)s, question_id, {changed}, now() FROM changed WHERE NOT is_stored
ORDER BY item_id, question_id  -- as the index does
"""
)
IS_SAME = "(stored.item_id, stored.policy, stored.question_id) = (changed.item_id, %(policy)s, changed.question_id)"
COUNTS = "count(a{q}) AS n{q}"
COUNT = "count(*) FILTER (WHERE {is_named}) AS n{q}_{n}"
# What is decided depends on the counts alone, of which many items have the same: each combination is decided once.
TALLY = """counted{q} AS MATERIALIZED (
        SELECT item_id, n{q} AS answered, {counted} FROM tally WHERE n{q} > 0
    ), tally{q} AS (
        SELECT item_id, status, value, counts, answered, spread FROM counted{q} JOIN (
            SELECT answered, {columns},
                CASE WHEN answered < needed THEN 'pending' WHEN agree THEN 'unanimous' ELSE {status} END AS status,
                CASE WHEN answered >= needed THEN {value} END AS value,
                jsonb_strip_nulls(jsonb_build_object({counts})) AS counts,
                CASE WHEN answered >= needed THEN {spread} END AS spread
            FROM (
                SELECT each.*, {agree} AS agree, CASE WHEN {agree} THEN {unanimous_quorum} ELSE {quorum} END AS needed
                FROM (SELECT DISTINCT answered, {columns} FROM counted{q}) AS each
            ) AS combination
        ) AS decided USING (answered, {columns})
    )"""
NO_TALLY = """tally{q} AS (
        SELECT NULL::bigint AS item_id, NULL::text AS status, NULL::jsonb AS value, NULL::jsonb AS counts,
            NULL::bigint AS answered, NULL::int AS spread WHERE false
    )"""
OPINIONS = "SELECT item_id, {answers} FROM {table} JOIN item USING (item_id) WHERE {condition} AND answers <> '{{}}'"
NO_OPINIONS = "SELECT item_id, {answers} FROM item WHERE false"


@dataclass(frozen=True)
class Parts:
    """What the statement says by the type of a question. c0, c1 ... count the answers that name each choice."""

    arrow: str
    "Takes the answer of an opinion: as text (`->>`) or JSON (`->`)."
    is_named: str
    "Whether the answer to question number {q} names the choice {n}."
    agree: str
    status: str
    "Where enough have answered and not all agree."
    value: str
    spread: str = "NULL::int"


class StoredQuestion(Question, Protocol):
    """A question with its primary key."""

    @property
    def pk(self) -> int: ...


def batches_of(questions: Sequence[StoredQuestion]) -> Iterator[Sequence[StoredQuestion]]:
    """Yield the questions in as few parts as fit into one statement each."""
    batch: list[StoredQuestion] = []
    for question in questions:
        if batch and sum(len(choices_of(each)) for each in (*batch, question)) > MOST_COUNTS:
            yield batch
            batch = []
        batch.append(question)
    if batch:
        yield batch


def store_answers_sql(policy: Policy, questions: Sequence[Question], *, of_one: bool = False) -> str:
    """
    Return the statement that stores the decisions on questions under a policy, where they differ.

    Its parameters are those of `parameters_of`, and `project`, `policy` and, with `of_one`, `item`.

    :param questions: one of the parts of `batches_of`
    :param of_one: whether to decide only the item whose primary key is the parameter `item`
    """
    return STORE.format(
        **fresh_parts(policy, questions, of_one=of_one),
        questions=", ".join(f"%(q{q})s" for q in range(len(questions))),
        columns=", ".join(COLUMNS),
        updated=", ".join((*JUDGED, "changed_at")),
        old=", ".join(f"before.{name}" for name in JUDGED),
        new=", ".join(f"fresh.{name}" for name in JUDGED),
        changed=", ".join(f"changed.{name}" for name in JUDGED),
        only_its=" AND item_id = %(item)s" if of_one else "",
        is_same=IS_SAME,
    )


def decided_answers_sql(policy: Policy, question: Question) -> str:
    """
    Return the query for the decisions on one question under a policy, of items that have one; it stores nothing.

    Its parameters are those of `parameters_of` and `project`; its columns are `item_id`, `question_id` and JUDGED.
    """
    return f"{FRESH.format(**fresh_parts(policy, [question]))} SELECT * FROM fresh"


def parameters_of(questions: Sequence[StoredQuestion]) -> dict[str, Any]:
    """Return the primary keys, the keys and the values of the choices as parameters of the statement."""
    parameters: dict[str, Any] = {}
    for q, question in enumerate(questions):
        parameters |= {f"q{q}": question.pk, f"k{q}": question.key}
        parameters |= {f"v{q}_{n}": value for n, value in enumerate(choices_of(question))}
    return parameters


def fresh_parts(policy: Policy, questions: Sequence[Question], *, of_one: bool = False) -> dict[str, str]:
    """Return the parts of the statement that decides."""
    decided = [(q, question) for q, question in enumerate(questions) if question.type in DECIDED_TYPES]
    return {
        "only_item": " AND id = %(item)s" if of_one else "",
        "counted": ", ".join(count for q, question in decided for count in counts_of(q, question)) or "0",
        "opinions": opinions_sql(policy, decided),
        "tallies": ", ".join(tally_sql(policy, q, question) for q, question in enumerate(questions)),
        "fresh": " UNION ALL ".join(
            FRESH_OF_QUESTION.format(q=q, needs_response=" AND has_response" if is_about_response(question) else "")
            for q, question in enumerate(questions)
        ),
    }


def is_about_response(question: Question) -> bool:
    """Return whether only items with a response have an answer."""
    return question.about == About.RESPONSE


def counts_of(q: int, question: Question) -> Iterator[str]:
    """Yield the columns that count the answers to a question, and those that name each choice."""
    yield COUNTS.format(q=q)
    is_named = parts_of(q, question).is_named
    for n in range(len(choices_of(question))):
        yield COUNT.format(q=q, n=n, is_named=is_named.format(q=q, n=n))


def opinions_sql(policy: Policy, decided: Sequence[tuple[int, Question]]) -> str:
    """Return the query for the answers that a policy counts: one row an opinion, one column a question."""
    selects = []
    for kind in Kind:
        table, condition = SOURCES[kind]
        columns = [answer_sql(q, question, counts=kind in kinds_counted(policy, question)) for q, question in decided]
        if any(kind in kinds_counted(policy, question) for _, question in decided):
            selects.append(OPINIONS.format(answers=", ".join(columns), table=table, condition=condition))
    return " UNION ALL ".join(selects) or NO_OPINIONS.format(answers="NULL")


def answer_sql(q: int, question: Question, *, counts: bool) -> str:
    """Return the answer of an opinion to a question as a column: NULL where it has none that counts."""
    arrow = parts_of(q, question).arrow
    if not counts:
        return f"NULL::{'text' if arrow == '->>' else 'jsonb'} AS a{q}"
    answer = f"answers {arrow} %(k{q})s"
    return f"CASE WHEN has_response THEN {answer} END AS a{q}" if is_about_response(question) else f"{answer} AS a{q}"


def tally_sql(policy: Policy, q: int, question: Question) -> str:
    """Return the part with the decisions by opinions: one row an item with at least one counted answer."""
    if question.type not in DECIDED_TYPES:
        return NO_TALLY.format(q=q)
    count, parts = len(choices_of(question)), parts_of(q, question)
    return TALLY.format(
        q=q,
        counted=", ".join(f"n{q}_{n} AS c{n}" for n in range(count)),
        counts=", ".join(f"%(v{q}_{n})s::text, nullif(c{n}, 0)" for n in range(count)),
        columns=columns(count),
        quorum=policy.quorum,
        unanimous_quorum=policy.unanimous_quorum(field_followed(question)),
        agree=parts.agree,
        status=parts.status,
        value=parts.value,
        spread=parts.spread,
    )


def parts_of(q: int, question: Question) -> Parts:
    """Return what the statement says of a question by its type."""
    return PARTS[Type(question.type)](q, len(choices_of(question)))


def choice_parts(q: int, count: int) -> Parts:
    """Return the parts for answers of which one has more than half, or none has."""
    most = f"greatest({columns(count)})"
    return Parts(
        arrow="->>",
        is_named="a{q} = %(v{q}_{n})s",
        agree=f"{most} = answered",
        status=f"CASE WHEN {most} * 2 > answered THEN 'majority' ELSE 'disputed' END",
        value=first_of("c{n} * 2 > answered", f"to_jsonb(%(v{q}_{{n}})s::text)", range(count)),
    )


def scale_parts(q: int, count: int) -> Parts:
    """Return the parts for a scale: its value is the first step that half of the answers do not exceed."""
    upto = ["(" + " + ".join(f"c{each}" for each in range(n + 1)) + ")" for n in range(count)]
    median = " ".join(f"WHEN {sum_} * 2 >= answered THEN to_jsonb(%(v{q}_{n})s::text)" for n, sum_ in enumerate(upto))
    highest, lowest = (first_of("c{n} > 0", "{n}", order) for order in (reversed(range(count)), range(count)))
    return Parts(
        arrow="->>",
        is_named="a{q} = %(v{q}_{n})s",
        agree=f"greatest({columns(count)}) = answered",
        status="'decided'",
        value=f"CASE {median} END",
        spread=f"{highest} - {lowest}",
    )


def list_parts(q: int, count: int) -> Parts:
    """Return the parts for lists of choices: each choice with more than half is in the value."""
    chosen = ", ".join(f"CASE WHEN c{n} * 2 > answered THEN %(v{q}_{n})s::text END" for n in range(count))
    return Parts(
        arrow="->",
        is_named="a{q} ? %(v{q}_{n})s",
        agree="(" + " AND ".join(f"c{n} IN (0, answered)" for n in range(count)) + ")",
        status="'decided'",
        value=f"to_jsonb(array_remove(ARRAY[{chosen}], NULL))",
    )


def columns(count: int) -> str:
    """Return the columns of the counts, joined by commas."""
    return ", ".join(f"c{n}" for n in range(count))


def first_of(condition: str, value: str, order: Iterable[int]) -> str:
    """Return an expression for the value of the first choice that meets a condition, both with {n} for its number."""
    return "CASE " + " ".join(f"WHEN {condition.format(n=n)} THEN {value.format(n=n)}" for n in order) + " END"


PARTS: dict[Type, Callable[[int, int], Parts]] = {
    Type.YES_NO: choice_parts,
    Type.ONE_OF: choice_parts,
    Type.ORDINAL: scale_parts,
    Type.MANY_OF: list_parts,
}
