"""The tables of human annotation: people, slots and leases, votes, guidelines and quality checks."""

from annotation.models.background import LEAST_PEOPLE, MOST_PEOPLE, BackgroundAnswer, BackgroundQuestion
from annotation.models.checks import Audit, AuditDraw, Check, Gold
from annotation.models.guideline import GuidelineVersion
from annotation.models.person import Acknowledgement, Person, WorkDay
from annotation.models.place import QueuePlace
from annotation.models.qualification import AttemptItem, Qualification, QualificationAttempt
from annotation.models.queue import Queue
from annotation.models.sample import SampleDraw
from annotation.models.shown import ShownDialogue
from annotation.models.slot import Batch, FormerBatch, FurtherVotes, LapsedLease, Skip, Slot, SparedVotes
from annotation.models.vote import Annotator, Vote

__all__ = [
    "LEAST_PEOPLE",
    "MOST_PEOPLE",
    "Acknowledgement",
    "Annotator",
    "AttemptItem",
    "Audit",
    "AuditDraw",
    "BackgroundAnswer",
    "BackgroundQuestion",
    "Batch",
    "Check",
    "FormerBatch",
    "FurtherVotes",
    "Gold",
    "GuidelineVersion",
    "LapsedLease",
    "Person",
    "Qualification",
    "QualificationAttempt",
    "Queue",
    "QueuePlace",
    "SampleDraw",
    "ShownDialogue",
    "Skip",
    "Slot",
    "SparedVotes",
    "Vote",
    "WorkDay",
]
