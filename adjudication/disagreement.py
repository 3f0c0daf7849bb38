"""
How much two people will probably differ on an item: the share of pairs of opinions that do. Pure.

`expected_sql` says for all items at once what `expected_disagreement` says of one, and a test compares them.
"""

from collections.abc import Sequence

from adjudication.counting import SOURCES, sql_list
from adjudication.panel_scores import PARTS, PARTS_SQL, parts_of
from adjudication.policies import Kind, Policy
from adjudication.stopping import counts_people
from corpus.labels import FIELDS, NEEDS_RESPONSE, Field

FIRST_PAIRS = 10
"As many pairs that differ at the rate of the project are added to those of a source, so that small ones go by it."
MOST_NEAR = 3
"Near-duplicates that are decided count as so many opinions at most, however many there are."
Tally = tuple[float, float]
"How many opinions call a field safe, and how many unsafe; in fractions where they say how probable unsafe is."


def rate_of_project(tallies: Sequence[Tally]) -> float:
    """Return the share of pairs of opinions on one item that differ, 0 to 1; with two made-up pairs, one of each."""
    pairs, differing = pairs_of(tallies)
    return (differing + 1) / (pairs + 2)


def rate_of_source(tallies: Sequence[Tally], rate: float) -> float:
    """
    Return the share of pairs that differ in a source, drawn towards that of the project.

    :param rate: of the project
    """
    pairs, differing = pairs_of(tallies)
    return (differing + FIRST_PAIRS * rate) / (pairs + FIRST_PAIRS)


def pairs_of(tallies: Sequence[Tally]) -> Tally:
    """Return how many pairs of opinions there are on the same item, and how many of them differ."""
    return (
        sum((safe + unsafe) * (safe + unsafe - 1) / 2 for safe, unsafe in tallies),
        sum(safe * unsafe for safe, unsafe in tallies),
    )


def own_tally(opinions: Sequence[tuple[bool, float | None]]) -> Tally:
    """
    Return how many opinions call a field safe and unsafe, where one that says how probable unsafe is counts as both.

    :param opinions: whether each says unsafe, and the probability of unsafe of a ballot that has one
    """
    parts = [known if (known := parts_of(each)) is not None else PARTS * is_unsafe for is_unsafe, each in opinions]
    return len(parts) - sum(parts) / PARTS, sum(parts) / PARTS


def expected_disagreement(own: Tally, near: Tally, rate: float) -> float:
    """
    Return the expected share of pairs that differ on an item, 0 to 1.

    With n opinions, of which s say safe and u unsafe, (rate + 2su / n) / n: the mean of the rate of its source, which
    counts once, and of the share 2su / n(n - 1) among its own pairs, which counts n - 1 times. With none, the rate.
    A ballot that says unsafe with probability p adds p to u and 1 - p to s. So it also differs with itself, and where a
    guard wavers, people are asked although nobody differs with it yet. There 1 is the most.

    :param own: opinions on the item, of people and of jurors, as of `own_tally`
    :param near: labels of near-duplicates that are decided; they count as MOST_NEAR opinions at most
    :param rate: of its source
    """
    weight = min(1.0, MOST_NEAR / max(1.0, sum(near)))
    safe, unsafe = own[0] + weight * near[0], own[1] + weight * near[1]
    total = safe + unsafe
    return min(1.0, (rate + 2 * safe * unsafe / total) / max(1.0, total)) if total else rate


EXPECTED = """
    WITH wanted AS (
        SELECT id AS item_id, source, has_response FROM corpus_item
        WHERE project_id = %(project)s AND withdrawn_at IS NULL AND refusal_of IS NULL
    ), own AS MATERIALIZED (
        SELECT item_id, {tallied} FROM ({opinions}) AS opinion GROUP BY item_id
    ), decided AS MATERIALIZED (
        SELECT c.item_id, c.cluster, {decided}
        FROM corpus_itemcluster c JOIN adjudication_decision d ON d.item_id = c.item_id AND d.policy = %(policy)s
        WHERE c.project_id = %(project)s AND c.size > 1
    ), cluster AS MATERIALIZED (
        SELECT cluster, {clustered} FROM decided GROUP BY cluster
    ), near AS MATERIALIZED (
        SELECT item_id, {near} FROM decided d JOIN cluster c USING (cluster)
    ), project AS (
        SELECT {project_rates} FROM own
    ), source AS MATERIALIZED (
        SELECT source, {source_rates} FROM own JOIN wanted USING (item_id) GROUP BY source
    )
    SELECT item_id, greatest({fields}) AS disagreement
    FROM wanted i CROSS JOIN project p LEFT JOIN own USING (item_id) LEFT JOIN near n USING (item_id)
        LEFT JOIN source s ON s.source = i.source, {counted}
"""
OF_ONE_KIND = "SELECT item_id, {fields} FROM {table} JOIN wanted USING (item_id) WHERE {condition}"
# The parts for one field.
TALLIED = """count(*) FILTER (WHERE NOT {part}_is_unsafe)::float8 AS {part}_safe,
            count(*) FILTER (WHERE {part}_is_unsafe)::float8 AS {part}_unsafe"""
