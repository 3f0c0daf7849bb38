"""
Write the annex about a release for Article 10 of the EU's AI Act, "Data and data governance".

Its headings follow Article 10(2)(a) to (h), (3) and (5) of Regulation (EU) 2024/1689
(https://eur-lex.europa.eu/eli/reg/2024/1689/oj). It does not replace the assessment of a system's provider.
"""

from releases.facts.model import Facts
from releases.papers import collection, constant, labelling, limits, measured
from releases.papers.markdown import Answer, Section, paper

INTRODUCTION = (
    "It says what the database of the labelling project knows about the matters of Article 10 of Regulation (EU) "
    "2024/1689. It is no assessment of conformity: that is for the provider of a system, who knows its purpose. Under "
    "(h) it says what is not known."
)


def article_10(facts: Facts) -> str:
    """Return the annex as Markdown."""
    sections = [governance(facts), examination(facts), quality(facts)]
    return paper("Annex for Article 10 of the EU's AI Act", facts, [INTRODUCTION], sections)


def governance(facts: Facts) -> Section:
    """Return the answers to Article 10(2)(a) to (e)."""
    asked = [labelling.votes_wanted(facts), labelling.questions(facts)]
    design = [labelling.texts(facts), *asked, collection.splits(facts)]
    origin = [collection.sources(facts), collection.imported(facts), collection.made(facts), constant.IMPORTED]
    return Section(
        "Data governance, Article 10(2)(a) to (e)",
        [
            Answer("(a) Design choices", design),
            Answer("(b) Collection and origin", [*origin, collection.licenses(facts), *constant.SOURCES]),
            Answer("(c) Labelling", labelling_operations(facts), [*guidelines(facts), *jurors(facts)]),
            Answer(
                "(c) Cleaning and updating", [collection.withheld(facts), constant.NOT_FILLED, constant.MAINTENANCE]
            ),
            Answer("(d) Assumptions", [labelling.policy(facts), labelling.certificate(facts), constant.MEASURES]),
            Answer("(e) Availability and quantity", [collection.contents(facts), collection.population(facts)]),
        ],
    )


def labelling_operations(facts: Facts) -> list[str]:
    """Return who labelled, and how labels came about."""
    people = [labelling.raters(facts), labelling.opinions(facts), labelling.checks(facts), labelling.annotators(facts)]
    labels = [labelling.decided(facts), labelling.settled(facts), labelling.afterwards(facts)]
    return [*people, *labels, labelling.without_verdict(facts), labelling.corrected(facts)]


def guidelines(facts: Facts) -> list[str]:
    """Return the versions of the guideline."""
    return [f"Guideline: {labelling.guideline(each)}" for each in facts.guidelines] or [constant.NO_GUIDELINE]


def jurors(facts: Facts) -> list[str]:
    """Return the models that labelled."""
    return [f"Juror {labelling.juror(each)}" for each in facts.jurors] or [constant.NO_JUROR]


def examination(facts: Facts) -> Section:
    """Return the answers to Article 10(2)(f) to (h)."""
    return Section(
        "Biases and gaps, Article 10(2)(f) to (h)",
        [
            Answer("(f) Examination for biases", [constant.EXAMINED, limits.not_examined(facts)], limits.biases(facts)),
            Answer(
                "(g) Measures against biases",
                [labelling.apart(facts), constant.NO_CHANCE, *measured.demographics(facts)],
            ),
            Answer("(h) Gaps and shortcomings found", points=limits.limitations(facts)),
            Answer("(h) What is not known", points=constant.UNKNOWN),
        ],
    )


def quality(facts: Facts) -> Section:
    """Return the answers to Article 10(3) to (5)."""
    return Section(
        "Quality of the data, Article 10(3) to (5)",
        [
            Answer("(3) Errors: how far raters agree", [constant.EVERY_OPINION], labelling.agreements(facts)),
            Answer("(3) and (4) Representativeness", [constant.REPRESENTS]),
            Answer("(5) Special categories of personal data", [constant.PERSONAL, constant.PSEUDONYMS]),
        ],
    )
