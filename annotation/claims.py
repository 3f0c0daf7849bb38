"""The statements that lease a slot, and which of them a claim tries one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# Evaluated slot by slot, so written as scalar subqueries: with joins or NOT EXISTS the planner would first
# collect all votes of this person, which costs more the longer they have worked.
FREE = """
    {scope} AND s.vote_id IS NULL AND {batch}
    AND (s.leased_until IS NULL OR s.leased_until < now())
    AND (SELECT i.withdrawn_at IS NULL AND NOT i.expected_categories && %(opted_out)s::text[]
        AND i.author_id IS DISTINCT FROM %(user)s::int
        FROM corpus_item i WHERE i.id = s.item_id)
    AND (SELECT true FROM annotation_vote v
        WHERE v.item_id = s.item_id AND v.annotator_id = %(annotator)s LIMIT 1) IS NULL
    AND (SELECT true FROM annotation_skip k
        WHERE k.item_id = s.item_id AND k.annotator_id = %(annotator)s) IS NULL
"""
# Starts at a random position and wraps around, so that no two people get the same sequence of items.
CLAIM = """
    WITH onwards AS MATERIALIZED (
        SELECT s.id, s.item_id, s.lease, s.leased_to_id, s.shown_at, {place} AS place FROM {source}
        WHERE {free} AND {column} >= {start}
        ORDER BY {order} LIMIT 1 FOR UPDATE OF s SKIP LOCKED
    ), wrapped AS MATERIALIZED (
        SELECT s.id, s.item_id, s.lease, s.leased_to_id, s.shown_at, {place} AS place FROM {source}
        WHERE NOT EXISTS (SELECT FROM onwards) AND {free} AND {column} < {start}
        ORDER BY {order} LIMIT 1 FOR UPDATE OF s SKIP LOCKED
    ), taken AS (
        SELECT * FROM onwards UNION ALL SELECT * FROM wrapped
    ), lapsed AS (
        INSERT INTO annotation_lapsedlease (lease, item_id, annotator_id, lapsed_at, shown_at)
        SELECT lease, item_id, leased_to_id, now(), shown_at FROM taken WHERE lease IS NOT NULL
    )
    UPDATE annotation_slot s
    SET lease = %(lease)s, leased_to_id = %(annotator)s, leased_until = now() + make_interval(mins => %(minutes)s),
        shown_at = CASE WHEN %(is_shown)s::bool THEN now() END, place = taken.place, random_odds = {odds}
    FROM taken JOIN corpus_item i ON i.id = taken.item_id WHERE s.id = taken.id
    RETURNING {returning}
"""
ITEM = "i.id, i.external_id, i.turns::text, i.has_response, i.expected_categories <> '{}'"
LEASE_AND_ITEM = f"s.lease, s.leased_until, s.shown_at, {ITEM}"
QUEUE_ORDER = "s.project_id, s.batch_id, s.position"


@dataclass(frozen=True)
class ClaimOrder:
    """In which order a claim looks for an open slot; fragments of SQL."""

    source: str
    "Tables to choose from; the slots are `s`."
    keys: str
    "Columns to order by, as an index has them; the last is where the claim starts, and wraps around."
    start: str = "%(start)s"
    "The value of the last key to start at."
    place: str = "NULL::float8"
    "What is kept as the place of the slot that is taken."
    odds: str = "NULL::float8"
    "What is kept as the odds of a claim at random."

    def columns(self) -> dict[str, str]:
        """Return the parts as CLAIM names them."""
        column = self.keys.rsplit(", ", 1)[-1]
        return {
            "source": self.source,
            "order": self.keys,
            "column": column,
            "start": self.start,
            "place": self.place,
            "odds": self.odds,
        }


AT_RANDOM = ClaimOrder("annotation_slot s", QUEUE_ORDER)


def compose_claim(*, scope: str, batch: str, order: ClaimOrder = AT_RANDOM, returning: str = LEASE_AND_ITEM) -> str:
    """
    Compose the statement that leases a slot.

    :param scope: SQL condition for the slots to choose from
    :param batch: SQL condition for their batch
    :param order: which slot comes first
    :param returning: SQL columns to return
    """
    return CLAIM.format(returning=returning, free=FREE.format(scope=scope, batch=batch), **order.columns())


# For projects that keep near-duplicates apart: not of a cluster that the person met lately.
APART = """
    AND (SELECT true FROM corpus_itemcluster c
        WHERE c.item_id = s.item_id AND c.cluster = ANY(%(recent)s::bytea[])) IS NULL
