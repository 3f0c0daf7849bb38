"""
The kinds of runs: who is asked, about what, and where the answers are stored.

An app above the jury adds a kind of its own when Django starts, so that the engine runs it without knowing the app.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string

from jury.models import Answer, Run, Shard
from jury.prompt_items import PromptItem


@dataclass(frozen=True)
class RunKind:
    """What a run does. Modules are named by their dotted paths, and loaded when the first run needs them."""

    model: str
    "Of its answers, as `app_label.ModelName`."
    client_path: str
    "Of a `ModelClient`."
    items_path: str
    "Of a function that returns `PromptItem`s by primary keys, in any order."
    items_to_ask_path: str
    "Of a function that returns the `PromptItem`s of a shard that have no answer yet, by primary key."

    @cached_property
    def answers(self) -> type[Answer]:
        """The model class of its answers."""
        return apps.get_model(self.model)

    @cached_property
    def client(self) -> Any:
        """The class of the client that asks, a `ModelClient`."""
        return import_string(self.client_path)

    @cached_property
    def items(self) -> Callable[[Sequence[int]], list[PromptItem]]:
        """Return what is asked about, by primary keys."""
        return import_string(self.items_path)  # type: ignore[no-any-return]

    @cached_property
    def items_to_ask(self) -> Callable[[Shard], list[PromptItem]]:
        """Return what a shard has no answer about yet."""
        return import_string(self.items_to_ask_path)  # type: ignore[no-any-return]


OF_ITEMS = {"items_path": "jury.queries.items_by_pk", "items_to_ask_path": "jury.queries.items_to_ask"}
GENERATION = RunKind("jury.GeneratedResponse", "jury.engine.generator_client.GeneratorClient", **OF_ITEMS)
KINDS: dict[str, RunKind] = {
    Run.Generates.NOTHING: RunKind("jury.Ballot", "jury.engine.juror_client.JurorClient", **OF_ITEMS),
    Run.Generates.RESPONSES: GENERATION,
    Run.Generates.REFUSALS: GENERATION,
}
"By `Run.generates`."


def kind_of(run: Run) -> RunKind:
    """Return the kind of a run."""
    return KINDS[run.generates]


def answer_models() -> list[type[Answer]]:
    """Return the model classes of all answers, each once."""
    return list(dict.fromkeys(kind.answers for kind in KINDS.values()))
