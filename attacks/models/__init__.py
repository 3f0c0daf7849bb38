"""Settings, conversations and turns of the red-team room."""

from attacks.models.conversation import Conversation
from attacks.models.settings import AttackConsent, AttackSettings
from attacks.models.turn import Turn

__all__ = ["AttackConsent", "AttackSettings", "Conversation", "Turn"]
