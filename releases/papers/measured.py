"""Sentences about what was measured of the whole project: why people disagree, identity groups, groups of people."""

from releases.facts.model import (
    Disagreement,
    Facts,
    GroupComparison,
    GroupDifference,
    Interval,
    ModelErrors,
    Perspective,
)
from releases.papers import constant
from releases.papers.words import counted, field_name, joined, listed, percent

NO_DEMOGRAPHICS = "Demographic data about the annotators was not collected."
STANDINGS = {"more": "more often", "less": "less often", "none": "no difference to be told"}
COHESION = {"more": "higher than", "less": "lower than", "none": "not to be told from"}
ERRORS = {
    "false_alarms": "models call unsafe what most people call safe",
    "misses": "models call safe what most people call unsafe",
}
UNPUBLISHED = "No figures of groups of them were published."
CAUSES = {"slips": "Slips", "rules": "Unclear rules", "values": "Different values"}


def disagreements(facts: Facts) -> list[str]:
    """Return why people disagree on each field, as far as it was measured."""
    return [sentence for each in facts.measured.disagreement for sentence in why(each)]


def why(found: Disagreement) -> list[str]:
    """Return on how many dialogues people differ in a field, and what explains it."""
    field = field_name(found.field)
    shares = {words: getattr(found, cause) for cause, words in CAUSES.items()}
    sentences = [
        f"On the {field}, people differ on {found.contested:,} of {counted(found.items, 'dialogue')} of the project "
        f"with votes of two or more, as measured on {found.day}.",
        *(explained(words, each, field) for words, each in shares.items() if each),
    ]
    if found.unclear:
        sentences.append(f"Unclear on the {field}, as people confuse it more often: {listed(found.unclear)}.")
    if found.leaning:
        sentences.append(f"On the {field}, the same people lean the same way between {listed(found.leaning)}.")
    return sentences


def explained(cause: str, found: Interval, field: str) -> str:
    """Return how much a cause explains with its interval; an interval of nothing would say that there is none."""
    if not found.low and not found.high:
        return f"{cause} are not shown on the {field}; this does not say that there are none."
    interval = f"95 % interval {percent(found.low or 0)} to {percent(found.high or 0)}"
    return f"{cause} explain {percent(found.value)} ({interval}) of it on the {field}."


def by_group(facts: Facts) -> list[str]:
    """Return how dialogues that name identity groups compare with others, as far as it was measured."""
    return [sentence for each in facts.measured.comparisons for sentence in comparison(each)]


def comparison(found: GroupComparison) -> list[str]:
    """Return how many groups were compared on a field, and those that are furthest apart."""
    part = where(found)
    named = f"{found.named:,} of {counted(found.items, 'dialogue')} of the project name an identity group in the {part}"
    compared = (
        f"Groups compared with dialogues of the same source and length that name none ({part}): {found.compared:,}"
    )
    return [
        f"{named}, by a list of terms, as measured on {found.day}.",
        f"{compared}; with an interval of the share unsafe without 0, as one in twenty has by chance: {found.apart:,}."
        if found.compared
        else f"No group has enough labelled dialogues to be compared with others ({part}).",
        *(difference(each, part) for each in found.groups),
        *(sentence for each in found.errors for sentence in errors(each, part)),
    ]


def errors(found: ModelErrors, part: str) -> list[str]:
    """Return on which groups the majority of models differs from that of people more or less often."""
    kind = ERRORS.get(found.kind, found.kind)
    if not found.compared:
        return [f"No group has enough dialogues to compare how often {kind} ({part})."]
    return [
        f"How often {kind} ({part}), beside others of their kind: {counted(found.compared, 'group')} compared, "
        f"{found.apart:,} with an interval without 0.",
        *(
            f"{each.group} ({part}): {kind} {points(each.difference)} points more often, 95 % interval "
            f"{points(each.low)} to {points(each.high)}, over {counted(each.matched, 'dialogue')}."
            for each in found.groups
        ),
    ]


def where(found: GroupComparison) -> str:
    """Return the texts that were searched: a response is read with its prompt."""
    return "prompt" if field_name(found.field) == "prompt" else "prompt or response"


def difference(found: GroupDifference, part: str) -> str:
    """Return how much more often dialogues of a group are unsafe than others of their kind."""
    return (
        f"{found.group} ({part}): {points(found.difference)} points unsafe beside others of their kind, 95 % interval "
        f"{points(found.low)} to {points(found.high)}, over {counted(found.matched, 'dialogue')}."
    )


def points(share: float) -> str:
    """Return a difference of shares in points of percent, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "\u2212")


def unnamed(facts: Facts) -> str:
    """Return the identity groups that no dialogue names, if they were looked for."""
    groups = facts.measured.unnamed
    return f"No dialogue of the project names these groups of the list of terms: {listed(groups)}." if groups else ""


def demographics(facts: Facts) -> list[str]:
    """Return what is known about the annotators as groups, and never of few of them."""
    found = facts.measured
    asked = f"Annotators may answer {counted(found.asked, 'question')} about themselves, and leave out any."
    if not found.perspectives:
        return [joined(asked, UNPUBLISHED)] if found.asked else [NO_DEMOGRAPHICS]
    told = [sentence for each in found.perspectives for sentence in perspective(each)]
    return [*([asked] if found.asked else []), *told, constant.BY_CHANCE]


def perspective(found: Perspective) -> list[str]:
    """Return what was published of groups of annotators by one question, on one label field."""
    field = field_name(found.field)
    groups = [
        f"{each.name} (at least {each.people:,} people) {STANDINGS.get(each.difference, each.difference)}"
        for each in found.groups
    ]
    agreement = COHESION.get(found.agreement, found.agreement)
    return [
        f"How often their votes call the {field} unsafe, beside everybody else, by the answer to “{found.text}”, as "
        f"published on {found.day}: {listed(groups)}.",
        f"On the {field}, agreement within these groups is {agreement} agreement across them.",
    ]
