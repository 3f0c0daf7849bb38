"""Actions of the jury, one transaction each."""

from jury.actions.estimates import estimate_generation, estimate_run
from jury.actions.imports import BallotWriter
from jury.actions.jurors import add_generator, add_juror, change_juror
from jury.actions.prompt_drafts import (
    DraftChanged,
    freeze_draft,
    freeze_prompt,
    remove_draft,
    save_and_freeze,
    save_draft,
    start_draft,
)
from jury.actions.prompt_trials import categories_without_lists, preview_draft, try_draft
from jury.actions.prompts import add_prompt, load_prompts, store_prompt
from jury.actions.runs import cancel_run, pause_run, resume_run, start_generation, start_run
from jury.actions.trials import try_juror

__all__ = [
    "BallotWriter",
    "DraftChanged",
    "add_generator",
    "add_juror",
    "add_prompt",
    "cancel_run",
    "categories_without_lists",
    "change_juror",
    "estimate_generation",
    "estimate_run",
    "freeze_draft",
    "freeze_prompt",
    "load_prompts",
    "pause_run",
    "preview_draft",
    "remove_draft",
    "resume_run",
    "save_and_freeze",
    "save_draft",
    "start_draft",
    "start_generation",
    "start_run",
    "store_prompt",
    "try_draft",
    "try_juror",
]
