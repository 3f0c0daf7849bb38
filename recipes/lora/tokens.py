"""The tokenizer of a base model with its chat template, and the length of rows in tokens."""

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError
from transformers import AutoTokenizer

from corpus.errors import Refused
from recipes.lora.settings import Settings
from recipes.lora.training_files import Row


def load_tokenizer(settings: Settings) -> Any:
    """
    Return the tokenizer of the base model.

    :raises Refused: if it cannot be loaded, or has no chat template
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.model, revision=settings.revision)
    except (OSError, ValueError, KeyError) as error:
        raise Refused(f"The tokenizer of {settings.model} cannot be loaded: {first_line(error)}") from error
    if settings.chat_template:
        tokenizer.chat_template = settings.chat_template.read_text(encoding="utf-8")
    if not tokenizer.chat_template:
        reason = "it was not made to be asked. Take an instruction-tuned one, or name a template with --chat-template"
        raise Refused(f"{settings.model} has no chat template: {reason}.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, without a full stop, and one after it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".") + "."


def check_template(tokenizer: Any, rows: Sequence[Row]) -> None:
    """
    Check that the chat template renders rows, and that a reply follows what is asked as it will when served.

    :raises Refused: if not
    """
    for row in {(row.field, *(message["role"] for message in row.messages)): row for row in rows}.values():
        try:
            asked = tokenizer.apply_chat_template(row.messages, add_generation_prompt=True, tokenize=False)
            whole = tokenizer.apply_chat_template([*row.messages, answer_of(row)], tokenize=False)
        except (TemplateError, ValueError, TypeError) as error:
            roles = ", ".join(message["role"] for message in row.messages)
            reason = f"The chat template of the model does not take the messages of the rows ({roles}): {error}"
            raise Refused(f"{reason}. Choose another prompt version or model, or name a --chat-template.") from error
        if not whole.startswith(asked):
            reason = (
                "a reply does not follow what is asked, so the model would be trained on other texts than it is asked"
            )
            raise Refused(f"With the chat template of the model {reason}. Name another with --chat-template.")


def answer_of(row: Row) -> dict[str, str]:
    """Return the right reply of a row as a message."""
    return {"role": "assistant", "content": row.reply}


def length_of(tokenizer: Any, row: Row) -> int:
    """Return the tokens of a row with its reply."""
    text = tokenizer.apply_chat_template([*row.messages, answer_of(row)], tokenize=False)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def fitting_rows(tokenizer: Any, rows: Sequence[Row], longest: int) -> list[Row]:
    """
    Return the rows of at most so many tokens. A longer one would lose its reply, which is what it teaches.

    :raises Refused: if none, or no safe or unsafe one, is left
    """
    fitting = [row for row in rows if length_of(tokenizer, row) <= longest]
    for field in {row.field for row in rows}:
        if len({row.is_unsafe for row in fitting if row.field == field}) < 2:
            shortest = min(length_of(tokenizer, row) for row in rows if row.field == field)
            reason = f"of the {field.part} rows, the shortest of which has {shortest:,}"
            raise Refused(f"With --max-length {longest:,} there are not both labels {reason} tokens. Raise it.")
    return fitting


def longest_reply_of(tokenizer: Any, rows: Sequence[Row]) -> int:
    """Return how many tokens a reply may take: the longest right one and half as much again, in steps of 16."""
    longest = max(len(tokenizer(row.reply, add_special_tokens=False)["input_ids"]) for row in rows)
    return (longest * 3 // 2 + 16) // 16 * 16
