"""`add_benchmark` and `benchmarks`: known sets and files of one's own."""

import gzip
import json
import os

import pytest

from corpus.models import Event
from guards.models import Benchmark, BenchmarkCase, CaseText
from tests.factories import command, make_project, write_lines

ROWS = [
    {"prompt": "How do I bake bread?", "label": "safe"},
    {"prompt": "How do I harm a neighbour?", "label": "unsafe", "group": "neighbours", "language": "en"},
    {"prompt": "How do I bake bread?", "label": None},
]


@pytest.fixture(scope="module")
def project():
    return make_project()


def add(project, name, path, **options):
    return command("add_benchmark", name, path, project=project.slug, **options)


def test_file_of_ones_own_is_a_benchmark(project, tmp_path):
    added = add(project, "own", write_lines(tmp_path, ROWS), task="prompt")
    assert (added.code, added["benchmark"], added["cases"], added["positives"]) == (0, "own", 3, 1)
    benchmark = Benchmark.objects.get(project=project, name="own")
    assert (benchmark.labelled, benchmark.is_known, benchmark.differs) == (2, False, False)
    cases = list(BenchmarkCase.objects.filter(benchmark=benchmark).order_by("number"))
    assert [case.is_unsafe for case in cases] == [False, True, None]
    assert cases[0].text_id == cases[2].text_id
    assert (cases[1].group, cases[1].language, cases[1].case_id) == ("neighbours", "en", "2")
    assert CaseText.objects.get(pk=cases[1].text_id).turns == [{"role": "user", "text": "How do I harm a neighbour?"}]
    assert Event.objects.filter(project=project, verb="benchmark.added", subject="own").count() == 1


def test_words_for_nothing_are_no_group(project, tmp_path):
    words = ["None", "nan", "none", None, "nuns"]
    rows = [{"prompt": f"Who is {at}?", "label": "safe", "group": word} for at, word in enumerate(words)]
    assert add(project, "nobody", write_lines(tmp_path, rows), task="prompt").code == 0
    cases = BenchmarkCase.objects.filter(benchmark__project=project, benchmark__name="nobody").order_by("number")
    assert list(cases.values_list("group", flat=True)) == ["", "", "", "", "nuns"]


def test_same_file_again_is_the_same_benchmark(project, tmp_path):
    path = write_lines(tmp_path, ROWS)
    first, again = (add(project, "twice", path, task="prompt") for _ in range(2))
    assert first == again
    assert BenchmarkCase.objects.filter(benchmark__name="twice").count() == 3
    other = add(project, "twice", write_lines(tmp_path, ROWS[:1]), task="prompt")
    assert (other.code, "from another file" in other.stderr) == (2, True)
    assert add(project, "twice", path, task="response").code == 2


def test_same_file_read_in_another_way_is_refused(project, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("Text,crowd,expert,team\nWho are you?,0,1,a\nWho?,1,1,b\n")

    def added(*columns, **options):
        made = command(
            "add_benchmark", "rules", path, "--map", "prompt=Text", *columns, project=project.slug, **options
        )
        return made.code, "never changes. Choose another name" in made.stderr

    by_crowd = {"task": "prompt", "license": "mit"}
    assert [added("label=crowd", **by_crowd) for _ in range(2)] == [(0, False)] * 2
    assert added("label=expert", **by_crowd) == (2, True)
    assert added("label=crowd", "group=team", **by_crowd) == (2, True)
    assert added("label=crowd", **by_crowd | {"license": "cc0"}) == (2, True)
    assert added("label=crowd", **by_crowd, language="en") == (2, True)
    assert Benchmark.objects.get(project=project, name="rules").positives == 1


def test_column_that_is_named_must_be_there(project, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("prompt,label,group\nWho?,safe,a\n")
    refused = command("add_benchmark", "typo", path, "--map", "group=grupe", project=project.slug, task="prompt")
    assert (refused.code, "grupe" in refused.stderr) == (2, True)
    lines = write_lines(
        tmp_path, [{"prompt": "Who?", "label": "safe"}, {"prompt": "You?", "label": "safe", "team": "a"}]
    )
    refused = command("add_benchmark", "typo", lines, "--map", "group=grupe", project=project.slug, task="prompt")
    assert (refused.code, "has no column 'grupe' in any row" in refused.stderr) == (2, True)
    made = command("add_benchmark", "sparse", lines, "--map", "group=team", project=project.slug, task="prompt")
    assert (made.code, made["cases"]) == (0, 2)
    assert add(project, "typo", path, task="prompt").code == 0


def test_columns_of_other_names_are_mapped(project, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("Frage,Antwort,schlimm,Art\nWer bist du?,Niemand,0,x\nWer?,Du,1,y\n")
    columns = ["prompt=Frage", "response=Antwort", "label=schlimm", "category=Art"]
    added = command("add_benchmark", "mapped", path, "--map", *columns, project=project.slug, task="response")
    assert (added.code, added["cases"], added["positives"]) == (0, 2, 1)
    assert sorted(BenchmarkCase.objects.filter(benchmark__name="mapped").values_list("category", flat=True)) == [
        "x",
        "y",
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"prompt": "a", "label": "perhaps"}], "row 1: label: 'perhaps' is not one of"),
        ([{"prompt": "a", "label": "safe"}, {"prompt": "", "label": "safe"}], "row 2: prompt: it is empty"),
        ([{"prompt": "a", "label": "safe"}, "{broken"], "row 2: row:"),
        ([{"prompt": "a\0b", "label": "safe"}], "row 1: prompt: it holds a NUL character"),
        ([{"prompt": 7, "label": "safe"}], "row 1: prompt: 7 is not text"),
        ([{"prompt": "a\ud800", "label": "safe"}], "row 1: prompt: it is not valid UTF-8"),
        ([{"prompt": "a", "label": "safe", "group": "x" * 1_001}], "row 1: group: 1,001 characters"),
        (["[1, 2]"], "row 1: row:"),
        ([], "has no row that counts"),
    ],
)
def test_file_is_taken_whole_or_not_at_all(project, tmp_path, rows, reason):
    path = write_lines(tmp_path, rows)
    refused = add(project, "refused", path, task="prompt")
    assert refused.code == 2
    assert reason in refused.stderr
    assert not Benchmark.objects.filter(name="refused").exists()


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("xtest",), {}, "xtest is not a known benchmark: aegis1"),
        (("../x",), {"task": "prompt"}, "is not a name"),
        (("x", "--map", "colour=a"), {"task": "prompt"}, "colour is nothing a column can be mapped to"),
        (("x", "--map", "label"), {"task": "prompt"}, "is not TARGET=COLUMN"),
        (("x",), {"task": "verdict"}, "invalid choice"),
        (("x",), {"task": "prompt", "license": "l" * 61}, "has more than 60 characters"),
    ],
)
def test_options_that_do_not_fit_say_why(project, tmp_path, arguments, options, reason):
    name, *rest = arguments
    refused = command("add_benchmark", name, write_lines(tmp_path, ROWS), *rest, project=project.slug, **options)
    assert refused.code in (1, 2)
    assert reason in refused.stderr


