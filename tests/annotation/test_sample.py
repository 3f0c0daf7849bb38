"""The blind random sample: drawn once an item with known odds, the same whenever it is done, and told to nobody."""

from typing import Any

from django.db import transaction

from annotation.actions import change_sample
from annotation.models import SampleDraw, Slot
from annotation.sampling import draw_sample, sample_of
from annotation.slots import open_slots
from config.data_dir import CHECKOUT
from corpus.actions import restore_item, withdraw_item
from corpus.models import Event, Project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

APPS = (
    "corpus",
    "annotation",
    "jury",
    "adjudication",
    "quality",
    "releases",
    "guards",
    "attacks",
    "workspace",
    "config",
)
MAY_READ = {
    "annotation/migrations/0007_blind_sample.py",
    "annotation/models/__init__.py",
    "annotation/models/sample.py",
    "annotation/sampling.py",
    "adjudication/queries/decisions.py",
    "adjudication/queries/evidence.py",
    "adjudication/queries/set_evidence.py",
    "quality/queries/freshness.py",
    "quality/queries/sample.py",
    "quality/reports/sample.py",
}
"The only files that name the table; what they let out of it are counts and figures."


def project_of(folder: Any, names: list[str], **options: Any) -> Project:
    project = make_project(**options)
    import_dialogues(project, folder, [dialogue(name) for name in names])
    return project


def draws(project: Project) -> dict[str, tuple[float, bool]]:
    rows = SampleDraw.objects.filter(project=project).values_list("item__external_id", "odds", "in_sample")
    return {name: (odds, in_sample) for name, odds, in_sample in rows}


def test_share_is_off_by_default_and_holds_for_items_not_drawn_yet(tmp_path: Any) -> None:
    first, later = [f"first {n}" for n in range(300)], [f"later {n}" for n in range(300)]
    project = project_of(tmp_path, first)
    assert open_slots(project=project) == 900
    assert (draws(project), sample_of(project)["percent"]) == ({}, 0)

    change_sample(project=project, by=None, percent=10)
    before = draws(project)
    assert {odds for odds, _ in before.values()} == {0.1}
    assert 12 <= sum(chosen for _, chosen in before.values()) <= 54  # by a binomial, all but 1 in 10,000 times
    change_sample(project=project, by=None, percent=50)
    withdraw_item(project=project, external_id="first 1", reason="asked")
    restore_item(project=project, external_id="first 1")
    assert draws(project) == before
    import_dialogues(project, tmp_path, [dialogue(name) for name in later])
    assert draws(project) == before
    open_slots(project=project)  # as the schedule does after an import

    after = draws(project)
    assert {name: after[name] for name in first} == before
    assert {odds for name, (odds, _) in after.items() if name in later} == {0.5}
    assert 115 <= sum(after[name][1] for name in later) <= 185
    change_sample(project=project, by=None, percent=0)
    import_dialogues(project, tmp_path, [dialogue("last")])
    open_slots(project=project)
    assert draws(project) == after
    assert sample_of(project) == {
        "percent": 0, "drawn": 600, "in_sample": sum(chosen for _, chosen in after.values())
    }  # fmt: skip


def test_draw_is_the_same_after_a_crash_and_another_in_another_project(tmp_path: Any) -> None:
    names = [f"n{n} äÖ漢" for n in range(64)]
    project, other = project_of(tmp_path, names), project_of(tmp_path, names)
    with transaction.atomic():
        change_sample(project=project, by=None, percent=50)
        drawn = draws(project)
        transaction.set_rollback(True)
    assert draws(project) == {}
    change_sample(project=project, by=None, percent=50)
    assert draws(project) == drawn
    assert draw_sample(project) == 0
    SampleDraw.objects.filter(project=project, item__external_id__gt="n3").delete()  # as if a part had been lost
    assert draw_sample(project) > 0
    assert draws(project) == drawn
    change_sample(project=other, by=None, percent=50)
    assert draws(other).keys() == drawn.keys()
    assert draws(other) != drawn  # the secret is each project's own
    assert all(chosen for _, chosen in draws_at(project_of(tmp_path, names), 100).values())


