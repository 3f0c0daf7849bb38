"""Figures of questions: answers as arrays, raters beside the others, the report and its tab."""

import random
from collections import Counter

import numpy as np
import pytest

from corpus.actions import add_question, retire_question
from corpus.question_rules import PRESETS
from quality.actions import measure_project
from quality.models import Report
from quality.statistics.others import compare_lists, compare_with_majority, compare_with_median
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C: 0.743 nominal, 0.815 ordinal.
PUBLISHED = {"ann": "123321412...", "ben": "1233224125.3", "cleo": ".3332342251.", "dan": "12332441251."}
STEPS = [{"value": str(step), "name": f"Step {step}"} for step in range(1, 6)]
TAGS = [{"value": value, "name": value.title()} for value in ("warm", "cold")]


def test_answers_are_compared_with_those_of_the_others():
    chance, choices = random.Random(3), 4
    opinions = sorted((chance.randrange(30), chance.randrange(choices)) for _ in range(120))
    item, values = (np.array(column) for column in zip(*opinions, strict=True))
    majority, median = compare_with_majority(item, values, choices), compare_with_median(item, values, choices)
    bits = np.array([chance.randrange(4) for _ in opinions])
    lists = compare_lists(item, [bits & 1 == 1, bits & 2 == 2])

    for at, (one, value) in enumerate(opinions):
        others = [opinions[n][1] for n in range(len(opinions)) if n != at and opinions[n][0] == one]
        top, count = Counter(others).most_common(1)[0] if others else (None, 0)
        assert majority.is_compared[at] == (count * 2 > len(others))
        assert not majority.is_compared[at] or majority.distance[at] == (top != value)
        assert median.is_compared[at] == bool(others)
        assert not others or median.distance[at] == abs(sorted(others)[(len(others) - 1) // 2] - value)
        for bit, compared in enumerate(lists):
            naming = [bool(bits[n] >> bit & 1) for n in range(len(opinions)) if n != at and opinions[n][0] == one]
            assert compared.is_compared[at] == (sum(naming) * 2 != len(naming))
            assert not compared.is_compared[at] or compared.distance[at] == (
                (sum(naming) * 2 > len(naming)) != bool(bits[at] >> bit & 1)
            )
    empty = np.array([], dtype=np.int64)
    assert [
        len(each.distance) for each in (compare_with_majority(empty, empty, 2), *compare_lists(empty, [empty == 1]))
    ] == [0, 0]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Items 0 … 11 with the published answers on a scale, and some of the other types."""
    made, folder = make_project(), tmp_path_factory.mktemp("rows")
    add_question(project=made, by=None, key="level", text="How much?", type="ordinal", choices=STEPS, asked_of="both")
    add_question(project=made, by=None, key="tags", text="Which?", type="many_of", choices=TAGS, is_required=False,
                 asked_of="both")  # fmt: skip
    add_question(project=made, by=None, key="why", text="Why?", type="text", is_required=False)
    add_question(project=made, by=None, **PRESETS["response_refusal"] | {"is_required": False})
    import_dialogues(made, folder, [dialogue(f"i{n:02}") for n in range(12)])
    tags = {"ann": ["warm", "cold"], "ben": ["warm"], "cleo": []}
    rows = []
    for rater, answers in PUBLISHED.items():
        for n, level in enumerate(answers):
            said = {"level": None if level == "." else level}
            if n == 0:
                said |= {"tags": tags.get(rater), "why": "So." if rater == "ann" else None}
                said |= {"response_refusal": "compliance" if rater == "dan" else "refusal"}
            rows.append(opinion(f"i{n:02}", rater, "safe", "safe", answers=said))
    rows.append(opinion("i00", "model-a", "safe", "safe", answers={"level": "5", "tags": ["warm"]}))
    assert import_votes(made, folder, rows)["created"] == len(rows)
    measure_project(project=made)
    return made


def figures(project):
    content = Report.objects.get(project=project, kind="questions").content
    return {each["key"]: each for each in content["questions"]}


def test_report_has_published_and_hand_counted_figures(project):
    level, tags, why, refusal = figures(project).values()

    people = level["kinds"]["human"]
    assert (people["items"], people["opinions"], people["raters"]) == (11, 40, 4)
    assert people["alpha"]["value"] == pytest.approx(0.743, abs=0.0005)
    assert people["ordinal_alpha"]["value"] == pytest.approx(0.815, abs=0.0005)
    assert level["shares"]["human"]["n"] == 41
    assert level["shares"]["llm"]["choices"] == {"1": 0.0, "2": 0.0, "3": 0.0, "4": 0.0, "5": 1.0}
    model = next(row for row in level["raters"] if row["rater"] == "model-a")
    assert (model["n"], model["agrees"], model["steps"]) == (1, 0.0, 4.0)

    # warm is named by ann, ben and the model, cold by ann alone; cleo says that none applies.
    assert (tags["shares"]["all"]["n"], tags["shares"]["all"]["choices"]) == (4, {"warm": 0.75, "cold": 0.25})
    assert {row["rater"]: row["agrees"] for row in tags["raters"]} == {
        "ann": 0.5,
        "ben": 1.0,
        "cleo": 0.5,
        "model-a": 1.0,
    }
    assert (why["shares"]["all"]["n"], "kinds" in why) == (1, False)
    assert refusal["decisions"] == {
        "statuses": {"unanimous": 0, "majority": 1, "decided": 0, "settled": 0, "disputed": 0, "pending": 0},
        "disputed": 0.0,
    }
    assert {row["rater"]: (row["n"], row["agrees"]) for row in refusal["raters"]} == {
        "ann": (1, 1.0), "ben": (1, 1.0), "cleo": (1, 1.0), "dan": (1, 0.0),
    }  # fmt: skip


def test_choices_and_statuses_stand_in_their_order(project):
    """The database sorts the keys of stored objects, by their length first."""
    made = make_project()
    add_question(project=made, by=None, **PRESETS["severity"])
    measure_project(project=made)
    [severity] = figures(made).values()
    assert [choice["value"] for choice in severity["choices"]] == [
        each["value"] for each in PRESETS["severity"]["choices"]
    ]
    assert "Nobody has answered it yet." in Visitor(made, "lead").get("quality/", tab="questions").content.decode()
    rows = Visitor(project, "lead").get("quality/", tab="questions").context
    assert [row["name"] for row in rows["shares"]] == [f"Step {step}" for step in range(1, 6)]
    assert [row["name"] for row in rows["statuses"]] == ["All agree", "Decided, not all agree", "Too few answers"]


def test_tab_shows_one_question_and_is_there_only_with_questions(project):
    lead = Visitor(project, "lead")
    level = lead.get("quality/", tab="questions").content.decode()
    tags = lead.get("quality/", tab="questions", question="tags").content.decode()
    why = lead.get("quality/", tab="questions", question="why", sort="-nothing").content.decode()

    assert "How much?" in level
    assert "Alpha, as a scale" in level
    assert "Step 5" in level
    assert "Steps from the median" in level
    assert "question=tags" in level
    shared = '<th scope="row">Models</th> <td class="number">0</td> <td class="number">0</td>'  # there is one model
    assert shared in " ".join(level.split())
    assert "Lists differ by what they do not share (MASI)" in tags
    assert "Texts are kept as they are" in why
    plain = make_project()
    measure_project(project=plain)
    page = Visitor(plain, "lead").get("quality/", tab="questions").content.decode()
    assert "tab=questions" not in page
    assert "tab=agreement" in page
    assert not Report.objects.filter(project=plain, kind="questions").exists()


def test_command_measures_agreement_on_a_question(project):
    people = command("agreement", project=project.slug, field="level", raters="human", no_pairs=True)
    assert (people["krippendorff_alpha"], people["ordinal_alpha"]) == (
        pytest.approx(0.743, abs=0.0005),
        pytest.approx(0.815, abs=0.0005),
    )
    assert "masi_alpha" in command("agreement", project=project.slug, field="tags")
    for field, reason in {"why": "a text", "mood": "no such field"}.items():
        refused = command("agreement", project=project.slug, field=field)
        assert (refused.code, reason in refused.stderr) == (2, True)


def test_retired_question_keeps_its_figures(project):
    retire_question(project=project, by=None, key="level")
    measure_project(project=project)
    assert figures(project)["level"]["is_retired"]
    assert (
        "The question is no longer asked." in Visitor(project, "lead").get("quality/", tab="questions").content.decode()
    )
