"""Ask a juror for its judgement: of an item as a ballot, or of another text."""

import hashlib
import secrets
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.labels import FIELDS, Field, labels_in
from corpus.models import Project
from corpus.queries import spellings_of
from corpus.questions import AskedOf, questions_asked
from jury import queries
from jury.engine.cache import answers_by_request, copy_ballot
from jury.engine.forms import Asked, read_ballot, read_reply, response_format, with_codes
from jury.engine.model_client import A, ModelClient, Outcome, Request, abstained_outcome, unreadable_outcome
from jury.engine.reply import Reply
from jury.engine.verdict_probability import CANDIDATES, VERDICTS, probabilities_of_unsafe
from jury.models import Ballot, Juror
from jury.prompting import (
    CATEGORIES,
    Form,
    Question,
    Send,
    build_messages,
    moderated_text,
    order_categories,
    render_category,
)
from jury.queries import PromptItem
from jury.questions import describe_questions


class JudgingClient(ModelClient[A]):
    """Asks one juror for judgements, by the taxonomy of its project."""

    def __init__(self, project: Project, juror: Juror, *, run_id: int | None = None) -> None:
        super().__init__(project, juror, run_id=run_id)
        self.categories = queries.prompt_categories(project.taxonomy_id)
        self.shown = {each["slug"]: render_category(self.prompt.category, each) for each in self.categories}
        self.spellings = spellings_of(project.taxonomy)
        if self.prompt.form != Form.OBJECT:
            self.spellings = with_codes(self.spellings, self.categories)
        self.juror_hash = self.hash_juror()

    def hash_juror(self) -> bytes:
        """Return a hash of what changes the answers to all questions: not times and prices, nor the shuffling."""
        juror = self.juror
        parts = (
            *(juror.base_url, juror.model, juror.prompt.sha256, juror.response_format),
            *(juror.temperature, juror.max_tokens, juror.max_tokens_parameter, juror.extra_body, self.categories),
            # Random answers are those of one juror.
            0 if juror.temperature == 0 else juror.pk,
            # An answer to the same question without a probability is another one.
            *(["probability"] if juror.asks_probability else []),
        )
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()

    def request_hash(self, item: PromptItem) -> bytes:
        """Return a hash of all that changes the answer about an item. 16 bytes."""
        question = self.question(item)
        about = orjson.dumps([item.turns, question.fields])
        if question.questions:
            about += describe_questions(question.questions).encode()
        return hashlib.sha256(self.juror_hash + about).digest()[:16]

    def cached_answers(self, items: Sequence[PromptItem]) -> dict[int, A]:
        """
        Return an answer, not stored yet, for each item that was asked about before in the same way, by item.

        Only answers of the same project count: projects share neither answers nor budgets.
        """
        hashes = {item.pk: self.request_hash(item) for item in items}
        found = answers_by_request(self.model, self.project, hashes.values(), self.is_whole)
        return {item.pk: self.copy(found[hashes[item.pk]], item) for item in items if hashes[item.pk] in found}

    def is_whole(self, _answer: A) -> bool:
        """Return whether an answer to the same question says all that is asked."""
        return True

    @abstractmethod
    def copy(self, answer: A, item: PromptItem) -> A:
        """Return an answer about an item with the verdict of another one, at no cost."""

    @abstractmethod
    def question(self, item: PromptItem) -> Question:
        """Return what the juror is asked about an item."""

    def key_fields(self, item: PromptItem) -> dict[str, Any]:
        """Return the fields of an answer that are known before it is asked for."""
        return super().key_fields(item) | {"request_hash": self.request_hash(item)}

    def compose(self, item: PromptItem) -> Request:
        """Return the request about an item, with the categories shuffled where the prompt wants that."""
        return self.compose_shuffled(item, secrets.randbits(31) if self.prompt.shuffle else None)

    def compose_shuffled(self, item: PromptItem, seed: int | None) -> Request:
        """
        Return the request about an item.

        :param seed: what the categories are shuffled by; None keeps their order
        """
        question = self.question(item)
        if self.prompt.send == Send.MODERATIONS:
            text = moderated_text(question, item.turns)
            return Request(item, {"model": self.juror.model, "input": text, **self.extra_body})
        slugs = [category["slug"] for category in order_categories(self.categories, seed)]
        lines = [self.shown[slug] for slug in slugs]
        body = self.request_body(build_messages(self.prompt, question, item.turns, lines))
        if self.prompt.form == Form.OBJECT:  # guard models answer in a form of their own, which no schema describes
            body |= response_format(self.juror.response_format, question, slugs)
        if self.juror.asks_probability:
            body = {"top_logprobs": CANDIDATES} | body | {"logprobs": True}
        return Request(item, body, seed)

    def length(self, item: PromptItem) -> int:
        """Return the characters of the question about an item."""
        return self.compose_shuffled(item, None).length

    def probabilities_in(self, reply: Reply, labels: Mapping[Field, str]) -> dict[Field, float]:
        """
        Return the probability of unsafe by field, where the juror is asked for it and its reply says it.

        :param labels: that were read in the reply
        """
        if not self.juror.asks_probability:
            return {}
        said = {field: reply.probabilities[field.part] for field in labels if field.part in reply.probabilities}
        return said or probabilities_of_unsafe(reply.tokens, labels, partial(self.labels_in, set(labels)))

    def labels_in(self, asked: Asked, text: str) -> Mapping[Field, str]:
        """Return the labels that a text has for the fields that were asked; none if it cannot be read."""
        try:
            return read_reply(self.prompt.form, text, asked).labels
        except Invalid:
            return {}


