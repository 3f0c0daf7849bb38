"""
Write the datasheet of a release.

The questions are those of T. Gebru et al., "Datasheets for Datasets", Communications of the ACM 64 (12), 2021, in short
(https://arxiv.org/abs/1803.09010).
"""

from releases.facts.model import Facts
from releases.papers import collection, constant, labelling, limits, measured
from releases.papers.markdown import Answer, Section, paper

INTRODUCTION = (
    "It answers the questions of Datasheets for Datasets (Gebru et al. 2021) from what the database of the labelling "
    "project knows. What the database does not know is said to be not recorded."
)


def datasheet(facts: Facts) -> str:
    """Return the datasheet as Markdown."""
    parts = (motivation, composition, collecting, processing, uses, distribution, maintenance)
    return paper("Datasheet", facts, [INTRODUCTION], [part(facts) for part in parts])


def motivation(facts: Facts) -> Section:
    """Return why the dataset was made."""
    return Section(
        "Motivation",
        [
            Answer("For what purpose was the dataset created?", [constant.PURPOSE]),
            Answer("Who created it, and on whose behalf?", [collection.creator(facts)]),
            Answer("Who funded it?", [constant.FUNDING]),
        ],
    )


def composition(facts: Facts) -> Section:
    """Return what the dataset consists of."""
    instances = [collection.contents(facts), collection.forms(facts), collection.truncated(facts)]
    sample = [collection.population(facts), constant.REPRESENTS]
    labels = [labelling.decided(facts), labelling.afterwards(facts)]
    personal = [constant.PERSONAL, constant.CONSENT, constant.PSEUDONYMS]
    return Section(
        "Composition",
        [
            Answer("What do the instances represent, and how many are there?", instances),
            Answer("Is it all of a larger set, or a sample?", sample),
            Answer("Is there a label for each instance?", labels),
            Answer("Is anything missing?", [constant.NOT_FILLED, constant.NO_RAW]),
            Answer("Are there recommended splits?", [collection.splits(facts)]),
            Answer("Are there errors, noise or redundancies?", points=limits.limitations(facts)),
            Answer("Is the dataset self-contained?", [constant.SELF_CONTAINED, collection.withheld(facts)]),
            Answer("Is there content that may offend?", [constant.OFFENSIVE]),
            Answer("Are groups of people identified?", [constant.GROUPS]),
            Answer("Does it relate to people, or hold sensitive or personal data?", personal),
        ],
    )


def collecting(facts: Facts) -> Section:
    """Return how the dialogues were collected."""
    origin = [collection.sources(facts), collection.made(facts), constant.IMPORTED, constant.AUTHORS]
    people = [labelling.raters(facts), labelling.checks(facts), labelling.annotators(facts), constant.PAY]
    return Section(
        "Collection process",
        [
            Answer("How was the data acquired?", origin),
            Answer("Over what time?", [collection.imported(facts), labelling.opinions(facts)]),
            Answer("Who labelled, and how were they chosen and paid?", people),
            Answer("What is known about the annotators as a group?", measured.demographics(facts)),
            Answer("Which models labelled?", points=list(map(labelling.juror, facts.jurors)) or [constant.NO_JUROR]),
            Answer("Was there an ethical review?", [constant.REVIEW]),
            Answer("Were the people who wrote the texts asked?", [constant.CONSENT]),
        ],
    )


def processing(facts: Facts) -> Section:
    """Return how opinions became labels."""
    guidelines = list(map(labelling.guideline, facts.guidelines)) or [constant.NO_GUIDELINE]
    rules = [
        labelling.votes_wanted(facts),
        labelling.policy(facts),
        labelling.certificate(facts),
        labelling.settled(facts),
    ]
    counted = [labelling.without_verdict(facts), labelling.corrected(facts)]
    return Section(
        "Preprocessing, cleaning and labelling",
        [
            Answer("How were the labels made?", [*rules, *counted, labelling.questions(facts), labelling.texts(facts)]),
            Answer("By which instructions did people label?", points=guidelines),
            Answer("How far do raters agree?", points=labelling.agreements(facts)),
            Answer("Is the raw data kept?", [constant.EVERY_OPINION]),
        ],
    )


def uses(facts: Facts) -> Section:
    """Return what the dataset is for, and what speaks against some uses."""
    examined = [constant.EXAMINED, limits.not_examined(facts)]
    return Section(
        "Uses",
        [
            Answer("Has it been used already?", [constant.USED]),
            Answer("What may it be used for, and what not?", [constant.USES, constant.NOT_FOR]),
            Answer("What may affect future uses?", examined, limits.biases(facts)),
        ],
    )


def distribution(facts: Facts) -> Section:
    """Return under which licences it is distributed."""
    return Section(
        "Distribution",
        [
            Answer("To whom is it distributed?", [constant.RESTRICTIONS]),
            Answer("Under which licences?", [collection.licenses(facts)]),
        ],
    )


def maintenance(_facts: Facts) -> Section:
    """Return how it is maintained."""
    return Section(
        "Maintenance",
        [
            Answer("Who maintains it?", [constant.CONTACT]),
            Answer("Will it be updated, and are older versions kept?", [constant.MAINTENANCE, constant.VERIFY]),
        ],
    )
