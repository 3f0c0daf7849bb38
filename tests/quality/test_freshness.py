"""Whether stored reports are fresh, and shares and scores of small hand-made projects."""

from datetime import timedelta

from django.utils import timezone

from adjudication.policies import policy_of
from annotation.actions import set_gold
from annotation.models import Gold, GuidelineVersion
from corpus.labels import Judgement
from corpus.models import Project
from quality.models import Report
from quality.queries.freshness import freshness_of, input_fingerprint, latest_reports
from quality.reports.scores import compare_with_labels, compare_with_others, current_answers, decision_score
from quality.reports.shares import category_shares, unsafe_shares, vote_splits
from tests.cases import cases
from tests.factories import dialogue, import_dialogues, make_project
from tests.quality.hand_made import Row, by_letters, decisions_of, opinions_of, policy, whole


def report(project, kind, age=0, **more):
    fingerprint = more.pop("fingerprint", None) or input_fingerprint(project, policy_of(project))
    values = {"content": {}, "computed_at": timezone.now() - timedelta(seconds=age), "seconds": 0.25} | more
    return Report.objects.create(
        project=project, kind=kind, fingerprint=fingerprint, **{"policy": project.policy} | values
    )


def freshness(project):
    return freshness_of(project, latest_reports(project))


def test_reports_are_as_old_as_the_oldest():
    project = make_project()
    old = report(project, "agreement", age=90)
    report(project, "scores", age=5)
    found = freshness(project)
    assert (found.as_of, found.seconds, found.is_current) == (old.computed_at, 0.5, True)


def test_one_report_of_other_input_makes_all_stale():
    project = make_project()
    report(project, "agreement")
    report(project, "scores", fingerprint={"older": 1})
    assert not freshness(project).is_current


def test_reports_under_another_policy_do_not_count():
    project = make_project()
    report(project, "agreement", policy="human")
    assert (latest_reports(project), freshness(project).as_of) == ({}, None)


@cases("change", [{"quorum": 5}, {"caution": "unsafe"}])
def test_changed_setting_makes_reports_stale(change):
    project = make_project()
    report(project, "agreement")
    Project.objects.filter(pk=project.pk).update(**change)
    assert not freshness(Project.objects.get(pk=project.pk)).is_current


def test_corrected_gold_and_a_new_guideline_make_reports_stale(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("one", response=False)])
    report(project, "agreement")

    def stale_after(act):
        assert freshness(project).is_current
        act()
        is_stale = not freshness(project).is_current
        Report.objects.filter(project=project).update(fingerprint=input_fingerprint(project, policy_of(project)))
        return is_stale

    gold = Gold.objects.filter(project=project)
    acts = [
        lambda: set_gold(project=project, by=None, external_id="one", judgement=Judgement("safe", None)),
        lambda: set_gold(project=project, by=None, external_id="one", judgement=Judgement("unsafe", None)),
        lambda: gold.update(use=Gold.Use.PRACTICE),
        lambda: GuidelineVersion.objects.create(project=project, name="1", body="Look twice."),
    ]
    assert [stale_after(act) for act in acts] == [True] * len(acts)
    assert not stale_after(lambda: None)


@cases(
    ("rows", "of_three", "two_to_one", "by_one"),
    [
        ([], 0, None, None),
        ([(0, -1, 0, 0)], 0, None, None),
        ([(0, 0, 3, 0)], 1, 0.0, 0.0),
        ([(0, 0, 2, 1), (1, 1, 0, 3)], 2, 0.5, 0.5),
        ([(0, 1, 1, 2), (1, -1, 1, 1)], 1, 1.0, 0.5),
        ([(0, 0, 1, 0)], 0, None, 1.0),
    ],
)
def test_splits_of_counted_opinions(rows, of_three, two_to_one, by_one):
    found = vote_splits("prompt_label", decisions_of(*rows))
    assert (found["of_three"], found["two_to_one"], found["by_one"]) == (of_three, two_to_one, by_one)


def test_shares_by_group_leave_out_what_is_undefined():
    opinions = opinions_of(by_letters(ada="us", model_x="uu"), sources="ab", without_response=(1,))
    rows = unsafe_shares(opinions, policy(), "prompt_label", decisions_of((0, 1, 0, 2), (1, -1, 1, 1)))["rows"]
    assert [(row["name"], row["items"], row["labelled"], row["unsafe"]) for row in rows] == [
        ("everything", 2, 1, 1.0), ("a", 1, 1, 1.0), ("b", 1, 0, None), ("with a response", 1, 1, 1.0),
        ("prompt only", 1, 0, None),
    ]  # fmt: skip
    assert (rows[2]["human"], rows[2]["llm"]) == ({"n": 1, "unsafe": 0.0}, {"n": 1, "unsafe": 1.0})


def test_opinions_that_were_not_asked_for_categories_do_not_count():
    rows = [Row(0, "ada", "u", categories=("threat",)), Row(0, "bea", "u", categories=None), Row(0, "cleo", "s")]
    found = category_shares(opinions_of(rows))
    assert [(row["category"], row["named"], row["shares"][0]) for row in found["rows"]] == [("threat", 1, 0.5)]


@cases(("caution", "accuracy"), [("safe", 0.5), ("unsafe", 1.0)])
def test_score_against_known_labels_folds_caution(caution, accuracy):
    answers = current_answers(opinions_of(by_letters(ada="scu")), "prompt_label", policy(caution))
    assert compare_with_labels(answers, whole([0, 1, -1])).score_of(0).accuracy == accuracy


def test_score_of_one_class_has_no_macro_f1():
    answers = current_answers(opinions_of(by_letters(ada="uu", bea="uu", cleo="uu")), "prompt_label", policy())
    found = compare_with_others(answers).score_of(0)
    assert (found.n, found.f1, found.macro_f1) == (2, 1.0, None)


@cases(("labels", "n", "accuracy"), [([-1, -1], 0, None), ([1, -1], 1, 1.0), ([-1, 1], 0, None), ([0, 0], 1, 0.0)])
def test_decision_is_scored_where_both_labels_are_known(labels, n, accuracy):
    found = decision_score(decisions_of((0, 1, 0, 3), (1, -1, 1, 1)), whole(labels))
    assert (found.n, found.accuracy) == (n, accuracy)
