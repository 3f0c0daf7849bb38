"""The overview of a project: the way of a dialogue, votes a day, what needs attention and what to do next."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models.functions import Now
from django.utils import timezone

from annotation.models import Audit
from corpus.access import access_to
from corpus.models import Item
from jury.models import Run
from quality.models import Report
from tests.adjudication.disputes import UNSAFE
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.jury.test_pages import text_of
from workspace.models import Job
from workspace.queries.activity import DAYS, activity, last_vote_at, totals
from workspace.queries.attention import RECENT, attention, next_steps
from workspace.queries.overview import Overview, percentage

UTC = ZoneInfo("UTC")


def project_with_a_case(folder, **options):
    """Create a project with a decided, a disputed and a pending item."""
    project = make_project(**({"quorum": 2} | options))
    import_dialogues(project, folder, [dialogue(name) for name in ("agreed", "split", "open")])
    votes = [opinion("agreed", rater, "safe", "safe") for rater in ("ada", "bea")]
    votes += [opinion("split", "ada", "safe", "safe"), opinion("split", "bea", "unsafe", "unsafe", **UNSAFE)]
    import_votes(project, folder, votes)
    command("adjudicate", project=project.slug)
    return project


def pointers_of(project, role):
    visitor = Visitor(project, role)
    access = access_to(project.slug, visitor.user)
    return [pointer.text for pointer in attention(access)], visitor


def steps_of(visitor, **more):
    access = access_to(visitor.project.slug, visitor.user)
    return [each.text for each in next_steps(access, **({"items": 3, "decided": 1, "released": False} | more))]


def test_funnel_goes_from_imported_to_released(tmp_path):
    project = project_with_a_case(tmp_path)
    shown = Visitor(project).get("").context["overview"]
    assert [(step.name, step.count, step.share) for step in shown.funnel] == [
        ("Imported", 3, "100.0"), ("Labelled", 2, "66.7"), ("Decided", 1, "33.3"), ("Released", 0, "0.0"),
    ]  # fmt: skip
    assert shown.funnel[2].meaning == "1 by majority, 0 settled"
    assert [bar.name for bar in shown.bars] == ["By majority", "Settled", "Disputed", "Pending"]
    assert "people cast 4 votes and corrections" in text_of(Visitor(project).get(""))
    empty = Overview(project, 0, 0, 0, [], 0)
    assert {step.share for step in empty.funnel} == {"0.0"}
    assert percentage(5, 3) == 100.0  # what a release holds may have been withdrawn since


def test_days_are_those_of_the_viewer_and_end_today(tmp_path):
    project, at = make_project(), datetime(2026, 3, 29, 23, 30, tzinfo=UTC)
    import_dialogues(project, tmp_path, [dialogue("one")])
    raters = ("ada", "bea", "cleo", "dora")
    votes = [opinion("one", rater, "safe", "safe", cast_at=at.isoformat()) for rater in raters]
    import_votes(project, tmp_path, [*votes, opinion("one", "eve", "safe", "safe", cast_at="2025-12-31T12:00:00Z")])
    for zone, day in (("UTC", 29), ("Asia/Tokyo", 30), ("Pacific/Kiritimati", 30), ("America/New_York", 29)):
        with timezone.override(ZoneInfo(zone)):
            days = activity(project, date(2026, 3, 30))
            assert [each.day.day for each in days if each.votes] == [day], zone
            assert (len(days), days[-1].day, totals(days)) == (DAYS, date(2026, 3, 30), (4, 0))
    assert totals(activity(project, date(2026, 3, 29) + timedelta(days=DAYS))) == (0, 0)
    assert last_vote_at(project) == at
    assert last_vote_at(make_project()) is None


def test_ballots_are_counted_by_day(tmp_path):
    project = project_with_a_case(tmp_path)
    today = timezone.localdate()
    assert totals(activity(project, today)) == (4, 0)
    import_votes(project, tmp_path, [opinion("open", "model-a", "safe", "safe")])
    assert activity(project, today)[-1].ballots == 1


def test_attention_names_what_a_role_can_deal_with(tmp_path):
    project = project_with_a_case(tmp_path)
    item = Item.objects.get(project=project, external_id="agreed")
    Audit.objects.create(item=item, project=project)
    Run.objects.create(project=project, state=Run.State.PAUSED)
    broken = Run.objects.create(project=project, state=Run.State.BROKEN, finished_at=timezone.now())
    Run.objects.create(project=project, state=Run.State.BROKEN, finished_at=timezone.now() - RECENT - RECENT)
    Job.objects.create(project=project, kind="dialogues", state="failed", request={"name": "again.csv"})
    Job.objects.create(project=project, kind="dialogues", state="done", request={"name": "again.csv"})
    Job.objects.create(project=project, kind="dialogues", state="failed", request={"name": "bad.csv"})
    case = "1 disputed item waits to be settled"
    assert pointers_of(project, "annotator")[0] == []
    assert pointers_of(project, "adjudicator")[0] == [case]
    for_leads = pointers_of(project, "lead")[0]
    assert for_leads[:2] == [case, f"Run {broken.pk}: ended, but parts of it broke off"]
    assert for_leads[2].endswith(": paused")
    assert for_leads[3:] == ["1 decided item is drawn for an audit"]
    assert pointers_of(project, "admin")[0] == [*for_leads, "Import of dialogues failed: bad.csv"]


def test_every_pointer_leads_to_a_page_that_its_reader_may_open(tmp_path):
    project = project_with_a_case(tmp_path)
    for role in ("annotator", "adjudicator", "lead", "admin"):
        visitor = Visitor(project, role)
        page = visitor.get("")
        pointers = page.context["attention"] + page.context["next_steps"]
        assert pointers
        for pointer in pointers:
            assert pointer.url in page.content.decode()
            assert visitor.client.get(pointer.url).status_code == 200, pointer.url


def test_next_steps_follow_the_way_of_a_project(tmp_path):
    empty = make_project()
    assert steps_of(Visitor(empty, "admin"), items=0, decided=0) == [
        "Import dialogues",
        "Add jurors, the models that label beside people",
    ]
    assert steps_of(Visitor(empty, "annotator"), items=0, decided=0) == []
    project = project_with_a_case(tmp_path)
    assert steps_of(Visitor(project, "annotator")) == ["Label: 3 dialogues wait for your vote"]
    lead = steps_of(Visitor(project, "lead"))
    assert lead[1] == "Settle: 1 case is free for you to take"
    assert lead[-1] == "Make the first release"
    assert "Make the first release" not in steps_of(Visitor(project, "lead"), released=True)


def test_failures_of_long_ago_are_left_out(tmp_path):
    project = make_project()
    job = Job.objects.create(project=project, kind="release", state="failed", request={"version": "v1"})
    assert pointers_of(project, "admin")[0] == ["Release failed: v1"]
    Job.objects.filter(pk=job.pk).update(made_at=Now() - RECENT - RECENT)
    assert pointers_of(project, "admin")[0] == []


def agreement_of(value, low, high, items=90):
    return {"items": items, "alpha": {"value": value, "low": low, "high": high, "reason": None}}


def test_leads_are_told_of_agreement_that_is_too_low_for_certain():
    project = make_project()
    certain, open_yet = agreement_of(0.5, 0.4, 0.6), agreement_of(0.68, 0.6, 0.75)
    content = {
        "fields": [
            {"field": "prompt_label", "kinds": {"all": certain}},
            {"field": "response_label", "kinds": {"all": open_yet}},
        ],
        "each_category": [
            {"category": "threat", "named": 40, "kinds": {"all": certain}},
            {"category": "profanity", "named": 40, "kinds": {"all": open_yet}},
        ],
    }
    stored = {"kind": "agreement", "content": content, "fingerprint": {}, "seconds": 1, "computed_at": timezone.now()}
    Report.objects.create(project=project, policy=project.policy, **stored)
    assert pointers_of(project, "adjudicator")[0] == []
    assert pointers_of(project, "lead")[0] == [
        "Agreement on prompts is below the wanted alpha of 0.70",
        "1 category is below the wanted alpha of 0.70",
    ]
