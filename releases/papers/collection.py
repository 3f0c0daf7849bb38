"""Sentences about what was collected, from where, and what is in the release."""

from releases.facts.model import Facts
from releases.papers.words import counted, days, largest_first, listed, named, share_of, with_counts

MOST_NAMED = 10
"Sources and licences named in a sentence; tables have all of them."


def contents(facts: Facts) -> str:
    """Return how many dialogues there are, with and without a response."""
    rows, alone = facts.manifest["rows"], facts.collection.prompt_only
    return (
        f"It holds {counted(rows, 'dialogue')} between people and language models: {rows - alone:,} with a response of "
        f"the model, {alone:,} without."
    )


def forms(facts: Facts) -> str:
    """Return how many dialogues have several turns, a system turn or tools."""
    found = facts.collection
    parts = [
        (found.several_turns, "more than one turn of the user"),
        (found.with_system, "a system turn"),
        (found.with_tools, "calls of tools or their results"),
    ]
    said = [f"{count:,} {'has' if count == 1 else 'have'} {what}" for count, what in parts if count]
    return f"Of the dialogues, {listed(said)}." if said else ""


def truncated(facts: Facts) -> str:
    """Return that texts of rows are first turns alone, if so; `turns`, where a file has them, are whole."""
    if not facts.manifest.get("truncated"):
        return ""
    return (
        "Of each dialogue `prompt` and `response` are the first turn of the user and the first turn of the assistant "
        "alone; `turns` in the Parquet files are all of them."
    )


def sources(facts: Facts) -> str:
    """Return the sources with the most dialogues, and how many name none."""
    counts = dict(facts.manifest["counts"]["source"])
    unnamed = counts.pop("", 0)
    more = len(counts) - MOST_NAMED
    parts = [f"{name} ({count:,})" for name, count in largest_first(counts)[:MOST_NAMED]]
    parts += [f"{more:,} more"] if more > 0 else []
    said = [f"The dialogues come from {counted(len(counts), 'source')}: {listed(parts)}."] if parts else []
    said += [f"{counted(unnamed, 'dialogue')} {'names' if unnamed == 1 else 'name'} no source."] if unnamed else []
    return " ".join(said)


def licenses(facts: Facts) -> str:
    """Return the licences with the most dialogues, and how many state none."""
    counts = dict(facts.manifest["counts"]["license"])
    unnamed = counts.pop("", 0)
    said = [f"Licences, as the sources state them: {with_counts(largest_first(counts)[:MOST_NAMED])}."] * bool(counts)
    said += [f"{counted(unnamed, 'dialogue')} {'states' if unnamed == 1 else 'state'} no licence."] if unnamed else []
    if (chosen := facts.manifest.get("licenses")) is not None:
        said.append(f"Only dialogues under {listed([named(name) for name in chosen])} were released.")
    return " ".join(said)


def imported(facts: Facts) -> str:
    """Return when the released dialogues were imported."""
    when = days(facts.collection.first_import, facts.collection.last_import)
    return f"The released dialogues were imported {when} (UTC)." if when else ""


def creator(facts: Facts) -> str:
    """Return who made the dataset."""
    return f"The labelling project {facts.manifest['title']}; on whose behalf is not recorded."


def population(facts: Facts) -> str:
    """Return of how many dialogues the release is a part, and what became of the others."""
    found, rows = facts.collection, facts.manifest["rows"]
    undecided = found.imported - found.withdrawn - found.unlicensed - rows
    others = f"{found.unlicensed:,} left out for their licence, " if found.unlicensed else ""
    return (
        f"The project has {counted(found.imported, 'dialogue')}: {rows:,} released, {found.withdrawn:,} withdrawn, "
        f"{others}{undecided:,} disputed or without enough opinions."
    )


def withheld(facts: Facts) -> str:
    """Return how many prompts are withheld, if any."""
    count = facts.collection.redacted
    if not count:
        return ""
    rest = "withheld by the source: their text is REDACTED, with the row that it can be restored from."
    return f"{counted(count, 'prompt')} {rest}"


def made(facts: Facts) -> str:
    """Return which dialogues were made or corrected within the project, if any."""
    found = facts.collection
    said = []
    if found.refusals:
        said.append(f"{counted(found.refusals, 'dialogue')} with a refusal as response, safe by construction.")
    if found.generators:
        models = with_counts((each.model, each.responses) for each in found.generators)
        said.append(f"Responses written within the project, by model: {models}.")
    if found.attacks:
        said.append(
            f"{counted(found.attacks, 'dialogue')} written within the project by people who attacked a model, to make "
            "it say what it should not; none was labelled by who wrote it."
        )
    if found.replaced:
        said.append(f"{counted(found.replaced, 'dialogue')} with a text corrected since the import.")
    return " ".join(said)


def splits(facts: Facts) -> str:
    """Return how the splits were made, and how large they are."""
    counts, shares = facts.manifest["counts"]["split"], facts.manifest["splits"]
    rows = facts.manifest["rows"]
    sizes = [f"{name} {counts.get(name, 0):,} ({share_of(counts.get(name, 0), rows)})" for name in shares]
    return f"Splits were made {split_by(facts)}: {listed(sizes)}."


def split_by(facts: Facts) -> str:
    """Return what the splits were made by; releases that are older than clusters do not say it."""
    seed = facts.manifest["seed"]
    if facts.manifest.get("split_by") == "cluster":
        return f"by clusters of near-duplicate prompts with seed {seed}, so that no cluster is in two of them"
    return f"by prompt with seed {seed}, so that no prompt is in two of them"
