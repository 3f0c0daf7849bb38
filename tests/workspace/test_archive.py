"""Archived projects are read and exported, and nothing in them changes until they are restored."""

import re

import pytest

from adjudication.models import Decision
from adjudication.tasks import recount_changed
from annotation.models import Audit, Person, Queue, Slot, Vote
from annotation.tasks import create_slots
from corpus.actions.import_support import lock_imports
from corpus.errors import Archived, Refused
from corpus.models import Event, Item, Project, Verb
from jury import actions as jury
from jury import queries
from jury.models import Run
from quality.models import Report
from quality.tasks import measure_changed
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.annotation.people import Visitor
from tests.annotation.test_leases import at_once
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import (
    command,
    dialogue,
    import_dialogues,
    import_votes,
    make_project,
    opinion,
    set_queue,
    write_lines,
)
from tests.jury.factories import add_jurors
from workspace.actions import archive_project, run_job
from workspace.models import Job


def archive(project):
    assert command("archive_project", project.slug, reason="it is done").code == 0
    project.refresh_from_db()


def test_it_is_archived_and_restored_on_its_page_by_rest_and_by_command():
    project = make_project()
    admin, program, lead = Visitor(project, "admin"), Program(project, "admin"), Visitor(project, "lead")
    route = f"projects/{project.slug}/"
    assert admin.post("settings/archive/").status_code == 422  # a reason is missing
    assert lead.post("settings/archive/", reason="mine").status_code == 403
    assert admin.post("settings/archive/", reason="it is done").status_code == 302
    assert "Archived since" in lead.get("").content.decode()
    assert "An admin of the project can restore it" in lead.get("").content.decode()
    assert program.get(route).json()["archived_at"]
    again = program.post(f"{route}archive/", {"reason": "again"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "archived")
    assert program.post(f"{route}restore/").json()["archived_at"] is None
    assert program.post(f"{route}restore/").status_code == 409  # it is in use
    assert admin.post("settings/restore/").status_code == 409
    assert program.post(f"{route}archive/", {}).json()["error"]["fields"].keys() == {"reason"}
    assert program.post(f"{route}archive/", {"reason": "it is done"}).status_code == 200
    assert admin.post("settings/restore/").status_code == 302
    archive(project)
    assert command("archive_project", project.slug, reason="again").code == 2
    assert command("restore_project", project.slug) == {"project": project.slug}
    events = Event.objects.filter(project=project, subject=project.slug).order_by("pk").values_list("verb", "detail")
    pair = [(Verb.PROJECT_ARCHIVED, {"reason": "it is done"}), (Verb.PROJECT_RESTORED, {})]
    assert list(events)[1:] == pair * 3


def test_its_pages_have_a_note_in_place_of_forms(tmp_path):
    project = project_with(tmp_path, "one", "two", "three", votes_wanted=1)
    admin, ada, bea = Visitor(project, "admin"), Visitor(project), Visitor(project)
    admin.post("queue/gold/", external_id="one", prompt_label="safe", response_label="safe")
    admin.post("queue/batches/", name="first", size=3)
    set_queue(project, gold_percent=0)  # a check fills no slot that somebody else holds
    assert ada.take()
    voted = bea.take()
    bea.vote(voted)
    archive(project)
    guided = "queue/ queue/qualification/ guideline/edit/ imports/ webhooks/ label/ work/"
    for person, pages in (
        (admin, [*guided.split(), f"items/{voted.item.external_id}/comments/"]),
        (ada, ("label/", "work/")),
    ):
        for page in pages:
            text = person.get(page).content.decode()
            main = text[text.index('<main id="main"') :]
            posts = re.findall(r'<form[^>]*method="post"[^>]*>', main)
            left = [each for each in posts if "restore" not in each and "use/" not in each]
            assert (left, "so nothing can be changed here" in main) == ([], True), page
            assert "Save</button>" not in main
    refused = admin.post("queue/settings/")
    assert (refused.status_code, "restore_project" in refused.content.decode()) == (409, False)
    assert "restore_project" in command("adjudicate", project=project.slug).stderr


def test_no_dialogue_is_shown_or_labelled_by_a_form_that_would_be_refused(tmp_path):
    """Hidden or shown: a case that somebody holds, a settled one, an audit and one's own vote."""
    project = disputed_project(tmp_path, "one", "two", "three")
    import_dialogues(project, tmp_path, [dialogue("undisputed")])
    judge, lead, ada = Visitor(project, "adjudicator"), Visitor(project, "lead"), Visitor(project)
    ada.vote(ada.take())
    held, settled = case_of(project, "one"), case_of(project, "two")
    work_through(judge, settled)
    judge.post(f"cases/{held.pk}/claim/")
    audit = Audit.objects.create(project=project, item=case_of(project, "three").item)
    pages = [
        (judge, f"cases/{held.pk}/"), (lead, f"cases/{settled.pk}/"), (lead, f"audits/{audit.item_id}/"),
        (ada, f"votes/{Vote.objects.get(annotator__user=ada.user).pk}/"),
    ]  # fmt: skip
    archive(project)
    for is_masked in (True, False):
        Person.objects.filter(user__in=[judge.user, lead.user, ada.user]).update(masks_text=is_masked)
        for person, page in pages:
            main = person.get(page).content.decode().partition('<main id="main"')[2]
            assert 'id="show"' not in main, page
            assert ('class="submit"' in main, 'data-press="r"' in main) == (False, False), page
            assert "so nothing can be changed here" in main or page == pages[1][1], page


def test_nobody_labels_and_whoever_holds_a_dialogue_goes_on_once_it_is_restored(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    ada, ben = Program(project), Visitor(project)
    taken, held = ada.take(), ben.take()
    archive(project)
    for refused in (ada.next(), ada.vote(taken), ada.skip(taken), ada.post(f"projects/{project.slug}/renew/")):
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "archived")
    page = ben.vote(held)
    assert (page.status_code, "is archived" in page.content.decode()) == (409, True)
    assert ben.get("label/").status_code == 200
    assert ben.post("wellbeing/", masks_text="on", time_zone="UTC").status_code in (302, 422)  # of the person
    command("restore_project", project.slug)
    assert (ada.vote(taken).status_code, ben.vote(held).status_code) == (201, 302)


@pytest.mark.slow  # it works through all projects there are: the earlier, the fewer
def test_what_runs_by_itself_leaves_it_alone(tmp_path):
    project = project_with(tmp_path, "one")
    Program(project).next()  # whoever asks first has the slots opened
    archive(project)
    before = rows_of(project)
    Item.objects.create(project=project, external_id="late", turns=[{"role": "user", "text": "a"}], content_hash=b"1")
    Project.objects.filter(pk=project.pk).update(items_version=9)
    for task in (create_slots, recount_changed, measure_changed):
        task()
    assert (
        Slot.objects.filter(project=project).count(),
        Decision.objects.filter(item__project=project).count(),
    ) == before
    assert Queue.objects.get(project=project).slots_version != 9
    assert not Report.objects.filter(project=project).exists()
    with pytest.raises(Archived):
        lock_imports(project)


def rows_of(project):
    return Slot.objects.filter(project=project).count(), Decision.objects.filter(item__project=project).count()


def test_its_decisions_are_of_all_opinions_there_are(tmp_path):
    project = project_with(tmp_path, dialogue("one", response=False))
    import_votes(project, tmp_path, [opinion("one", rater) for rater in ("ada", "bea", "cleo")])
    archive(project)
    assert Decision.objects.get(item__project=project).status == "decided"


def test_jobs_that_wait_fail_with_the_reason_and_one_that_runs_is_waited_for(tmp_path):
    project = make_project()
    path = write_lines(tmp_path, [dialogue("one")])
    with path.open("rb") as file:
        Visitor(project, "admin").client.post(
            f"/projects/{project.slug}/imports/upload/", {"kind": "dialogues", "file": file}
        )
    job = Job.objects.get(project=project)
    archive(project)
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, "is archived" in job.error) == (Job.State.FAILED, True)
    assert not Item.objects.filter(project=project).exists()
    command("restore_project", project.slug)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, seen_at=job.ended_at)
    refused = command("archive_project", project.slug, reason="r")
    assert (refused.code, "is under way" in refused.stderr) == (2, True)


