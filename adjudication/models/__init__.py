"""What opinions come to: decisions, the cases they leave open, figures, and releases."""

from adjudication.models.decision import Case, Decision
from adjudication.models.docket import BlindAnswer, Docket
from adjudication.models.job import Job
from adjudication.models.recount import Recount
from adjudication.models.release import Release
from adjudication.models.report import Report

__all__ = ["BlindAnswer", "Case", "Decision", "Docket", "Job", "Recount", "Release", "Report"]
