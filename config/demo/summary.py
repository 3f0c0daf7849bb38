"""Print the results of the demo as lines and small tables."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from django.conf import settings

from adjudication.policies import policy_of
from corpus.models import Project
from corpus.snapshot import snapshot
from quality.gold_file import read_gold
from quality.queries.raters import item_keys
from quality.reports.arrays import Opinions, read_opinions
from quality.reports.field_reports import agreement_report, score_report
from releases.downloads import file_of
from releases.models import Release
from releases.places import shown_place

COLUMNS = ("accuracy", "precision", "recall", "f1")


def stage(name: str, line: str) -> None:
    """Print the result of a stage."""
    print(f"{name:<13} {line}", flush=True)


def print_note(line: str) -> None:
    """Print a line below a stage."""
    print(f"{'':<13} {line}", flush=True)


def agreement_and_scores(project: Project, reference: Path | None) -> None:
    """Print agreement on each label, and each rater's scores against the reference or the others' majority."""
    with snapshot():
        opinions = read_opinions(project)
        scores = {field: scores_on(project, opinions, field, reference) for field in project.fields}
    for field in project.fields:
        line = " · ".join(agreement_line(opinions, field, raters) for raters in ("human", "llm", "all"))
        stage("Agreement", f"{field}: {line}")
    for field, report in scores.items():
        against = "the reference labels" if report["decision"] else "the majority of the other raters"
        print(f"\n{field} against {against} (unsafe is positive)")
        print(f"  {'rater':<22}{'n':>5}" + "".join(f"{column:>11}" for column in COLUMNS))
        for rater in report["raters"]:
            print(row(f"{rater['rater']} ({rater['kind']})", rater))
        if report["decision"]:
            print(row("the decision", report["decision"]))


def scores_on(project: Project, opinions: Opinions, field: str, reference: Path | None) -> dict[str, Any]:
    """Return the score report on one field, against the reference if there is one."""
    gold = None
    if reference:
        keys = item_keys(project)
        labels, _problems = read_gold(reference, field, keys)
        gold = {keys[name]: label for name, label in labels.items()}
    return score_report(project, opinions, field, policy_of(project), gold=gold)


def agreement_line(opinions: Opinions, field: str, raters: str) -> str:
    """Return percent agreement and alpha of one kind of rater, in words."""
    report = agreement_report(opinions, field, raters=raters, with_pairs=False)
    if report["percent"] is None:
        return f"{raters} none"
    return f"{raters} {report['percent']:.0%}, alpha {format_score(report['krippendorff_alpha'])}"


def row(name: str, score: dict[str, Any]) -> str:
    """Return a row of the table of scores."""
    return f"  {name:<22}{score['n']:>5}" + "".join(f"{format_score(score[column]):>11}" for column in COLUMNS)


def format_score(value: float | None) -> str:
    """Return a score with two decimals, or "undefined"."""
    return "undefined" if value is None else f"{value:.2f}"


def files(release: Release) -> None:
    """Print where the files are, and one row of the dataset, its text cut short."""
    print(f"\nThe dataset is in {shown_place(release)}")
    for name in release.hashes:
        print(f"  {name:<20}{file_of(release, name)[0].stat().st_size:>10,} bytes")
    rows = json.loads(file_of(release, "train.json")[0].read_bytes())
    labelled = next((each for each in rows if each["violated_categories"] and each["response"]), rows[0])
    short = {key: shorten(value) for key, value in labelled.items()}
    print(f"One row of it:\n{json.dumps(short, indent=2, ensure_ascii=False)}\n")


def shorten(value: Any) -> Any:
    """Return a text shortened to 70 characters; other values unchanged."""
    return value[:70] + "…" if isinstance(value, str) and len(value) > 71 else value


def sign_in(address: str, links: Sequence[tuple[str, str, str]]) -> None:
    """
    Print how to sign in.

    :param links: name, role and invitation of each person; first those of the reader and of a second person
    """
    days = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT).days
    print(f"Two people can try it. A link sets the password of one account; then sign in at {address}/sign-in/")
    whose = chain(("you", "a second person"), repeat(""))
    for who, (name, role, link) in zip(whose, links, strict=False):
        print(f"  {who:<16}{name} ({role}): {link}")
    print(f"A link works for {days} days, until its password is set. Open the second in another browser.", flush=True)
