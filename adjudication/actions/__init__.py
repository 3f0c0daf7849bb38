"""The verbs of adjudication, one transaction each."""

from adjudication.actions.answers import AlreadyAnswered, ask_second, keep_docket, record_blind
from adjudication.actions.holds import (
    CaseClosed,
    CaseHeld,
    NotHeld,
    claim_case,
    claim_next_case,
    release_case,
    renew_hold,
)
from adjudication.actions.imports import import_opinions
from adjudication.actions.jobs import TooLarge, begin_import, begin_release, work_job
from adjudication.actions.people import anonymise_user
from adjudication.actions.placing import items_to_write, place_writings
from adjudication.actions.policy_change import change_policy
from adjudication.actions.recounts import keep_current, recount
from adjudication.actions.releases import make_release
from adjudication.actions.settling import (
    NotBlindYet,
    NotSettled,
    OpinionsChanged,
    reopen_case,
    send_back_case,
    settle_case,
)
from adjudication.actions.snapshots import snapshot

__all__ = [
    "AlreadyAnswered",
    "CaseClosed",
    "CaseHeld",
    "NotBlindYet",
    "NotHeld",
    "NotSettled",
    "OpinionsChanged",
    "TooLarge",
    "anonymise_user",
    "ask_second",
    "begin_import",
    "begin_release",
    "change_policy",
    "claim_case",
    "claim_next_case",
    "import_opinions",
    "items_to_write",
    "keep_current",
    "keep_docket",
    "make_release",
    "place_writings",
    "record_blind",
    "recount",
    "release_case",
    "renew_hold",
    "reopen_case",
    "send_back_case",
    "settle_case",
    "snapshot",
    "work_job",
]
