"""
Describe a release in the vocabulary for responsible AI of Croissant.

See https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html, version 1.0.
"""

from typing import Any

from releases.facts.model import Facts
from releases.papers import collection, constant, labelling, limits, measured
from releases.papers.words import joined


def responsible_ai(facts: Facts) -> dict[str, Any]:
    """Return every `rai:` property that the database has facts for, and says of the others that it has none."""
    properties = {**collecting(facts), **annotating(facts), **judging(facts)}
    return {f"rai:{name}": value for name, value in properties.items() if value}


def collecting(facts: Facts) -> dict[str, Any]:
    """Return the properties about collection and preparation."""
    found = facts.collection
    changed = joined(collection.made(facts), collection.truncated(facts))
    return {
        "dataCollection": joined(constant.IMPORTED, collection.imported(facts), collection.population(facts)),
        "dataCollectionType": ["Secondary Data analysis", "Manual Human Curator"],
        "dataCollectionRawData": joined(collection.sources(facts), collection.licenses(facts)),
        "dataCollectionTimeframe": [day for day in (found.first_import, found.last_import) if day],
        "dataCollectionMissingData": joined(constant.NOT_FILLED, collection.withheld(facts), constant.NO_RAW),
        "dataImputationProtocol": constant.NOT_FILLED,
        "dataManipulationProtocol": changed,
        "dataPreprocessingProtocol": [collection.splits(facts)],
        "dataReleaseMaintenancePlan": joined(constant.MAINTENANCE, constant.VERIFY),
    }


def annotating(facts: Facts) -> dict[str, Any]:
    """Return the properties about labelling."""
    protocol = (labelling.raters, labelling.opinions, labelling.policy, labelling.settled, labelling.corrected)
    asked = (labelling.questions, labelling.texts)
    how = (labelling.decided, labelling.certificate, labelling.afterwards, labelling.without_verdict)
    return {
        "dataAnnotationProtocol": joined(*(each(facts) for each in protocol), *(each(facts) for each in asked)),
        "dataAnnotationPlatform": [constant.PLATFORM],
        "dataAnnotationAnalysis": [*filter(None, (each(facts) for each in how)), *labelling.agreements(facts)],
        "annotationsPerItem": labelling.votes_wanted(facts),
        "annotatorDemographics": [*measured.demographics(facts), labelling.checks(facts), constant.PAY],
        "machineAnnotationTools": list(map(labelling.juror, facts.jurors)) or [constant.NO_JUROR],
    }


def judging(facts: Facts) -> dict[str, Any]:
    """Return the properties about uses, biases and limits."""
    unknown = [constant.AUTHORS, constant.CONSENT, constant.REPRESENTS]
    return {
        "dataUseCases": [constant.USES, constant.NOT_FOR],
        "dataBiases": [constant.EXAMINED, limits.not_examined(facts), *limits.biases(facts)],
        "dataLimitations": [*limits.limitations(facts), *unknown],
        "dataSocialImpact": joined(constant.OFFENSIVE, constant.MEASURES),
        "personalSensitiveInformation": [constant.PSEUDONYMS, constant.PERSONAL],
    }
