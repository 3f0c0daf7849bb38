"""Reads of the red-team room, named for what they return."""

from attacks.queries.conversations import (
    NoSuchConversation,
    answered_turns,
    conversations_of,
    find_conversation,
    turn_under_way,
    turns_of,
)
from attacks.queries.report import report_on
from attacks.queries.room import (
    check_still_target,
    consent_text,
    has_consented,
    named,
    settings_of,
    target_named,
    targets_of,
    usable_targets,
)
from attacks.queries.spending import Spending, spending_of

__all__ = [
    "NoSuchConversation",
    "Spending",
    "answered_turns",
    "check_still_target",
    "consent_text",
    "conversations_of",
    "find_conversation",
    "has_consented",
    "named",
    "report_on",
    "settings_of",
    "spending_of",
    "target_named",
    "targets_of",
    "turn_under_way",
    "turns_of",
    "usable_targets",
]
