"""Answers to questions, by the label page and over REST: asked, stored, corrected, and refused by their key."""

from django.contrib.auth.models import User

from annotation.models import Vote
from corpus import actions
from corpus.models import Project
from corpus.question_rules import PRESETS
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import dialogue, numbers

GROUPS = {"key": "groups", "text": "مَن؟", "type": "many_of", "choices": ["a", "b", "c"], "is_required": False}
WHY = {"key": "why", "text": "Why?", "type": "text", "is_required": False, "guidance": "A word <b>or</b> two."}
JURORS_ONLY = {"key": "tone", "text": "Which tone?", "type": "yes_no", "asked_of": "jurors"}
ANSWERS = {"response_refusal": "refusal", "severity": "mild"}


def asking_project(folder, *names, **options) -> Project:
    """Return a project with the presets, a list, a text and a question for jurors alone."""
    project = project_with(folder, *(names or ("one",)), **{"votes_wanted": 1, **options})
    lead = User.objects.create_user(f"lead-{next(numbers)}")
    for question in (*PRESETS.values(), GROUPS, WHY, JURORS_ONLY):
        actions.add_question(project=project, by=lead, **question)
    return project


def text_of(page):
    return page.content.decode()


def refused(answer):
    assert answer.status_code == 400, answer.content
    return answer.json()["error"]["fields"]


def test_routes_ask_take_and_compare_answers(tmp_path):
    project = asking_project(tmp_path, "one", dialogue("two", response=False))
    ada = Program(project)
    shown = ada.get(f"projects/{project.slug}/").json()["questions"]
    assert [each["key"] for each in shown] == ["response_refusal", "severity", "groups", "why", "tone"]
    assert shown[4]["choices"] == [{"value": "yes", "name": "Yes"}, {"value": "no", "name": "No"}]
    taken = {}
    for _ in range(2):
        lease = ada.take()
        asked = [each["key"] for each in lease["questions"]]
        taken[lease["item"]["id"]] = (lease, asked)
        answers = ANSWERS if lease["item"]["has_response"] else {"severity": "none"}
        labels = {"prompt_label": "safe", "response_label": "safe" if lease["item"]["has_response"] else None}
        body = {"lease": lease["lease"]["id"], **labels}
        route = ada.item_route(lease, "vote")
        assert [*refused(ada.post(route, body))] == [f"answers.{asked[0]}"]  # a required one is missing
        wrong = {**answers, "severity": "dreadful"}
        assert "answers.severity" in refused(ada.post(route, {**body, "answers": wrong}))
        assert "answers.tone" in refused(ada.post(route, {**body, "answers": {**answers, "tone": "yes"}}))
        assert "answers" in refused(ada.post(route, {**body, "answers": []}))
        sent = {**body, "answers": {**answers, "why": " because ", "groups": ["c", "a"]}}
        cast = ada.post(route, sent)
        assert cast.status_code == 201
        stored = {**answers, "groups": ["a", "c"], "why": "because"}
        assert cast.json()["vote"]["answers"] == stored
        # The same again is the same vote; another answer under the same lease is refused.
        again = ada.post(route, sent)
        assert (again.status_code, again.json()) == (200, cast.json())
        other = ada.post(route, {**body, "answers": {**answers, "why": "other"}})
        assert (other.status_code, other.json()["error"]["code"]) == (409, "already_voted")
    assert taken["one"][1] == ["response_refusal", "severity", "groups", "why"]
    assert taken["two"][1] == ["severity", "groups", "why"]

    mine = ada.get(f"projects/{project.slug}/my-votes/").json()["results"]
    vote = next(each for each in mine if each["item"] == "one")
    assert vote["answers"]["why"] == "because"
    route = f"projects/{project.slug}/my-votes/{vote['id']}/correct/"
    labels = {"prompt_label": "safe", "response_label": "safe"}
    same = ada.post(route, {**labels, "answers": vote["answers"]})
    assert same.json()["vote"]["id"] == vote["id"]
    corrected = ada.post(route, {**labels, "answers": {**ANSWERS, "severity": "severe", "groups": []}})
    assert corrected.json()["vote"]["answers"] == {**ANSWERS, "severity": "severe", "groups": []}
    assert Vote.objects.get(pk=vote["id"]).answers["severity"] == "mild"  # kept
    newest = f"projects/{project.slug}/my-votes/{corrected.json()['vote']['id']}/correct/"
    assert "answers.response_refusal" in refused(ada.post(newest, labels))


