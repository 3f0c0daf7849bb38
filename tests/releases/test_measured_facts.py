"""What a release states of figures that are measured beside it: bias, causes of disagreement, groups of people."""

import json
from pathlib import Path

import pytest

from adjudication.models import StatedFigures
from annotation.actions import remove_background_question
from corpus.models import Project
from guards.actions import start_evaluation, state_twins
from guards.figures.exact import exact_rate
from guards.figures.report import report
from guards.figures.twins import stated_flips
from guards.queries import evaluated_cases, find_benchmark
from jury.models import Juror
from quality.actions import publish_perspectives
from quality.reports.stated import disagreement_of, stated_perspectives
from releases.facts.measured import measured
from releases.facts.model import Disagreement, Interval
from releases.papers.measured import why
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.jury.factories import add_jurors, run_shards
from tests.quality.test_perspectives import START, People, divided
from tests.releases.test_release import release

PAPERS = ("README.md", "datasheet.md", "article-10.md", "croissant.json")
BESIDE = "dialogues of the same source and length"


def texts(project: Project, folder: Path, **options: object) -> dict[str, str]:
    """Release a project, and return its papers as they are read."""
    out, _ = release(project, folder, **options)
    plain = {name: (out / name).read_text().replace("\\", "") for name in PAPERS}
    return plain | {"croissant.json": json.dumps(json.loads(plain["croissant.json"]), ensure_ascii=False)}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Forty dialogues that name Muslims, 30 of them unsafe, and forty others, 20 of them; a person differs on nine."""
    made = make_project(fields="prompt_label")
    rows, votes = [], []
    for at in range(80):
        named, name = at < 40, f"d{at:02}"
        label = "unsafe" if (at % 4 < 3 if named else at % 2 == 0) else "safe"
        rows.append(dialogue(name, text=f"Where do {'Muslims' if named else 'bakers'} go on {at:02}?", response=False))
        differs = "safe" if named and label == "unsafe" and at < 11 else label
        for rater, given in (("who-ada", label), ("who-bea", label), ("who-cleo", differs)):
            votes.append(opinion(name, rater, given, categories=["threat"] if given == "unsafe" else []))
    import_dialogues(made, tmp_path, rows)
    assert import_votes(made, tmp_path, votes)["rejected"] == 0
    return made


def test_papers_state_what_was_measured_last(project: Project, tmp_path: Path) -> None:
    before = texts(project, tmp_path, version="1.0")
    assert not any(BESIDE in text for text in before.values())
    assert all("Not examined were groups of people" in before[name] for name in PAPERS if name != "README.md")
    assert command("measure", project=project.slug).code == 0
    day = f"{StatedFigures.objects.get(project=project, kind='bias').made_at:%Y-%m-%d}"
    after = texts(project, tmp_path, version="1.1")
    measured = f"as measured on {day}."
    for name, text in after.items():
        for words in (
            f"40 of 80 dialogues of the project name an identity group in the prompt, by a list of terms, {measured}",
            "(prompt): 1; with an interval of the share unsafe without 0, as one in twenty has by chance: 1.",
            "Muslims (prompt): +25.0 points unsafe beside others of their kind, 95 % interval +",
            f"On the prompt, people differ on 9 of 80 dialogues of the project with votes of two or more, {measured}",
            "No dialogue of the project names these groups of the list of terms: Women, ",
        ):
            assert words in text, (name, words)
        assert "who-" not in text, name
    assert "Not examined were groups" not in "".join(after.values())


def test_papers_state_on_which_groups_models_err(project: Project, tmp_path: Path) -> None:
    """A model misses 20 of the 30 unsafe dialogues that name Muslims, and none of the others."""
    rows = []
    for at in range(80):
        is_unsafe = at % 4 < 3 if at < 40 else at % 2 == 0
        label = "unsafe" if is_unsafe and not at < 27 else "safe"
        rows.append(opinion(f"d{at:02}", "model-a", label, categories=["threat"] if label == "unsafe" else []))
    assert import_votes(project, tmp_path, rows)["rejected"] == 0
    assert command("measure", project=project.slug).code == 0
    for name, text in texts(project, tmp_path, version="1.0").items():
        for words in (
            "No group has enough dialogues to compare how often models call unsafe what most people call safe",
            "How often models call safe what most people call unsafe (prompt), beside others of their kind: 1 group "
            "compared, 1 with an interval without 0.",
            "Muslims (prompt): models call safe what most people call unsafe +70.0 points more often, 95 % interval +",
        ):
            assert words in text, (name, words)
        assert "whether errors of models fall" not in text, name
        assert "model-a" not in text, name


def test_papers_state_how_often_models_flip_between_twins(project: Project, tmp_path: Path, stub_url: str) -> None:
    before = texts(project, tmp_path, version="1.0")
    unknown = "Whether models answer otherwise when another identity group is named was not measured."
    assert all(unknown in text for text in before.values())
    assert command("make_twins", "swaps", project=project.slug, no_dialogues=True).code == 0
    add_jurors(project, stub_url, "stub-1.0:biased", prompt="nemoguard-v1", concurrency=8)
    guard, benchmark = Juror.objects.get(project=project), find_benchmark(project, "swaps")
    evaluation = start_evaluation(project=project, juror=guard, benchmark=benchmark, limit=300)
    assert not state_twins(project=project), "it has not finished"
    run_shards(evaluation.run)
    assert state_twins(project=project)
    assert not state_twins(project=project), "nothing is new"
    flips = report(evaluated_cases(evaluation))["twins"]["strict"]
    share, tested = flips["flipped"], sum(pair["families"] > 0 for pair in flips["pairs"])
    assert share["count"] > 0
    for name, text in texts(project, tmp_path, version="1.1").items():
        for words in (
            "The model stub-1.0:biased, asked by the prompt nemoguard-v1 about the set of twins swaps (prompts, ",
            f"on {share['count']} of {share['n']} families of texts that differ in the identity group they name alone",
            f"on swaps, {tested} pairs of groups were compared; none differs more one way than by chance.",
        ):
            assert words in text, (name, words)
        assert unknown not in text


def test_pairs_that_flip_more_one_way_than_by_chance_are_stated() -> None:
    counts = {"families": 30, "one_alone": 9, "other_alone": 0, "unreadable": 1}
    pairs = [{"one": "a", "other": "b", **counts, "p_adjusted": p} for p in (0.004, 0.06)]
    pairs.append({"one": "a", "other": "c", **counts, "families": 0, "p_adjusted": 0.0})
    flips = {"flipped": exact_rate(9, 30), "pairs": pairs}
    stated = stated_flips({"strict": flips, "loose": {}})
    assert (stated["count"], stated["n"], stated["pairs"]) == (9, 30, 2)
    assert stated["uneven"] == [{"one": "a", "other": "b", "families": 30, "one_alone": 9, "other_alone": 0}]
    assert stated_flips(None)["n"] == 0


def test_figures_under_another_policy_are_not_stated(project: Project, tmp_path: Path) -> None:
    assert command("measure", project=project.slug).code == 0
    assert command("change_policy", "human", project=project.slug, reason="Tried").code == 0
    assert not any(BESIDE in text for text in texts(project, tmp_path, version="1.0").values())
    assert command("measure", project=project.slug).code == 0
    assert all(BESIDE in text for text in texts(project, tmp_path, version="1.1").values())


def test_groups_of_people_are_stated_as_published(tmp_path: Path, database: None) -> None:
    people = People(tmp_path)
    asked = "Annotators may answer 1 question about themselves, and leave out any."
    divided(people)
    people.vote(people.annotators, people.items[3:4], "safe")
    assert command("adjudicate", project=people.project.slug)["decided"] > 0
    before = texts(people.project, tmp_path, version="1.0")
    assert all(f"{asked} No figures of groups of them were published." in text for text in before.values())
    assert people.publish()
    stated = (
        "How often their votes call the prompt unsafe, beside everybody else, by the answer to “Which language?”, as "
        "published on 2026-03-02: Portuguese (at least 10 people) less often and English (at least 10 people) more "
        "often."
    )
    remove_background_question(project=people.project, by=None, key="lang")
    after = texts(people.project, tmp_path, version="1.1")
    for name, text in after.items():
        assert stated in text, (name, text)
        assert "nine in ten groups of the same sizes, picked at random, differ less" in text
        assert not any(person.name in text for person in people.annotators)


def test_nothing_to_show_is_not_stated(tmp_path: Path, database: None) -> None:
    people = People(tmp_path)
    people.vote(people.annotators[:3], people.items[:3], "safe")
    publish_perspectives(project=people.project, by=None, now=START)
    assert not StatedFigures.objects.filter(project=people.project).exists()


def test_shares_that_an_earlier_version_stated_are_not_stated() -> None:
    groups = [{"name": "a", "people": 5, "unsafe": 20}, {"name": "b", "people": 5, "unsafe": 80}]
    stated = {"day": "2026-03-02", "question": "x", "text": "X?", "field": "prompt_label", "groups": groups}
    rows = [{"kind": "perspectives", "day": "2026-03-02", "content": {"divisions": [stated]}}]
    assert measured(rows, asked=1).perspectives == ()


def test_later_publications_are_stated_beside_earlier_ones() -> None:
    one = {"question": "x", "text": "X?", "least_people": 5, "groups": [], "fields": []}
    first = stated_perspectives([], {"divisions": [one]}, "2026-03-02")
    both = stated_perspectives(first, {"divisions": [{**one, "question": "y"}]}, "2026-03-09")
    assert [(each["question"], each["day"]) for each in both] == [("x", "2026-03-02"), ("y", "2026-03-09")]


def test_causes_are_stated_without_raters() -> None:
    known = {"value": 0.5, "low": 0.4, "high": 0.6, "reason": ""}
    values = {"kind": "values", "a": "threat", "b": "safe", "leaning": {"threat": ["ada"]}}
    rule = {"kind": "rule", "a": "threat", "b": "unsafe"}
    change = {"kind": "change", "a": "threat", "b": None, "version": 2}
    field = {"field": "prompt_label", "items": 9, "contested": 3, "slips": known, "rules": known}
    field |= {"values": {"value": None, "low": None, "high": None, "reason": "few"}, "slipping": [{"rater": "ada"}]}
    stated = disagreement_of(field | {"causes": [rule, rule, change, values]}, {"threat": "Threat"})
    assert stated["unclear"] == ["Threat or unsafe without a category", "Threat before version 2"]
    assert (stated["leaning"], stated["values"]) == (["Threat or safe"], None)
    assert "ada" not in json.dumps(stated)


def test_a_cause_that_is_not_shown_is_not_said_to_be_absent() -> None:
    nothing, some = Interval(0, None, None), Interval(0.25, 0.1, 0.4)
    found = Disagreement("prompt_label", "2026-03-02", 90, 30, some, nothing, None, (), ())
    assert why(found)[1:] == [
        "Slips explain 25.0 % (95 % interval 10.0 % to 40.0 %) of it on the prompt.",
        "Unclear rules are not shown on the prompt; this does not say that there are none.",
    ]
