"""Write the dataset card of a release."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from corpus.labels import FIELDS, NEEDS_RESPONSE, Field
from releases.card_header import UNSEEN, Table, card_header
from releases.facts.model import Facts
from releases.papers import collection, constant, labelling, limits, measured
from releases.papers.words import joined

# Of https://spec.commonmark.org/0.31.2/#backslash-escapes, those that begin or end something but a full stop; round
# brackets do so only after square ones.
PUNCTUATION = re.compile(r"[\\`*_{}\[\]#!|~$]")

LIST_MARK = re.compile(r"\A(\d{0,9})([-+=.)])")
"Of https://spec.commonmark.org/0.31.2/#list-marker; the equals sign underlines a heading."


def column_meanings(fields: Sequence[Field]) -> dict[str, str]:
    """Return what the columns of a row with these label fields mean, by column in order."""
    return {
        "id": "the id its source gave the dialogue; a refusal row carries the id of its original",
        "reconstruction_id_if_redacted": "row of the withheld source, where the prompt is REDACTED",
        "prompt": "the user's turn; of a longer dialogue every turn before the response, as `role: text`",
        "response": "the judged answer; null where there is none",
        **{field.value: label_meaning(field) for field in fields},
        "violated_categories": "names joined by a comma and a space, most-named first",
        **{field.source_key: source_meaning(field) for field in fields},
    }


def label_meaning(field: Field) -> str:
    """Return what the label of a field is."""
    return "`safe` or `unsafe`" + ("; null where there is no response" if field in NEEDS_RESPONSE else "")


def source_meaning(field: Field) -> str:
    """Return what the source of a label is; that of a refusal's response is constructed."""
    if field in NEEDS_RESPONSE:
        return "the same, or refusal_data_augmentation"
    return "whose opinions were counted: human, llm_jury, human_and_llm_jury, adjudicator"


COLUMNS = column_meanings(FIELDS)


def dataset_card(facts: Facts, tables: Sequence[Table] = ()) -> str:
    """
    Return the card as Markdown.

    :param tables: what Hugging Face loads
    """
    parts = [
        card_header(facts.manifest, tables),
        *opening_parts(facts),
        *label_parts(facts),
        *origin_parts(facts),
        *limit_parts(facts),
        "## More about it",
        "The [datasheet](datasheet.md) and the [annex for Article 10 of the EU's AI Act](article-10.md) say more.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def opening_parts(facts: Facts) -> list[str]:
    """Return the parts from the title to the columns."""
    manifest = facts.manifest
    return [
        f"# {plain(manifest['title'])}, version {plain(manifest['version'])}",
        f"{constant.WHAT} {plain(joined(collection.contents(facts), constant.OFFENSIVE))}",
        "## How the labels came about",
        method(facts),
        labelling.certificate(facts),
        table("status of the items of the project", manifest["counts"]["status"]),
        "Disputed and pending items are not in the splits; `decisions.parquet` lists them, and `votes.parquet` "
        "holds every opinion under pseudonyms, so that every label can be made again.",
        bullets(map(labelling.juror, facts.jurors)),
        "## Splits",
        f"Made {collection.split_by(facts)}.",
        table("split", manifest["counts"]["split"]),
        "## Columns",
        "| column | meaning |\n|---|---|\n" + "\n".join(f"| `{name}` | {text} |" for name, text in COLUMNS.items()),
    ]


def label_parts(facts: Facts) -> list[str]:
    """Return the parts about labels, agreement, questions and categories."""
    manifest, counts = facts.manifest, facts.manifest["counts"]
    return [
        "## Labels",
        *(table(field.value, counts[field]) for field in FIELDS),
        table("category", counts["category"]),
        "## Agreement",
        bullets(labelling.agreements(facts)),
        *question_parts(manifest.get("questions", ())),
        f"## Taxonomy: {plain(manifest['taxonomy'])}",
        "\n".join(
            f"- **{plain(each['name'])}** ({each['tier'].lower()}): {plain(each['definition'])}"
            for each in facts.categories
        ),
    ]


def origin_parts(facts: Facts) -> list[str]:
    """Return the parts about sources and licences."""
    counts = facts.manifest["counts"]
    more = (collection.population, collection.imported, collection.forms, collection.withheld, collection.made)
    return [
        "## Sources and licences",
        table("source", counts["source"]),
        table("licence", counts["license"]),
        plain(joined(*(sentence(facts) for sentence in more), collection.truncated(facts))),
    ]


def limit_parts(facts: Facts) -> list[str]:
    """Return the parts about known limits and what is not known."""
    known = [*limits.limitations(facts), *limits.biases(facts), *measured.demographics(facts)]
    return ["## Known limits", bullets([*known, constant.PERSONAL, constant.AUTHORS])]


def bullets(sentences: Iterable[str]) -> str:
    """Return plain texts as a list; empty without any."""
    return "\n".join(f"- {plain_block(each)}" for each in sentences)


def question_parts(questions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the section about the questions of a release; nothing if it has none."""
    if not questions:
        return []
    lines = [f"| `{each['key']}` | {cell(each['text'])} | {meaning(each)} |" for each in questions]
    return [
        "## Questions",
        "Asked besides the labels. `decisions.parquet` has a column `answer_KEY` for each question with the decided "
        "answer, `status_KEY` with how it came about, and for a scale `spread_KEY` with the steps between the lowest "
        "and the highest answer; `votes.parquet` has the answer of each opinion. The JSON files have none of these.",
        "| key | question | answers |\n|---|---|---|\n" + "\n".join(lines),
    ]


def meaning(question: Mapping[str, Any]) -> str:
    """Return what a question is about, and what its answers are."""
    choices = ", ".join(f"`{each['value']}` {plain(each['name'])}" for each in question["choices"])
    kinds = {
        "yes_no": "`yes` or `no`",
        "one_of": f"one of {choices}",
        "many_of": f"any of {choices}",
        "ordinal": f"a scale: {choices}",
        "text": "a text, which is not decided",
    }
    retired = "; no longer asked" if question["retired"] else ""
    return f"about the {question['about']}, {kinds[question['type']]}{retired}"


def method(facts: Facts) -> str:
    """Return the paragraphs that say how the labels were made."""
    paragraphs = (
        (labelling.raters, labelling.opinions, labelling.without_verdict, labelling.corrected),
        (labelling.policy, labelling.decided, labelling.settled, labelling.afterwards),
        (labelling.checks, labelling.texts),
    )
    return "\n\n".join(plain_block(joined(*(sentence(facts) for sentence in each))) for each in paragraphs)


def table(name: str, counts: Mapping[str, int]) -> str:
    """Return a Markdown table of counts, largest first; an empty string if there are none."""
    if not counts:
        return ""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    lines = "\n".join(f"| {cell(key)} | {count:,} |" for key, count in ordered)
    return f"| {name} | dialogues |\n|---|---:|\n{lines}"


def cell(text: str) -> str:
    """Return a text of the data as a Markdown table cell."""
    return plain(text) or "not stated"


def plain(text: str) -> str:
    """Return a text of the data so that Markdown and HTML show it as it is, in one line."""
    line = " ".join(UNSEEN.sub(" ", text).split())
    return PUNCTUATION.sub(r"\\\g<0>", escape(line, quote=False))


def plain_block(text: str) -> str:
    """Return a text of the data as `plain` does, where it begins a block and the marks of lists count, too."""
    return LIST_MARK.sub(r"\1\\\2", plain(text))
