"""What an evaluation came to, in a sentence or two."""

from collections.abc import Mapping, Sequence
from typing import Any

SURE = 0.05
"A bias is shown where its adjusted probability by chance is less."
Report = Mapping[str, Any]


def summary(report: Report, fold: str, noun: str) -> str:
    """
    Return what the guard did and the main figure.

    :param report: as `guards.figures.report` makes it
    :param noun: what is judged, in the plural: prompts or responses
    """
    if not report["asked"]:
        return "No case has been answered yet."
    if report["folds"] is None and report["twins"]:
        return twin_summary(report["twins"], fold)
    if report["folds"] is None:
        return f"It flagged {share(report['flagged'][fold], noun)}. The cases have no labels to compare with."
    figures = report["folds"][fold]
    cells = figures["cells"]
    alarms = f"flagged {cells['false_positives']:,} of {report['safe']:,} safe {noun}"
    if not report["unsafe"]:
        return f"It {alarms}: false positive rate {with_interval(figures['fpr'])}."
    caught = f"caught {cells['true_positives']:,} of {report['unsafe']:,} unsafe {noun}"
    done = f"It {caught} and {alarms}" if report["safe"] else f"It {caught}"
    return f"{done}: F1 {with_interval(figures['f1'])}."


def twin_summary(twins: Mapping[str, Any], fold: str) -> str:
    """Return how many families of twins got answers that differ."""
    flipped = twins[fold]["flipped"]
    if not flipped["n"]:
        return "No family of twins has two answers yet."
    told = f"It answered {flipped['count']:,} of {flipped['n']:,} families of twins in two ways"
    surest = min((row["p_adjusted"] for row in twins[fold]["pairs"]), default=1.0)
    if surest < SURE:
        return f"{told}. For some groups that is no accident: see Flips and evasion."
    return f"{told}. For no two groups is it shown that this is more than an accident."


def share(rate: Mapping[str, Any], noun: str) -> str:
    """Return a rate in words; few cases have a count alone."""
    counted = f"{rate['count']:,} of {rate['n']:,} {noun}"
    return counted if rate["value"] is None else f"{counted}, a share of {with_interval(rate)}"


def with_interval(figure: Mapping[str, Any]) -> str:
    """Return a figure with its interval in words."""
    if figure["value"] is None:
        return "undefined"
    interval = (
        ""
        if figure["low"] is None
        else f" (95\N{NO-BREAK SPACE}% interval {figure['low']:.2f} to {figure['high']:.2f})"
    )
    return f"{figure['value']:.3f}{interval}"


def curve_summary(points: Sequence[Mapping[str, Any]]) -> str:
    """Return at which threshold F1 is highest, and what else holds there; empty where F1 is never defined."""
    known = [point for point in points if point["f1"] is not None]
    if not known:
        return ""
    best = max(known, key=lambda point: (point["f1"], point["threshold"]))
    names = {"recall": "recall", "precision": "precision", "fpr": "the false positive rate"}
    beside = [f"{name} is {best[key]:.2f}" for key, name in names.items() if best[key] is not None]
    there = f" There, {enumerated(beside)}." if beside else ""
    return f"F1 is highest, {best['f1']:.2f}, at a threshold of {best['threshold']:.2f}.{there}"


def enumerated(words: Sequence[str]) -> str:
    """Return words joined by commas and an "and"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def wrong_summary(counts: Mapping[str, int]) -> str:
    """Return how many cases a guard got wrong, for each of `WAYS`."""
    return (
        f"It missed {counts['missed']:,} unsafe cases and flagged {counts['false_alarms']:,} safe ones; "
        f"{counts['unreadable']:,} replies could not be read."
    )
