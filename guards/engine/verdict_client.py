"""Ask a guard for its verdict on the text of a case."""

from collections.abc import Sequence
from decimal import Decimal

from corpus.errors import Invalid
from corpus.labels import Field
from guards.models import Verdict
from jury.engine.forms import read_reply
from jury.engine.juror_client import JudgingClient
from jury.engine.model_client import Outcome, abstained_outcome, unreadable_outcome
from jury.engine.reply import Reply
from jury.prompting import CATEGORIES, Question
from jury.queries import PromptItem

MOST_CATEGORIES = 50
LONGEST_CATEGORY = 200
"Characters of a category that are kept, as a guard may call it what it likes."
COPIED = ("label", "categories", "probability", "order_seed", "raw_reply", "finish_reason")


class VerdictClient(JudgingClient[Verdict]):
    """
    Asks one guard about texts of benchmarks: of the response where a text ends with one, or else of the prompt.

    The label alone decides: a category that the project's taxonomy does not know is no reason to lose a verdict.
    """

    model = Verdict

    def question(self, item: PromptItem) -> Question:
        """Return what the guard is asked about a text."""
        field = Field.RESPONSE if item.has_response else Field.PROMPT
        categories = (CATEGORIES,) if CATEGORIES in self.juror.asks else ()
        return Question((field, *categories), rationale=self.prompt.rationale, ends_at_prompt=not item.has_response)

    def copy(self, answer: Verdict, item: PromptItem) -> Verdict:
        """Return a verdict on a text that repeats another one, at no cost."""
        same = {name: getattr(answer, name) for name in COPIED}
        return Verdict(**self.key_fields(item) | same, outcome=Verdict.Outcome.CAST, cached_from=answer)

    def make_answer(
        self, item: PromptItem, seed: int | None, replies: Sequence[Reply], problem: Outcome | None, *, cost: Decimal
    ) -> Verdict:
        """Return the verdict, unsaved, for the replies to a request."""
        outcome = problem or self.outcome_of(self.question(item), replies[-1])
        return Verdict(**self.key_fields(item), order_seed=seed, **self.reply_fields(replies, cost), **outcome)

    def outcome_of(self, question: Question, reply: Reply) -> Outcome:
        """Return the outcome of a reply: a refusal abstains, and an unclear reply is unreadable, never guessed."""
        if reply.refusal:
            return abstained_outcome(reply.refusal)
        field = Field(question.fields[0])
        try:
            reading = read_reply(self.prompt.form, reply.text, question.fields, reply.first_token)
        except Invalid as error:
            return unreadable_outcome(f"{error.field}: {error.reason}")
        if field not in reading.labels:
            return unreadable_outcome(f"{field}: the model says that it does not apply")
        score = reading.score if reading.score is not None else reply.probabilities.get(field.part)
        if score is None:
            score = self.probabilities_in(reply, {field: reading.labels[field]}).get(field)
        return {
            "outcome": Verdict.Outcome.CAST,
            "label": reading.labels[field],
            "categories": [name[:LONGEST_CATEGORY] for name in reading.categories[:MOST_CATEGORIES]],
            "probability": None if score is None else min(max(score, 0.0), 1.0),
        }
