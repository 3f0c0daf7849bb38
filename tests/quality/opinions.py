"""Opinions of a project read by the ORM, as a check on the arrays; and projects with planted opinions."""

import random
from pathlib import Path
from typing import Any, NamedTuple

from annotation.models import Vote
from corpus.models import Project
from jury.models import Ballot
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion

LABEL_CODES = {"safe": 0, "needs_caution": 1, "unsafe": 2}
WEEKS = ["2026-03-02T12:00:00Z", "2026-03-09T12:00:00Z", "2026-03-16T12:00:00Z"]
SKILLS = (("ada", 0.95), ("bea", 0.85), ("cleo", 0.7), ("model-a", 0.9), ("model-b", 0.75))


class Row(NamedTuple):
    """One opinion on one label field."""

    item: int
    kind: str
    rater: str
    label: int


def label_rows(project: Project, field: str = "prompt_label") -> list[Row]:
    """Return every current opinion that has a label in a field."""
    votes = Vote.objects.filter(item__project=project, is_current=True).exclude(**{field: None})
    ballots = Ballot.objects.filter(item__project=project, is_current=True, outcome="cast").exclude(**{field: None})
    people = [("human", *row) for row in votes.values_list("item_id", "annotator__name", field)]
    models = [("llm", *row) for row in ballots.values_list("item_id", "juror__name", field)]
    return sorted(Row(item, kind, rater, LABEL_CODES[label]) for kind, item, rater, label in people + models)


def named_categories(project: Project) -> list[str]:
    """Return every category of every current opinion, repetitions included."""
    votes = Vote.objects.filter(item__project=project, is_current=True).values_list("categories", flat=True)
    ballots = Ballot.objects.filter(item__project=project, is_current=True, outcome="cast")
    return [slug for each in [*votes, *ballots.values_list("categories", flat=True)] for slug in each]


def mixed_project(
    folder: Path, *, items: int = 60, seed: int = 5, sources: tuple[str, ...] = ("garden", "street"), **options: Any
) -> Project:
    """Make a project with opinions of people and models of known skill over three weeks; some are missing."""
    dice = random.Random(seed)
    project = make_project(**options)
    rows, votes = [], []
    for at in range(items):
        has_response = at % 3 > 0
        rows.append(dialogue(f"m{at:03}", response=has_response, source=sources[at % len(sources)]))
        truth = dice.random() < 0.45
        for rater, skill in SKILLS:
            if dice.random() < 0.1:
                continue
            unsafe = truth if dice.random() < skill else not truth
            label = "unsafe" if unsafe else dice.choice(["safe", "safe", "needs_caution"])
            named = dice.sample(["threat", "violence", "malware"], dice.randint(1, 2)) if unsafe else []
            response = "safe" if has_response and "response_label" in project.fields else None
            votes.append(opinion(f"m{at:03}", rater, label, response, categories=named, cast_at=WEEKS[at % 3]))
    assert import_dialogues(project, folder, rows)["created"] == items
    assert import_votes(project, folder, votes)["rejected"] == 0
    return project


def small_project(folder: Path) -> Project:
    """Make a project with two dialogues that two people call safe."""
    project = make_project(fields="prompt_label")
    import_dialogues(project, folder, [dialogue("s1"), dialogue("s2")])
    import_votes(project, folder, [opinion(item, rater) for item in ("s1", "s2") for rater in ("ada", "bea")])
    return project
