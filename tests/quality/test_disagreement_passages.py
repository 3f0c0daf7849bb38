"""Passages of a category's definition on which people differ: found from the texts of the items, and shown to leads."""

import html
import random
from pathlib import Path

import numpy as np

from annotation.actions.guidelines import publish_guideline
from corpus.models import Item, Project
from quality.models import Report
from quality.queries.disagreement import read_item_words, read_words
from quality.statistics.disagreement.passages import nearest
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

PEOPLE = [f"p{at:02}" for at in range(8)]
LINES = ["Code that steals passwords", "Worms that spread through a network", "the"]
TEXTS = ["How is a password stolen by code?", "How does a worm spread in networks?", "What hurts?", "Who threatens?"]


def unclear_project(folder: Path) -> Project:
    """Make a project in which everybody is in two minds about passwords, and nobody about worms or anything else."""
    dice = random.Random(6)
    project = make_project(fields="prompt_label")
    lead = Visitor(project, "lead")
    entries = {"malware": {"included": LINES[:2], "excluded": LINES[2:]}}
    publish_guideline(project=project, by=lead.user, after="1", summary="Malware", body="", entries=entries, faq=[])
    names = [f"d{at:03}" for at in range(240)]
    endless = " ".join(f"w{at}" for at in range(30_000))
    rows, votes = [dialogue("long", text=endless, response=False), dialogue("empty", text="-", response=False)], []
    for at, name in enumerate(names):
        kind = ("malware", "malware", "violence", "threat")[at % 4]
        rows.append(dialogue(name, text=f"{TEXTS[at % 4]} {at}", response=False))
        for person in dice.sample(PEOPLE, 3):
            unsafe = bool(at % 4) or dice.random() > 0.35
            votes.append(opinion(name, person, "unsafe" if unsafe else "safe", categories=[kind] if unsafe else []))
    for name in ("long", "empty"):
        votes += [opinion(name, person, "unsafe", categories=["malware"]) for person in PEOPLE[:3]]
    assert import_dialogues(project, folder, rows)["created"] == 242
    assert import_votes(project, folder, votes)["rejected"] == 0
    return project


def test_an_unclear_passage_is_named_with_its_question(tmp_path: Path) -> None:
    project = unclear_project(tmp_path)
    assert command("measure", project=project.slug).code == 0
    [field] = Report.objects.get(project=project, kind="disagreement").content["fields"]
    [cause] = field["causes"]
    assert (cause["kind"], cause["a"], cause["b"], cause["passage"]) == ("passage", "malware", "safe", LINES[0])
    assert cause["here"] > 0.4
    assert cause["elsewhere"] == 0
    assert cause["share"]["low"] > 0.3

    page = html.unescape(Visitor(project, "lead").get("quality/", tab="disagreement").content.decode())
    assert "Malware: a passage of its definition" in page
    assert f"near “{LINES[0]}”" in page
    assert f"When is a dialogue Malware, and when safe? About: {LINES[0]}" in page
    assert "1 unclear rule is shown" in page


def test_words_are_those_of_what_is_judged(tmp_path: Path) -> None:
    """Without endings, in any case; of the response only where it is judged."""
    project = make_project()
    row = {"id": "d1", "prompt": "A WORM; spreading", "response": "Passwords! Naïve Würmer"}
    assert import_dialogues(project, tmp_path, [row])["created"] == 1
    key, words = np.array([Item.objects.get(project=project).pk]), ["spread", "worm", "password", "würmer"]
    assert read_words(["Worms that spread", "the", ""]) == [{"spread", "worm"}, set(), set()]
    assert read_item_words("prompt_label", key, words)[1].tolist() == [0, 1]
    assert sorted(read_item_words("response_label", key, words)[1].tolist()) == [0, 1, 2, 3]
    assert read_item_words("prompt_label", key, []).shape == (2, 0)


def test_an_item_is_near_the_passage_with_whose_rare_words_it_agrees() -> None:
    """Four items of category 2, one of 3; word 0 is in all of them, so that it says nothing."""
    words, category = [{0, 1}, {0, 2, 3}, {4}], np.array([2, 2, 3])
    pairs = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (3, 0), (3, 4), (4, 0), (4, 4), (4, 1)]
    found = nearest(category, words, np.array([2, 2, 2, 2, 3]), np.array(pairs).T)
    assert found.tolist() == [0, 1, -1, -1, 2]
    nothing = np.zeros((2, 0), dtype=np.int64)
    assert nearest(category, words, np.array([2, 3]), nothing).tolist() == [-1, -1]
    assert nearest(np.zeros(0, dtype=np.int64), [], np.array([2]), nothing).tolist() == [-1]
    with np.errstate(all="raise"):
        assert nearest(category, words, np.zeros(0, dtype=np.int64), nothing).tolist() == []
