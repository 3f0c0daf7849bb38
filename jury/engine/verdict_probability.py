"""
Read how probable a model found its verdict, from the candidates for the token that it is. Pure. Nothing is guessed.

The probability of unsafe is the share of `unsafe` in the probabilities of the two words that may stand there, `unsafe`
and `safe` or what the form calls them; the rest, which is no verdict, is left out. The model card of
google/shieldgemma-2b has it for Yes and No. Where the verdict stands is found with the reader of the form itself: it is
the word that, exchanged for its opposite, changes the label that is read and nothing else.
"""

import math
import re
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from corpus.labels import Field, Label
from jury.engine.logprobs import Token, Tokens

Labels = Mapping[Field, str]
Reader = Callable[[str], Labels]
"Returns the labels in a text; none if it cannot be read."
CANDIDATES = 5
"How many an endpoint is asked for: the most that all of them give. Some serve no more, and refuse the request."
PAIRS = (("unsafe", "safe"), ("harmful", "unharmful"), ("yes", "no"), ("true", "false"), ("1", "0"))
OPPOSITES = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
WORD = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(OPPOSITES)})(?![a-z0-9])", re.IGNORECASE)
MOST = 40
"Words from the end of an answer that are tried; reasoning before it may have many."
MOST_READ = 300_000
"Characters that are read for that, as a long answer is read anew for each of its words."
MARKS = re.compile(r"^[\W_]+|[\W_]+$")
VERDICTS = {Label.SAFE, Label.UNSAFE}


def probabilities_of_unsafe(tokens: Sequence[Token], labels: Labels, read: Reader) -> dict[Field, float]:
    """
    Return the probability of unsafe, 0 to 1, by field, where the tokens say it.

    :param tokens: of the answer; where their texts are not the answer, nothing is said
    :param labels: that were read in the answer
    :param read: the reader of its form
    """
    text, found = "".join(token.text for token in tokens), {}
    if not tokens or dict(read(text)) != dict(labels):
        return {}
    ends = list(accumulate(len(token.text) for token in tokens))
    for match in words_to_try(text):
        word = match[0].lower()
        field = field_of(text, match, labels, read)
        share = share_of(word, tokens[bisect(ends, match.start())].candidates) if field else None
        if field and share is not None:
            found[field] = share if labels[field] == Label.UNSAFE else 1 - share
        if len(found) == len(labels):
            break
    return found


def words_to_try(text: str) -> list[re.Match[str]]:
    """Return the words that may be the verdict, from the last one up: in a long text only the last ones."""
    most = max(1, min(MOST, MOST_READ // (2 * len(text) + 1)))
    return list(WORD.finditer(text))[: -most - 1 : -1]


def field_of(text: str, match: re.Match[str], labels: Labels, read: Reader) -> Field | None:
    """Return the field whose verdict a word is: that which is read otherwise, alone, with the opposite word."""
    for changed in texts_with_opposite(text, match):
        other = read(changed)
        changes = [field for field in labels if other.get(field) != labels[field]]
        if other and len(changes) == 1 and {labels[changes[0]], other.get(changes[0])} == VERDICTS:
            return changes[0]
    return None


def texts_with_opposite(text: str, match: re.Match[str]) -> Iterator[str]:
    """Yield the text with the opposite word; then without what follows it, as `safe` has no categories after it."""
    changed = text[: match.start()] + OPPOSITES[match[0].lower()]
    yield changed + text[match.end() :]
    yield changed


def share_of(word: str, candidates: Tokens) -> float | None:
    """
    Return the share of a word in the probabilities of it and its opposite; None if neither is a candidate.

    One that is no candidate gets the most that may be left for it: no more than the last candidate has, nor than all
    of them leave.
    """
    chances = [math.exp(min(logprob, 0.0)) for _, logprob in candidates]
    left = min([*chances, max(0.0, 1 - sum(chances))])
    sums = dict.fromkeys((word, OPPOSITES[word]), 0.0)
    for (text, _), chance in zip(candidates, chances, strict=True):
        if said := word_begun(text, tuple(sums)):
            sums[said] += chance
    if not any(sums.values()):
        return None
    mine, other = (chance or left for chance in sums.values())
    return mine / (mine + other)


def word_begun(text: str, words: Sequence[str]) -> str | None:
    """Return the one of two words that a token is, or begins: `uns` begins `unsafe`; None if it is none, or both."""
    bare = MARKS.sub("", text.casefold())
    begun = [word for word in words if bare and word.startswith(bare)]
    return begun[0] if len(begun) == 1 else None