class JurorClient(JudgingClient[Ballot]):
    """Asks one juror for its judgement of items of one project."""

    model = Ballot

    def __init__(self, project: Project, juror: Juror, *, run_id: int | None = None) -> None:
        super().__init__(project, juror, run_id=run_id)
        self.labels = queries.labels_asked(project, juror)
        self.questions = queries.questions_answered(project, juror)

    @property
    def names(self) -> list[str]:
        """Return the labels and, as `answers.KEY`, the questions that are asked."""
        return [*self.labels, *(f"answers.{each.key}" for each in self.questions)]

    def ask_only(self, names: Sequence[str]) -> None:
        """Ask for nothing else than these `names`, which a batch was sent with, and read its replies so."""
        self.labels = tuple(label for label in FIELDS if label in names)  # also one that was left out since
        self.questions = [each for each in self.questions if f"answers.{each.key}" in names]

    def copy(self, answer: Ballot, item: PromptItem) -> Ballot:
        """Return a ballot on an item with the verdict of another one, at no cost."""
        return copy_ballot(answer, self.key_fields(item))

    def is_whole(self, answer: Ballot) -> bool:
        """Return whether a ballot has the probabilities that are asked for."""
        return not self.juror.asks_probability or has_probabilities(answer)

    def question(self, item: PromptItem) -> Question:
        """Return what the juror is asked about an item: categories, and labels and questions that it has a text for."""
        fields = tuple(label for label in self.labels if label != "response_label" or item.has_response)
        categories = (CATEGORIES,) if CATEGORIES in self.juror.asks else ()
        has_response = item.has_response and (self.prompt.form.asks_questions or "response_label" in fields)
        questions = questions_asked(self.questions, AskedOf.JURORS, has_response=has_response)
        return Question(fields + categories, self.prompt.rationale, tuple(questions))

    def make_answer(
        self, item: PromptItem, seed: int | None, replies: Sequence[Reply], problem: Outcome | None, *, cost: Decimal
    ) -> Ballot:
        """Return the ballot, unsaved, for the replies to a request."""
        outcome = problem or self.outcome_of(self.question(item), replies[-1])
        return Ballot(**self.key_fields(item), order_seed=seed, **self.reply_fields(replies, cost), **outcome)

    def key_fields(self, item: PromptItem) -> dict[str, Any]:
        """Return the fields of a ballot that are known before it is asked for."""
        return super().key_fields(item) | {"taxonomy_id": self.project.taxonomy_id}

    def outcome_of(self, question: Question, reply: Reply) -> Outcome:
        """Return the outcome of a reply: a refusal abstains, and an unclear reply is unreadable, never guessed."""
        if reply.refusal:
            return abstained_outcome(reply.refusal)
        reading = read_ballot(self.prompt.form, reply.text, question, self.spellings)
        if reading.judgement is None:
            return unreadable_outcome(reading.reason)
        judgement = reading.judgement
        probabilities = self.probabilities_in(reply, labels_in(judgement.label_columns))
        return {
            "outcome": Ballot.Outcome.CAST,
            **judgement.label_columns,
            **{field.column("probability"): value for field, value in probabilities.items()},
            "categories": list(judgement.categories),
            "other_text": judgement.other_text,
            "rationale": judgement.rationale,
            "answers": reading.answers,
            "dropped_categories": reading.dropped_categories,
        }


def has_probabilities(ballot: Ballot) -> bool:
    """Return whether each verdict of a ballot that is safe or unsafe has its probability."""
    labels = labels_in(vars(ballot))
    return all(
        getattr(ballot, field.column("probability")) is not None for field, label in labels.items() if label in VERDICTS
    )
