"""
Describe where a release comes from in PROV-O (https://www.w3.org/TR/prov-o/), as Croissant 1.1 recommends.

Sources are entities; imports, votes, ballots and settlements are activities; annotators, jurors and this software are
agents; guideline and prompts are plans. The ids of jurors end in their pseudonyms in `votes.parquet`.
"""

from typing import Any

from releases.facts.model import Facts, Guideline, Juror
from releases.papers import collection, labelling
from releases.papers.words import counted, largest_first, named

Node = dict[str, Any]
MOST_SOURCES = 100
"Sources that have a node of their own, those with the most dialogues."
DAY_BEGINS, DAY_ENDS = "T00:00:00Z", "T23:59:59Z"


def provenance(facts: Facts) -> Node:
    """Return the properties of PROV-O for the dataset."""
    return {
        "prov:wasDerivedFrom": sources(facts),
        "prov:wasGeneratedBy": activities(facts),
        "prov:wasAttributedTo": [
            {"@id": "agent/software", "@type": "prov:SoftwareAgent", "prov:label": facts.manifest["software"]}
        ],
    }


def sources(facts: Facts) -> list[Node]:
    """Return the sources as entities, with the number of their dialogues."""
    counts = largest_first(dict(facts.manifest["counts"]["source"]))[:MOST_SOURCES]
    return [
        {
            "@id": f"source/{number}",
            "@type": "prov:Entity",
            "prov:label": named(name),
            "description": counted(count, "dialogue"),
        }
        for number, (name, count) in enumerate(counts, start=1)
    ]


def activities(facts: Facts) -> list[Node]:
    """Return what made the dataset, without what did not happen."""
    found = [importing(facts)]
    found += [voting(facts)] if facts.labelling.votes else []
    found += [balloting(facts)] if facts.jurors else []
    found += [settling(facts)] if facts.people.adjudicators else []
    return found


def activity(name: str, label: str, first: str | None, last: str | None) -> Node:
    """Return an activity between two days."""
    node = {"@id": f"activity/{name}", "@type": "prov:Activity", "prov:label": label}
    if first and last:
        node |= {"prov:startedAtTime": first + DAY_BEGINS, "prov:endedAtTime": last + DAY_ENDS}
    return node


def importing(facts: Facts) -> Node:
    """Return the import of the dialogues."""
    found = facts.collection
    node = activity("import", "Import of dialogues", found.first_import, found.last_import)
    return node | {"description": collection.population(facts), "prov:wasAssociatedWith": {"@id": "agent/software"}}


def voting(facts: Facts) -> Node:
    """Return the labelling by people, with the guideline."""
    found = facts.labelling
    node = activity("votes", f"Labelling: {counted(found.votes, 'vote')}", found.first_vote, found.last_vote)
    people = counted(facts.manifest["raters"]["human"], "annotator")
    agent = {"@id": "agent/annotators", "@type": "prov:Agent", "prov:label": people}
    return node | {"prov:wasAssociatedWith": agent, "prov:used": list(map(guideline_plan, facts.guidelines))}


def guideline_plan(found: Guideline) -> Node:
    """Return a version of the guideline as a plan."""
    return {
        "@id": f"guideline/{found.sha256}",
        "@type": ["prov:Entity", "prov:Plan"],
        "prov:label": f"Guideline {found.name}",
        "description": labelling.guideline(found),
    }


def balloting(facts: Facts) -> Node:
    """Return the labelling by models, with their prompts."""
    found = facts.labelling
    node = activity("ballots", f"Labelling: {counted(found.ballots, 'ballot')}", found.first_ballot, found.last_ballot)
    plans = {each.prompt_sha256: each for each in facts.jurors}
    agents = {each.rater: each for each in facts.jurors}
    return node | {
        "prov:wasAssociatedWith": list(map(juror_agent, agents.values())),
        "prov:used": list(map(prompt_plan, plans.values())),
    }


def juror_agent(found: Juror) -> Node:
    """Return a juror as an agent."""
    return {
        "@id": f"agent/{found.rater}",
        "@type": "prov:SoftwareAgent",
        "prov:label": named(found.model),
        "description": labelling.juror(found),
    }


def prompt_plan(found: Juror) -> Node:
    """Return the prompt of a juror as a plan."""
    return {
        "@id": f"prompt/{found.prompt_sha256 or found.prompt}",
        "@type": ["prov:Entity", "prov:Plan"],
        "prov:label": f"Prompt {found.prompt}",
    }


def settling(facts: Facts) -> Node:
    """Return the settlement of disputed dialogues."""
    people = counted(facts.people.adjudicators, "adjudicator")
    agent = {"@id": "agent/adjudicators", "@type": "prov:Agent", "prov:label": people}
    node = activity("settlements", "Settling of disputed dialogues", None, None)
    return node | {"description": labelling.settled(facts), "prov:wasAssociatedWith": agent}
