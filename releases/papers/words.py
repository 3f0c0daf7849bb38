"""Numbers, days and lists in words."""

from collections.abc import Iterable, Sequence

from corpus.labels import Field

UNNAMED = "not stated"
KINDS = {"all": "people and models together", "human": "people", "llm": "models"}
"Who agreed, by the key of `Agreement.raters`."


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, as in `1 vote` or `1,200 votes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """Return a share from 0 to 1 in percent with one decimal, as in `12.5 %`."""
    return f"{100 * share:.1f} %"


def share_of(part: int, whole: int) -> str:
    """Return what a part is of a whole in percent."""
    return percent(part / whole if whole else 0.0)


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence, as in `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def days(first: str | None, last: str | None) -> str:
    """Return a span of days, as in `on 2026-01-02` or `from 2026-01-02 to 2026-02-03`; empty without any."""
    if first is None or last is None:
        return ""
    return f"on {first}" if first == last else f"from {first} to {last}"


def named(text: str) -> str:
    """Return a text of the data, or that it is not stated."""
    return text or UNNAMED


def with_counts(counts: Iterable[tuple[str, int]]) -> str:
    """Return names with their counts, as in `a (1,200) and b (3)`."""
    return listed([f"{named(name)} ({count:,})" for name, count in counts])


def largest_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return counts, largest first, by name where they are equal."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def field_name(field: str) -> str:
    """Return the name of a label field, as in `prompt`."""
    return Field(field).part


def joined(*sentences: str) -> str:
    """Return sentences as one paragraph, without the empty ones."""
    return " ".join(filter(None, sentences))
