"""What the answers to a question mean stays once there is an answer, or while one may be on its way."""

import psycopg
import pytest
from django.db import connection

from adjudication.actions.questions import change_question
from adjudication.queries.questions import why_meaning_stays
from corpus.actions import add_question
from corpus.errors import Invalid, Refused
from corpus.models import Question
from jury import actions, queries
from jury.models import Batch, Run, Shard
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, make_project
from tests.jury.factories import add_generator, add_jurors, project_with_items
from workspace.actions import items_for_generator

ASKED = {"key": "tone", "text": "Polite?", "type": "yes_no", "is_required": False}
SEVERAL = {"type": "many_of", "choices": [{"value": "calm"}, {"value": "angry"}]}


def change_of(project, **values):
    return change_question(project=project, by=Visitor(project, "lead").user, key="tone", **values)


def test_an_answer_that_only_a_settlement_gave_keeps_the_meaning(tmp_path):
    project = disputed_project(tmp_path)
    judge = Visitor(project, "adjudicator")
    case = case_of(project)
    assert work_through(judge, case).status_code == 302  # before there is any question
    add_question(project=project, by=None, **ASKED)
    assert change_of(project, text="Is it polite?").text == "Is it polite?"
    Visitor(project, "lead").post(f"cases/{case.pk}/reopen/", reason="There is a question now.")
    settled = work_through(judge, case_of(project), **{"asked": ["tone"], "answers.tone": "yes"})
    assert settled.status_code == 302, settled.content
    with pytest.raises(Invalid, match="has answers"):
        change_of(project, **SEVERAL)
    assert command("export_dataset", project=project.slug, format="csv").code == 0


def jury_run(folder, asked_of):
    """Return a project with a question and a run of the jury that has not begun."""
    project = project_with_items(folder, 1)
    add_question(project=project, by=None, **ASKED | {"asked_of": asked_of})
    add_jurors(project, "http://127.0.0.1:9/v1", "stub-0.9")
    return project, actions.start_run(project=project, jurors=queries.panel(project))


@cases("asked_of", ["jurors", "both"])
def test_meaning_stays_while_a_run_of_the_jury_may_ask(tmp_path, asked_of):
    project, run = jury_run(tmp_path, asked_of)
    for state in Run.OPEN:
        Run.objects.filter(pk=run.pk).update(state=state)
        with pytest.raises(Invalid, match="a run of the jury may be asking it until it ends"):
            change_of(project, **SEVERAL)
    actions.cancel_run(run=run)
    sent = Batch.objects.create(shard=Shard.objects.get(run=run), state=Batch.State.UNDER_WAY, items=[])
    with pytest.raises(Invalid, match="may be asking"):  # what is paid for is still collected
        change_of(project, **SEVERAL)
    sent.delete()
    assert change_of(project, **SEVERAL).type == "many_of"


def test_meaning_may_change_while_a_run_asks_something_else(tmp_path):
    project, _ = jury_run(tmp_path, "people")
    assert change_of(project, **SEVERAL).type == "many_of"
    other = make_project()
    import_dialogues(other, tmp_path, [dialogue("a", response=False)])
    add_question(project=other, by=None, **ASKED | {"asked_of": "both"})
    generator = add_generator(other, "http://127.0.0.1:9/v1")
    items = items_for_generator(project=other, generator=generator)
    assert actions.start_generation(project=other, generator=generator, items=items).state == Run.State.RUNNING
    assert change_of(other, **SEVERAL).type == "many_of"


def test_meaning_stays_while_votes_are_imported(tmp_path):
    project = make_project()
    add_question(project=project, by=None, **ASKED)
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as importing:
        importing.execute("SELECT pg_advisory_xact_lock(hashtext('import'), %s)", [project.pk])
        with pytest.raises(Refused, match="An import is under way"):
            change_of(project, **SEVERAL)
        assert change_of(project, text="Is it polite?").text == "Is it polite?"
    assert change_of(project, **SEVERAL).type == "many_of"


def test_page_says_why_and_takes_no_change_that_was_begun_before(tmp_path):
    project, run = jury_run(tmp_path, "both")
    lead = Visitor(project, "lead")
    page = lead.get("taxonomy/questions/tone/").content.decode()
    assert "What its answers mean stays, because a run of the jury may be asking it until it ends." in page
    sent = {
        "text": "Polite?",
        "type": "one_of",
        "about": "dialogue",
        "asked_of": "both",
        "choices": "calm = Calm\r\nangry",
    }
    refused = lead.post("taxonomy/questions/tone/", **sent)
    assert refused.status_code == 422
    assert refused.content.decode().count("It stays, because a run of the jury may be asking it until it ends.") >= 2
    actions.cancel_run(run=run)
    assert lead.post("taxonomy/questions/tone/", **sent).status_code == 302
    question = Question.objects.get(project=project)
    assert [each["value"] for each in question.choices] == ["calm", "angry"]
    actions.start_run(project=project, jurors=queries.panel(project))
    same = sent | {"choices": "calm = Calm\r\n\r\nangry = angry\r\n", "text": "Is it polite?"}
    assert lead.post("taxonomy/questions/tone/", **same).status_code == 302  # as a browser sent it before
    assert why_meaning_stays(project, question) != ""
