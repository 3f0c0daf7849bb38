"""Published figures of guards on known benchmarks: data with their source, never averaged. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from guards.benchmarks.definition import known_definitions

PUBLISHED = Path(__file__).parent / "published.toml"
METRICS = ("f1", "fpr", "accuracy")
FIELDS = {"model", "value", "by", "metric", "mode"}


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A figure that somebody published of a guard on a benchmark. It was not measured here."""

    model: str
    benchmark: str
    "Name of a known benchmark."
    task: str
    "`prompt` or `response`."
    metric: str
    "One of METRICS, of unsafe as the positive class."
    value: float
    "0 to 1."
    run_by: str
    source: str
    mode: str
    "How it was run, such as `strict` or `reasoning off`; empty where that is not told."


@cache
def published_figures() -> tuple[PublishedFigure, ...]:
    """Return all published figures."""
    return read_published(tomllib.loads(PUBLISHED.read_text()))


def read_published(content: Mapping[str, Any]) -> tuple[PublishedFigure, ...]:
    """
    Return the figures in a file of published ones.

    :param content: `runners` (by key: `name`, `source`) and `figures` (by benchmark: `model`, `value`, `by`, and
        perhaps `metric` and `mode`)
    :raises ValueError: if a benchmark, runner, metric or field is unknown, a value no share, or a figure there twice
    """
    tasks = {name: definition.task for name, definition in known_definitions().items()}
    found: dict[tuple[str, ...], PublishedFigure] = {}
    for benchmark, entries in content["figures"].items():
        if benchmark not in tasks:
            raise ValueError(f"{benchmark} is not a known benchmark")
        for entry in entries:
            figure = figure_of(benchmark, tasks[benchmark], entry, content["runners"])
            key = (figure.model, benchmark, figure.metric, entry["by"], figure.mode)
            if key in found:
                raise ValueError(f"{benchmark}: {', '.join(key)} stands twice")
            found[key] = figure
    return tuple(found.values())


def figure_of(benchmark: str, task: str, entry: Mapping[str, Any], runners: Mapping[str, Any]) -> PublishedFigure:
    """
    Return the figure that an entry describes.

    :raises ValueError: if the entry is wrong
    """
    where = f"{benchmark}, {entry.get('model', 'no model')}"
    if unknown := set(entry) - FIELDS or {"model", "value", "by"} - set(entry):
        raise ValueError(f"{where}: {', '.join(sorted(unknown))} unknown or missing")
    if entry["by"] not in runners:
        raise ValueError(f"{where}: unknown runner {entry['by']}")
    if (metric := entry.get("metric", "f1")) not in METRICS:
        raise ValueError(f"{where}: unknown metric {metric}")
    if not 0 <= entry["value"] <= 1:
        raise ValueError(f"{where}: {entry['value']} is not between 0 and 1")
    runner = runners[entry["by"]]
    return PublishedFigure(
        model=entry["model"],
        benchmark=benchmark,
        task=task,
        metric=metric,
        value=float(entry["value"]),
        run_by=runner["name"],
        source=runner["source"],
        mode=entry.get("mode", ""),
    )
