"""
Annotations as OpenInference and Phoenix have them: name, label, score, explanation, annotator_kind and identifier.

Phoenix logs them by `log_span_annotations_dataframe`. Dialogues imported from its traces have the id of their span for
an id. Every annotation has a score and an explanation: an absent one would be logged as `nan`.
"""

from collections.abc import Iterator
from typing import Any

from adjudication.policies import Kind
from corpus.labels import FIELDS, Field, Label
from releases.consumers.source import Row, Source, answers_in
from releases.consumers.target import Target
from releases.lines import json_line

KINDS = {"human": "HUMAN", "adjudicator": "HUMAN", "llm_jury": "LLM", "llm": "LLM"}
"The kind of annotator by the source of a label or the kind of a rater; CODE for labels of both, and constructed ones."
SCORES = {Label.SAFE: 0.0, Label.NEEDS_CAUTION: 0.5, Label.UNSAFE: 1.0}
DECISION = "decision"
"The identifier of a decided label; that of an opinion is the pseudonym of its rater."
KNOWN = ("id", "violated_categories", "counts", "agreement", "source", "license")


def files(source: Source, target: Target) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield a file of decided labels a part, and one of opinions, as JSON lines."""
    for part in source.parts:
        yield f"{part}.jsonl", decisions(source.rows(part), part, target)
    yield "opinions.jsonl", (json_line(each) for row in source.opinions() for each in of_opinion(row))


def decisions(rows: Iterator[Row], part: str, target: Target) -> Iterator[bytes]:
    """Yield each decided label as a line."""
    for row in rows:
        target.rows += 1
        for field in FIELDS:
            if row[field]:
                yield json_line(of_decision(row, field, part))


def of_decision(row: Row, field: Field, part: str) -> dict[str, Any]:
    """Return the decided label of a field as an annotation; its score is the share of opinions that say unsafe."""
    share, source = row["soft_label"][field], row[field.source_key]
    metadata = {key: row[key] for key in KNOWN} | {"part": part, field.source_key: source, "answers": answers_in(row)}
    return annotation(
        row["item"],
        field,
        row[field],
        score=SCORES[Label(row[field])] if share is None else share,
        explanation=explanation_of(row, field),
        kind=KINDS.get(source, "CODE"),
        identifier=DECISION,
        metadata=metadata,
    )


def explanation_of(row: Row, field: Field) -> str:
    """Return how a label came about, in words."""
    counts, agreement = row["counts"][field] or {}, row["agreement"][field]
    said = sum(counts.values())
    how = f"{agreement}: {counts[row[field]]} of {said} opinions say {row[field]}" if said else str(agreement)
    return f"{how}. Categories: {row['violated_categories']}." if row["violated_categories"] else f"{how}."


def of_opinion(row: Row) -> Iterator[dict[str, Any]]:
    """Yield the labels of an opinion that was cast as annotations."""
    if row["outcome"] != "cast":
        return
    is_human = row["kind"] == Kind.HUMAN
    by = f"guideline {row['guideline']}" if is_human else f"{row['model']}, prompt {row['prompt_version']}"
    for field in FIELDS:
        if row[field]:
            yield annotation(
                row["item"],
                field,
                row[field],
                score=SCORES[Label(row[field])],
                explanation=f"Opinion of {row['rater']}, {by}.",
                kind=KINDS[row["kind"]],
                identifier=row["rater"],
                metadata={"categories": row["categories"], "taxonomy": row["taxonomy"], "answers": answers_in(row)},
            )


def annotation(
    item: str,
    field: Field,
    label: str,
    *,
    score: float,
    explanation: str,
    kind: str,
    identifier: str,
    metadata: dict[str, Any],
) -> dict[str, Any]:
    """Return an annotation of the span of an item."""
    return {
        "span_id": item,
        "name": field.value,
        "annotator_kind": kind,
        "label": label,
        "score": score,
        "explanation": explanation,
        "identifier": identifier,
        "metadata": metadata,
    }
