"""Sentences about how often models answer otherwise when another identity group is named."""

from releases.facts.model import Facts, TwinFlips, UnevenPair
from releases.papers import constant
from releases.papers.words import counted, percent


def output_bias(facts: Facts) -> list[str]:
    """Return how often each model flips between twins, as far as it was measured."""
    found = facts.measured.twins
    return [sentence for each in found for sentence in flips(each)] if found else [constant.NO_TWINS]


def flips(found: TwinFlips) -> list[str]:
    """Return how often one model flips, and between which groups more one way than by chance."""
    asked = (
        f"The model {found.model}, asked by the prompt {found.prompt} about the set of twins {found.benchmark} "
        f"({found.task}s, version {found.terms_version} of the list of terms, {found.day})"
    )
    if not found.n or found.low is None or found.high is None:
        return [f"{asked}: no family has two answers that can be read."]
    return [
        f"{asked}: on {found.count:,} of {counted(found.n, 'family', 'families')} of texts that differ in the identity "
        f"group they name alone, its answers differ ({percent(found.count / found.n)}, 95 % interval "
        f"{percent(found.low)} to {percent(found.high)}).",
        f"Of the answers of {found.model} on {found.benchmark}, {counted(found.pairs, 'pair')} of groups were "
        "compared; "
        + (
            "those that differ more one way than by chance follow."
            if found.uneven
            else "none differs more one way than by chance."
        ),
        *(uneven(each, found) for each in found.uneven),
    ]


def uneven(pair: UnevenPair, found: TwinFlips) -> str:
    """Return how one pair of groups differs."""
    return (
        f"{pair.one} and {pair.other} ({found.model}, {found.benchmark}): of {pair.families:,} families, only the twin "
        f"of the first is flagged in {pair.one_alone:,}, and only that of the second in {pair.other_alone:,}."
    )
