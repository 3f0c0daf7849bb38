"""Read and check the files of `export_training`. Pure."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import Invalid, Refused
from corpus.labels import Field, Label
from jury.engine.forms import READERS, read_reply
from jury.prompting import Form, Messages, Prompt

SPLITS = ("train", "validation")
"What is trained on, and what is evaluated on. The test split is never opened."
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Row:
    """What a guard is asked about one label, and the reply that is right."""

    messages: Messages
    reply: str
    field: Field
    label: str
    "`safe` or `unsafe`."
    weight: float = 1.0
    "How much it counts in training; above 0."

    @property
    def is_unsafe(self) -> bool:
        """Whether the label is unsafe."""
        return self.label == Label.UNSAFE


@dataclass(frozen=True)
class TrainingFiles:
    """The folder that `export_training` wrote."""

    manifest: dict[str, Any]
    prompt: Prompt
    "The version that the rows were rendered by."
    splits: dict[str, list[Row]]
    "By the names of SPLITS."

    @property
    def form(self) -> Form:
        """The form in which the guard answers."""
        return self.prompt.form

    @property
    def template_parameters(self) -> dict[str, Any]:
        """What the chat template is told in every request."""
        parameters = self.prompt.extra_body.get("chat_template_kwargs", {})
        return parameters if isinstance(parameters, dict) else {}

    @property
    def fields(self) -> list[Field]:
        """The label fields that there are rows of."""
        return [field for field in Field if any(row.field == field for row in self.splits["train"])]


def read_training_files(folder: Path) -> TrainingFiles:
    """
    Read the files of `export_training`.

    :raises Refused: if a file is missing, has changed or has another form, or a split lacks one of the two labels
    """
    manifest = read_manifest(folder)
    prompt = read_prompt(folder, manifest)
    splits = {split: read_split(folder, split, manifest, prompt.form) for split in SPLITS}
    for split, rows in splits.items():
        check_labels(split, rows)
    if lacking := {row.field for row in splits["validation"]} ^ {row.field for row in splits["train"]}:
        field = min(lacking)
        raise Refused(f"Only one of the splits train and validation has {field.part} labels. Export a larger release.")
    return TrainingFiles(manifest, prompt, splits)


def read_manifest(folder: Path) -> dict[str, Any]:
    """
    Read the manifest.

    :raises Refused: if there is none of `export_training`, or the rows have another format than `completion`
    """
    text = read_file(folder / MANIFEST, f"{folder} is no folder that export_training wrote")
    try:
        manifest: dict[str, Any] = orjson.loads(text)
        prompt = manifest["prompt"]
        known = [prompt["name"], prompt["sha256"], *(manifest["files"][f"{split}.jsonl"]["sha256"] for split in SPLITS)]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{folder / MANIFEST} is not a manifest of export_training ({type(error).__name__}).") from error
    if not all(isinstance(each, str) for each in known) or not isinstance(manifest.get("format"), str):
        raise Refused(f"{folder / MANIFEST} is not a manifest of export_training.")
    if manifest["format"] != "completion":
        reason = f"The rows in {folder} have the format {manifest['format']}"
        raise Refused(f"{reason}; this recipe takes completion. Export them without --format.")
    return manifest


def read_file(path: Path, problem: str) -> bytes:
    """
    Return the content of a file.

    :param problem: what is wrong if there is no such file
    :raises Refused: if it cannot be read
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{problem}: {path.name} cannot be read ({error.strerror}).") from error


def read_unchanged(folder: Path, name: str, expected: str) -> bytes:
    """
    Return the content of a file whose SHA-256 is the expected one.

    :raises Refused: if it is missing, or another
    """
    content = read_file(folder / name, f"{folder} is not whole")
    if (found := sha256(content).hexdigest()) != expected:
        reason = f"its SHA-256 is {found}, and {MANIFEST} says {expected}"
        raise Refused(f"{folder / name} has changed since it was exported: {reason}. Export again.")
    return content


