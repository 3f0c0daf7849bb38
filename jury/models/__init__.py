"""Jurors and generators, their runs, and their answers."""

from jury.models.answer import Answer
from jury.models.ballot import Ballot
from jury.models.batch import Batch
from jury.models.generated import GeneratedResponse
from jury.models.juror import Juror, PromptDraft, PromptVersion
from jury.models.run import Run, Shard

__all__ = ["Answer", "Ballot", "Batch", "GeneratedResponse", "Juror", "PromptDraft", "PromptVersion", "Run", "Shard"]
