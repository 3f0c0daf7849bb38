"""Answers that were paid for once and need not be paid for again."""

from collections.abc import Iterable
from typing import Any

from corpus.models import Project
from jury.models import Ballot

REPEATED = ("prompt_label", "response_label", "categories", "other_text", "rationale", "dropped_categories")
KEPT = ("order_seed", "raw_reply", "finish_reason", "taxonomy_id")


def ballots_known(project: Project, hashes: Iterable[bytes]) -> dict[bytes, Ballot]:
    """
    Return a ballot of the project for each request that was answered before, by its hash.

    Only verdicts are repeated: a refusal, an unreadable reply or a fault may be another one next time.
    """
    known = Ballot.objects.filter(
        juror__project=project, request_hash__in=set(hashes), outcome=Ballot.Outcome.CAST, cached_from=None
    )
    return {bytes(ballot.request_hash): ballot for ballot in known.order_by("-pk")}


def repeat(ballot: Ballot, pinned: dict[str, Any]) -> Ballot:
    """
    Make a ballot of the verdict of another one, at no cost.

    :param pinned: the item, juror, run, prompt and request of the new one
    """
    same = {name: getattr(ballot, name) for name in REPEATED + KEPT}
    return Ballot(**pinned | same, outcome=Ballot.Outcome.CAST, cached_from=ballot)
