"""
The settings of a fine-tune and their defaults.

Defaults follow what is published of guards of this kind: an adapter of rank 16 on all linear layers, as the adapters of
the Aegis guards are, three epochs, 32 rows a step, dialogues of up to 2,048 tokens.
"""

import argparse
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Settings:
    """What a fine-tune depends on besides its data."""

    model: str
    "The base model: a name on a hub, or a folder."
    revision: str | None = None
    chat_template: Path | None = None
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    learning_rate: float = 2e-4
    warmup: float = 0.03
    "The share of steps in which the learning rate rises."
    epochs: int = 3
    steps: int | None = None
    "The most steps; None for whole epochs."
    batch: int = 4
    "Rows that are computed at once."
    accumulate: int = 8
    "Batches a step."
    max_length: int = 2048
    "Tokens of the longest row that is trained on, or asked."
    evaluate: int = 1000
    "Rows of the validation split that are asked after each epoch; 0 for all."
    save_every: int = 100
    "Steps from one checkpoint to the next."
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}


HELP = {
    "model": "the base model: a name on a hub, or a folder; it needs a chat template",
    "revision": "the commit or tag of the base model on the hub",
    "chat_template": "a Jinja file to use instead of the model's own chat template",
    "rank": "rank of the adapter",
    "alpha": "its scale times its rank",
    "dropout": "dropout within the adapter, 0 to 1",
    "learning_rate": "the highest learning rate",
    "warmup": "the share of steps in which it rises",
    "epochs": "how often each row is seen",
    "steps": "the most steps, for a trial",
    "batch": "rows that are computed at once",
    "accumulate": "batches a step",
    "max_length": "tokens of the longest row that is trained on, or asked",
    "evaluate": "rows of the validation split to ask after each epoch; 0 for all",
    "save_every": "steps from one checkpoint to the next",
    "seed": "of the adapter's first weights, the order of rows and dropout",
}


def number(kind: type, *, least: float, most: float = float("inf")) -> Any:
    """Return a parser of numbers of a kind in a range, for argparse."""

    def parsed(text: str) -> Any:
        value = kind(text)
        if not least <= value <= most:
            raise ValueError
        return value

    parsed.__name__ = f"number from {least:g}" + (f" to {most:g}" if most < float("inf") else "")
    return parsed


PARSERS: dict[str, Any] = {
    "chat_template": Path,
    "dropout": number(float, least=0, most=0.9),
    "learning_rate": number(float, least=1e-9, most=1),
    "warmup": number(float, least=0, most=0.9),
    "evaluate": number(int, least=0),
    "seed": number(int, least=0, most=2**32 - 1),
    "model": str,
    "revision": str,
}
"By setting; the others are whole numbers from 1."


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting."""
    for field in fields(Settings):
        shown = "" if field.name == "model" or field.default is None else f" ({field.default})"
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=PARSERS.get(field.name, number(int, least=1)),
            default=None if field.name == "model" else field.default,
            required=field.name == "model",
            help=HELP[field.name] + shown,
        )


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings among parsed options."""
    return Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
