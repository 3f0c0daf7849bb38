"""The verbs of people's judging, one transaction each."""

from annotation.actions.imports import VoteWriter
from annotation.actions.seats import open_seats

__all__ = ["VoteWriter", "open_seats"]
