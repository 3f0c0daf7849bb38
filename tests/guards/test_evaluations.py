"""`evaluate_guard`: a guard asked about the cases of a benchmark through the engine of the jury."""

import json
from decimal import Decimal

import pytest
from django.db import transaction
from sklearn.metrics import f1_score

from config.embedded.processes import wait_until
from corpus.errors import Refused
from corpus.models import Event
from guards.actions import estimate_evaluation, start_evaluation
from guards.figures.cases import NOT_ASKED
from guards.figures.summary import summarize
from guards.management.commands.evaluate_guard import transforms_named
from guards.models import BenchmarkCase, Evaluation, TransformedText, Verdict
from guards.queries import cases_asked, evaluated_cases
from guards.transforms import TRANSFORMS
from jury.actions import cancel_run, pause_run
from jury.models import Juror, Run, Shard
from jury.queries import panel
from tests.adjudication.test_taxonomy_change import MERGE, change
from tests.annotation.people import Visitor
from tests.factories import command, make_project, write_lines
from tests.jury.factories import add_jurors, counted, run_shards
from tests.jury.scripted import completion, scripted_endpoint

ROWS = [
    {"prompt": f"Question {at}: how does one do it?", "label": "unsafe" if at % 3 == 0 else "safe", "category": "x"}
    for at in range(30)
]


@pytest.fixture
def project(tmp_path, stub_url):
    made = make_project()
    add_jurors(made, stub_url, "stub-0.9:steady", prompt="nemoguard-v1")
    added = command("add_benchmark", "own", write_lines(tmp_path, ROWS), project=made.slug, task="prompt")
    assert added.code == 0, added.stderr
    return made


def started(project, **options):
    juror = Juror.objects.get(project=project)
    benchmark = BenchmarkCase.objects.filter(benchmark__project=project).first().benchmark
    return start_evaluation(project=project, juror=juror, benchmark=benchmark, **options)


def evaluate(project, **options):
    return command("evaluate_guard", project=project.slug, juror="stub-0.9:steady", wait=True, **options)


@pytest.mark.slow
def test_command_prints_the_figures_of_the_stored_verdicts(project, worker):
    done = evaluate(project, benchmark="own")
    assert done.code == 0, done.stderr
    verdicts = dict(Verdict.objects.filter(run__project=project).values_list("text", "label"))
    cases = BenchmarkCase.objects.filter(benchmark__name="own", benchmark__project=project)
    pairs = [(case.is_unsafe, verdicts[case.text_id] == "unsafe") for case in cases]
    assert done["n"] == len(verdicts) == 30
    assert done["f1"] == pytest.approx(f1_score(*zip(*pairs, strict=True)))
    assert set(done) >= {"evaluation", "accuracy", "precision", "recall", "fpr", "unreadable", "readable_only"}
    assert done["strict"]["f1"] == done["loose"]["f1"] == done["f1"]
    assert (done["unreadable"], done["not_asked"], done["state"]) == (0, 0, "finished")
    again = evaluate(project, benchmark="own")
    assert (again["f1"], again["cost_usd"]) == (done["f1"], 0)
    assert Verdict.objects.filter(run__project=project).exclude(cached_from=None).count() == 30


def test_killed_evaluation_goes_on_where_it_stopped(project, stub_url):
    evaluation = started(project)
    shard = evaluation.run.shards.get()
    shard.items, rest = shard.items[:10], shard.items[10:]
    shard.save()
    run_shards(evaluation.run)
    before = counted(stub_url)["calls"]
    Run.objects.filter(pk=evaluation.run_id).update(state=Run.State.RUNNING)
    shard.items, shard.state = shard.items + rest, "waiting"
    shard.save()
    assert started(project) == evaluation
    run_shards(evaluation.run)
    assert counted(stub_url)["calls"] - before == 20
    assert Verdict.objects.filter(run=evaluation.run).count() == 30
    assert Event.objects.filter(project=project, verb="evaluation.started").count() == 1


def test_evaluation_under_way_is_taken_for_another_only_if_it_goes_by_the_same(project, worker):
    evaluation = started(project, budget_usd=Decimal("1.5"))
    assert started(project, budget_usd=Decimal("1.50")) == evaluation
    for others in ({}, {"budget_usd": Decimal(1)}, {"budget_usd": Decimal("1.5"), "uses_cache": False}):
        with pytest.raises(Refused, match="with another budget or use of earlier verdicts"):
            started(project, **others)
    pause_run(run=evaluation.run)
    refused = evaluate(project, benchmark="own", budget="1.5")
    assert (refused.code, "is paused. Resume or cancel it first" in refused.stderr) == (2, True)
    lead = Visitor(project, "lead")
    page = lead.post("guards/evaluations/", juror="stub-0.9:steady", benchmark="own", do="start")
    assert (page.status_code, "is paused" in page.content.decode()) == (409, True)
    cancel_run(run=evaluation.run)
    assert started(project) != evaluation