DECIDED = """(coalesce({part}_label, '') = 'safe')::int AS {part}_safe,
            (coalesce({part}_label, '') = 'unsafe')::int AS {part}_unsafe"""
CLUSTERED = "sum({part}_safe)::float8 AS {part}_safe, sum({part}_unsafe)::float8 AS {part}_unsafe"
NEAR = "c.{part}_safe - d.{part}_safe AS {part}_near_safe, c.{part}_unsafe - d.{part}_unsafe AS {part}_near_unsafe"
PAIRS = "sum(({part}_safe + {part}_unsafe) * ({part}_safe + {part}_unsafe - 1) / 2)"
PROJECT_RATES = f"(coalesce(sum({{part}}_safe * {{part}}_unsafe), 0) + 1) / (coalesce({PAIRS}, 0) + 2) AS {{part}}_rate"
SOURCE_RATES = f"sum({{part}}_safe * {{part}}_unsafe) AS {{part}}_differing, {PAIRS} AS {{part}}_pairs"
COUNTED = f"""LATERAL (
            SELECT least(1, {MOST_NEAR} / greatest(1, coalesce({{part}}_near_safe + {{part}}_near_unsafe, 0))) AS weight
        ) AS {{part}}_w, LATERAL (
            SELECT coalesce({{safe}}, 0) + weight * coalesce({{part}}_near_safe, 0) AS safe,
                coalesce({{unsafe}}, 0) + weight * coalesce({{part}}_near_unsafe, 0) AS unsafe,
                (coalesce({{part}}_differing, 0) + {FIRST_PAIRS} * {{part}}_rate)
                    / (coalesce({{part}}_pairs, 0) + {FIRST_PAIRS}) AS rate
            FROM (SELECT {{part}}_w.weight) AS w
        ) AS {{part}}_c"""
OF_FIELD = """CASE WHEN {is_present} THEN least(1, ({part}_c.rate
            + coalesce(2 * {part}_c.safe * {part}_c.unsafe / nullif({part}_c.safe + {part}_c.unsafe, 0), 0))
            / greatest(1, {part}_c.safe + {part}_c.unsafe)) END"""
# In place of whole opinions, where ballots may have probabilities. Rates go by labels, which alone can differ.
BY_LABEL = {"tallied": TALLIED, "safe": "{part}_safe", "unsafe": "{part}_unsafe"}
BY_PROBABILITY = {
    "tallied": f"""{TALLIED},
            sum(coalesce({{part}}_parts, {{part}}_is_unsafe::int * {PARTS}))::float8 / {PARTS} AS {{part}}_leaning""",
    "safe": "{part}_safe + {part}_unsafe - {part}_leaning",
    "unsafe": "{part}_leaning",
}


def expected_sql(policy: Policy, wanted: tuple[str, ...], *, by_probability: bool = False) -> str:
    """
    Return the query of `item_id` and `disagreement`: on the field on which people will differ most.

    Its parameters are `project` (primary key) and `policy` (a name), whose stored decisions it reads.

    :param wanted: the label fields the project wants
    :param by_probability: whether ballots may say how probable unsafe is
    """
    ours = [field for field in FIELDS if field in wanted and counts_people(policy, field)]
    fields = ours or [field for field in FIELDS if field in wanted]
    parts = BY_PROBABILITY if by_probability else BY_LABEL

    def each(part: str) -> str:
        return ", ".join(part.format(part=field.part) for field in fields)

    return EXPECTED.format(
        opinions=" UNION ALL ".join(opinions_sql(kind, policy, fields, by_probability) for kind in Kind),
        tallied=each(parts["tallied"]),
        decided=each(DECIDED),
        clustered=each(CLUSTERED),
        near=each(NEAR),
        project_rates=each(PROJECT_RATES),
        source_rates=each(SOURCE_RATES),
        counted=each(COUNTED.replace("{safe}", parts["safe"]).replace("{unsafe}", parts["unsafe"])),
        fields=", ".join(OF_FIELD.format(part=field.part, is_present=is_present(field)) for field in fields),
    )


def opinions_sql(kind: Kind, policy: Policy, fields: Sequence[Field], by_probability: bool) -> str:
    """Return the query for what each opinion of a kind says of the fields."""
    table, condition = SOURCES[kind]
    unsafe = sql_list(sorted(policy.unsafe_labels))
    columns = [f"{field} IN {unsafe} AS {field.part}_is_unsafe" for field in fields]
    if by_probability:
        known = {field: PARTS_SQL.format(label=field, column=field.column("probability")) for field in fields}
        columns += [f"{known[field] if kind == Kind.LLM else 'NULL::int'} AS {field.part}_parts" for field in fields]
    return OF_ONE_KIND.format(fields=", ".join(columns), table=table, condition=condition)


def is_present(field: Field) -> str:
    """Return the SQL condition that an item has a field."""
    return "i.has_response" if field in NEEDS_RESPONSE else "true"
