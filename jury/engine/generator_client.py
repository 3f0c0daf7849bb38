"""A generator's answer to what a user of a dialogue asks, or its refusal. Places nothing."""

import re
from collections.abc import Sequence

from jury.engine.model_client import ModelClient, Outcome, Request, length_of, unreadable
from jury.engine.reply import Reply
from jury.models import GeneratedResponse
from jury.prompting import Form, generation_messages
from jury.queries import PromptItem

DECLINES = re.compile(
    r"\b(can(no|['’])?t|can not|won['’]?t|will not|unable|not able|not going to|not comfortable|decline|refuse"
    r"|must not|may not|shouldn['’]?t|should not|sorry|instead|rather not|against)\b",
    re.IGNORECASE,
)
"A text without any of these would be called safe by construction though it may well comply."


class GeneratorClient(ModelClient[GeneratedResponse]):
    """Asks one generator for the response that follows a prompt."""

    def compose(self, item: PromptItem, *, seed: int | None = None) -> tuple[Request, int | None]:
        return self.request(item), seed

    def conclude(
        self, item: PromptItem, _seed: int | None, replies: Sequence[Reply], trouble: Outcome | None
    ) -> GeneratedResponse:
        return GeneratedResponse(**self.pinned(item), **self.paid(replies), **(trouble or self.written(replies[-1])))

    def request(self, item: PromptItem) -> Request:
        return {
            "model": self.juror.model,
            "messages": generation_messages(self.prompt, item.turns),
            "temperature": self.juror.temperature,
            "max_tokens": self.juror.max_tokens,
        }

    def written(self, reply: Reply) -> Outcome:
        """Tell what a reply came to. A model's refusal is a response like any other."""
        text = (reply.text or reply.refusal).replace("\0", "�").strip()
        if not text:
            return unreadable("the reply is empty")
        if self.prompt.form == Form.REFUSAL and not DECLINES.search(text):
            return unreadable("it does not decline, so it is not safe by construction")
        return {"outcome": GeneratedResponse.Outcome.CAST, "text": text}

    def length(self, item: PromptItem) -> int:
        return length_of(self.request(item))