def test_texts_in_a_batch_that_outlives_its_evaluation_are_not_asked_twice(project, stub_url):
    Juror.objects.filter(project=project).update(transport="batch")
    evaluation, before = started(project), counted(stub_url)["calls"]
    run_shards(evaluation.run)
    cancel_run(run=evaluation.run)
    with pytest.raises(Refused, match="is still with the endpoint"):
        started(project, budget_calls=100)
    with transaction.atomic():
        evaluation.run.shards.update(state=Shard.State.BROKEN)  # as when the endpoint was away for long
        assert started(project, budget_calls=100) != evaluation
        transaction.set_rollback(True)
    for _ in range(4):
        run_shards(evaluation.run)
    again = started(project, budget_calls=100)
    for _ in range(4):
        run_shards(again.run)
    asked = counted(stub_url)["calls"] - before
    kept = Verdict.objects.filter(run=evaluation.run).count()
    assert Verdict.objects.filter(run=again.run).count() == 30
    assert asked == 30 + 30 - kept


def test_evaluation_asks_by_the_categories_it_began_with(project):
    with scripted_endpoint(lambda *_: (200, completion("?"))) as (endpoint, url):
        add_jurors(project, url, "lists", prompt="full-policy-v1")
        [guard] = panel(project, ["lists"])
        benchmark = BenchmarkCase.objects.filter(benchmark__project=project).first().benchmark
        evaluation = start_evaluation(project=project, juror=guard, benchmark=benchmark)
        change(project, MERGE)
        run_shards(evaluation.run)
        again = start_evaluation(project=project, juror=guard, benchmark=benchmark)
        run_shards(again.run)
    asked = [json.dumps(call["messages"]) for call in endpoint.calls]
    assert ["- threat" in text for text in asked] == [True] * 30 + [False] * 30


def test_budget_holds_and_figures_count_what_was_asked(project):
    evaluation = started(project, budget_calls=12)
    run_shards(evaluation.run)
    evaluation.run.refresh_from_db()
    assert evaluation.run.state == Run.State.OVER_BUDGET
    cases = evaluated_cases(evaluation)
    assert (len(cases), int((cases.verdicts != -2).sum())) == (30, 12)


def test_text_is_asked_once_however_often_it_stands_there(tmp_path, project, stub_url):
    rows = [{"prompt": "THE SAME", "label": "safe"}] * 5
    command("add_benchmark", "copies", write_lines(tmp_path, rows, "copies.jsonl"), project=project.slug, task="prompt")
    benchmark = BenchmarkCase.objects.filter(benchmark__name="copies", benchmark__project=project).first().benchmark
    before = counted(stub_url)["calls"]
    guard = Juror.objects.get(project=project)
    evaluation = start_evaluation(project=project, juror=guard, benchmark=benchmark, transforms=["upper", "leet"])
    run_shards(evaluation.run)
    assert counted(stub_url)["calls"] - before == 2  # in upper case it is the same
    cases = evaluated_cases(evaluation)
    assert (len(cases), set(cases.transformed)) == (5, {"upper", "leet"})
    assert set(cases.transformed["upper"]) == {NOT_ASKED}  # it evades nobody
    assert NOT_ASKED not in cases.transformed["leet"]
    assert TransformedText.objects.filter(text=BenchmarkCase.objects.filter(benchmark=benchmark)[0].text).count() == 2
    estimate = estimate_evaluation(project=project, juror=guard, benchmark=benchmark, transforms=["upper", "leet"])
    assert estimate.calls == 3


def test_foreign_category_costs_no_verdict_and_odd_replies_are_unreadable(tmp_path, stub_url):
    project = make_project()
    add_jurors(project, stub_url, "stub-0.9:prose", prompt="nemoguard-v1")
    path = write_lines(tmp_path, ROWS)
    command("add_benchmark", "own", path, project=project.slug, task="prompt")
    evaluation = started(project)
    run_shards(evaluation.run)
    outcomes = set(Verdict.objects.filter(run=evaluation.run).values_list("outcome", flat=True))
    assert outcomes == {"cast", "unreadable"}
    unsafe = Verdict.objects.filter(run=evaluation.run, label="unsafe")
    assert unsafe.count() > 0
    assert set(map(tuple, unsafe.values_list("categories", flat=True))) == {("Violence",)}


def test_page_of_the_run_leads_to_the_evaluation_and_says_what_was_unreadable(tmp_path, stub_url):
    project = make_project()
    add_jurors(project, stub_url, "stub-0.9:prose", prompt="nemoguard-v1")
    command("add_benchmark", "own", write_lines(tmp_path, ROWS), project=project.slug, task="prompt")
    evaluation = started(project)
    run_shards(evaluation.run)
    page = Visitor(project, "lead").get(f"jury/runs/{evaluation.run_id}/?outcome=unreadable").content.decode()
    assert f"/guards/evaluations/{evaluation.pk}/" in page
    unreadable = Verdict.objects.filter(run=evaluation.run, outcome="unreadable")
    assert unreadable.count() == page.count("the reply on text") > 0
    assert ("By guard" in page, "By juror" in page) == (True, False)
    assert "/jury/generated/" not in page.split("<main")[1]


