"""Figures of a guard on rows of training data, from its replies, by the same forms and figures as elsewhere. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from corpus.labels import Label
from guards.figures.confusion import evaluate
from guards.figures.verdicts import FOLDS, Judged, Verdict
from guards.offline import describe_reply
from jury.prompting import Form
from recipes.lora.training_files import Row

VERDICTS = {Label.SAFE: Verdict.SAFE, Label.NEEDS_CAUTION: Verdict.CAUTION, Label.UNSAFE: Verdict.UNSAFE}


def verdict_of(form: Form, row: Row, reply: Mapping[str, Any]) -> Verdict:
    """
    Return what a reply says about the label of a row.

    :param reply: `reply` and `finish_reason`, as in a chat completion
    """
    said = describe_reply(form, reply, (row.field,))
    return VERDICTS[said[row.field]] if said["readable"] else Verdict.UNREADABLE


def figures_of(form: Form, rows: Sequence[Row], replies: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """
    Return the figures of a guard for each label field, by its part.

    :param replies: one for each row, in their order
    """
    verdicts = [verdict_of(form, row, reply) for row, reply in zip(rows, replies, strict=True)]
    figures = {}
    for field in sorted({row.field for row in rows}):
        chosen = [(row.is_unsafe, verdict) for row, verdict in zip(rows, verdicts, strict=True) if row.field == field]
        truth, said = zip(*chosen, strict=True)
        figures[field.part] = evaluate(Judged(np.array(truth, np.bool_), np.array(said, np.int8))).as_dict()
    return figures


def describe_figures(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures as a line for each label field."""
    return "\n".join(f"  {part}: {describe_field(field)}" for part, field in figures.items())


def describe_field(figures: Mapping[str, Any]) -> str:
    """Return the figures of one label field, as one line."""
    folds = "; ".join(
        f"{fold} accuracy {shown(figures[fold]['accuracy'])}, F1 {shown(figures[fold]['f1'])}" for fold in FOLDS
    )
    return f"n {figures['n']:,}, {folds}; {figures['unreadable']:,} unreadable"


def shown(value: float | None) -> str:
    """Return a figure with three digits, or a dash for none."""
    return "–" if value is None else f"{value:.3f}"
