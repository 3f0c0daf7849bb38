"""How people judge: who they are, what they are handed, what they said."""

from annotation.models.guideline import GuidelineVersion
from annotation.models.seat import Batch, Seat
from annotation.models.vote import Annotator, Vote

__all__ = ["Annotator", "Batch", "GuidelineVersion", "Seat", "Vote"]
