"""Shapes of what the REST routes of guards return."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class TwinsShape(TypedDict):
    """What a set of twins was made of: `families` by source, and how many dialogues were `left_out`, by reason."""

    terms_version: int
    "Of the project's list of terms for identity groups; 0 for the one that comes with the software."
    terms_sha256: str
    templates_sha256: str | None
    uses_dialogues: bool
    families: dict[str, int]
    left_out: dict[str, int]


class BenchmarkShape(TypedDict):
    """
    A labelled file or a set of twins on which guards are evaluated.

    `differs` where its counts are not the published ones, so that its figures cannot be compared with published ones.
    """

    name: str
    title: str
    task: str
    licence: str
    source: str
    note: str
    sha256: str
    is_known: bool
    differs: bool
    cases: int
    labelled: int
    positives: int
    twins: TwinsShape | None
    "Null for a labelled file or a split of a release."
    added_at: datetime


class ExampleShape(TypedDict):
    """A dialogue that is like a case: `similarity` is 1 where the words are the same."""

    id: str
    case: str
    similarity: float


class ComparisonShape(TypedDict):
    """
    The last comparison of the project's dialogues with a set of cases; null before the first.

    Of `rows` dialogues, `equal` have a text of the same words as a case, and `near` a near-duplicate of one.
    """

    checked_at: datetime | None
    is_current: bool
    "Whether it was of the dialogues of now."
    rows: int | None
    equal: int | None
    near: int | None
    share: float | None
    "Of the dialogues, 0 to 1."
    cases_found: int | None
    "Cases that a dialogue is like."
    examples: list[ExampleShape]
    "The most alike first, 50 at most."


class ContaminationShape(ComparisonShape):
    """Which dialogues of the project stand in a benchmark."""

    benchmark: str
    cases: int


class HashListShape(ComparisonShape):
    """
    A list of hashes, and which dialogues of the project have a text with one of them.

    Hashes find equal texts alone, so `near` is 0; the `case` of an example is the hash.
    """

    name: str
    task: str
    file: str
    "As its owner calls it."
    sha256: str
    "Of the different hashes, sorted, 32 bytes each."
    added_at: datetime
    cases: int
    "Different hashes."


class EvaluationShape(TypedDict):
    """
    A guard asked about a benchmark, and how far that is.

    `texts` are asked about in all, transformed ones included; `outcomes` counts the answers. `left_out` cases have a
    text that the guard was trained on (release `left_out_of`), or nearly, or a label that it helped decide;
    `near_left_out` of them are near-duplicates alone, and null says that these were kept.
    """

    id: int
    guard: str
    model: str
    prompt: str
    prompt_sha256: str
    benchmark: str
    benchmark_sha256: str
    transforms: list[str]
    limit: int | None
    left_out: int
    left_out_of: str
    near_left_out: int | None
    state: str
    texts: int
    outcomes: dict[str, int]
    cost_usd: float
    budget_usd: float | None
    max_calls: int | None
    started_at: datetime
    finished_at: datetime | None
    errors: list[str]


class ReportShape(EvaluationShape):
    """An evaluation with its figures, made anew from the verdicts; docs/training.md explains each."""

    report: dict[str, Any]


class VerdictShape(TypedDict):
    """
    What the guard said of a case (`transform` is null) or of its transformed text.

    `case` is the number of the row in the file, `id` the case's own. Labels and categories are the guard's words.
    """

    case: int
    id: str
    transform: str | None
    truth: str | None
    outcome: str
    label: str | None
    categories: list[str]
    probability: float | None
    reason: str
    raw_reply: str
    cached: bool
    cast_at: datetime | None


class MessageShape(TypedDict):
    """A message of a chat."""

    role: str
    content: str


class TrainingRowShape(TypedDict):
    """One label of a release as a model is trained on it. It has `prompt` and `completion`, or `messages`."""

    id: str
    task: str
    weight: float
    prompt: NotRequired[list[MessageShape]]
    completion: NotRequired[list[MessageShape]]
    messages: NotRequired[list[MessageShape]]
