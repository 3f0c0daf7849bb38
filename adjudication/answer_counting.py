"""
`adjudication.answers` for all items of a project at once: one SQL statement a question.

Values of choices and keys are parameters; `adjudication.counting` decides the labels likewise. Questions are few, so a
pass over the opinions for each is quick, and no statement gets more columns than PostgreSQL allows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adjudication.answers import field_followed, kinds_counted
from adjudication.counting import SOURCES
from adjudication.policies import Kind, Policy
from corpus.questions import DECIDED_TYPES, About, Question, Type, choices_of

COLUMNS = ("item_id", "policy", "question_id", "status", "value", "counts", "answered", "spread", "changed_at")
JUDGED = ("status", "value", "counts", "answered", "spread")
"The columns that say what a decision is."

# The rows that should be there; then those that should not be are deleted, and those that differ are written. Like a
# settled label, a settled answer gives way to another settlement only.
FRESH = """
WITH item AS (
    SELECT id AS item_id FROM corpus_item WHERE project_id = %(project)s{only_item}{needs_response}
), tally AS (
    {tally}
), settled AS (
    SELECT item_id, answers -> %(key)s AS value FROM adjudication_case JOIN item USING (item_id)
    WHERE state = 'settled' AND answers ? %(key)s
), fresh AS (
    SELECT item_id, CASE WHEN s.value IS NOT NULL THEN 'settled' ELSE t.status END AS status,
        coalesce(s.value, t.value) AS value, coalesce(t.counts, '{{}}') AS counts, coalesce(t.answered, 0) AS answered,
        t.spread
    FROM tally t FULL JOIN settled s USING (item_id)
)"""
# A full join is hashed whatever PostgreSQL estimates. It knows neither how many items have an answer nor, right after a
# recount, how many decisions are stored: with NOT EXISTS it compared each with each. New ones are inserted plainly, as
# a recount holds their lock: the checks of ON CONFLICT took as long as deciding.
STORE = (
    FRESH
    + """, changed AS MATERIALIZED (
    SELECT id, item_id, {new} FROM fresh FULL JOIN (
        SELECT * FROM adjudication_answerdecision WHERE policy = %(policy)s AND question_id = %(question)s{only_its}
    ) AS before USING (item_id)
    WHERE ({old}) IS DISTINCT FROM ({new}) AND (before.status = 'settled' AND fresh.status <> 'settled') IS NOT TRUE
), gone AS (
    DELETE FROM adjudication_answerdecision stored USING changed
    WHERE stored.id = changed.id AND changed.id IS NOT NULL AND changed.status IS NULL
), renewed AS (
    UPDATE adjudication_answerdecision stored SET ({updated}) = ROW ({changed}, now()) FROM changed
    WHERE stored.id = changed.id AND changed.id IS NOT NULL AND changed.status IS NOT NULL
)
INSERT INTO adjudication_answerdecision ({columns})
SELECT item_id, %(policy)s, %(question)s, {changed}, now() FROM changed WHERE id IS NULL
ORDER BY item_id  -- as the index does
"""
)
# What is decided depends on the counts alone, of which many items have the same: each combination is decided once.
TALLY = """
    WITH counted AS MATERIALIZED (
        SELECT item_id, count(*) AS answered, {counted} FROM ({opinions}) AS opinion GROUP BY item_id
    ), decided AS MATERIALIZED (
        SELECT answered, {columns},
            CASE WHEN answered < needed THEN 'pending' WHEN agree THEN 'unanimous' ELSE {status} END AS status,
            CASE WHEN answered >= needed THEN {value} END AS value,
            jsonb_strip_nulls(jsonb_build_object({counts})) AS counts,
            CASE WHEN answered >= needed THEN {spread} END AS spread
        FROM (
            SELECT each.*, {agree} AS agree, CASE WHEN {agree} THEN {unanimous_quorum} ELSE {quorum} END AS needed
            FROM (SELECT DISTINCT answered, {columns} FROM counted) AS each
        ) AS combination
    )
    SELECT item_id, status, value, counts, answered, spread FROM counted JOIN decided USING (answered, {columns})
