"""The verbs of adjudication, one transaction each."""

from adjudication.actions.blind_answers import AlreadyAnswered, ask_second, record_blind, update_case_settings
from adjudication.actions.holds import (
    CaseClosed,
    CaseHeld,
    NotHeld,
    NotSettled,
    claim_case,
    claim_next_case,
    free_cases,
    release_case,
    renew_hold,
)
from adjudication.actions.policy_change import change_policy
from adjudication.actions.recounts import recount, recount_if_changed, recount_unless_busy
from adjudication.actions.settling import (
    NotBlindYet,
    OpinionsChanged,
    reopen_case,
    send_back_case,
    settle_case,
)
from adjudication.actions.taxonomy_change import preview_changes, publish_changes

__all__ = [
    "AlreadyAnswered",
    "CaseClosed",
    "CaseHeld",
    "NotBlindYet",
    "NotHeld",
    "NotSettled",
    "OpinionsChanged",
    "ask_second",
    "change_policy",
    "claim_case",
    "claim_next_case",
    "free_cases",
    "preview_changes",
    "publish_changes",
    "record_blind",
    "recount",
    "recount_if_changed",
    "recount_unless_busy",
    "release_case",
    "renew_hold",
    "reopen_case",
    "send_back_case",
    "settle_case",
    "update_case_settings",
]
