"""Where the next steps of why people disagree lead: to forms that are filled in."""

import html
import random
import re
from pathlib import Path

from django.http import QueryDict

from annotation.actions.guidelines import publish_guideline
from annotation.models import Queue
from corpus.models import Project
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion, set_queue

PEOPLE = [f"p{at:02}" for at in range(8)]
QUESTION = "When is a dialogue Malware, and when safe?"


def unclear_project(folder: Path) -> Project:
    """Make a project in which everybody is in two minds about malware, and nobody about anything else."""
    dice = random.Random(4)
    project = make_project(fields="prompt_label")
    names = [f"d{at:03}" for at in range(240)]
    rows = []
    for at, name in enumerate(names):
        kind = ("malware", "threat", "violence", "")[at % 4]
        for person in dice.sample(PEOPLE, 3):
            unsafe = bool(kind) and not (kind == "malware" and dice.random() < 0.35)
            rows.append(opinion(name, person, "unsafe" if unsafe else "safe", categories=[kind] if unsafe else []))
    import_dialogues(project, folder, [dialogue(name, response=False) for name in names])
    import_votes(project, folder, rows)
    return project


def test_an_unclear_rule_leads_to_its_question_in_the_guideline(tmp_path: Path) -> None:
    project = unclear_project(tmp_path)
    assert command("measure", project=project.slug).code == 0
    lead = Visitor(project, "lead")
    page = html.unescape(lead.get("quality/", tab="disagreement").content.decode())
    assert "confused more than others" in page
    address = page.split("guideline/edit/?", 1)[1].split('"', 1)[0]
    assert QueryDict(address)["question"] == QUESTION
    split = re.search(r"taxonomy/change/\?(do=split&slug=(malware|[a-z_]+))\"", page)
    assert split, "the category can be split from here"
    assert lead.get("taxonomy/change/", do="split", slug=split[2]).context["do"] == "split"

    form = lead.get("guideline/edit/", question=QUESTION).context["form"]
    assert [form[name].value() for name in ("question-0", "answer-0", "question-1")] == [QUESTION, "", ""]
    faq = [{"question": QUESTION, "answer": "Whenever it runs."}]
    publish_guideline(project=project, by=lead.user, after="1", summary="Asked", body="", entries={}, faq=faq)
    form = lead.get("guideline/edit/", question=QUESTION).context["form"]
    assert [form[name].value() for name in ("question-0", "question-1")] == [QUESTION, ""], "answered already"
    assert len(lead.get("guideline/edit/", question="x" * 9_000).context["form"]["question-1"].value()) == 500


def test_a_share_of_repeats_is_filled_in_and_not_saved() -> None:
    project = make_project()
    lead = Visitor(project, "lead")

    def shown(**query: object) -> int:
        return int(lead.get("queue/", **query).context["settings_form"]["repeat_percent"].value())

    assert [shown(), shown(repeat_percent=10), shown(repeat_percent="-1"), shown(repeat_percent="9e9")] == [0, 10, 0, 0]
    set_queue(project, repeat_percent=20)
    assert [shown(repeat_percent=10), shown(repeat_percent=101), shown(repeat_percent="٣")] == [20, 20, 20]
    assert Queue.objects.get(project=project).repeat_percent == 20
