"""What annotators and leads do, one transaction each."""

from annotation.actions.audits import audit_item, draw_audits
from annotation.actions.background import (
    NoSuchBackgroundQuestion,
    add_background_question,
    describe_self,
    forget_background,
    remove_background_question,
)
from annotation.actions.batches import assign_batch, close_batch, open_batch, reopen_batch
from annotation.actions.escalation import (
    NoOpenBatch,
    VotedThemselves,
    WroteThemselves,
    check_uninvolved,
    exclude_annotator,
    request_more_votes,
)
from annotation.actions.gold import remove_gold, set_gold
from annotation.actions.guidelines import guideline_in_force, guideline_news, publish_first_guideline, publish_guideline
from annotation.actions.imports import VoteWriter
from annotation.actions.leased_items import LeaseLost, NoSuchLease, NotShown
from annotation.actions.leases import free_lease, free_leases, renew_lease
from annotation.actions.people import change_queue, change_sample, update_preferences, update_queue_settings
from annotation.actions.qualification import (
    AnsweredAlready,
    NoAttemptLeft,
    NothingToQualifyWith,
    QualifiedAlready,
    answer_attempt_item,
    begin_attempt,
    know_answer,
    show_attempt_item,
)
from annotation.actions.qualification_settings import grant_attempt, update_qualification, use_gold
from annotation.actions.showing import check_dialogue_shown, show_dialogue
from annotation.actions.skips import skip_item
from annotation.actions.votes import AlreadyVoted, Answer, Superseded, cast_vote, correct_vote

__all__ = [
    "AlreadyVoted",
    "Answer",
    "AnsweredAlready",
    "LeaseLost",
    "NoAttemptLeft",
    "NoOpenBatch",
    "NoSuchBackgroundQuestion",
    "NoSuchLease",
    "NotShown",
    "NothingToQualifyWith",
    "QualifiedAlready",
    "Superseded",
    "VoteWriter",
    "VotedThemselves",
    "WroteThemselves",
    "add_background_question",
    "answer_attempt_item",
    "assign_batch",
    "audit_item",
    "begin_attempt",
    "cast_vote",
    "change_queue",
    "change_sample",
    "check_dialogue_shown",
    "check_uninvolved",
    "close_batch",
    "correct_vote",
    "describe_self",
    "draw_audits",
    "exclude_annotator",
    "forget_background",
    "free_lease",
    "free_leases",
    "grant_attempt",
    "guideline_in_force",
    "guideline_news",
    "know_answer",
    "open_batch",
    "publish_first_guideline",
    "publish_guideline",
    "remove_background_question",
    "remove_gold",
    "renew_lease",
    "reopen_batch",
    "request_more_votes",
    "set_gold",
    "show_attempt_item",
    "show_dialogue",
    "skip_item",
    "update_preferences",
    "update_qualification",
    "update_queue_settings",
    "use_gold",
]