def test_runs_pause_and_none_begins_or_goes_on(tmp_path, stub_url):
    project = project_with(tmp_path, "one")
    add_jurors(project, stub_url, "stub-1.0")
    run = jury.start_run(project=project, jurors=queries.panel(project, []))
    archive(project)
    run.refresh_from_db()
    assert run.state == Run.State.PAUSED
    stale = Project.objects.get(pk=project.pk)
    stale.archived_at = None  # as read before it was archived
    run.project = stale
    for change in (
        lambda: jury.resume_run(run=run),
        lambda: jury.start_run(project=stale, jurors=queries.panel(project, [])),
    ):
        stale.archived_at = None
        with pytest.raises(Archived):
            change()
    assert command("jury_run", run.pk, project=project.slug)["state"] == "paused"
    assert command("jury_run", run.pk, "--resume", project=project.slug).code == 2
    assert list(Run.objects.filter(project=project).values_list("state", flat=True)) == [Run.State.PAUSED]


def test_two_who_archive_at_once_do_it_once():
    project = make_project()

    def archive_it():
        return archive_project(project=Project.objects.get(pk=project.pk), reason="r")

    done = at_once(archive_it, archive_it)
    assert sorted(isinstance(each, Refused) for each in done) == [False, True]
    assert Event.objects.filter(project=project, verb=Verb.PROJECT_ARCHIVED).count() == 1


def test_commands_that_read_work_and_others_exit_with_2(tmp_path):
    project = project_with(tmp_path, dialogue("one", response=False))
    import_votes(project, tmp_path, [opinion("one", rater) for rater in ("ada", "bea", "cleo")])
    archive(project)
    for name in ("list_decisions", "list_cases", "export_dataset", "agreement", "score"):
        options = {} if name in ("agreement", "score") else {"out": tmp_path / name}
        assert command(name, project=project.slug, **options).code == 0, name
    for name, *arguments in (
        ("adjudicate",), ("withdraw_item", "one", "--reason=r"), ("release", "1.0"), ("convene_jury",),
        ("change_policy", "human", "--reason=r"), ("measure",),
    ):  # fmt: skip
        refused = command(name, *arguments, project=project.slug)
        assert (refused.code, "is archived" in refused.stderr) == (2, True), (name, refused.stderr)
    assert import_dialogues(project, tmp_path, [dialogue("two")]).code == 2
    assert command("create_user", f"reader-{project.slug}", project=project.slug).code == 0


def test_home_and_the_switcher_list_it_apart():
    project = make_project(name="Old garden")
    visitor, own = Visitor(project), f'href="/projects/{project.slug}/"'
    assert own in visitor.client.get("/").content.decode().partition("Archived projects")[0]
    archive(project)
    home = visitor.client.get("/")
    assert home.context["cards"] == []
    assert own in home.content.decode().partition("Archived projects")[2]
    bar = visitor.get("votes/").content.decode()
    assert bar.index(">Archived</li>") < bar.index("Old garden</a></li>")
    assert "Next for you" not in bar
