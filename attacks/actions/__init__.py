"""Verbs of the red-team room: one transaction each, with its event."""

from attacks.actions.conversations import discard_conversation, save_draft, start_conversation
from attacks.actions.finishing import finish_conversation
from attacks.actions.lost_turns import end_lost_turns, turns_to_queue_again
from attacks.actions.room import consent_to_attacks, update_attack_settings
from attacks.actions.turns import end_waiting_turns, send_turn, take_turn_back

__all__ = [
    "consent_to_attacks",
    "discard_conversation",
    "end_lost_turns",
    "end_waiting_turns",
    "finish_conversation",
    "save_draft",
    "send_turn",
    "start_conversation",
    "take_turn_back",
    "turns_to_queue_again",
    "update_attack_settings",
]
