"""Sentences about who labelled, under which texts, and how their opinions became labels."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from adjudication.panel_scores import ScoreBy
from corpus.questions import AskedOf
from releases.facts.model import Agreement, Facts, Guideline, Juror
from releases.papers import measured
from releases.papers.words import KINDS, counted, days, field_name, joined, listed, named, percent, share_of

SMALLER_QUORUM = ("aegis2", "jury")
"Policies under which one opinion fewer decides if all of them agree."
STATUSES = {
    "unanimous": "unanimous",
    "majority": "by majority",
    "inherited": "taken over from the prompt",
    "settled": "settled",
}
ASKED_OF = {AskedOf.PEOPLE: "people", AskedOf.JURORS: "models", AskedOf.BOTH: "people and models"}
IMPORTED = "imported"
"The version of the guideline that stands for votes from elsewhere."


def apart(facts: Facts) -> str:
    """Return that raters did not see each other's opinions, if any were given here."""
    found = facts.labelling
    here = found.votes + found.ballots - found.imported_votes - found.imported_ballots
    return "Raters here do not see each other's opinions." if here > 0 else ""


def certificate(facts: Facts) -> str:
    """Return what is promised of the labels that models decided alone; empty under a policy by which they never do."""
    found = facts.manifest.get("certificate")
    if not found:
        return ""
    terms = f"with {100 * (1 - found['risk']):g} % confidence at most {100 * found['error']:g} %"
    parts = [field_promise(name, each, found.get("score_by", ScoreBy.SHARE)) for name, each in found["fields"].items()]
    promise = f"Of the labels that models decided alone, {terms} differ from what people would have decided."
    return " ".join([promise, *parts, *set_bounds(found)])


def set_bounds(certificate: Mapping[str, Any]) -> list[str]:
    """Return how far categories that models gave alone are from people's at most; nothing where they gave none."""
    sets = certificate.get("sets")
    if not sets or not sets["alone"]:
        return []
    added, lacking = (100 * sets[name]["bound"] for name in ("false_discovery", "miss"))
    dialogues = counted(sets["alone"], "dialogue")
    return [
        f"Models alone also chose the categories of {dialogues}: by the same confidence, on average at most "
        f"{added:.1f} % of those they named are not people's, and at most {lacking:.1f} % of people's are missing; "
        f"measured on {counted(sets['sample'], 'dialogue')} of the sample, of which {sets['missing']:,} lacked votes."
    ]


def field_promise(name: str, found: Mapping[str, Any], score_by: str) -> str:
    """Return what the promise on one field was measured on, or why there is none."""
    if not found["threshold"]:
        return f"Models decided no {field_name(name)} alone: {found['reason']}"
    alone = counted(found["alone"], field_name(name))
    return (
        f"{alone} decided alone, where {agreed(found['threshold'], score_by)}; measured on "
        f"{counted(found['sample'], 'dialogue')} of a blind random sample: people said otherwise on "
        f"{found['errors']:,}, and {found['missing']:,} lacked votes, which count as errors."
    )


def agreed(threshold: str, score_by: str) -> str:
    """Return in words how sure a panel was of the labels that it decided alone."""
    if score_by == ScoreBy.SHARE:
        return f"the share {threshold} of the ballots or more agreed"
    return f"the ballots gave the label a probability of {float(Fraction(threshold)):g} or more, on average"


def raters(facts: Facts) -> str:
    """Return how many people and models gave opinions."""
    count = facts.manifest["raters"]
    people, models = counted(count["human"], "person", "people"), counted(count["llm"], "model")
    found = facts.labelling
    elsewhere = found.imported_votes + found.imported_ballots
    blind = ", each without seeing the others'"
    if elsewhere:  # how they were given is not known
        blind = ", those here without seeing the others'" if elsewhere < found.votes + found.ballots else ""
    return f"{people} and {models} gave their opinions{blind}."


def opinions(facts: Facts) -> str:
    """Return how many opinions there are, from where, and from when."""
    found = facts.labelling
    votes = f"{counted(found.votes, 'vote')} by people" + elsewhere(found.imported_votes, found.votes)
    ballots = f"{counted(found.ballots, 'ballot')} by models" + elsewhere(found.imported_ballots, found.ballots)
    when = days(found.first_opinion, found.last_opinion)
    return f"There are {votes} and {ballots}{f', {when} (UTC)' if when else ''}."


def elsewhere(count: int, of: int) -> str:
    """Return how many opinions of how many were imported, in brackets; empty if none was."""
    part = "all" if count == of else f"{count:,} of them"
    return f" ({part} imported from elsewhere)" if count else ""


def votes_wanted(facts: Facts) -> str:
    """Return how many votes each dialogue was to have, and how many it has on average."""
    found = facts.collection
    items = found.imported - found.withdrawn - found.unlicensed
    mean = f"; on average it has {facts.labelling.votes / items:.1f}" if items else ""
    return f"Each dialogue is meant to have {counted(facts.labelling.votes_wanted, 'vote')} by people{mean}."


def questions(facts: Facts) -> str:
    """Return what was asked besides the labels, and of whom, if anything."""
    asked = [f"“{each['text']}” (of {ASKED_OF[each['asked_of']]})" for each in facts.manifest.get("questions", ())]
    return f"Besides the labels was asked: {listed(asked)}." if asked else ""


