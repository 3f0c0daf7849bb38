"""Opinions as arrays, compared with the ORM and with hand-made rows."""

from pathlib import Path

import numpy as np

from adjudication.policies import policy_of
from corpus.actions import withdraw_item
from corpus.models import Item
from jury.models import Ballot, Juror, PromptVersion
from quality.reports.arrays import LABELS, read_decisions, read_opinions
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.quality.opinions import label_rows, mixed_project


def test_arrays_hold_what_the_orm_reads(tmp_path: Path) -> None:
    project = mixed_project(tmp_path, items=30)
    opinions = read_opinions(project)
    for field in project.fields:
        ratings = opinions.ratings(field)
        rows = [
            (int(opinions.item_keys[item]), *opinions.raters[rater], int(value))
            for item, rater, value in zip(ratings.items, ratings.raters, ratings.values, strict=True)
        ]
        assert sorted(rows) == label_rows(project, field)


def test_items_come_with_source_and_response(tmp_path: Path) -> None:
    project = mixed_project(tmp_path, items=9)
    opinions = read_opinions(project)
    items = Item.objects.filter(project=project).order_by("pk")
    sources = [opinions.sources[at] for at in opinions.item_source]
    rows = list(zip(opinions.item_keys.tolist(), sources, opinions.has_response.tolist(), strict=True))
    assert rows == list(items.values_list("pk", "source", "has_response"))


def test_raters_are_people_first_then_by_name(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue("a")])
    for rater in ("zed", "model-b", "ada", "model-a"):
        import_votes(project, tmp_path, [opinion("a", rater)])
    raters = read_opinions(project).raters
    assert raters == [("human", "ada"), ("human", "zed"), ("llm", "model-a"), ("llm", "model-b")]


def test_hazard_without_category_was_not_asked_for_categories(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue("a")])
    votes = [
        opinion("a", "ada", "unsafe", categories=["violence", "threat"]),
        opinion("a", "bea", "unsafe"),
        opinion("a", "cleo", "safe"),
    ]
    import_votes(project, tmp_path, votes)
    opinions = read_opinions(project)

    assert opinions.has_value("categories").tolist() == [True, False, True]
    named = [set(opinions.category_sets[at]) for at in opinions.category_set[[0, 2]]]
    assert named == [{"threat", "violence"}, set()]


def test_raters_that_are_asked_for_labels_alone_name_no_empty_set(tmp_path: Path) -> None:
    """A juror that says so, and whoever names no category on any hazard, as imported juries may."""
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue("a"), dialogue("b")])
    votes = [opinion("a", model) for model in ("model-a", "model-b", "model-c", "model-d")]
    votes += [opinion("b", "model-c", "unsafe"), opinion("b", "model-d", "unsafe", categories=["threat"])]
    import_votes(project, tmp_path, votes)
    juror = Juror.objects.get(project=project, name="model-b")
    ballots = Ballot.objects.filter(juror=juror)
    ballots.update(prompt=PromptVersion.objects.exclude(pk=juror.prompt_id).first())
    assert read_opinions(project).has_value("categories").tolist() == [True, True, False, True, False, True]
    Juror.objects.filter(pk=juror.pk).update(asks=["prompt_label"])
    assert read_opinions(project).has_value("categories")[1], "imported under its name"
    ballots.update(prompt=juror.prompt)
    assert not read_opinions(project).has_value("categories")[1]


def test_withdrawn_items_are_left_out_with_their_opinions_and_sets(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label", quorum=1)
    import_dialogues(project, tmp_path, [dialogue(name, source=name) for name in "abc"])
    named = {"a": ["violence"], "b": ["threat"], "c": []}
    votes = [opinion(name, "ada", "unsafe" if slugs else "safe", categories=slugs) for name, slugs in named.items()]
    import_votes(project, tmp_path, [*votes, opinion("b", "bea")])
    command("adjudicate", project=project.slug)
    assert read_opinions(project).in_use.all()
    withdraw_item(project=project, external_id="b", reason="asked")
    opinions = read_opinions(project)
    kept = opinions.of_items_in_use()

    assert (len(opinions.item), opinions.in_use.tolist()) == (4, [True, False, True])
    assert (kept.item.tolist(), kept.rater.tolist(), kept.raters) == ([0, 1], [0, 0], opinions.raters)
    assert kept.item_keys.tolist() == opinions.item_keys[[0, 2]].tolist()
    assert [kept.category_sets[at] for at in kept.category_set] == [{"violence"}, set()]
    assert len(kept.category_sets) == 2
    decisions = read_decisions(project, project.policy, "prompt_label", kept.item_keys)
    assert (decisions.item.tolist(), decisions.label.tolist()) == ([0, 1], [1, 0])


def test_caution_counts_as_the_policy_says(tmp_path: Path) -> None:
    rows = {"safe": False, "needs_caution": True, "unsafe": True}
    for caution, expected in (("unsafe", rows), ("safe", rows | {"needs_caution": False})):
        project = make_project(fields="prompt_label", caution=caution)
        import_dialogues(project, tmp_path, [dialogue("a")])
        import_votes(project, tmp_path, [opinion("a", f"rater-{label}", label) for label in LABELS])
        opinions = read_opinions(project)
        unsafe = opinions.is_unsafe("prompt_label", policy_of(project))
        found = {opinions.raters[rater][1].removeprefix("rater-"): bool(at) for rater, at in zip(
            opinions.rater, unsafe, strict=True)}  # fmt: skip
        assert found == expected


def test_chosen_opinions_alone_become_ratings(tmp_path: Path) -> None:
    opinions = read_opinions(mixed_project(tmp_path, items=12))
    human = opinions.ratings("prompt_label", opinions.is_human)
    models = opinions.ratings("prompt_label", ~opinions.is_human)
    assert len(human) + len(models) == len(opinions.ratings("prompt_label"))
    assert {opinions.raters[at][0] for at in human.raters} == {"human"}


def test_decisions_count_what_was_said(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue(name) for name in "abc"])
    labels = {"a": ["safe", "safe", "unsafe"], "b": ["unsafe"] * 3, "c": []}
    votes = [opinion(item, f"r{at}", label) for item, each in labels.items() for at, label in enumerate(each)]
    import_votes(project, tmp_path, votes)
    command("adjudicate", project=project.slug)
    keys = read_opinions(project).item_keys
    decisions = read_decisions(project, project.policy, "prompt_label", keys)

    counted = {int(item): at for at, item in enumerate(decisions.item)}
    assert [int(decisions.label[counted[at]]) for at in (0, 1)] == [0, 1]
    assert [int(decisions.safe[counted[at]]) for at in (0, 1)] == [2, 0]
    assert [int(decisions.unsafe[counted[at]]) for at in (0, 1)] == [1, 3]
    assert not decisions.is_settled.any()
    assert np.all(decisions.label[[at for item, at in counted.items() if item == 2]] == -1)


def test_empty_project_has_empty_arrays() -> None:
    opinions = read_opinions(make_project())
    assert (len(opinions.item), len(opinions.item_keys), opinions.raters, opinions.category_sets) == (0, 0, [], [])
    assert len(opinions.ratings("categories")) == 0
