"""Ask a generator for the response to a prompt, or for its refusal. Publishes nothing."""

from collections.abc import Sequence
from decimal import Decimal

from corpus.errors import Invalid
from jury.engine.forms.generated import read_generated
from jury.engine.model_client import ModelClient, Outcome, Request, unreadable_outcome
from jury.engine.reply import Reply
from jury.models import GeneratedResponse
from jury.prompting import generation_messages
from jury.queries import PromptItem


class GeneratorClient(ModelClient[GeneratedResponse]):
    """Asks one generator for the response that follows a prompt."""

    model = GeneratedResponse

    def compose(self, item: PromptItem) -> Request:
        """Return the request for the next turn of a dialogue."""
        return Request(item, self.request_body(generation_messages(self.prompt, item.turns)))

    def make_answer(
        self, item: PromptItem, _seed: int | None, replies: Sequence[Reply], problem: Outcome | None, *, cost: Decimal
    ) -> GeneratedResponse:
        """Return the response, unsaved, for the replies to a request."""
        outcome = problem or self.outcome_of(replies[-1])
        return GeneratedResponse(**self.key_fields(item), **self.reply_fields(replies, cost), **outcome)

    def outcome_of(self, reply: Reply) -> Outcome:
        """Return the outcome of a reply. A model's refusal is a response like any other."""
        try:
            text = read_generated(self.prompt.form, reply.text or reply.refusal)
        except Invalid as error:
            return unreadable_outcome(error.reason)
        return {"outcome": GeneratedResponse.Outcome.CAST, "text": text}

    def length(self, item: PromptItem) -> int:
        """Return the characters of the question about an item."""
        return self.compose(item).length
