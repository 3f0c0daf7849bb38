"""What a run would cost, before anything is asked."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from corpus.models import Project
from jury import queries
from jury.actions.checks import check_can_ask, check_can_generate
from jury.engine.generator_client import GeneratorClient
from jury.engine.juror_client import JurorClient
from jury.engine.model_client import CHARACTERS_A_TOKEN, ModelClient
from jury.models import Juror
from jury.queries import PromptItem

SAMPLE = 200
"Items whose questions are written out, to know how long they are."


@dataclass(frozen=True)
class Estimate:
    """For one juror: how much, and at most how dear."""

    juror: str
    calls: int
    prompt_tokens: int
    "As a budget counts them: one for every three characters, which is more than most models count."
    cost_usd: Decimal
    "With answers as long as they may be; more only where answers are cut off and asked for again."
    minutes: float | None
    "At the juror's rate limits; None if it has none, because only the endpoint knows its speed."


def estimate_run(
    *, project: Project, jurors: Sequence[Juror], limit: int | None, asks_again: Collection[str]
) -> list[Estimate]:
    """
    Return for each juror what a run would cost. Asks nothing, stores nothing.

    :raises Refused: if a juror cannot be asked
    """
    for juror in jurors:
        check_can_ask(project, juror)
    unanswered = queries.unanswered_items(project, jurors, limit=limit, asks_again=asks_again)
    # A limited run asks all jurors about the same items, less those that a juror has answered.
    wanted = set(sorted(set().union(*unanswered.values()))[:limit])
    return [
        estimate_for(JurorClient(project, juror), [key for key in unanswered[juror.pk] if key in wanted])
        for juror in jurors
    ]


def estimate_generation(*, project: Project, generator: Juror, items: Sequence[int]) -> Estimate:
    """
    Return what it would cost to have a generator write for items. Asks nothing, stores nothing.

    :param items: primary keys
    :raises Refused: if the generator cannot be asked
    """
    check_can_generate(generator)
    return estimate_for(GeneratorClient(project, generator), items)


def estimate_for(
    client: ModelClient[Any],
    items: Sequence[int],
    read: Callable[[Sequence[int]], list[PromptItem]] = queries.items_by_pk,
) -> Estimate:
    """
    Return what questions about items would cost, from the lengths of a sample of them.

    :param items: primary keys of items, or of what else `read` returns by them
    """
    juror = client.juror
    sample = read(items[:: max(1, len(items) // SAMPLE)][:SAMPLE])
    lengths = [client.length(item) for item in sample]
    tokens = round(sum(lengths) / CHARACTERS_A_TOKEN / len(lengths) * len(items)) if lengths else 0
    answers = client.longest_first_answer * len(items)
    rates = [(juror.requests_per_minute, len(items)), (juror.tokens_per_minute, tokens + answers)]
    minutes = max((amount / rate for rate, amount in rates if rate), default=None)
    return Estimate(juror.name, len(items), tokens, client.price(tokens, answers), minutes)