def draws_at(project: Project, percent: int) -> dict[str, tuple[float, bool]]:
    change_sample(project=project, by=None, percent=percent)
    return draws(project)


def test_only_items_that_want_votes_are_drawn(tmp_path: Any) -> None:
    project = make_project(fields="response_label")
    made = {"refusal_of": "a", "prompt_label": "unsafe", "response_label": "safe"}
    rows = [dialogue("a"), dialogue("alone", response=False), dialogue("gone"), dialogue("made", **made)]
    import_dialogues(project, tmp_path, rows)
    withdraw_item(project=project, external_id="gone", reason="asked")
    assert set(draws_at(project, 50)) <= {"a", "made"}
    slots = Slot.objects.filter(project=project).values_list("item__external_id", flat=True)
    open_slots(project=project)
    assert set(slots) == set(draws(project))


def test_sample_gets_all_its_votes_whatever_jurors_say(tmp_path: Any) -> None:
    project = project_of(tmp_path, [f"item {n}" for n in range(6)], policy="jury", votes_wanted=3)
    change_sample(project=project, by=None, percent=100)
    ballots = [opinion("item 0", name, "safe", "safe") for name in ("model a", "model b", "model c")]
    assert import_votes(project, tmp_path, ballots).code == 0
    assert command("adjudicate", project=project.slug)["decided"] == 1
    open_slots(project=project)
    assert Slot.objects.filter(project=project, item__external_id="item 0", vote=None).count() == 3
    assert Slot.objects.filter(project=project).count() == 18


def test_page_command_route_and_file_set_the_share(tmp_path: Any) -> None:
    project = project_of(tmp_path, ["a", "b"])
    lead, program, person = Visitor(project, "lead"), Program(project, "lead"), Program(project)
    route = f"projects/{project.slug}/sample/"
    nothing = {"percent": 0, "drawn": 0, "in_sample": 0}
    assert program.get(route).json() == nothing
    assert command("draw_sample", project=project.slug) == nothing
    assert command("draw_sample", project=project.slug, percent=101).code == 2
    for wrong in (-1, 101, "many", None, 2.5):
        assert program.patch(route, {"percent": wrong}).status_code == 400, wrong
    assert program.patch(route, {}).status_code == 400
    assert (person.get(route).status_code, person.patch(route, {"percent": 5}).status_code) == (403, 403)
    assert sample_of(project) == nothing

    assert program.patch(route, {"percent": 100}).json() == {"percent": 100, "drawn": 2, "in_sample": 2}
    settings = dict.fromkeys(("gold_percent", "repeat_percent", "audit_percent"), 0)
    settings |= {"lease_minutes": 30, "break_minutes": 5, "sample_percent": 20, "similar_apart": 0}
    settings |= {"orders_by": "random", "random_percent": 10}
    assert lead.post("queue/settings/", **settings | {"sample_percent": 101}).status_code == 422
    assert lead.post("queue/settings/", **settings).status_code == 302
    assert command("draw_sample", project=project.slug) == {"percent": 20, "drawn": 2, "in_sample": 2}
    assert command("draw_sample", project=project.slug, percent=30)["percent"] == 30
    path = tmp_path / "project.json"
    assert command("make_project_file", project.slug, out=path).code == 0
    assert command("create_project", f"{project.slug}-copy", **{"from": path}).code == 0
    copy = Project.objects.get(slug=f"{project.slug}-copy")
    import_dialogues(copy, tmp_path, [dialogue("c")])
    open_slots(project=copy)
    assert draws(copy)["c"][0] == 0.3
    said = [event.detail for event in Event.objects.filter(project=project, verb="queue.changed")]
    assert {"sample_percent": 100} in said
    assert not any("a" in str(each.get("items", "")) for each in said)


def test_no_other_code_reads_which_items_are_in_the_sample() -> None:
    """Pages, routes, exports, the history and the queue cannot show what they do not read."""
    code = [path for app in APPS for path in (CHECKOUT / app).rglob("*.py")]
    pages = [*(CHECKOUT / "templates").rglob("*.html")]
    found = {path for path in (*code, *pages) if "sampledraw" in path.read_text().lower()}
    assert {str(path.relative_to(CHECKOUT)) for path in found} == MAY_READ
