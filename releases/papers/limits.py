"""Sentences about biases, gaps and what is not known."""

from releases.facts.model import Facts
from releases.papers import constant, measured, twins
from releases.papers.words import (
    KINDS,
    counted,
    field_name,
    largest_first,
    listed,
    named,
    percent,
    share_of,
    with_counts,
)

RARE = 10
"A category of fewer dialogues is called rare."
TENTATIVE = 0.667
"Below it not even tentative conclusions are drawn: K. Krippendorff, Content Analysis, 2nd ed. 2004, p. 241."


def by_source(facts: Facts) -> list[str]:
    """Return how often dialogues of each source have an unsafe label."""
    return [
        f"Source {named(each.source)}: {each.unsafe:,} of {counted(each.rows, 'dialogue')} have an unsafe label "
        f"({share_of(each.unsafe, each.rows)})."
        for each in facts.source_shares
    ]


def by_kind(facts: Facts) -> list[str]:
    """Return how often people and models call the same dialogues unsafe."""
    return [
        f"On {counted(each.items, 'dialogue')} that both labelled, {percent(each.human)} of the people's and "
        f"{percent(each.llm)} of the models' opinions call the {field_name(each.field)} unsafe."
        for each in facts.kind_shares
    ]


def biases(facts: Facts) -> list[str]:
    """Return everything that was examined for biases."""
    return [*by_source(facts), *by_kind(facts), *measured.by_group(facts), *twins.output_bias(facts)]


def not_examined(facts: Facts) -> str:
    """Return what was not examined for biases."""
    found = facts.measured.comparisons
    if any(kind.compared for each in found for kind in each.errors):
        return constant.NOT_EXAMINED_OF_TEXTS
    return constant.NOT_EXAMINED_BESIDES if found else constant.NOT_EXAMINED


def rare(facts: Facts) -> str:
    """Return the categories with few dialogues, if any."""
    counts = facts.manifest["counts"]["category"]
    few = [(name, count) for name, count in largest_first(counts) if count < RARE]
    return f"Categories with fewer than {RARE} dialogues: {with_counts(few)}." if few else ""


def absent(facts: Facts) -> str:
    """Return the categories without a dialogue, if any."""
    counts = facts.manifest["counts"]["category"]
    names = [each["name"] for each in facts.categories if each["name"] not in counts]
    if names and len(names) == len(facts.categories):
        return "No dialogue has a category."
    return f"Categories without any dialogue: {listed(names)}." if names else ""


def empty_splits(facts: Facts) -> str:
    """Return the splits without a dialogue, if any."""
    counts = facts.manifest["counts"]["split"]
    names = [name for name in facts.manifest["splits"] if not counts.get(name)]
    return f"Splits without any dialogue: {listed(names)}." if names else ""


def low_agreement(facts: Facts) -> list[str]:
    """Return where agreement is below what conclusions may be drawn from."""
    return [
        f"Agreement on the {field_name(each.field)}, {KINDS[each.raters]}, is low: alpha {each.alpha:.3f}, below "
        f"{TENTATIVE}, from which on tentative conclusions are drawn."
        for each in facts.agreement
        if each.alpha is not None and each.alpha < TENTATIVE
    ]


def near_duplicates(facts: Facts) -> str:
    """Return how many dialogues have near-duplicates in the release, if any are known."""
    found = facts.collection
    if not found.clusters:
        return ""
    return (
        f"{counted(found.clustered, 'dialogue')} of {facts.manifest['rows']:,} are in "
        f"{counted(found.clusters, 'cluster')} of near-duplicates."
    )


def duplicates(facts: Facts) -> str:
    """Return that near-duplicates may be in two splits, unless the splits were made by clusters of them."""
    if facts.manifest.get("split_by") == "cluster":
        return ""
    return "Near-duplicates were not kept together: nearly equal prompts may be in different splits."


def one_sided(facts: Facts) -> str:
    """Return that nobody or no model labelled, or that one opinion decides, if so."""
    count = facts.manifest["raters"]
    said = ["No person labelled; all labels are by models."] if not count["human"] else []
    said += ["A label may rest on a single opinion."] if facts.manifest["policy"]["quorum"] == 1 else []
    return " ".join(said)


def own_training(facts: Facts) -> list[str]:
    """Return which jurors were trained on an earlier release, whose ballots are then not independent of it."""
    return [
        f"The model of {each.rater} was trained on release {each.trained_on} of this project, so its ballots are not "
        "independent of earlier labels."
        for each in facts.jurors
        if each.trained_on
    ]


def limitations(facts: Facts) -> list[str]:
    """Return every known limit, the gravest first."""
    single = [one_sided(facts), rare(facts), absent(facts), empty_splits(facts), near_duplicates(facts)]
    single += [duplicates(facts), measured.unnamed(facts)]
    return [*filter(None, single), *low_agreement(facts), *own_training(facts)]