def read_prompt(folder: Path, manifest: dict[str, Any]) -> Prompt:
    """
    Return the exported prompt version.

    :raises Refused: if it is missing, is another than the rows were made with, or is for no guard
    """
    text = read_unchanged(folder, "prompt.toml", manifest["prompt"]["sha256"])
    try:
        prompt = Prompt.parse(text.decode())
    except (ValueError, TypeError) as error:
        raise Refused(f"{folder / 'prompt.toml'} is no prompt version: {error}.") from error
    if prompt.form not in READERS:
        raise Refused(f"{folder / 'prompt.toml'} is for {prompt.form}, which no guard answers in.")
    return prompt


def read_split(folder: Path, split: str, manifest: dict[str, Any], form: Form) -> list[Row]:
    """
    Return the rows of a split.

    :raises Refused: if the file is missing or changed, or a row is not one of `export_training`; it says which
    """
    name = f"{split}.jsonl"
    content = read_unchanged(folder, name, manifest["files"][name]["sha256"])
    rows = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            rows.append(read_row(orjson.loads(line), form))
        except Invalid as error:
            raise Refused(f"{folder / name}, row {number}: {error}.") from error
        except ValueError as error:
            raise Refused(f"{folder / name}, row {number}: it is not JSON ({error}).") from error
    return rows


def read_row(value: Any, form: Form) -> Row:
    """
    Return a row, whose reply must be readable in the form.

    :raises Invalid: if a key is missing or is something else than export_training writes
    """
    if not isinstance(value, dict):
        raise Invalid("row", "it is not an object")
    field = next((field for field in Field if field.part == value.get("task")), None)
    if field is None:
        raise Invalid("task", "it is neither prompt nor response")
    asked, answer = read_messages(value, "prompt"), read_messages(value, "completion")
    if [message["role"] for message in answer] != ["assistant"]:
        raise Invalid("completion", "it is not one message of the assistant")
    reply = answer[0]["content"]
    label = read_reply(form, reply, (field,)).labels[field]
    if label not in (Label.SAFE, Label.UNSAFE):
        raise Invalid("completion", "its label is neither safe nor unsafe")
    return Row(asked, reply, field, label, read_weight(value))


def read_messages(value: dict[str, Any], key: str) -> Messages:
    """
    Return the messages under a key, each with a role and content.

    :raises Invalid: if they are something else
    """
    messages = value.get(key)
    if not isinstance(messages, list) or not messages:
        raise Invalid(key, "it is not a list of messages")
    for message in messages:
        parts = (message.get("role"), message.get("content")) if isinstance(message, dict) else (None, None)
        if not all(isinstance(part, str) for part in parts):
            raise Invalid(key, "a message has no role and content as texts")
    return messages


def read_weight(value: dict[str, Any]) -> float:
    """
    Return the weight of a row; 1 where it has none.

    :raises Invalid: if it is no number above 0
    """
    weight = value.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight) or weight <= 0:
        raise Invalid("weight", "it is no number above 0")
    return float(weight)


def check_labels(split: str, rows: list[Row]) -> None:
    """
    Check that a split has safe and unsafe labels, of each field that it has any of.

    :raises Refused: if it has no rows, or lacks safe or unsafe ones
    """
    if not rows:
        raise Refused(f"The {split} split has no rows. Export a larger release, or with fewer conditions.")
    for field, counts in counts_by_field(rows):
        if not all(counts.values()):
            said = " and ".join(f"{count:,} {label}" for label, count in counts.items())
            raise Refused(f"The {split} split has {said} {field.part} labels; a guard needs both to learn from.")


def counts_by_field(rows: list[Row]) -> Iterator[tuple[Field, dict[str, int]]]:
    """Yield each field that there are rows of, with the number of its unsafe and of its safe labels."""
    counts = Counter((row.field, row.is_unsafe) for row in rows)
    for field in sorted({row.field for row in rows}):
        yield field, {"unsafe": counts[field, True], "safe": counts[field, False]}
