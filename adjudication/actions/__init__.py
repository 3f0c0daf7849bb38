"""The verbs of adjudication, one transaction each."""

from adjudication.actions.blind_answers import AlreadyAnswered, ask_second, keep_docket, record_blind
from adjudication.actions.holds import (
    CaseClosed,
    CaseHeld,
    NotHeld,
    claim_case,
    claim_next_case,
    release_case,
    renew_hold,
)
from adjudication.actions.policy_change import change_policy
from adjudication.actions.recounts import keep_current, recount
from adjudication.actions.settling import (
    NotBlindYet,
    NotSettled,
    OpinionsChanged,
    reopen_case,
    send_back_case,
    settle_case,
)

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
    "keep_current",
    "keep_docket",
    "record_blind",
    "recount",
    "release_case",
    "renew_hold",
    "reopen_case",
    "send_back_case",
    "settle_case",
]