def without_verdict(facts: Facts) -> str:
    """Return how many ballots say nothing, if any."""
    found = facts.labelling
    if not found.abstained + found.unreadable + found.failed:
        return ""
    return (
        f"Of the models' further answers {found.abstained:,} were abstentions, {found.unreadable:,} unreadable and "
        f"{found.failed:,} failed; none of them counts."
    )


def policy(facts: Facts) -> str:
    """Return how opinions become labels."""
    used = facts.manifest["policy"]
    fewer = " (of models alone, one fewer if they agree)" if used["name"] in SMALLER_QUORUM else ""
    return (
        f"Policy {used['name']} merged them: a label needs {counted(used['quorum'], 'opinion')}{fewer} and more than "
        f"half of them; needs caution counts as {used['caution']}."
    )


def decided(facts: Facts) -> str:
    """Return how the labels of the released dialogues came about, by field."""
    said = []
    for field, counts in facts.labelling.statuses.items():
        parts = [f"{counts[status]:,} {words}" for status, words in STATUSES.items() if counts.get(status)]
        said += [f"{field_name(field).capitalize()} labels: {listed(parts)}."] if parts else []
    return " ".join(said)


def settled(facts: Facts) -> str:
    """Return how many of the released dialogues were disputed and settled, and by how many people, if any."""
    count = facts.labelling.settled
    if not count:
        return ""
    people = facts.people.adjudicators
    who = counted(people, "adjudicator") if people else "An adjudicator"
    return f"{who} settled {counted(count, 'disputed dialogue')} of these, each first blind and with a reason."


def afterwards(facts: Facts) -> str:
    """Return how many labels newer opinions or no majority leave in doubt, if any."""
    found = facts.labelling
    stale = f"{counted(found.stale, 'settled dialogue')} got new opinions afterwards." if found.stale else ""
    count = found.categories_unagreed
    unagreed = f"Of {counted(count, 'dialogue')} no majority named the categories; the most-named are given."
    return joined(stale, unagreed if count else "")


def corrected(facts: Facts) -> str:
    """Return how many votes people corrected themselves, if any."""
    count = facts.labelling.corrected
    return f"People corrected {counted(count, 'vote')} of their own; the last one of each counts." if count else ""


def texts(facts: Facts) -> str:
    """Return taxonomy, guideline and software."""
    names = {IMPORTED: "that of imported votes"}
    versions = listed([names.get(name, named(name)) for name in facts.manifest["guideline"]]) or "none"
    return (
        f"Taxonomy {facts.manifest['taxonomy']} with {counted(len(facts.categories), 'category', 'categories')}, "
        f"guideline {versions}, made with {facts.manifest['software']}."
    )


def guideline(found: Guideline) -> str:
    """Return one version of the guideline with its hash."""
    if found.is_imported:
        return f"{counted(found.votes, 'vote')} from elsewhere, under a guideline that is not known here."
    return (
        f"{counted(found.votes, 'vote')} under version {found.name}, published on {found.published}, "
        f"SHA-256 {found.sha256}."
    )


def juror(found: Juror) -> str:
    """Return one juror with its model and prompt."""
    if found.is_imported:
        said = f"{found.rater}: model {named(found.model)}, {counted(found.ballots, 'ballot')} imported from elsewhere"
        return f"{said}, with a prompt that is not known here."
    temperature = "no temperature" if found.temperature is None else f"temperature {found.temperature:g}"
    return (
        f"{found.rater}: model {named(found.model)}, prompt {found.prompt} (SHA-256 {found.prompt_sha256}), "
        f"{temperature}, answers as {found.response_format}, {counted(found.ballots, 'ballot')}."
    )


def agreement(found: Agreement) -> str:
    """Return the agreement on a field of one kind of rater."""
    alpha = "not defined, as only one label was used" if found.alpha is None else f"{found.alpha:.3f}"
    return (
        f"On the {field_name(found.field)}, {KINDS[found.raters]}: {counted(found.items, 'dialogue')} with two or more "
        f"opinions, {found.opinions:,} in all; {percent(found.percent)} of pairs agree; Krippendorff's alpha {alpha}."
    )


def agreements(facts: Facts) -> list[str]:
    """Return the agreement by field and kind of rater, or that there is none to measure; and why people disagree."""
    found = [agreement(each) for each in facts.agreement] or ["No dialogue has two opinions, so none can agree."]
    return [*found, *measured.disagreements(facts)]


def checks(facts: Facts) -> str:
    """Return how the annotators were chosen and checked."""
    people = facts.people
    rule = f"with {people.pass_percent} % of known labels right; {people.qualified:,} may work."
    qualified = "No qualification is asked." if people.pass_percent is None else f"Annotators qualify {rule}"
    return joined(
        qualified,
        f"Annotators are checked by {counted(people.gold, 'dialogue')} with a label known beforehand, "
        f"{counted(people.repeats, 'repeated vote')} and {counted(people.audited, 'audit')} by leads.",
    )


def annotators(facts: Facts) -> str:
    """Return how many annotators are known by name alone, and how much the busiest one did."""
    people, votes = facts.people, facts.labelling.votes
    verb = "is" if people.imported == 1 else "are"
    known = (
        f"{counted(people.imported, 'annotator')} {verb} known from imported votes alone." if people.imported else ""
    )
    most = f"The person with the most votes cast {share_of(people.largest, votes)} of them." if votes else ""
    return joined(known, most)
