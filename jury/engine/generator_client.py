"""A generator's answer to what a user of a dialogue asks, or its refusal. Places nothing."""

from collections.abc import Sequence

from corpus.errors import Invalid
from jury.engine.forms.generated import read_generated
from jury.engine.model_client import ModelClient, Outcome, Request, length_of, unreadable
from jury.engine.reply import Reply
from jury.models import GeneratedResponse
from jury.prompting import generation_messages
from jury.queries import PromptItem


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
        try:
            text = read_generated(self.prompt.form, reply.text or reply.refusal)
        except Invalid as error:
            return unreadable(error.reason)
        return {"outcome": GeneratedResponse.Outcome.CAST, "text": text}

    def length(self, item: PromptItem) -> int:
        return length_of(self.request(item))
