"""Answers to a project's questions in imported opinions."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.models import Vote
from corpus.actions import add_question
from corpus.errors import Invalid
from corpus.importing.answers import parse_answers
from corpus.question_rules import PRESETS
from corpus.questions import PlainQuestion
from jury.models import Ballot
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

STEPS = [{"value": str(step), "name": f"Step {step}"} for step in (1, 2, 3)]
QUESTIONS = (
    PlainQuestion("level", "ordinal", STEPS),
    PlainQuestion("groups", "many_of", [{"value": "a_b", "name": "A, b"}, {"value": "c", "name": "C"}]),
    PlainQuestion("why", "text"),
)


@cases(
    ("row", "expected"),
    [
        ({}, {}),
        ({"answers": None, "answer_level": float("nan"), "answer_why": ""}, {}),
        ({"answers": {"level": "2", "groups": ["c", "a_b"], "why": " so "}},
         {"level": "2", "groups": ["c", "a_b"], "why": " so "}),
        ({"answer_level": 2, "answer_groups": "A, b; c", "answer_why": "1;2"},
         {"level": "2", "groups": ["a_b", "c"], "why": "1;2"}),
        ({"answer_level": 3.0, "answer_groups": "c"}, {"level": "3", "groups": ["c"]}),
        ({"answer_level": "STEP 1", "answers": {"groups": []}}, {"level": "1", "groups": []}),
        ({"answers": {"level": None, "mood": "glad"}}, {"mood": "glad"}),
        ({"answer_level": 2.5}, {"level": 2.5}),
        ({"answer_level": float("inf")}, {"level": float("inf")}),
        ({"answers": {"groups": [float("-inf"), 3.0, True]}}, {"groups": [float("-inf"), "3", True]}),
    ],
)  # fmt: skip
def test_answers_are_read_from_an_object_or_from_columns(row, expected):
    assert parse_answers(row, QUESTIONS) == expected


@cases(
    ("row", "reason"),
    [
        ({"answers": "yes"}, "answers: 'yes' is not an object; in a table, give each question a column answer_KEY"),
        ({"answers": ["a"]}, "answers: ['a'] is not an object; in a table, give each question a column answer_KEY"),
        (
            {"answers": {"level": "1"}, "answer_level": "1"},
            "answers.level: it is given twice: in answers and as answer_level",
        ),
    ],
)
def test_answers_in_another_form_are_rejected(row, reason):
    with pytest.raises(Invalid) as caught:
        parse_answers(row, QUESTIONS)
    assert f"{caught.value.field}: {caught.value.reason}" == reason


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = make_project()
    rows = [dialogue("both"), dialogue("prompt", response=False)]
    import_dialogues(made, tmp_path_factory.mktemp("items"), rows)
    for key in PRESETS:
        add_question(project=made, by=None, **PRESETS[key])
    add_question(project=made, by=None, key="why", text="Why?", type="text", is_required=False, asked_of="people")
    return made


def test_opinions_keep_their_answers_from_json_and_from_tables(project, tmp_path):
    answers = {"severity": "mild", "response_refusal": "refusal"}
    rows = [opinion("both", rater, "safe", "safe", answers=answers) for rater in ("ann", "model-a")]
    first, again = (import_votes(project, tmp_path, rows) for _ in range(2))

    assert ((first["created"], first["rejected"]), (again["unchanged"], again["rejected"])) == ((2, 0), (2, 0))
    votes, ballots = (each.objects.filter(item__project=project) for each in (Vote, Ballot))
    for stored in (votes.get(annotator__name="ann"), ballots.get(juror__name="model-a")):
        assert stored.answers == answers
    other = import_votes(project, tmp_path, [rows[0] | {"answers": answers | {"severity": "severe"}}])
    assert (other["rejected"], "this rater's opinion of the item is another" in other.stderr) == (1, True)

    table = tmp_path / "votes.csv"
    table.write_text(
        "item_id,rater,rater_kind,prompt_label,answer_response_refusal,answer_severity,answer_why\n"
        'both,csv,human,safe,Compliance,,"one, two"\nprompt,csv,human,safe,,None,\n'
    )
    assert command("import_votes", table, project=project.slug)["created"] == 2
    found = votes.filter(annotator__name="csv").order_by("item__external_id").values_list("answers", flat=True)
    assert list(found) == [{"response_refusal": "compliance", "why": "one, two"}, {"severity": "none"}]


def test_numbers_that_are_no_step_reject_their_row_alone(project, tmp_path):
    """Infinite ones, as JSON with a large exponent or a numeric column has them, and NaN within a list."""
    good = opinion("both", "fay", "safe", answers={"severity": "mild"})
    rows = [json.dumps(opinion("both", "eve", "safe", answers={"severity": "?"})).replace('"?"', each) for each in (
        "1e999", "-Infinity", "[NaN]",
    )]  # fmt: skip
    done = import_votes(project, tmp_path, [*rows, good])
    assert (done.code, done["created"], done["rejected"]) == (1, 1, 3), done.stderr
    for row, said in enumerate(("inf", "-inf", "[nan]"), start=1):
        assert f"row {row}: answers.severity: {said} is not one of none, mild" in done.stderr

    table = [{**opinion("both", rater, "safe"), "answer_severity": each} for rater, each in (
        ("gus", float("inf")), ("hal", float("nan")),
    )]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "votes.parquet")
    done = command("import_votes", tmp_path / "votes.parquet", project=project.slug)
    assert (done["created"], done["rejected"]) == (1, 1), done.stderr
    assert "row 1: answers.severity: inf is not one of" in done.stderr


def test_answers_that_break_a_rule_name_row_field_and_reason(project, tmp_path):
    def row(item="both", rater="eve", **answers):
        return opinion(item, rater, "safe", answers=answers)

    outcome = import_votes(
        project,
        tmp_path,
        [
            row(severity="heavy"),
            row("prompt", response_refusal="refusal"),
            row(rater="model-b", why="so"),
            row(mood="glad"),
            row(why="a\0b"),
            row(severity=["mild"]),
            row(severity=True),
        ],
    )
    assert (outcome.code, outcome["rejected"], outcome["created"]) == (1, 7, 0)
    for expected in (
        "row 1: answers.severity: 'heavy' is not one of none, mild, moderate, severe, extreme",
        "row 2: answers.response_refusal: it is about the response, and the item has none",
        "row 3: answers.why: it is not asked of jurors",
        "row 4: answers.mood: the project asks no such question",
        "row 5: answers.why: it has a character that cannot be stored",
        "row 6: answers.severity: ['mild'] is not one of",
        "row 7: answers.severity: True is not one of",
    ):
        assert expected in outcome.stderr
    plain = make_project()
    import_dialogues(plain, tmp_path, [dialogue("both")])
    refused = import_votes(plain, tmp_path, [row(severity="mild"), opinion("both", "eve", answers={})])
    assert "row 1: answers.severity: the project asks no such question" in refused.stderr
    assert json.dumps(Vote.objects.get(annotator__project=plain).answers) == "{}"
