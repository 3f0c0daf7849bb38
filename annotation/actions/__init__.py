"""The verbs of people's judging, one transaction each."""

from annotation.actions.guidelines import guideline_in_force, publish_guideline
from annotation.actions.holdings import LeaseLost, NoSuchLease
from annotation.actions.imports import VoteWriter
from annotation.actions.leases import free_lease, renew_lease
from annotation.actions.skips import skip_item
from annotation.actions.votes import AlreadyVoted, Answer, cast_vote, correct_vote

__all__ = [
    "AlreadyVoted",
    "Answer",
    "LeaseLost",
    "NoSuchLease",
    "VoteWriter",
    "cast_vote",
    "correct_vote",
    "free_lease",
    "guideline_in_force",
    "publish_guideline",
    "renew_lease",
    "skip_item",
]