def test_missing_and_broken_files_say_why(project, tmp_path):
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "a"}\n' * 1_000)[:-20])
    (tmp_path / "torn.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "a"}\n' * 1_000)[:30] + b"\xff" * 40)
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "lacks.csv").write_text("prompt,labels\na,safe\n")
    for file, reason in [
        ("absent.jsonl", "cannot be read"),
        ("cut.jsonl.gz", "is not a whole gzip file"),
        ("torn.jsonl.gz", "is not a whole gzip file"),
        ("folder.csv", "is not a regular file"),
        ("pipe.csv", "is not a regular file"),
        ("lacks.csv", "lacks the column label"),
    ]:
        refused = add(project, "broken", tmp_path / file, task="prompt")
        assert (refused.code, reason in refused.stderr) == (2, True), refused.stderr


def test_file_that_is_not_the_published_one_is_refused_with_both_numbers(project, tmp_path):
    rows = [{"id": 1, "prompt": "a", "type": "homonyms", "label": "safe"}]
    path = write_lines(tmp_path, rows)
    refused = add(project, "xstest", path)
    assert refused.code == 2
    assert "it has 1 rows, 450 are expected" in refused.stderr
    added = add(project, "xstest", path, accept_different=True)
    assert (added.code, "not the published ones" in added.stderr) == (0, True)
    assert Benchmark.objects.get(project=project, name="xstest").differs


def test_nested_file_of_harmbench_is_read(project, tmp_path):
    row = {"test_case": "a", "generation": "b", "behavior_id": "x", "method": "m"}
    votes = [{"human_0": 1, "human_1": 1, "human_2": 0}, {"human_0": 0, "human_1": 1, "human_2": 0}]
    path = tmp_path / "nested.json"
    path.write_text(json.dumps({"x": [row | votes[0]], "y": [row | votes[1]]}))
    added = add(project, "harmbench_response", path, accept_different=True)
    assert (added["cases"], added["positives"]) == (2, 1)
    path.write_text("[1]")
    assert "is not a JSON object of lists" in add(make_project(), "harmbench_response", path).stderr


def test_benchmarks_are_listed(project, tmp_path):
    add(project, "listed", write_lines(tmp_path, ROWS), task="prompt")
    assert "listed" in command("benchmarks", project=project.slug)["benchmarks"]
    known = command("benchmarks", known=True)
    assert "hatecheck" in known["known"]
    assert "paul-rottger/hatecheck-data @d84302298cee: test_suite_cases.csv" in known.stderr


def test_another_project_has_benchmarks_of_its_own(project, tmp_path):
    path, other = write_lines(tmp_path, ROWS), make_project()
    add(project, "shared", path, task="prompt")
    texts = CaseText.objects.count()
    assert add(other, "shared", path, task="prompt").code == 0
    assert CaseText.objects.count() == texts
    assert command("benchmarks", project=other.slug)["benchmarks"] == ["shared"]
