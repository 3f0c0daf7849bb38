"""Answers that were paid for once and need not be paid for again."""

from collections.abc import Sequence

from django.utils import timezone

from jury.actions.asking import Asker
from jury.models import Ballot
from jury.queries import Asked

REPEATED = ("prompt_label", "response_label", "categories", "other_text", "rationale", "dropped_categories")
KEPT = ("order_seed", "raw_reply", "finish_reason", "request_hash")


def answers_known(asker: Asker, items: Sequence[Asked]) -> dict[int, Ballot]:
    """
    Give a ballot, not stored yet, for each item that was asked about before in the same way, by item.

    In the same project: what another one has paid for is not this one's, nor is its budget.
    Only verdicts are repeated: a refusal, an unreadable reply or a fault may be another one next time.
    """
    hashes = {item.pk: asker.request_hash(item) for item in items}
    known = Ballot.objects.filter(
        juror__project=asker.project,
        request_hash__in=set(hashes.values()),
        outcome=Ballot.Outcome.CAST,
        cached_from=None,
    )
    found = {bytes(ballot.request_hash): ballot for ballot in known.order_by("-pk")}
    return {item.pk: repeat(asker, item, found[hashes[item.pk]]) for item in items if hashes[item.pk] in found}


def repeat(asker: Asker, item: Asked, ballot: Ballot) -> Ballot:
    same = {name: getattr(ballot, name) for name in REPEATED + KEPT}
    return Ballot(
        item_id=item.pk,
        juror_id=asker.juror.pk,
        run_id=asker.run_id,
        taxonomy_id=ballot.taxonomy_id,
        prompt_id=asker.juror.prompt_id,
        outcome=Ballot.Outcome.CAST,
        cached_from=ballot,
        cast_at=timezone.now(),
        **same,
    )
