"""What asks the target of an attack, what it is sent, and what its answer means."""

from collections.abc import Sequence
from typing import Any

from attacks.models import Conversation, Turn
from corpus.shapes import TurnShape
from jury.engine.generator_client import GeneratorClient
from jury.engine.juror_client import JurorClient
from jury.engine.model_client import Request
from jury.models import Answer
from jury.queries import PromptItem

TargetClient = GeneratorClient | JurorClient


def client_of(conversation: Conversation) -> TargetClient:
    """Return what asks the target of a conversation. Its database queries are made now."""
    kind = GeneratorClient if conversation.target.is_generator else JurorClient
    return kind(conversation.project, conversation.target)


def dialogue_of(turns: Sequence[Turn]) -> list[TurnShape]:
    """Return answered turns as a dialogue of the user and the assistant."""
    return [
        {"role": role, "text": text}
        for turn in turns
        for role, text in (("user", turn.text), ("assistant", turn.reply))
    ]


def request_for(client: TargetClient, before: Sequence[Turn], text: str) -> Request:
    """
    Return the request for one message.

    A generator gets the dialogue so far. A juror judges each message by itself.

    :param before: the answered turns of the conversation
    """
    turns: list[TurnShape] = dialogue_of(before) if client.juror.is_generator else []
    return client.compose(PromptItem(0, [*turns, {"role": "user", "text": text}], has_response=False))


def ended_fields(answer: Answer) -> dict[str, Any]:
    """Return the fields of a turn that an answer of its target fills, but for what it cost."""
    fields = {
        "prompt_tokens": answer.prompt_tokens,
        "answer_tokens": answer.answer_tokens,
        "seconds": answer.seconds,
        "reason": answer.reason,
        "state": Turn.State.FAILED,
    }
    if answer.outcome == Answer.Outcome.CAST:
        return fields | {"state": Turn.State.ANSWERED} | reply_of(answer)
    if answer.outcome == Answer.Outcome.ABSTAINED:
        return fields | {"state": Turn.State.FILTERED}
    return fields


def reply_of(answer: Any) -> dict[str, str]:
    """Return the reply of a cast answer: a text, or of a juror its label with the categories."""
    label = getattr(answer, "prompt_label", None)
    if label is None:
        return {"reply": answer.text}
    return {"verdict": label, "reply": ": ".join(filter(None, [label, ", ".join(answer.categories)]))}
