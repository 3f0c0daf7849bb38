"""Make dialogues of which some are planted near-duplicates of others, and judge what was found of them."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

VOCABULARY = 20_000
SHARE_COPIED = 0.1
"Of the originals; each is copied once to three times."
SHARE_TEMPLATED = 0.2
"Of the originals: they share every other word with many others, and are no duplicates."
TEMPLATES = 40
MOST_EDITED = 0.1
"Share of the words of an original that its copy changes."
SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "qui",
    "ro",
    "su",
    "ta",
    "ve",
    "wi",
    "xo",
    "zy",
]


def words(count: int, dice: random.Random) -> list[str]:
    """Return different made-up words, the most frequent first."""
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(dice.choices(SYLLABLES, k=dice.choice((1, 2, 2, 3, 3, 4))))] = None
        if len(made) < 400 and len(made) >= len(SYLLABLES):
            made["".join(dice.choices(SYLLABLES, k=2))] = None
    return list(made)


def planted(count: int, *, seed: int = 0) -> Iterator[tuple[int, str]]:
    """
    Yield `count` prompts of 3 to 300 words, each with the number of its family: that of the original and its copies.

    Words are as frequent as in a language (Zipf). Copies come anywhere after their original.
    """
    dice = random.Random(seed)
    vocabulary = words(VOCABULARY, dice)
    weights = [1 / (rank + 2.7) for rank in range(VOCABULARY)]
    drawn = Drawn(vocabulary, weights, dice)
    templates = [drawn.take(60) for _ in range(TEMPLATES)]
    waiting: list[tuple[int, list[str]]] = []
    family = 0
    for _ in range(count):
        if waiting and dice.random() < SHARE_COPIED * 2 / (1 + SHARE_COPIED * 2):
            chosen, original = waiting.pop(dice.randrange(len(waiting)))
            yield chosen, as_text(edited(original, drawn, dice), dice)
            continue
        length = max(3, min(300, round(dice.lognormvariate(3.3, 0.9))))
        text = drawn.take(length)
        if dice.random() < SHARE_TEMPLATED:
            template = dice.choice(templates)
            text[::2] = [template[at % 60] for at in range(len(text[::2]))]
        if dice.random() < SHARE_COPIED:
            waiting += [(family, text)] * dice.randint(1, 3)
        yield family, as_text(text, dice)
        family += 1


class Drawn:
    """Words drawn by their frequency, many at once: one draw takes long."""

    def __init__(self, vocabulary: Sequence[str], weights: Sequence[float], dice: random.Random) -> None:
        self.vocabulary, self.weights, self.dice = vocabulary, weights, dice
        self.waiting: list[str] = []

    def take(self, count: int) -> list[str]:
        """Return the next words."""
        if len(self.waiting) < count:
            self.waiting += self.dice.choices(self.vocabulary, self.weights, k=100_000)
        taken = self.waiting[-count:]
        del self.waiting[-count:]
        return taken


def edited(original: Sequence[str], drawn: Drawn, dice: random.Random) -> list[str]:
    """Return a copy in which up to MOST_EDITED of the words were replaced, left out or put in."""
    copy = list(original)
    for _ in range(int(len(original) * MOST_EDITED)):
        at, kind = dice.randrange(len(copy)), dice.randrange(3)
        copy[at : at + 1] = [drawn.take(1), [], [copy[at], *drawn.take(1)]][kind]
    return copy


def as_text(chosen: Sequence[str], dice: random.Random) -> str:
    """Return words as a text, with punctuation and capitals as it happens."""
    text = "".join(word + dice.choice((" ", " ", " ", ", ", ". ", "  ")) for word in chosen).strip()
    return dice.choice((text, text.capitalize(), text.upper()))


def judged(families: Sequence[int], keys: Sequence[bytes]) -> tuple[float, float]:
    """
    Return recall and precision over couples of texts: in one family, and in one cluster.

    :param families: of each text
    :param keys: the cluster of each
    """
    together = couples(Counter(zip(families, keys, strict=True)))
    return together / couples(Counter(families)), together / max(couples(Counter(keys)), 1)


def couples(sizes: Counter) -> int:
    """Return how many couples groups of these sizes have."""
    return sum(size * (size - 1) // 2 for size in sizes.values())
