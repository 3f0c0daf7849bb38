"""The cases of an evaluation with what a guard said of each, as columns: the input of every figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guards.figures.verdicts import Flags

NO_LABEL = -1
"A truth: the benchmark does not say whether the case is unsafe."
NOT_ASKED = -2
"A verdict: the guard was not asked, as the run ended before or a limit left the case out."


@dataclass(frozen=True, eq=False)
class EvaluatedCases:
    """
    The cases of a benchmark that an evaluation has, in their order, and the verdicts of one guard.

    Every column has an entry a case. Texts are empty where the benchmark does not say.
    """

    numbers: Sequence[int]
    "Of the case in its benchmark."
    truth: NDArray[np.int8]
    "1 unsafe, 0 safe, or NO_LABEL."
    verdicts: NDArray[np.int8]
    "Values of Verdict, or NOT_ASKED."
    probabilities: NDArray[np.float64]
    "Of unsafe, 0 to 1; NaN where the guard gives none."
    category: Sequence[str]
    kind: Sequence[str]
    "What the case tests, such as a type of XSTest."
    group: Sequence[str]
    "The identity group that the case names."
    pair: Sequence[str]
    "The template of the case, which it shares with cases that name other groups."
    language: Sequence[str]
    label_source: Sequence[str]
    "Who decided the label, for the split of a release."
    named: Sequence[Sequence[str]]
    "The categories that the guard named, as it calls them."
    transformed: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)
    "By transform: the verdicts on the same cases with their texts transformed; values of Verdict, or NOT_ASKED."

    def __len__(self) -> int:
        return len(self.truth)

    def only(self, chosen: Flags) -> "EvaluatedCases":
        """Return the cases for which `chosen`, of shape (cases,), is True."""
        kept = np.flatnonzero(chosen)
        columns: dict[str, Any] = {}
        for column in fields(self):
            values = getattr(self, column.name)
            if isinstance(values, np.ndarray):
                columns[column.name] = values[kept]
            elif isinstance(values, Mapping):
                columns[column.name] = {name: verdicts[kept] for name, verdicts in values.items()}
            else:
                columns[column.name] = [values[at] for at in kept]
        return EvaluatedCases(**columns)
