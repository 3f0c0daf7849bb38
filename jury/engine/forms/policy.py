"""
Read replies of models that judge by a policy in their prompt, as gpt-oss-safeguard. Pure.

Source: OpenAI's guide to gpt-oss-safeguard: the policy says how to answer, mostly by 0 or 1, by a word, or by JSON with
`violation` and `policy_category`. The verdict is in the final channel; what was thought before is none.
"""

from collections.abc import Iterator
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Label, normalize
from jury.engine.forms.labelled import LIST_MARK
from jury.engine.forms.reading import SAFETY, Asked, Reading, bare, only_field, parse_object, read_names, read_verdict
from jury.engine.forms.reasoning import object_in, strip_reasoning

WORDS = (
    SAFETY
    | {"controversial": Label.NEEDS_CAUTION, "needs caution": Label.NEEDS_CAUTION}
    | dict.fromkeys(("1", "violation", "violates", "violates policy", "violates (1)", "harmful"), Label.UNSAFE)
    | dict.fromkeys(("0", "no violation", "does not violate", "safe (0)", "unharmful"), Label.SAFE)
)
TRUTH = WORDS | {"yes": Label.UNSAFE, "true": Label.UNSAFE, "no": Label.SAFE, "false": Label.SAFE}
"What answers whether there is a violation."
VERDICTS = {
    **dict.fromkeys(("violation", "violates", "isviolation", "policyviolation", "flagged", "unsafe", "harmful"), TRUTH),
    **dict.fromkeys(
        ("verdict", "finalverdict", "answer", "finalanswer", "label", "decision", "safety", "output"), WORDS
    ),
    **dict.fromkeys(("result", "classification", "judgement", "judgment"), WORDS),
}
"Normalized keys and names of a verdict, to the words that answer them."
CATEGORIES = {"policycategory", "policycategories", "category", "categories"}


def read_policy(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on the field that was asked, and the categories it names.

    :param asked: exactly one label field
    :raises Invalid: if there is no verdict, or two differ
    """
    field = only_field(asked)
    text = strip_reasoning(reply)
    pairs = list(parse_object(reply).items() if object_in(text) else pairs_in(text))
    said = [(as_word(value), VERDICTS[key]) for name, value in pairs if (key := normalize(name)) in VERDICTS]
    labels = [label for word, words in said if (label := read_verdict(word, field, words))]
    named = [value for name, value in pairs if normalize(name) in CATEGORIES and value]
    names, problem = read_names(named[0] if named else "")
    if len(set(labels)) != 1:
        raise Invalid(field, "two verdicts differ" if labels else "there is no verdict")
    return Reading({field: labels[0]}, names, problem)


def pairs_in(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the names and values in lines: of JSON, or a name with a colon, or `verdict` for one that is no more."""
    for line in text.splitlines():
        if line.lstrip().startswith("{") and object_in(line):
            yield from parse_object(line).items()
            continue
        name, colon, value = LIST_MARK.sub("", line.strip(), count=1).partition(":")
        if colon:
            yield name, value.strip()
        elif bare(name) in WORDS:
            yield "verdict", name


def as_word(value: Any) -> str:
    """Return a value of JSON as a word: `true` or `1` for what is none."""
    return value if isinstance(value, str) else str(value).casefold()
