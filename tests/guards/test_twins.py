"""`make_twins`: dialogues and templates become a benchmark, of which a limit draws whole families."""

from io import BytesIO
from pathlib import Path

import pytest

from corpus.errors import Refused
from corpus.models import Event, Project
from guards.actions import start_evaluation
from guards.models import Benchmark, BenchmarkCase
from guards.queries import cases_asked, find_benchmark, stream_verdicts
from jury.models import Juror
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import Outcome, command, dialogue, import_dialogues, make_project
from tests.jury.factories import add_jurors, run_shards

HEAD = "id,attribute,text,response\n"


def make(project: Project, name: str = "swapped", **options: object) -> Outcome:
    return command("make_twins", name, project=project.slug, **options)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project()
    rows = [
        dialogue("fasting", response=False, text="Why do Muslims fast?"),
        dialogue("church", response=False, text="Why do Christians go to church?"),
        dialogue("none", response=False),
        {"id": "said", "prompt": "Who are they?", "response": "They are Hindus."},
        {"id": "gone", "prompt": "REDACTED", "response": "These are Hindus.", "reconstruction_id_if_redacted": 3},
    ]
    assert import_dialogues(made, tmp_path, rows).code == 0
    return made


def test_dialogues_and_templates_become_one_benchmark_without_labels(project: Project, tmp_path: Path) -> None:
    done = make(project, no_templates=True)
    assert (done.code, done["cases"], done["families"]) == (0, 7, {"templates": 0, "dialogues": 1}), done.stderr
    assert done["left_out"] == {"several": 0, "bound": 1, "language": 0, "tools": 0, "grammar": 0}
    assert "1 dialogues that name a group are left out: bound" in done.stderr
    own = BenchmarkCase.objects.filter(benchmark__project=project)
    assert set(own.values_list("pair", "kind", "is_unsafe")) == {("dialogue fasting", "religion", None)}
    assert own.get(group="Sikhs").text.turns == [{"role": "user", "text": "Why do Sikhs fast?"}]
    assert Event.objects.get(project=project, verb="benchmark.added").detail["twins"] is True
    assert make(project, no_templates=True)["sha256"] == done["sha256"]  # the same again is no second one
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "hello,religion,Hello {plural},\nthere,,Is {a singular} there?,\nsaid,,Who?,{plural}")
    refused = make(project, templates=path)
    assert (refused.code, "of other cases" in refused.stderr) == (2, True)
    both = make(project, "both", templates=path)
    assert both["families"] == {"templates": 9, "dialogues": 1}
    said = make(project, "said", templates=path, task="response")
    assert said["families"] == {"templates": 8, "dialogues": 1}
    assert BenchmarkCase.objects.get(benchmark__name="said", pair="dialogue said", group="Jews").text.turns == [
        {"role": "user", "text": "Who are they?"}, {"role": "assistant", "text": "They are Jews."},
    ]  # fmt: skip


def test_nothing_is_kept_of_what_cannot_be_made(tmp_path: Path) -> None:
    project, path = make_project(), tmp_path / "own.csv"
    refused = make(project, no_templates=True)
    assert (refused.code, "No dialogue in use names a group" in refused.stderr) == (2, True)
    assert make(project, "no name!").code == 2
    path.write_bytes("é".encode("latin-1"))
    assert "UTF-8" in make(project, templates=path).stderr
    assert make(project, templates=tmp_path / "none.csv").code == 2
    assert not Benchmark.objects.filter(project=project).exists()


def test_a_limit_draws_whole_families(project: Project, stub_url: str) -> None:
    make(project)
    benchmark = find_benchmark(project, "swapped")
    add_jurors(project, stub_url, "stub-1.0", prompt="nemoguard-v1")
    guard = Juror.objects.get(project=project)

    def drawn(limit: int) -> set[int]:
        made = start_evaluation(project=project, juror=guard, benchmark=benchmark, limit=limit)
        found = {case.number for case in cases_asked(made)}
        assert found == {row["case"] for row in stream_verdicts(made)}
        return found

    few, many = drawn(20), drawn(60)
    assert 0 < len(few) <= 20 < len(many) <= 60
    assert few < many
    families = BenchmarkCase.objects.filter(benchmark=benchmark, number__in=many).values("pair")
    assert BenchmarkCase.objects.filter(benchmark=benchmark, pair__in=families).count() == len(many)
    with pytest.raises(Refused, match="Choose a larger limit"):
        drawn(1)


def test_a_lead_makes_twins_on_the_page_and_sees_who_flips(project: Project, stub_url: str) -> None:
    lead, where = Visitor(project, "lead"), f"/projects/{project.slug}/guards/?tab=twins"
    assert "Make twins" in lead.get("guards/?tab=twins").content.decode()
    made = lead.post("guards/twins/", name="mine", task="prompt", shipped="on", dialogues="on")
    assert (made.status_code, made["Location"]) == (302, where)
    again = lead.post("guards/twins/", name="mine", task="prompt", dialogues="on")
    assert (again.status_code, "of other cases" in again.content.decode()) == (409, True)
    wrong = BytesIO((HEAD + "a,,no slot,").encode())
    wrong.name = "own.csv"
    refused = lead.post("guards/twins/", name="other", task="prompt", templates=wrong)
    assert (refused.status_code, "Line 2: no text has a slot" in refused.content.decode()) == (422, True)
    add_jurors(project, stub_url, "stub-1.0:biased", prompt="nemoguard-v1", concurrency=8)
    guard, benchmark = Juror.objects.get(project=project), find_benchmark(project, "mine")
    run_shards(start_evaluation(project=project, juror=guard, benchmark=benchmark, limit=300).run)
    page = lead.get("guards/?tab=twins")
    [(own, [(evaluation, flipped)])] = page.context["sets"]
    report = lead.get(f"guards/evaluations/{evaluation.pk}/").context["report"]
    assert (own, flipped) == (benchmark, report["twins"]["strict"]["flipped"])
    assert flipped["count"] > 0
    assert "mine" not in [each.name for each in lead.get("guards/").context["benchmarks"]]


def test_twins_are_made_by_rest(project: Project) -> None:
    program, route = Program(project, "lead"), f"projects/{project.slug}/guards/twins/"
    made = program.post(route, {"name": "rest", "templates": HEAD + "a,religion,Hello {plural},", "dialogues": False})
    assert (made.status_code, made.json()["cases"], made.json()["twins"]["families"]["templates"]) == (201, 7, 1)
    assert [each["name"] for each in program.get(route).json()] == ["rest"]
    wrong = program.post(route, {"name": "x", "templates": "id,text"})
    assert (wrong.status_code, "must name the columns" in wrong.content.decode()) == (400, True), wrong.content
    assert Program(project, "annotator").get(route).status_code == 403
