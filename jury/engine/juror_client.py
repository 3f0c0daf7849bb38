"""One juror's question about one item, and what the answer comes to. Stores nothing."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from corpus.models import Project
from corpus.queries import spellings_of
from jury import queries
from jury.engine.cache import ballots_known, repeat
from jury.engine.forms import read_reply, response_format, with_codes
from jury.engine.model_client import ModelClient, Outcome, Request, abstained, length_of, unreadable
from jury.engine.reply import Reply
from jury.models import Ballot, Juror
from jury.prompting import CATEGORIES, Form, Question, build_messages, order_categories, render_category
from jury.queries import PromptItem


@dataclass(frozen=True)
class Asking:
    """A question that went out."""

    item: PromptItem
    question: Question
    seed: int | None
    "Of the order of the categories; none where they keep their own."


class JurorClient(ModelClient[Ballot]):
    """Asks one juror for its judgement of items of one project."""

    def __init__(self, project: Project, juror: Juror, *, run_id: int | None = None) -> None:
        super().__init__(project, juror, run_id=run_id)
        self.labels = queries.labels_asked(project, juror)
        self.categories = queries.prompt_categories(project.taxonomy_id)
        self.shown = {each["slug"]: render_category(self.prompt.category, each) for each in self.categories}
        self.spellings = spellings_of(project.taxonomy)
        if self.prompt.form != Form.OBJECT:
            self.spellings = with_codes(self.spellings, self.categories)
        self.answers_to = self.key_of_all_questions()

    def key_of_all_questions(self) -> bytes:
        """Hash what changes the answers to every question: not times and tries, nor the order by chance."""
        juror = self.juror
        parts = (
            *(juror.base_url, juror.model, juror.prompt.sha256, juror.response_format),
            *(juror.temperature, juror.max_tokens, self.categories),
            # What is drawn by chance is drawn for each juror by itself.
            juror.pk if juror.temperature else 0,
        )
        return hashlib.sha256(orjson.dumps(parts)).digest()

    def request_hash(self, item: PromptItem) -> bytes:
        """Hash all that changes an answer. 16 bytes."""
        about = orjson.dumps([item.turns, self.question(item).fields])
        return hashlib.sha256(self.answers_to + about).digest()[:16]

    def known(self, items: Sequence[PromptItem]) -> dict[int, Ballot]:
        """
        Return a ballot, not stored yet, for each item that was asked about before in the same way, by item.

        In the same project: what another one has paid for is not this one's, nor is its budget.
        """
        hashes = {item.pk: self.request_hash(item) for item in items}
        found = ballots_known(self.project, hashes.values())
        return {
            item.pk: repeat(found[hashes[item.pk]], self.pinned(item)) for item in items if hashes[item.pk] in found
        }

    def asking(self, item: PromptItem, *, seed: int | None = None) -> Asking:
        """Make a question of an item, with the categories in an order of chance where the prompt wants that."""
        by_chance = secrets.randbits(31) if seed is None and self.prompt.shuffle else seed
        return Asking(item, self.question(item), by_chance)

    def compose(self, item: PromptItem, *, seed: int | None = None) -> tuple[Request, int | None]:
        asking = self.asking(item, seed=seed)
        return self.request(asking), asking.seed

    def question(self, item: PromptItem) -> Question:
        fields = tuple(label for label in self.labels if label != "response_label" or item.has_response)
        categories = (CATEGORIES,) if CATEGORIES in self.juror.asks else ()
        return Question(fields + categories, rationale=self.prompt.rationale)

    def request(self, asking: Asking) -> Request:
        juror, question = self.juror, asking.question
        slugs = [category["slug"] for category in order_categories(self.categories, asking.seed)]
        request: Request = {
            "model": juror.model,
            "messages": build_messages(self.prompt, question, asking.item.turns, [self.shown[slug] for slug in slugs]),
            "temperature": juror.temperature,
            "max_tokens": juror.max_tokens,
        }
        if self.prompt.form != Form.OBJECT:
            return request  # a guard's form is its own, and no schema of ours
        return request | response_format(juror.response_format, question, slugs)

    def conclude(self, item: PromptItem, seed: int | None, replies: Sequence[Reply], trouble: Outcome | None) -> Ballot:
        outcome = trouble or self.verdict(self.question(item), replies[-1])
        return Ballot(**self.pinned(item), order_seed=seed, **self.paid(replies), **outcome)

    def pinned(self, item: PromptItem) -> dict[str, Any]:
        more = {"taxonomy_id": self.project.taxonomy_id, "request_hash": self.request_hash(item)}
        return super().pinned(item) | more

    def verdict(self, question: Question, reply: Reply) -> Outcome:
        """Tell what the reply came to: a refusal is an abstention, and an unclear one is never guessed at."""
        if reply.refusal:
            return abstained(reply.refusal)
        reading = read_reply(self.prompt.form, reply.text, question, self.spellings)
        if reading.judgement is None:
            return unreadable(reading.reason)
        said = reading.judgement
        return {
            "outcome": Ballot.Outcome.CAST,
            "prompt_label": said.prompt_label,
            "response_label": said.response_label,
            "categories": list(said.categories),
            "other_text": said.other_text,
            "rationale": said.rationale,
            "dropped_categories": reading.dropped_categories,
        }

    def length(self, item: PromptItem) -> int:
        return length_of(self.request(Asking(item, self.question(item), None)))
