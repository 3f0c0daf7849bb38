"""The settings of the queue by page, by REST, by command and in project files are the same."""

from pathlib import Path
from typing import Any

import pytest

from annotation.models import Queue
from annotation.models.queue import SETTINGS
from corpus.models import Event, Project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, make_project

DEFAULTS = {name: Queue._meta.get_field(name).get_default() for name in SETTINGS}


def changes_of(project: Project) -> list[Any]:
    found = Event.objects.filter(project=project, verb="queue.changed").order_by("pk")
    return [event.detail for event in found]


def test_routes_and_command_change_what_is_named_and_leave_the_rest(tmp_path: Path) -> None:
    project = make_project()
    route, lead = f"projects/{project.slug}/queue/", Program(project, "lead")
    assert lead.get(route).json() == DEFAULTS == command("change_queue", project=project.slug)
    assert changes_of(project) == []
    for role in ("annotator", "adjudicator"):
        person = Program(project, role)
        assert (person.get(route).status_code, person.patch(route, {"stops_early": True}).status_code) == (403, 403)

    after = DEFAULTS | {"stops_early": True, "most_votes": 5}
    assert lead.patch(route, {"stops_early": True, "most_votes": 5}).json() == after
    assert lead.patch(route, {"stops_early": True}).json() == after  # twice, and no second event
    assert lead.patch(route, {"most_votes": None, "daily_cap": 9}).json() == after | {
        "most_votes": None,
        "daily_cap": 9,
    }
    done = command("change_queue", project=project.slug, stops_early="no", daily_cap="none", sample_percent=20)
    assert done == DEFAULTS | {"sample_percent": 20}
    assert changes_of(project) == [
        {"stops_early": True, "most_votes": 5}, {"most_votes": None, "daily_cap": 9},
        {"stops_early": False, "daily_cap": None, "sample_percent": 20},
    ]  # fmt: skip
    path = tmp_path / "project.json"
    assert command("make_project_file", project.slug, out=path).code == 0
    copy = command("create_project", f"{project.slug}-copy", **{"from": path})
    assert command("change_queue", project=copy["project"]) == done


@pytest.mark.parametrize(
    "body",
    [
        {}, [], {"stop_early": True}, {"stops_early": True, "most_vote": 3}, {"stops_early": None},
        {"stops_early": "perhaps"}, {"most_votes": 0}, {"most_votes": -1}, {"most_votes": 40_000}, {"most_votes": 2.5},
        {"sample_percent": 101}, {"lease_minutes": None}, {"stops_early": True, "gold_percent": "many"},
        {"slots_version": 3}, {"project": 1},
    ],
)  # fmt: skip
def test_what_is_no_setting_is_refused_and_nothing_changes(body: Any) -> None:
    project = make_project()
    answer = Program(project, "lead").patch(f"projects/{project.slug}/queue/", body)
    assert answer.status_code == 400, answer.content
    assert not Queue.objects.filter(project=project).exists()
    assert changes_of(project) == []


def test_command_names_the_option_that_is_wrong() -> None:
    project = make_project()
    for name, text in (("most_votes", "0"), ("stops_early", "perhaps"), ("lease_minutes", "none"), ("daily_cap", "-3")):
        done = command("change_queue", project=project.slug, **{"stops_early": "yes", name: text})
        assert done.code == 2
        assert f"--{name.replace('_', '-')}" in done.stderr, done.stderr
    assert command("change_queue", project=project.slug) == DEFAULTS


def test_page_says_where_stopping_early_spares_nothing() -> None:
    page = Visitor(make_project(), "lead").get("queue/").content.decode()
    assert "a quorum as large as the votes wanted leaves none to spare" in page
