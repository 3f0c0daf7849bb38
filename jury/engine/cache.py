"""Find answers to the same request, so that it is not paid for twice."""

from collections.abc import Callable, Iterable
from typing import Any

from corpus.labels import FIELDS
from corpus.models import Project
from jury.models import Ballot

PROBABILITIES = tuple(field.column("probability") for field in FIELDS)
COPIED = (*FIELDS, *PROBABILITIES, "categories", "other_text", "rationale", "answers", "dropped_categories")
KEPT = ("order_seed", "raw_reply", "finish_reason", "taxonomy_id")


def answers_by_request(
    model: Any, project: Project, hashes: Iterable[bytes], is_whole: Callable[[Any], bool]
) -> dict[bytes, Any]:
    """
    Return an answer of the project for each request that was answered before, by its hash.

    Only verdicts are copied: a refusal, an unreadable reply or a fault may be another one next time.

    :param model: of the answers, with `request_hash` and `cached_from`
    :param is_whole: whether an answer says all that is asked
    """
    known = model.objects.filter(
        juror__project=project, request_hash__in=set(hashes), outcome=model.Outcome.CAST, cached_from=None
    )
    return {bytes(answer.request_hash): answer for answer in known.order_by("-pk") if is_whole(answer)}


def copy_ballot(ballot: Ballot, key_fields: dict[str, Any]) -> Ballot:
    """
    Return a ballot with the verdict of another one, at no cost.

    :param key_fields: the item, juror, run, prompt and request of the new one
    """
    same = {name: getattr(ballot, name) for name in COPIED + KEPT}
    return Ballot(**key_fields | same, outcome=Ballot.Outcome.CAST, cached_from=ballot)
