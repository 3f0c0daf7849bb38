"""Texts of several lines that pages take: browsers send two characters for a line end, and count one."""

import uuid

from adjudication.actions.comments import LONGEST_COMMENT
from adjudication.models import Comment
from annotation.models import GuidelineVersion, Vote
from attacks.actions.conversations import LONGEST_MESSAGE
from attacks.models import Conversation
from corpus.actions import add_question
from tests.adjudication.disputes import disputed_project
from tests.annotation.people import Visitor
from tests.api.test_queue import project_with
from tests.attacks.rooms import attacker, begin, exchange, open_room, send

WHY = {"key": "why", "text": "Why?", "type": "text", "is_required": False}


def lines_of(length: int) -> str:
    """Return a text of several lines that is so long."""
    return "x" * (length - 120) + "\n" * 60 + "y" * 60


def sent(text: str) -> str:
    """Return a text as a browser sends it."""
    return text.replace("\n", "\r\n")


def test_message_of_an_attack_is_as_long_as_the_page_says(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    text = lines_of(LONGEST_MESSAGE)
    draft = {"text": sent(text), "token": uuid.uuid4(), "seen": 0}
    assert author.post(f"attack/{attack.pk}/draft/", **draft).status_code == 204
    assert Conversation.objects.get(pk=attack.pk).draft == text
    assert send(author, attack, sent(text + "x")).status_code == 422
    assert exchange(author, attack, sent(text)).text == text


def test_note_and_answer_of_the_label_page_are_as_long_as_it_says(tmp_path):
    project = project_with(tmp_path, "one")
    lead, ada = Visitor(project, "lead"), Visitor(project)
    add_question(project=project, by=lead.user, **WHY)
    text, lease = lines_of(10_000), ada.take()
    longer = ada.vote(lease, **dict.fromkeys(("rationale", "answers.why"), sent(text + "x")))
    assert (longer.status_code, {*longer.context["form"].errors}) == (422, {"rationale", "answers.why"})
    assert ada.vote(lease, **dict.fromkeys(("rationale", "answers.why"), sent(text))).status_code == 302
    vote = Vote.objects.get(item__project=project)
    assert (vote.rationale, vote.answers) == (text, {"why": text})


def test_comment_on_a_case_is_as_long_as_the_page_says(tmp_path):
    project = disputed_project(tmp_path)
    lead, text = Visitor(project, "lead"), lines_of(LONGEST_COMMENT)
    assert lead.post("items/one/comments/", text=sent(text + "x")).status_code == 422
    assert lead.post("items/one/comments/", text=sent(text)).status_code == 302
    assert Comment.objects.get(item__project=project).text == text


def test_guideline_has_line_ends_of_one_character(tmp_path):
    project = project_with(tmp_path, "one")
    lead = Visitor(project, "lead")
    typed = {field.name: field.value() or "" for field in lead.get("guideline/edit/").context["form"]}
    typed |= {"summary": "Say more", "body": sent(lines_of(100_000)), "question-0": "Why?", "answer-0": "So.\r\nThere."}
    assert lead.post("guideline/edit/", **typed).status_code == 302
    version = GuidelineVersion.objects.filter(project=project).latest("pk")
    assert (version.body, version.faq) == (lines_of(100_000), [{"question": "Why?", "answer": "So.\nThere."}])
