"""The verbs of people's judging, one transaction each."""

from annotation.actions.imports import add_votes
from annotation.actions.seats import open_seats

__all__ = ["add_votes", "open_seats"]
