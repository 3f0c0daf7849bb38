"""Questions on the page of leads, and over REST: added, changed as far as answers allow, moved, retired, restored."""

from adjudication.forms.questions import choices_of_lines
from corpus.models import Project, Question
from corpus.queries import questions_of
from corpus.question_rules import check_choices_of_type
from tests.adjudication.test_answer_recount import ask_of_people
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import make_project

SCALE = {
    "key": "tone",
    "text": "ما النبرة؟",
    "type": "ordinal",
    "choices": "Calm\nangry = Very angry\n\n",
    "about": "prompt",
    "asked_of": "both",
    "guidance": "By its words.",
}


def text_of(page):
    return page.content.decode()


def keys_of(project):
    return [each.key for each in questions_of(Project.objects.get(pk=project.pk)) if each.retired_at is None]


def test_lead_adds_changes_moves_and_retires_questions():
    project = make_project()
    lead = Visitor(project, "lead")
    assert "No questions" in text_of(lead.get("taxonomy/", tab="questions"))
    preset = lead.get("taxonomy/questions/add/", **{"from": "severity"}).context["form"].initial
    assert lead.post("taxonomy/questions/add/", **preset, is_required="on").status_code == 302
    assert lead.post("taxonomy/questions/add/", **SCALE).status_code == 302
    tone = Question.objects.get(project=project, key="tone")
    assert tone.choices == [{"value": "calm", "name": "Calm"}, {"value": "angry", "name": "Very angry"}]
    assert not tone.is_required

    again = lead.post("taxonomy/questions/add/", **SCALE | {"guidance": "kept as typed"})
    assert again.status_code == 422
    assert "already" in text_of(again)
    assert "kept as typed" in text_of(again)
    listed = text_of(lead.get("taxonomy/", tab="questions"))
    assert "ما النبرة؟" in listed
    assert "Calm, Very angry" in listed

    assert "”.\n          It has no answers yet." in text_of(lead.get("taxonomy/questions/tone/"))
    assert lead.post("taxonomy/questions/tone/act/", do="up").status_code == 302
    assert keys_of(project) == ["tone", "severity"]
    assert lead.post("taxonomy/questions/tone/", **SCALE | {"text": "Which tone?"}).status_code == 302
    assert Question.objects.get(project=project, key="tone").text == "Which tone?"
    assert lead.post("taxonomy/questions/tone/act/", do="retire").status_code == 302
    assert keys_of(project) == ["severity"]
    assert lead.post("taxonomy/questions/tone/act/", do="restore").status_code == 302
    assert lead.post("taxonomy/questions/tone/act/", do="burn").status_code == 404
    assert lead.get("taxonomy/questions/none/").status_code == 404
    assert Visitor(project, "adjudicator").get("taxonomy/questions/add/").status_code == 403


def test_values_of_answers_are_made_of_their_names():
    long = "It explains at length why it does not want to help with what was asked"
    made = choices_of_lines(f"{long} today\n{long} ever\nهادئ\nغاضب\nCalm!\ncalm = Other")
    values = [choice["value"] for choice in made]
    assert values[0] == "it_explains_at_length_why_it_does_not_want_to_help_with_what"
    assert values[2:] == ["answer", "answer_2", "calm_2", "calm"]
    assert check_choices_of_type("one_of", made) == made
    lead = Visitor(make_project(), "lead")
    wrong = lead.post("taxonomy/questions/add/", **SCALE | {"opens_cases": "on"})
    assert wrong.status_code == 422
    assert "of one of several, can be disputed" in text_of(wrong)
    assert "Not saved: see below." in text_of(wrong)


def test_page_of_an_answered_question_says_what_stays(tmp_path):
    project = ask_of_people("yes", "no", folder=tmp_path)
    lead = Visitor(project, "lead")
    page = lead.get("taxonomy/questions/refused/")
    assert "It stays, because the question has answers." in text_of(page)
    sent = {"text": "Did it refuse?", "type": "text", "about": "prompt", "asked_of": "people", "is_required": "on"}
    changed = lead.post("taxonomy/questions/refused/", **sent)  # by a page that was open before the first answer
    assert (changed.status_code, "has answers" in text_of(changed)) == (422, True)
    del sent["type"], sent["about"]  # as a browser sends it now
    assert lead.post("taxonomy/questions/refused/", **sent).status_code == 302
    refused = Question.objects.get(project=project)
    assert (refused.text, refused.type, refused.about) == ("Did it refuse?", "yes_no", "dialogue")
    assert '<td class="number">2</td>' in text_of(lead.get("taxonomy/", tab="questions"))


def test_routes_of_questions(tmp_path):
    project = ask_of_people("yes", folder=tmp_path)
    lead, route = Program(project, "lead"), f"projects/{project.slug}/questions/"
    body = {"key": "tone", "text": "Which tone?", "type": "one_of", "choices": [{"value": "calm"}, {"value": "angry"}]}
    assert lead.post(route, body).status_code == 201
    assert "key" in lead.post(route, body).json()["error"]["fields"]
    assert "choices" in lead.post(route, {**body, "key": "x", "choices": []}).json()["error"]["fields"]
    assert [each["key"] for each in lead.get(route).json()] == ["refused", "tone"]
    assert lead.patch(f"{route}tone/", {"position": 1, "opens_cases": True}).json()["opens_cases"]
    assert [each["key"] for each in lead.get(route).json()] == ["tone", "refused"]
    assert "about" in lead.patch(f"{route}refused/", {"about": "prompt"}).json()["error"]["fields"]
    assert lead.client.delete(f"/api/v1/{route}tone/").json()["retired_at"]
    assert lead.patch(f"{route}tone/", {"is_retired": False}).json()["retired_at"] is None
    assert lead.patch(f"{route}none/", {}).status_code == 404
    assert Program(project).get(route).status_code == 403