"""
RECENT_CLUSTERS = """
    SELECT array_agg(DISTINCT c.cluster) FROM (
        SELECT item_id FROM annotation_vote WHERE annotator_id = %(annotator)s ORDER BY cast_at DESC LIMIT %(latest)s
    ) AS latest JOIN corpus_itemcluster c ON c.item_id = latest.item_id AND c.size > 1
"""
# A person goes down the order from what they claimed last in it, as all before that they have judged, or others hold.
# Every five minutes they begin at the front again: a recount may have moved items there.
LATEST_PLACE = """coalesce((
            SELECT d.place FROM annotation_vote v JOIN annotation_slot d ON d.vote_id = v.id
            WHERE v.annotator_id = %(annotator)s AND d.place IS NOT NULL
                AND v.cast_at >= date_bin('5 minutes', now(), timestamptz 'epoch')
            ORDER BY v.cast_at DESC LIMIT 1), 0)"""
WITH_PLACES = "annotation_queueplace o JOIN annotation_slot s ON s.item_id = o.item_id"
ODDS = "%(odds)s::float8"
BY_PLACE = ClaimOrder(WITH_PLACES, "o.project_id, o.batch_id, o.place", start=LATEST_PLACE, place="o.place", odds=ODDS)
"The item that stands first."
BY_LOT = ClaimOrder(WITH_PLACES, "o.project_id, o.batch_id, o.lot", start="0", odds=ODDS)
"One at random. From the lowest lot up, so that all items below some lot are finished, whatever they are."


@dataclass(frozen=True)
class Way:
    """How a claim looks for a slot."""

    from_pool: str
    "The statement in a project without batches."
    from_batch: str
    "The statement for one batch."


@cache
def way_of(order: ClaimOrder, *, apart: bool) -> Way:
    """
    Return the statements for an order.

    :param apart: whether near-duplicates of a person's latest items are passed over
    """
    more = APART if apart else ""
    if order is AT_RANDOM:
        scope, pool, batch = "s.project_id = %(project)s", "s.batch_id IS NULL", "s.batch_id = %(batch)s"
    else:
        scope = "o.project_id = %(project)s"
        pool = "o.batch_id IS NULL AND s.batch_id IS NULL"
        batch = "o.batch_id = %(batch)s AND s.batch_id = %(batch)s"
    return Way(*(compose_claim(scope=scope, batch=each + more, order=order) for each in (pool, batch)))


def ways_to_claim(*, is_ordered: bool, takes_random: bool, apart: bool) -> Iterator[Way]:
    """
    Yield the ways to look for a slot until one is found.

    Items that no recount has placed yet come last in an ordered queue, at random.

    :param is_ordered: whether the queue has another order than a random one
    :param takes_random: whether this claim is one of those at random all the same
    :param apart: whether to pass over near-duplicates of the person's latest items, while there are others
    """
    first = [BY_LOT if takes_random else BY_PLACE] if is_ordered else []
    for is_apart in (True, False) if apart else (False,):
        for order in (*first, AT_RANDOM):
            yield way_of(order, apart=is_apart)


CLAIM_FROM_POOL = way_of(AT_RANDOM, apart=False).from_pool
# Another slot of the same item, for an answer whose own slot was leased to another person.
CLAIM_FROM_ITEM = compose_claim(
    scope="s.item_id = %(item)s",
    batch="""(s.batch_id IS NULL
        OR (SELECT closed_at IS NULL FROM annotation_batch b WHERE b.id = s.batch_id))""",
    order=ClaimOrder("annotation_slot s", "s.number", start="0"),
    returning="s.id",
)
