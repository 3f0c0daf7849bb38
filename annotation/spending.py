"""How many votes are asked beyond what every item wants, or fewer, and of which items first; slots follow at once."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from annotation.models import Queue, QueuePlace, SparedVotes
from annotation.ordering import place_items
from annotation.sampling import draw_sample, lock_slots
from annotation.slots import open_slots
from corpus.models import Project

REPLACE_SPARED = """
    WITH spared AS MATERIALIZED ({spared}), ended AS (
        DELETE FROM annotation_sparedvotes s USING corpus_item i
        WHERE i.id = s.item_id AND i.project_id = %(project)s AND s.item_id NOT IN (SELECT item_id FROM spared)
    )
    INSERT INTO annotation_sparedvotes AS s (item_id, votes) SELECT item_id, votes FROM spared
    ON CONFLICT (item_id) DO UPDATE SET votes = excluded.votes WHERE s.votes <> excluded.votes
"""
NONE_SPARED = "SELECT NULL::bigint AS item_id, 0 AS votes WHERE false"
# One further vote, and only when nobody is asked or at work: the next recount sees what it brought.
ASK_ONE_MORE = """
    INSERT INTO annotation_furthervotes AS f (item_id, votes)
    SELECT i.id, n.votes + 1 - %(wanted)s
    FROM ({undecided}) AS undecided JOIN corpus_item i ON i.id = undecided.item_id,
        LATERAL (SELECT count(*) AS votes FROM annotation_vote v WHERE v.item_id = i.id AND is_current) AS n
    WHERE i.project_id = %(project)s AND withdrawn_at IS NULL AND refusal_of IS NULL
        AND n.votes >= %(wanted)s AND n.votes < %(most)s
        AND n.votes >= %(wanted)s
            + coalesce((SELECT votes FROM annotation_furthervotes WHERE item_id = i.id), 0)
        AND NOT EXISTS (SELECT FROM annotation_slot s WHERE s.item_id = i.id AND s.vote_id IS NULL)
    ON CONFLICT (item_id) DO UPDATE SET votes = excluded.votes
"""


@dataclass(frozen=True)
class Spending:
    """By which settings a project's queue asks for fewer or more votes, and in which order."""

    stops_early: bool = False
    most_votes: int | None = None
    is_ordered: bool = False
    "Whether items on which people will probably disagree are handed out first."
    is_sparing: bool = False
    "Whether votes are spared now, by whatever settings."
    has_places: bool = False
    "Whether items have places in an order now."

    @property
    def is_plain(self) -> bool:
        """Whether every item is asked as many votes as it wants, in no order."""
        return not any((self.stops_early, self.most_votes, self.is_ordered, self.is_sparing, self.has_places))


def spending_of(project: Project) -> Spending:
    """Return by which settings a project asks for fewer or more votes, and in which order."""
    queue = Queue.objects.filter(project=project).first() or Queue(project=project)
    return Spending(
        stops_early=queue.stops_early,
        most_votes=queue.most_votes,
        is_ordered=queue.orders_by == Queue.Order.DISAGREEMENT,
        is_sparing=SparedVotes.objects.filter(item__project=project).exists(),
        has_places=QueuePlace.objects.filter(project=project).exists(),
    )


@transaction.atomic
def spend(
    project: Project, *, spared: str = "", undecided: str = "", expected: str = "", parameters: dict[str, Any]
) -> None:
    """
    Ask the votes of a project anew, and open and close its slots accordingly; others hold no votes back.

    A slot that somebody holds stays, and its vote counts.

    :param spared: a query of `item_id` and `votes`: how many votes of which items are not asked; empty for none. Its
        parameter `wanted` is how many votes an item wants. Items of the blind random sample may not be in it: see
        `annotation.sampling.OUT_OF_SAMPLE`
    :param undecided: a query of `item_id`: those that are asked one more vote, up to the parameter `most` in all, once
        all they want are in
    :param expected: a query of `item_id` and `disagreement`, by which items are handed out; empty for no such order
    :param parameters: of these queries; `project` is its primary key
    """
    lock_slots(project)
    project.refresh_from_db(fields=["votes_wanted"])
    draw_sample(project)  # an item may be in the sample, so it is drawn before it is spared votes
    parameters = parameters | {"wanted": project.votes_wanted}
    with connection.cursor() as cursor:
        cursor.execute(REPLACE_SPARED.format(spared=spared or NONE_SPARED), parameters)
        if undecided:
            cursor.execute(ASK_ONE_MORE.format(undecided=undecided), parameters)
    open_slots(project=project)
    place_items(project, expected=expected, parameters=parameters)
