"""How a base model's chat template renders rows, and their length in tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError
from transformers import AutoTokenizer

from corpus.errors import Refused
from jury.prompting import Messages
from recipes.lora.settings import Settings
from recipes.lora.training_files import Row

BOTH = 2
"Labels: safe and unsafe."


def answer_of(row: Row) -> dict[str, str]:
    """Return the right reply of a row as a message."""
    return {"role": "assistant", "content": row.reply}


@dataclass(frozen=True)
class ChatTemplate:
    """A tokenizer whose chat template renders messages, with the parameters that the prompt version sends along."""

    tokenizer: Any
    parameters: Mapping[str, Any]
    "The `chat_template_kwargs` of the prompt version."

    def question(self, messages: Messages) -> str:
        """Return what the model reads before it replies."""
        return str(
            self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, **self.parameters)
        )

    def whole(self, row: Row) -> str:
        """Return a row with its reply."""
        messages = [*row.messages, answer_of(row)]
        return str(self.tokenizer.apply_chat_template(messages, tokenize=False, **self.parameters))

    def length(self, row: Row) -> int:
        """Return the tokens of a row with its reply."""
        return self.count(self.whole(row))

    def asked_length(self, row: Row) -> int:
        """Return the tokens of a row as it is asked."""
        return self.count(self.question(row.messages))

    def count(self, text: str) -> int:
        """Return the tokens of a text that is rendered."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def load_template(settings: Settings, parameters: Mapping[str, Any]) -> ChatTemplate:
    """
    Return the chat template of the base model, or the one that is named instead.

    :raises Refused: if the tokenizer cannot be loaded, or has no chat template
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
    return ChatTemplate(tokenizer, parameters)


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, with a full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".") + "."


def check_template(template: ChatTemplate, rows: Sequence[Row]) -> None:
    """
    Check that a chat template renders rows, and that a reply follows what is asked as it will when served.

    A guard's own template judges the last message, so a reply would be judged in place of being one.

    :raises Refused: if not
    """
    for row in {(row.field, *(message["role"] for message in row.messages)): row for row in rows}.values():
        try:
            follows = template.whole(row).startswith(template.question(row.messages))
        except (TemplateError, ValueError, TypeError) as error:
            roles = ", ".join(message["role"] for message in row.messages)
            reason = f"The chat template of the model does not take the messages of the rows ({roles}): {error}"
            raise Refused(f"{reason}. Choose another prompt version or model, or name a --chat-template.") from error
        if not follows:
            reason = "a reply does not follow what is asked, so the model would be trained on other texts than"
            how = "Export with a prompt version that sends a prompt of its own, or name a --chat-template"
            raise Refused(f"By the chat template of the model {reason} it is asked later. {how}.")


def fitting_rows(template: ChatTemplate, rows: Sequence[Row], longest: int) -> list[Row]:
    """
    Return the rows of at most so many tokens. A longer one would lose its reply, which is what it teaches.

    :raises Refused: if not both labels of a field are left
    """
    lengths = [template.length(row) for row in rows]
    fitting = [row for row, length in zip(rows, lengths, strict=True) if length <= longest]
    for field in {row.field for row in rows}:
        if len({row.is_unsafe for row in fitting if row.field == field}) == BOTH:
            continue
        shortest = min(length for row, length in zip(rows, lengths, strict=True) if row.field == field)
        reason = f"not both labels are left of the {field.part} rows, the shortest of which has {shortest:,} tokens"
        raise Refused(f"With --max-length {longest:,} {reason}. Raise it.")
    return fitting


def askable_rows(template: ChatTemplate, rows: Sequence[Row], longest: int) -> list[Row]:
    """
    Return the rows of which at most so many tokens are asked. A longer one could take more memory than training.

    :raises Refused: if none of a field is left
    """
    askable = [row for row in rows if template.asked_length(row) <= longest]
    if lacking := {row.field for row in rows} - {row.field for row in askable}:
        reason = f"every {min(lacking).part} row of the validation split is longer, so none can be asked"
        raise Refused(f"With --max-length {longest:,} {reason}. Raise it.")
    return askable


def longest_reply_of(template: ChatTemplate, rows: Sequence[Row]) -> int:
    """Return how many tokens a reply may take: the longest right one and half as much again, in steps of 16."""
    longest = max(len(template.tokenizer(row.reply, add_special_tokens=False)["input_ids"]) for row in rows)
    return (longest * 3 // 2 + 16) // 16 * 16