def test_list_of_an_empty_text_answers_no_required_question(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    actions.add_question(project=project, by=None, **GROUPS | {"is_required": True})
    ada = Program(project)
    lease = ada.take()
    body = {"lease": lease["lease"]["id"], "prompt_label": "safe", "response_label": "safe"}
    for nothing in ([""], []):
        answer = ada.post(ada.item_route(lease, "vote"), {**body, "answers": {"groups": nothing}})
        assert refused(answer) == {"answers.groups": ["choose at least one of the answers"]}


def fields_of(**answers):
    return {"asked": ["response_refusal", "severity", "groups", "why"]} | {
        f"answers.{key}": answer for key, answer in answers.items()
    }


def test_page_asks_without_script_and_keeps_what_was_typed(tmp_path):
    project = asking_project(tmp_path, "one", "two", votes_wanted=2)
    ada = Visitor(project)
    lease = ada.take()
    page = text_of(ada.get("label/"))
    for part in (
        "Does the response refuse or comply?",
        "مَن؟",
        'name="answers.groups"',
        "A word &lt;b&gt;or&lt;/b&gt; two.",
    ):
        assert part in page
    assert "Which tone?" not in page
    assert 'data-key="7"' in page
    assert "Go to the next question" in page

    answer = ada.vote(lease, **fields_of(severity="mild", groups=["b", "a"], why="لأن"))
    assert answer.status_code == 422
    assert "Choose one of the answers." in text_of(answer)
    assert "لأن" in text_of(answer)
    assert [each["value"] for each in answer.context["questions"][2]["choices"] if each["is_chosen"]] == ["a", "b"]
    assert ada.vote(lease, **fields_of(response_refusal="refusal", severity="dreadful")).status_code == 422
    assert ada.vote(lease, **fields_of(**ANSWERS, why=" x ")).status_code == 302
    # Boxes that were shown and left empty say none of them; those of a page that did not show them say nothing.
    vote = Vote.objects.get(item__project=project)
    assert vote.answers == {**ANSWERS, "groups": [], "why": "x"}

    second_tab = ada.vote(lease, **fields_of(response_refusal="compliance", severity="mild"))
    assert second_tab.status_code == 409
    assert "Compliance" in text_of(second_tab)

    correction = ada.get(f"votes/{vote.pk}/")
    ada.correct(
        vote.pk, prompt_label="safe", response_label="safe", **fields_of(response_refusal="compliance", severity="none")
    )
    assert Vote.objects.get(supersedes=vote).answers == {
        "response_refusal": "compliance",
        "severity": "none",
        "groups": [],
    }
    assert [each["value"] for each in correction.context["questions"]][:2] == ["refusal", "mild"]


def test_guideline_tells_how_to_answer(tmp_path):
    page = text_of(Visitor(asking_project(tmp_path)).get("guideline/"))
    assert "Besides the labels" in page
    assert "A word &lt;b&gt;or&lt;/b&gt; two." in page
    assert "Which tone?" not in page


def test_a_prompt_alone_is_not_asked_about_its_response(tmp_path):
    ada = Visitor(asking_project(tmp_path, dialogue("one", response=False)))
    lease = ada.take()
    assert "refuse or comply" not in text_of(ada.get("label/")).split('id="keys"')[0]
    assert ada.vote(lease, asked=["severity", "groups"], **{"answers.severity": "none"}).status_code == 302
    assert Vote.objects.get(item__project=ada.project).answers == {"severity": "none", "groups": []}


def test_a_question_that_comes_or_goes_while_a_page_is_open_loses_nothing(tmp_path):
    project = asking_project(tmp_path, "one", "two", votes_wanted=3)
    ada, lead = Visitor(project), User.objects.create_user(f"lead-{next(numbers)}")
    lease = ada.take()
    actions.add_question(project=project, by=lead, key="new_one", text="And this?", type="yes_no")
    asked_late = ada.vote(lease, rationale="kept", **fields_of(**ANSWERS))
    assert asked_late.status_code == 422
    assert "Answer yes or no." in text_of(asked_late)
    assert "kept" in text_of(asked_late)
    actions.retire_question(project=project, by=lead, key="new_one")
    assert ada.vote(lease, **fields_of(**ANSWERS)).status_code == 302
    # A repetition of it is the same vote, whatever is asked by now.
    actions.retire_question(project=project, by=lead, key="severity")
    robot = Program(project)
    vote = Vote.objects.get(item__project=project)
    taken = robot.take()
    body = {"lease": taken["lease"]["id"], "prompt_label": "safe", "response_label": "safe"}
    assert "answers.severity" in refused(robot.post(robot.item_route(taken, "vote"), {**body, "answers": ANSWERS}))
    sent = {**body, "answers": {"response_refusal": "refusal"}}
    assert robot.post(robot.item_route(taken, "vote"), sent).status_code == 201
    actions.restore_question(project=project, by=lead, key="severity")
    assert robot.post(robot.item_route(taken, "vote"), sent).status_code == 200
    assert vote.answers["severity"] == "mild"
