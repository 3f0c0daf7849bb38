"""Splits of releases as benchmarks, and the cases that a guard may not be tested on."""

import json
from pathlib import Path

import pytest

from corpus.errors import Refused
from corpus.models import Event
from guards.actions import benchmark_of_release
from guards.models import Benchmark, BenchmarkCase
from guards.queries import helped_decide
from jury.models import Juror
from releases.downloads import Damaged
from releases.models import Release
from tests.factories import command, import_dialogues, import_votes, make_project, opinion
from tests.jury.factories import add_jurors

TEST_ALONE = "0,0,1"
HAZARD = {"categories": "violence;threat"}


def release_of(project, folder, version="1.0", **options):
    made = command("release", version, project=project.slug, splits=TEST_ALONE, out=folder / version, **options)
    assert made.code == 0, made.stderr


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a project whose release 1.0 has labels of people, of models and of both."""
    folder, project = tmp_path_factory.mktemp("released"), make_project(quorum=2, votes_wanted=2)
    turns = [
        {"role": "user", "text": "Hello"},
        {"role": "assistant", "text": "Hello to you"},
        {"role": "user", "text": "What now?"},
        {"role": "assistant", "text": "Lunch"},
    ]
    refusal = {"prompt_label": "unsafe", "response_label": "safe", "response_label_source": "refusal_data_augmentation"}
    refusal |= {"prompt_label_source": "human", "violated_categories": "Violence", "response": "I would rather not."}
    rows = [
        {"id": "people", "prompt": "Who are you?", "response": "Nobody"},
        {"id": "people", "prompt": "Who are you?", "reconstruction_id_if_redacted": None, **refusal},
        {"id": "turns", "turns": turns, "license": "cc-by-4.0"},
        {"id": "models", "prompt": "What is a model?"},
        {"id": "both", "prompt": "Who are they?"},
        {"id": "gone", "prompt": "REDACTED", "response": "Gone", "reconstruction_id_if_redacted": 7},
    ]
    assert import_dialogues(project, folder, rows).code == 0
    votes = [
        *(opinion("people", who, "unsafe", "safe", **HAZARD) for who in ("anna", "ben")),
        *(opinion("turns", who, "safe", "unsafe", **HAZARD) for who in ("anna", "ben")),
        *(opinion("models", who, "unsafe", **HAZARD) for who in ("model-a", "model-b")),
        *(opinion("both", who, "safe") for who in ("anna", "model-a")),
        *(opinion("gone", who, "safe", "safe") for who in ("anna", "ben")),
    ]
    assert import_votes(project, folder, votes).code == 0
    release_of(project, folder)
    return project


def cases(benchmark):
    return {case.case_id: case for case in BenchmarkCase.objects.filter(benchmark=benchmark).select_related("text")}


def test_rows_that_people_decided_are_a_benchmark_made_once(released):
    made = benchmark_of_release(project=released, version="1.0")
    assert made == benchmark_of_release(project=released, version="1.0", sources=["human", "adjudicator"])
    assert (made.name, made.task, made.split, made.rows, made.positives) == (
        *("release-1-0-test-prompt", "prompt", "test"),
        *(2, 1),
    )
    assert made.label_sources == ["adjudicator", "human"]
    assert Event.objects.filter(project=released, verb="benchmark.added", subject=made.name).count() == 1
    found = cases(made)
    assert {name: case.is_unsafe for name, case in found.items()} == {"people": True, "turns": False}
    case = found["people"]
    assert (case.category, case.group, case.language, case.label_source) == ("Violence", "", "", "human")
    assert case.text.turns == [{"role": "user", "text": "Who are you?"}]
    assert [turn["text"] for turn in found["turns"].text.turns] == ["Hello", "Hello to you", "What now?"]
    assert BenchmarkCase.objects.filter(benchmark=made).count() == 2  # of the refusal, there is none
    rows = json.loads((Path(made.release.folder) / "test.json").read_text())
    assert len(rows) == 6
    assert all(rows[case.number - 1]["id"] == name for name, case in found.items())


def test_responses_are_another_benchmark_and_other_sources_are_named(released):
    made = benchmark_of_release(project=released, version="1.0", task="response")
    found = cases(made)
    assert (made.name, {name: case.is_unsafe for name, case in found.items()}) == (
        "release-1-0-test-response",
        {"people": False, "turns": True},
    )
    assert found["turns"].text.turns[-1] == {"role": "assistant", "text": "Lunch"}
    assert (found["people"].category, found["turns"].category) == ("", "Violence")
    every = benchmark_of_release(project=released, version="1.0", sources=None)
    assert (every.name, set(cases(every))) == ("release-1-0-test-prompt-all", {"people", "turns", "models", "both"})
    models = benchmark_of_release(project=released, version="1.0", sources=["llm_jury"])
    assert (models.name, set(cases(models))) == ("release-1-0-test-prompt-llm_jury", {"models"})
    assert every.licence == "cc-by-4.0"


def test_juror_is_not_tested_on_labels_that_it_helped_decide(released):
    first, second = (Juror.objects.get(project=released, name=f"model-{letter}") for letter in "ab")
    every = benchmark_of_release(project=released, version="1.0", sources=None)
    numbers = {case.case_id: case.number for case in cases(every).values()}
    assert helped_decide(first, every) == {numbers["models"], numbers["both"]}
    assert helped_decide(second, every) == {numbers["models"]}
    by_people = benchmark_of_release(project=released, version="1.0")
    assert helped_decide(first, by_people) == set()
    Juror.objects.filter(pk__in=[first.pk, second.pk]).update(model="the-same")
    first.refresh_from_db()
    twin = Juror.objects.create(project=released, name="twin", model="the-same", prompt=first.prompt)
    assert helped_decide(twin, every) == {numbers["models"], numbers["both"]}
    stranger = Juror.objects.create(project=released, name="stranger", model="another", prompt=first.prompt)
    assert helped_decide(stranger, every) == set()


def test_ballots_cast_after_the_release_helped_decide_nothing(released, tmp_path):
    late = [opinion("both", "model-late", "safe")]
    assert import_votes(released, tmp_path, late).code == 0
    every = benchmark_of_release(project=released, version="1.0", sources=None)
    assert helped_decide(Juror.objects.get(project=released, name="model-late"), every) == set()


def test_names_of_versions_that_look_alike_differ(released, tmp_path):
    release_of(released, tmp_path, "1-0")
    release_of(released, tmp_path, "v" * 60)
    made = [benchmark_of_release(project=released, version=version) for version in ("1.0", "1-0", "v" * 60)]
    names = [benchmark.name for benchmark in made]
    assert len(set(names)) == 3
    assert all(len(name) <= 60 for name in names)
    assert names[0] == "release-1-0-test-prompt"


def test_what_cannot_be_a_benchmark_says_why(released, tmp_path):
    def refused(error=Refused, **options):
        with pytest.raises(error) as found:
            benchmark_of_release(project=released, **{"version": "1.0"} | options)
        return str(found.value)

    assert "has no release '2'. Known: 1.0" in refused(version="2")
    assert "'dev' is no split of a release: train, validation, test" in refused(split="dev")
    assert "'both' is not a task: prompt or response" in refused(task="both")
    assert "has no row that can be a case. It has no prompt labels." in refused(split="train")
    text = refused(sources=["adjudicator"])
    assert (
        "Sources of its prompt labels: human (2), human_and_llm_jury (1), llm_jury (1). Choose with --sources." in text
    )
    release_of(released, tmp_path, "3.0")
    (Path(Release.objects.get(project=released, version="3.0").folder) / "test.json").write_text("[]")
    assert "has changed since" in refused(Damaged, version="3.0")
    assert not Benchmark.objects.filter(project=released, release__version="3.0").exists()


def test_command_takes_labels_of_other_sources_on_request(released):
    add_jurors(released, "http://127.0.0.1:9/v1", "asked")

    def estimate(**options):
        options |= {"juror": "asked", "release": "1.0", "estimate": True}
        return command("evaluate_guard", project=released.slug, **options)

    assert [estimate()["calls"], estimate(sources="all")["calls"], estimate(sources="llm_jury")["calls"]] == [2, 4, 1]
    assert estimate(sources=" llm_jury ,,human")["calls"] == 3
    for unknown in ("humans", "s" * 31):
        refused = estimate(sources=unknown)
        assert (refused.code, "decides no labels: adjudicator, human" in refused.stderr) == (2, True)
    refused = estimate(sources="adjudicator")
    assert (refused.code, "Choose with --sources." in refused.stderr) == (2, True)


def test_file_with_a_long_name_is_evaluated(released, tmp_path):
    add_jurors(released, "http://127.0.0.1:9/v1", "of-files")
    path = tmp_path / f"{'n' * 230}.csv"
    path.write_text("prompt,label\nWho?,safe\n")
    done = command("evaluate_guard", project=released.slug, juror="of-files", data=path, estimate=True)
    assert (done.code, done["calls"]) == (0, 1)
