"""Pages of cases: find one, hold it, label it blind, read the opinions, settle it."""

from adjudication.views.cases.hold import case, claim, release, renew, show
from adjudication.views.cases.list import case_list, claim_next
from adjudication.views.cases.settle import ask_second, blind, reopen, send_back, settle

__all__ = [
    "ask_second",
    "blind",
    "case",
    "case_list",
    "claim",
    "claim_next",
    "release",
    "renew",
    "reopen",
    "send_back",
    "settle",
    "show",
]