"""
NO_TALLY = """
    SELECT NULL::bigint AS item_id, NULL::text AS status, NULL::jsonb AS value, NULL::jsonb AS counts,
        NULL::bigint AS answered, NULL::int AS spread WHERE false"""
OPINIONS = """SELECT item_id, answers {arrow} %(key)s AS answer FROM {table} JOIN item USING (item_id)
            WHERE {condition} AND answers ? %(key)s"""


@dataclass(frozen=True)
class Parts:
    """What the statement says by the type of a question. c0, c1 ... count the answers that name each choice."""

    arrow: str
    "Takes the answer of an opinion: as text (`->>`) or JSON (`->`)."
    is_named: str
    "Whether the answer names the choice {n}."
    agree: str
    status: str
    "Where enough have answered and not all agree."
    value: str
    spread: str = "NULL::int"


def store_answers_sql(policy: Policy, question: Question, *, of_one: bool = False) -> str:
    """
    Return the statement that stores the decisions on one question under a policy, where they differ.

    Its parameters are those of `parameters_of`, and `project`, `policy`, `question` and, with `of_one`, `item`.

    :param of_one: whether to decide only the item whose primary key is the parameter `item`
    """
    return STORE.format(
        **fresh_parts(policy, question, of_one=of_one),
        columns=", ".join(COLUMNS),
        updated=", ".join((*JUDGED, "changed_at")),
        old=", ".join(f"before.{name}" for name in JUDGED),
        new=", ".join(f"fresh.{name}" for name in JUDGED),
        changed=", ".join(f"changed.{name}" for name in JUDGED),
        only_its=" AND item_id = %(item)s" if of_one else "",
    )


def decided_answers_sql(policy: Policy, question: Question) -> str:
    """
    Return the query for the decisions on one question under a policy, of items that have one; it stores nothing.

    Its parameters are those of `parameters_of` and `project`; its columns are `item_id` and JUDGED.
    """
    return f"{FRESH.format(**fresh_parts(policy, question))} SELECT * FROM fresh"


def fresh_parts(policy: Policy, question: Question, *, of_one: bool = False) -> dict[str, str]:
    """Return the parts of the statement that decides."""
    return {
        "only_item": " AND id = %(item)s" if of_one else "",
        "needs_response": " AND has_response" if question.about == About.RESPONSE else "",
        "tally": tally_sql(policy, question) if question.type in DECIDED_TYPES else NO_TALLY,
    }


def parameters_of(question: Question) -> dict[str, str]:
    """Return the key and the values of the choices as parameters of the statement."""
    return {"key": question.key} | {f"v{number}": value for number, value in enumerate(choices_of(question))}


def tally_sql(policy: Policy, question: Question) -> str:
    """Return the query for the decisions by opinions: one row an item with at least one counted answer."""
    count, kinds = len(choices_of(question)), kinds_counted(policy, question)
    parts = PARTS[Type(question.type)](count)
    sources = [SOURCES[kind] for kind in Kind if kind in kinds]
    return TALLY.format(
        counted=", ".join(f"count(*) FILTER (WHERE {parts.is_named.format(n=n)}) AS c{n}" for n in range(count)),
        counts=", ".join(f"%(v{n})s::text, nullif(c{n}, 0)" for n in range(count)),
        opinions=" UNION ALL ".join(
            OPINIONS.format(arrow=parts.arrow, table=table, condition=condition) for table, condition in sources
        ),
        columns=columns(count),
        quorum=policy.quorum,
        unanimous_quorum=policy.unanimous_quorum(field_followed(question)),
        agree=parts.agree,
        status=parts.status,
        value=parts.value,
        spread=parts.spread,
    )


def choice_parts(count: int) -> Parts:
    """Return the parts for answers of which one has more than half, or none has."""
    most = f"greatest({columns(count)})"
    return Parts(
        arrow="->>",
        is_named="answer = %(v{n})s",
        agree=f"{most} = answered",
        status=f"CASE WHEN {most} * 2 > answered THEN 'majority' ELSE 'disputed' END",
        value=first_of("c{n} * 2 > answered", "to_jsonb(%(v{n})s::text)", range(count)),
    )


def scale_parts(count: int) -> Parts:
    """Return the parts for a scale: its value is the first step that half of the answers do not exceed."""
    upto = ["(" + " + ".join(f"c{each}" for each in range(n + 1)) + ")" for n in range(count)]
    median = " ".join(f"WHEN {sum_} * 2 >= answered THEN to_jsonb(%(v{n})s::text)" for n, sum_ in enumerate(upto))
    highest, lowest = (first_of("c{n} > 0", "{n}", order) for order in (reversed(range(count)), range(count)))
    return Parts(
        arrow="->>",
        is_named="answer = %(v{n})s",
        agree=f"greatest({columns(count)}) = answered",
        status="'decided'",
        value=f"CASE {median} END",
        spread=f"{highest} - {lowest}",
    )


def list_parts(count: int) -> Parts:
    """Return the parts for lists of choices: each choice with more than half is in the value."""
    chosen = ", ".join(f"CASE WHEN c{n} * 2 > answered THEN %(v{n})s::text END" for n in range(count))
    return Parts(
        arrow="->",
        is_named="answer ? %(v{n})s",
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


PARTS: dict[Type, Callable[[int], Parts]] = {
    Type.YES_NO: choice_parts,
    Type.ONE_OF: choice_parts,
    Type.ORDINAL: scale_parts,
    Type.MANY_OF: list_parts,
}
