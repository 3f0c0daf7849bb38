"""The keys of a row of the dataset."""

from collections.abc import Sequence

from corpus.labels import FIELDS, Field

PARTS = ("prompt", "response")
"The columns for the text of a dialogue; a label field adds none."


def published_keys(fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the columns of a row with these label fields, in order."""
    labels, sources = [field.value for field in fields], [field.source_key for field in fields]
    return ("id", "reconstruction_id_if_redacted", *PARTS, *labels, "violated_categories", *sources)


KEYS = published_keys(FIELDS)