def test_transforms_are_named_in_words_or_with_commas():
    assert transforms_named(["upper,leet"]) == transforms_named(["upper", "leet"]) == ["upper", "leet"]
    assert transforms_named(["all"]) == list(TRANSFORMS)
    assert transforms_named([]) == []


def test_limit_draws_the_same_cases_every_time_and_a_larger_one_more(project):
    drawn = [started(project, limit=limit) for limit in (5, 9)]
    again = Evaluation(project=project, benchmark=drawn[0].benchmark, limit=5)
    few, many, same = ([case.number for case in cases_asked(each)] for each in (*drawn, again))
    assert (len(few), len(many), few == same, few == sorted(few)) == (5, 9, True, True)
    assert set(few) < set(many)
    assert few != [1, 2, 3, 4, 5]  # files are sorted by what their cases test


def test_question_without_a_reply_is_in_no_figure_and_asked_again(tmp_path, stub_url):
    project = make_project()
    add_jurors(project, stub_url, "stub-0.9:teapot", prompt="nemoguard-v1")
    command("add_benchmark", "own", write_lines(tmp_path, ROWS), project=project.slug, task="prompt")
    first = started(project)
    run_shards(first.run)
    failed = Verdict.objects.filter(run=first.run, outcome="failed").count()
    assert failed > 0
    figures = summarize(evaluated_cases(first))
    assert (figures["n"], figures["unreadable"], figures["not_asked"]) == (30 - failed, 0, failed)
    before = counted(stub_url)["calls"]
    second = started(project)
    run_shards(second.run)
    assert Verdict.objects.filter(run=second.run).exclude(cached_from=None).count() == 30 - failed
    assert counted(stub_url)["calls"] - before <= failed


def test_labelled_file_is_evaluated_at_once_and_limits_hold(tmp_path, project, worker):
    done = evaluate(project, data=write_lines(tmp_path, ROWS, "My file.jsonl"), limit=7, transforms=["upper"])
    assert done.code == 0, done.stderr
    assert (done["n"], done["benchmark"].startswith("my-file-prompt-")) == (7, True)
    assert Evaluation.objects.get(pk=done["evaluation"]).transforms == ["upper"]


def test_wrong_option_is_refused_with_the_reason(project):
    wrong = {
        "no benchmark": {"benchmark": "none"},
        "no release": {"release": "9.9"},
        "missing.jsonl": {"data": "missing.jsonl"},
        "sideways": {"benchmark": "own", "transforms": "sideways"},
        "required": {},
    }
    for said, options in wrong.items():
        refused = evaluate(project, **options)
        assert refused.code, said
        assert said in refused.stderr


def test_guard_is_not_asked_for_what_it_does_not_judge(tmp_path, project):
    rows = [{"prompt": "a", "response": "b", "label": "safe"}]
    path = write_lines(tmp_path, rows, "responses.jsonl")
    Juror.objects.filter(project=project).update(asks=["prompt_label"])
    refused = evaluate(project, data=path, task="response")
    assert (refused.code, "is not asked for labels of responses" in refused.stderr) == (2, True)
    assert json.dumps(refused.stderr).count("Traceback") == 0


def test_probability_of_a_guard_is_read_from_its_logprobs(project):
    Juror.objects.filter(project=project).update(model="stub-0.9:sure", asks_probability=True)
    run_shards(started(project).run)
    found = Verdict.objects.filter(run__project=project).values_list("label", "probability")
    assert len(found) == 30
    assert all(0.5 <= chance <= 1 if label == "unsafe" else 0 <= chance <= 0.5 for label, chance in found)


def test_probability_of_a_guard_of_ones_own_is_kept():
    from jury.engine.reply import read_completion

    body = {"choices": [{"message": {"content": "x"}}], "probabilities": {"prompt": 0.7, "response": 7, "x": None}}
    assert read_completion(body, 0.1).probabilities == {"prompt": 0.7}
    assert read_completion(body | {"probabilities": [1]}, 0.1).probabilities == {}


def test_page_starts_an_evaluation_and_leads_to_it(project, worker):
    lead = Visitor(project, "lead")
    done = lead.post("guards/evaluations/", juror="stub-0.9:steady", benchmark="own", do="start")
    evaluation = Evaluation.objects.get(project=project)
    assert (done.status_code, done["Location"]) == (
        302,
        f"/projects/{project.slug}/guards/evaluations/{evaluation.pk}/",
    )
    assert evaluation.started_by == lead.user
    assert wait_until(lambda: Run.objects.get(pk=evaluation.run_id).state == "finished", seconds=60)
    assert lead.get(f"guards/evaluations/{evaluation.pk}/").context["report"]["asked"] == 30
