"""
Measure how long it takes to find the dialogues that name identity groups, and to make their twins.

    python -m bench.twins [--dialogues 34248] [--small]

The reference is one regular expression of all terms, tried on each text as it is: it finds words, but no accents,
invisible characters, phrases to ignore or longest terms. Processor seconds of one process; no database. Fails if
nothing names a group, or if a twin names another group than its own.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.corpus import SMALL, TRUE_SCALE, dialogues
from bench.options import at_least_one
from corpus.groups.matching import Matcher
from corpus.groups.terms import shipped_terms
from guards.twins.swapping import Family, Swapper

ROUNDS = 3
"Each measured in turn with its reference; the quickest counts."


def main() -> int:
    options = argparse.ArgumentParser(description="Time the search for identity groups and their twins.")
    options.add_argument("--dialogues", type=at_least_one, default=TRUE_SCALE)
    options.add_argument("--small", action="store_true", help=f"{SMALL} dialogues: whether it works")
    chosen = options.parse_args()
    texts = [[turn["text"] for turn in row["turns"]] for row in dialogues(SMALL if chosen.small else chosen.dialogues)]
    terms = shipped_terms()
    plain = re.compile("|".join(rf"\b{re.escape(term.text)}\b" for term in terms.terms if term.names_group), re.I)
    matcher, swapper = Matcher(terms), Swapper(terms)
    (scanned, found), (searched, named) = timed_in_turn(
        lambda: [each for each in texts if any(map(plain.search, each))],
        lambda: [each for each in texts if matcher.groups_in(each)],
    )
    [(swapped, families)] = timed_in_turn(lambda: [swapper.family(each) for each in named])
    made = [each for each in families if isinstance(each, Family)]
    print(f"{len(texts):,} dialogues, {len(named):,} name a group, {len(found):,} by the plain scan")
    print(f"search {searched:.2f} s, {searched / max(scanned, 1e-9):.2f} times the plain scan ({scanned:.2f} s)")
    print(f"twins  {swapped:.2f} s: {len(made):,} families of {sum(len(each.twins) for each in made):,} texts")
    print(f"left out: {dict(Counter(str(each) for each in families if not isinstance(each, Family)))}")
    wrong = [group for each in made for group, own in each.twins.items() if matcher.groups_in(own) != [group]]
    if not named or wrong:
        print(f"Twins that name another group than their own: {len(wrong)}", file=sys.stderr)
        return 1
    return 0


def timed_in_turn(*steps: Callable[[], list[Any]]) -> list[tuple[float, list[Any]]]:
    """Return the processor seconds of the quickest round of each step, and what it returned last."""
    seconds, found = [float("inf")] * len(steps), list[list[Any]]([[] for _ in steps])
    for _ in range(ROUNDS):
        for at, step in enumerate(steps):
            began = time.process_time()
            found[at] = step()
            seconds[at] = min(seconds[at], time.process_time() - began)
    return list(zip(seconds, found, strict=True))


if __name__ == "__main__":
    sys.exit(main())
