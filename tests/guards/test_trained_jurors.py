"""Jurors that were trained on a release of their project are no independent opinions on it."""

import pytest
from django.utils.html import escape

from corpus.errors import Refused
from corpus.models import Event
from guards.queries import trained_release
from jury import actions, queries
from jury.models import Juror, Run
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

HERE = "http://127.0.0.1:9/v1"
REASON = "Juror 'apt' was trained on release 1.0 of this project, so its ballots are no independent opinions here."


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a project with a release 1.0, and a juror `apt` that is said to be trained on it."""
    folder, project = tmp_path_factory.mktemp("released"), make_project(quorum=1, votes_wanted=1)
    assert import_dialogues(project, folder, [dialogue(f"i{at}") for at in range(3)]).code == 0
    assert import_votes(project, folder, [opinion(f"i{at}", "anna", "safe", "safe") for at in range(3)]).code == 0
    assert command("release", "1.0", project=project.slug, out=folder / "release").code == 0
    assert add(project, "apt", trained_on="1.0").code == 0
    return project


def add(project, name, **options):
    return command("add_juror", name, project=project.slug, **{"model": f"of-{name}", "base_url": HERE} | options)


def juror(project, name):
    return Juror.objects.get(project=project, name=name)


def test_juror_says_what_it_was_trained_on(released):
    assert juror(released, "apt").trained_on == "1.0"
    assert trained_release(juror(released, "apt")).version == "1.0"
    assert add(released, "plain").code == 0
    assert trained_release(juror(released, "plain")) is None
    refused = add(released, "unknown", trained_on="2.0")
    assert (refused.code, f"{released.slug} has no release '2.0'. Known: 1.0." in refused.stderr) == (2, True)
    assert "Known: none yet" in add(make_project(), "x", trained_on="1.0").stderr


def test_juror_can_be_said_to_be_trained_later(released):
    assert add(released, "later").code == 0
    changed = command("change_juror", "later", project=released.slug, trained_on="1.0")
    assert changed["changed"] == ["trained_on"]
    assert trained_release(juror(released, "later")).version == "1.0"
    assert command("change_juror", "later", project=released.slug, trained_on="3").code == 2
    assert command("change_juror", "later", project=released.slug, trained_on="none").code == 0
    assert juror(released, "later").trained_on == ""
    event = Event.objects.filter(project=released, verb="juror.changed", subject="later").latest("pk")
    assert event.detail == {"trained_on": {"from": "1.0", "to": ""}}


def test_run_with_a_trained_juror_is_refused_unless_it_is_allowed(released, no_worker):
    refused = command("convene_jury", project=released.slug, juror="apt", wait=True)
    assert (refused.code, REASON in refused.stderr) == (2, True), refused.stderr
    assert not Run.objects.filter(project=released).exists()
    jurors = queries.panel(released, ["apt"])
    with pytest.raises(Refused, match=r"or say that it may be asked all the same: --allow-trained"):
        actions.start_run(project=released, jurors=jurors)
    run = actions.start_run(project=released, jurors=jurors, allow_trained=True)
    event = Event.objects.get(project=released, verb="run.started", subject=str(run.pk))
    assert event.detail == {"jurors": ["apt"], "allow_trained": True}
    assert command("convene_jury", project=released.slug, juror="apt", estimate=True)["calls"] == 3
    add(released, "other")
    actions.start_run(project=released, jurors=queries.panel(released, ["other"]))
    assert Event.objects.filter(project=released, verb="run.started").latest("pk").detail == {"jurors": ["other"]}


def test_trained_juror_of_another_project_is_as_any_other(released, tmp_path):
    other = make_project()
    import_dialogues(other, tmp_path, [dialogue("a")])
    assert add(other, "apt", model="of-apt").code == 0
    assert trained_release(juror(other, "apt")) is None
    assert actions.start_run(project=other, jurors=queries.panel(other))


def test_imported_ballots_of_a_trained_juror_are_taken(released, tmp_path):
    assert import_votes(released, tmp_path, [opinion("i0", "model-x", "safe", "safe")]).code == 0
    assert command("change_juror", "model-x", project=released.slug, trained_on="1.0").code == 0
    assert import_votes(released, tmp_path, [opinion("i1", "model-x", "safe", "safe")])["created"] == 1


def test_page_shows_and_takes_what_a_juror_was_trained_on(released):
    lead = Visitor(released, "lead")
    assert "trained on release 1.0" in lead.get("jury/").content.decode()
    number = juror(released, "apt").pk
    page = lead.get(f"jury/jurors/{number}/").content.decode()
    assert "Release 1.0 of this project" in page
    settings = {"in_panel": "on", "concurrency": "8", "price_in": "0", "price_out": "0", "transport": "live"}
    settings |= {"timeout_seconds": "120"}
    wrong = lead.post(f"jury/jurors/{number}/", **settings, trained_on="9")
    assert (wrong.status_code, escape("has no release '9'") in wrong.content.decode()) == (409, True)
    assert lead.post(f"jury/jurors/{number}/", **settings).status_code == 409  # nothing changes
    assert lead.post(f"jury/jurors/{number}/", **settings, trained_on="").status_code == 302
    assert lead.post(f"jury/jurors/{number}/", **settings, trained_on="1.0").status_code == 302
    assert juror(released, "apt").trained_on == "1.0"


def test_rest_route_shows_and_takes_what_a_juror_was_trained_on(released):
    lead = Program(released, "lead")
    route = f"projects/{released.slug}/jurors/"
    body = {"name": "by-rest", "model": "m", "base_url": HERE, "trained_on": "1.0"}
    made = lead.post(route, body)
    assert (made.status_code, made.json()["trained_on"]) == (201, "1.0"), made.content
    number = f"jurors/{made.json()['id']}/"
    assert lead.patch(number, {"trained_on": ""}).json()["trained_on"] == ""
    assert lead.patch(number, {"trained_on": "x" * 61}).status_code == 400
    assert lead.patch(number, {"trained_on": None}).status_code == 400
    assert lead.patch(number, {"trained_on": "9"}).status_code == 409
