"""The verbs of people's judging, one transaction each."""

from annotation.actions.audits import audit_item, draw_audits
from annotation.actions.batches import close_batch, hand_out_batch, open_batch, reopen_batch
from annotation.actions.escalation import NoOpenBatch, VotedThemselves, exclude_annotator, want_more_votes
from annotation.actions.gold import remove_gold, set_gold
from annotation.actions.guidelines import guideline_in_force, news_for, publish_guideline
from annotation.actions.imports import VoteWriter
from annotation.actions.leased_items import LeaseLost, NoSuchLease
from annotation.actions.leases import free_lease, renew_lease
from annotation.actions.people import keep_preferences, keep_queue_settings
from annotation.actions.skips import skip_item
from annotation.actions.votes import AlreadyVoted, Answer, cast_vote, correct_vote

__all__ = [
    "AlreadyVoted",
    "Answer",
    "LeaseLost",
    "NoOpenBatch",
    "NoSuchLease",
    "VoteWriter",
    "VotedThemselves",
    "audit_item",
    "cast_vote",
    "close_batch",
    "correct_vote",
    "draw_audits",
    "exclude_annotator",
    "free_lease",
    "guideline_in_force",
    "hand_out_batch",
    "keep_preferences",
    "keep_queue_settings",
    "news_for",
    "open_batch",
    "publish_guideline",
    "remove_gold",
    "renew_lease",
    "reopen_batch",
    "set_gold",
    "skip_item",
    "want_more_votes",
]
