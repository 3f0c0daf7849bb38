"""Write the dataset card of a release."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from corpus.labels import FIELDS, NEEDS_RESPONSE, Field
from releases.card_header import UNSEEN, Table, card_header

# Of https://spec.commonmark.org/0.31.2/#backslash-escapes, those that begin or end something but a full stop.
PUNCTUATION = re.compile(r"[\\`*_{}\[\]()#!|~$]")


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


def dataset_card(
    manifest: Mapping[str, Any], categories: Sequence[Mapping[str, str]], tables: Sequence[Table] = ()
) -> str:
    """
    Return the card as Markdown.

    :param manifest: of the release, without its files
    :param categories: name, tier and definition of each, in taxonomy order
    :param tables: what Hugging Face loads
    """
    counts = manifest["counts"]
    parts = [
        card_header(manifest, tables),
        f"# {plain(manifest['title'])}, version {plain(manifest['version'])}",
        "Dialogues between people and language models, labelled for safety by people and by a jury of models. "
        f"It holds {manifest['rows']:,} dialogues. Some of the texts are offensive by nature: "
        "they are here so that models can learn to recognise them.",
        "## How the labels came about",
        method(manifest),
        table("status of the items of the project", counts["status"]),
        "Disputed and pending items are not in the splits; `decisions.parquet` lists them, and `votes.parquet` "
        "holds every opinion under pseudonyms, so that every label can be made again.",
        "## Splits",
        f"Made by prompt, so that no prompt is in two of them (seed {manifest['seed']}).",
        table("split", counts["split"]),
        "## Columns",
        "| column | meaning |\n|---|---|\n" + "\n".join(f"| `{name}` | {text} |" for name, text in COLUMNS.items()),
        "## Labels",
        *(table(field.value, counts[field]) for field in FIELDS),
        table("category", counts["category"]),
        *question_parts(manifest.get("questions", ())),
        f"## Taxonomy: {plain(manifest['taxonomy'])}",
        "\n".join(
            f"- **{plain(each['name'])}** ({each['tier'].lower()}): {plain(each['definition'])}" for each in categories
        ),
        "## Sources and licences",
        table("source", counts["source"]),
        table("licence", counts["license"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


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


def method(manifest: Mapping[str, Any]) -> str:
    """Return the paragraph that says how the labels were made."""
    policy, raters = manifest["policy"], manifest["raters"]
    guidelines = plain(", ".join(manifest["guideline"])) or "none"
    fewer = " (of models alone, one fewer if they agree)" if policy["name"] in ("aegis2", "jury") else ""
    count = manifest["counts"]["status"]["settled"]
    settled = f" An adjudicator settled {count:,} disputed items." if count else ""
    return (
        f"{raters['human']} people and {raters['llm']} models gave their opinions, each without seeing the others'. "
        f"Policy `{policy['name']}` merged them: a label needs {policy['quorum']} opinions{fewer} and more than "
        f"half of them; `needs_caution` counts as {policy['caution']}.{settled} "
        f"Taxonomy {plain(manifest['taxonomy'])}, guideline {guidelines}, made with {manifest['software']}."
    )


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
