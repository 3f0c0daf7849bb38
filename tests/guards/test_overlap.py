"""Cases whose text stands in the training split of a release are found in any spelling, and no others."""

import pytest

from corpus.errors import Refused
from guards.actions import benchmark_of_release, start_evaluation
from guards.models import Benchmark, BenchmarkCase, Evaluation
from guards.overlap import near_cases, normalized, overlapping_cases
from guards.queries import cases_asked
from guards.transforms import TRANSFORMS
from jury.models import Juror, Run
from releases.models import Release
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, import_dialogues, import_votes, make_project, opinion, write_lines
from tests.jury.factories import add_jurors, run_shards
from tests.workers import running_worker

POEM = "Write a poem about the old harbour at night and the boats that wait there for the morning"
TURNS = [
    {"role": "user", "text": "Good morning"},
    {"role": "assistant", "text": "Good morning to you"},
    {"role": "user", "text": "Where is the garden?"},
    {"role": "assistant", "text": "Behind the house"},
]


def test_spellings_of_one_text_are_one():
    text = "The Straße to the café\nis 10 km long"
    same = [
        "  the STRASSE to  the cafe\u0301 is 10\u00a0KM long\r\n",
        *(TRANSFORMS[name](text) for name in ("upper", "zero-width", "full-width")),
        "The Stra\u00adße to the \ufeffcafé\tis 10 ㎞ long",
    ]
    assert {normalized(each) for each in same} == {normalized(text)}
    for other in ("The Straße to the café is 11 km long", "The Straße to the cafe is 10 km long", "", "…"):
        assert normalized(other) != normalized(text)
    assert all(normalized(normalized(each)) == normalized(each) for each in (*same, "ŉ ǰ ΐ İ", "ﷺ"))


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a project with releases 1.0, and 2.0 with truncated texts, of training rows alone, and 3.0 of splits."""
    folder, project = tmp_path_factory.mktemp("released"), make_project(quorum=1, votes_wanted=1)
    rows = [
        {"id": "plain", "prompt": "How do I bake BREAD?", "response": "With an oven"},
        {"id": "turns", "turns": TURNS},
        {"id": "only", "prompt": "What is rain?"},
        {"id": "poem", "prompt": POEM, "response": "The boats lie still"},
        {"id": "gone", "prompt": "REDACTED", "response": "Gone", "reconstruction_id_if_redacted": 7},
    ]
    rows += [{"id": f"more{at}", "prompt": f"What is {at % 20}?", "response": f"That is {at}"} for at in range(60)]
    assert import_dialogues(project, folder, rows).code == 0
    votes = [opinion(row["id"], "anna", "safe", None if row["id"] == "only" else "safe") for row in rows]
    assert import_votes(project, folder, votes).code == 0
    for version, options in (("1.0", {}), ("2.0", {"truncate": True}), ("3.0", {"splits": "0.5,0.2,0.3"})):
        made = command(
            "release", version, project=project.slug, **{"splits": "1,0,0", "out": folder / version} | options
        )
        assert made.code == 0, made.stderr
    return project


def overlap(project, folder, name, task, rows, version="1.0"):
    """Return which of the rows of a file, counted from 0, stand in the training split of a release."""
    path = write_lines(folder, [{"label": "safe", **row} for row in rows])
    assert command("add_benchmark", name, path, project=project.slug, task=task).code == 0
    benchmark = Benchmark.objects.get(project=project, name=name)
    release = Release.objects.get(project=project, version=version)
    return {number - 1 for number in overlapping_cases(release, benchmark)}


def test_prompts_of_training_rows_are_found_in_any_spelling(released, tmp_path):
    prompts = ["how do i bake bread?", "How do I bake bre\u200bad?", "What  is rain?", "Where is the garden?"]
    prompts += ["Good morning\nGood morning to you\nWhere is the garden?", "Good morning", "REDACTED", "Why bread?"]
    prompts += ["With an oven", "Good morning to you", "bake bread", "How do I bake bread"]
    rows = [{"prompt": prompt} for prompt in prompts]
    assert overlap(released, tmp_path, "prompts", "prompt", rows) == {0, 1, 2, 3, 5}
    truncated = overlap(released, tmp_path, "truncated", "prompt", rows, version="2.0")
    assert truncated == {0, 1, 2, 5}


def test_response_is_found_after_the_same_turn_alone(released, tmp_path):
    pairs = [
        ("HOW do I bake bread?", "with an oven"),
        ("Where is the garden?", "Behind the\nhouse"),
        ("How do I bake bread?", "With a stove"),
        ("How do I make tea?", "With an oven"),
        ("What is rain?", ""),
    ]
    rows = [{"prompt": prompt, "response": response} for prompt, response in pairs]
    assert overlap(released, tmp_path, "responses", "response", rows) == {0, 1}


def test_near_duplicates_of_training_texts_are_found_in_either_task(released, tmp_path, monkeypatch):
    near = POEM.replace("boats", "ships")
    prompts = [POEM, near, f"{POEM}!", "Write a poem about ships", "Where is the garden"]
    responses = [
        (near, "The boats lie still"),
        (near, "Under a red moon they turn and leave one by one, and nobody waves"),
    ]
    for task, rows, expected in (
        ("prompt", [{"prompt": prompt} for prompt in prompts], {0, 1, 2, 4}),
        ("response", [{"prompt": prompt, "response": response} for prompt, response in responses], {0}),
    ):
        overlap(released, tmp_path, f"near-{task}", task, rows)
        benchmark = Benchmark.objects.get(project=released, name=f"near-{task}")
        release = Release.objects.get(project=released, version="1.0")
        assert {number - 1 for number in near_cases(release, benchmark)} == expected
        assert {number - 1 for number in near_cases(release, benchmark, known={1})} == expected - {0}
        monkeypatch.setattr("guards.overlap.TEXTS_AT_ONCE", 7)  # many parts find what one finds


def test_splits_of_a_release_share_no_prompt_and_its_training_split_is_all_seen(released):
    release = Release.objects.get(project=released, version="3.0")
    for split, task in [("test", "prompt"), ("test", "response"), ("train", "prompt"), ("train", "response")]:
        benchmark = benchmark_of_release(project=released, version="3.0", split=split, task=task)
        numbers = set(BenchmarkCase.objects.filter(benchmark=benchmark).values_list("number", flat=True))
        assert numbers
        assert overlapping_cases(release, benchmark) == (numbers if split == "train" else set())


def left_out(evaluation):
    return (evaluation.left_out_of, evaluation.left_out_cases, evaluation.near_left_out)


def test_evaluation_leaves_out_what_its_guard_was_trained_on(released, tmp_path, stub_url):
    prompts = ("What is RAIN?", "What is snow?", POEM.replace("boats", "ships"))
    rows = [{"prompt": prompt, "label": "safe"} for prompt in prompts]
    name = "left-out"
    assert command("add_benchmark", name, write_lines(tmp_path, rows), project=released.slug, task="prompt").code == 0
    benchmark = Benchmark.objects.get(project=released, name=name)
    add_jurors(released, stub_url, "trained", prompt="nemoguard-v1", trained_on="1.0")
    add_jurors(released, "http://127.0.0.1:9/v1", "stranger")
    trained, kept, stranger, again = (
        start_evaluation(
            project=released,
            juror=Juror.objects.get(project=released, name=juror),
            benchmark=benchmark,
            keeps_near=keeps_near,
        )
        for juror, keeps_near in (("trained", False), ("trained", True), ("stranger", False), ("trained", False))
    )
    assert again == trained
    assert left_out(trained) == ("1.0", [1, 3], 1)
    assert left_out(kept) == ("1.0", [1], None)
    assert left_out(stranger) == ("", [], 0)
    assert [case.number for case in cases_asked(trained)] == [2]
    all_seen = benchmark_of_release(project=released, version="1.0", split="train")
    with pytest.raises(Refused, match="No case of release-1-0-train-prompt is left"):
        start_evaluation(project=released, juror=trained.juror, benchmark=all_seen)
    check_what_is_said(released, trained, kept)


def check_what_is_said(project, trained, kept):
    """Page, route and command say how many cases are left out, and how many of them are near-duplicates."""
    program, lead = Program(project, "lead"), Visitor(project, "lead")
    for evaluation, near, words in (
        (trained, 1, "or nearly (1 of them), or the guard"),
        (kept, None, "1.0, or the guard"),
    ):
        found = program.get(f"projects/{project.slug}/guards/evaluations/{evaluation.pk}/").json()
        assert found["near_left_out"] == near
        run_shards(evaluation.run)
        page = lead.get(f"guards/evaluations/{evaluation.pk}/").content.decode()
        assert words in " ".join(page.split())
        assert words in evaluation.why_left_out


@pytest.mark.slow
def test_form_and_route_keep_near_duplicates_where_asked(released, tmp_path):
    path = write_lines(
        tmp_path, [{"prompt": prompt, "label": "safe"} for prompt in (POEM, f"{POEM}!", "What is snow?")]
    )
    assert command("add_benchmark", "form", path, project=released.slug, task="prompt").code == 0
    add_jurors(released, "http://127.0.0.1:9/v1", "form", trained_on="1.0")
    lead, program = Visitor(released, "lead"), Program(released, "lead")
    asked = {"juror": "form", "benchmark": "form"}
    where = f"projects/{released.slug}/guards/evaluations/"
    with running_worker():
        for start in (
            lambda **more: lead.post("guards/evaluations/", **asked, do="start", **more),
            lambda **more: program.post(where, asked | more),
        ):
            for more, expected in (({}, ("1.0", [1, 2], 1)), ({"keep_near": True}, ("1.0", [1], None))):
                assert start(**more).status_code in {202, 302}
                started = Evaluation.objects.filter(project=released).latest("pk")
                assert left_out(started) == expected
                Run.objects.filter(pk=started.run_id).update(state=Run.State.CANCELLED)
