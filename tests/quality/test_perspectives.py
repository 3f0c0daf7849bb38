"""Publications of figures of groups: by hand, once a week, each vote once, and about no person."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from annotation.actions import (
    add_background_question,
    describe_self,
    remove_background_question,
)
from annotation.models import Annotator, BackgroundAnswer, GuidelineVersion, Vote
from corpus.errors import Refused
from corpus.models import Event, Item, Member, Project
from quality.actions import TooSoon, publish_perspectives
from quality.models import Perspectives
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, make_project, numbers

CHOICES = [{"value": "pt", "name": "Portuguese"}, {"value": "en", "name": "English"}]
ASKED: dict[str, Any] = {"text": "Which language?", "purpose": "To see what it does.", "choices": CHOICES}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


class People:
    """Twelve members of a project: five say they speak Portuguese, five English, two nothing."""

    def __init__(self, folder: Path) -> None:
        self.project = make_project(fields="prompt_label")
        import_dialogues(self.project, folder, [dialogue(f"i{at}", response=False) for at in range(6)])
        self.items = list(Item.objects.filter(project=self.project).order_by("pk"))
        add_background_question(project=self.project, by=None, key="lang", **ASKED)
        self.guideline = GuidelineVersion.objects.create(project=self.project, name="1")
        self.annotators = [self.join() for _ in range(12)]
        for at, annotator in enumerate(self.annotators[:10]):
            self.say(annotator, "pt" if at < 5 else "en")

    def join(self) -> Annotator:
        user = User.objects.create(username=f"person-{next(numbers)}")
        Member.objects.create(project=self.project, user=user, role="annotator")
        return Annotator.objects.create(project=self.project, user=user, name=user.username)

    def say(self, annotator: Annotator, choice: str | None) -> None:
        assert annotator.user
        describe_self(project=self.project, user=annotator.user, answers={"lang": choice})

    def vote(self, annotators: list[Annotator], items: list[Item], label: str) -> None:
        """Have people vote, or correct what they have voted."""
        for annotator in annotators:
            for item in items:
                earlier = Vote.objects.filter(item=item, annotator=annotator, is_current=True)
                before = earlier.first()
                earlier.update(is_current=False)
                Vote.objects.create(
                    item=item, annotator=annotator, prompt_label=label, supersedes=before, cast_at=timezone.now(),
                    taxonomy=self.project.taxonomy, guideline=self.guideline,
                )  # fmt: skip

    def publish(self, weeks: float = 0) -> list[dict[str, Any]]:
        made = publish_perspectives(project=self.project, by=None, now=START + weeks * WEEK)
        divisions: list[dict[str, Any]] = made.content["divisions"]
        return divisions


@pytest.fixture
def people(database: None, tmp_path: Path) -> People:
    found = People(tmp_path)
    found.vote(found.annotators[:5], found.items[:3], "safe")
    found.vote(found.annotators[5:10], found.items[:3], "unsafe")
    return found


def test_publication_has_shares_and_agreement_of_groups(people: People) -> None:
    [division] = people.publish()
    assert division["groups"] == [
        {"choice": "pt", "name": "Portuguese", "people": 5},
        {"choice": "en", "name": "English", "people": 5},
    ]
    [field] = division["fields"]
    assert field["shares"] == [
        {"safe": 100, "needs_caution": 0, "unsafe": 0},
        {"safe": 0, "needs_caution": 0, "unsafe": 100},
    ]
    assert field["within"] == [{"percent": 100, "alpha": None}] * 2
    assert field["between"] == [{"first": 0, "second": 1, "percent": 0, "alpha": 0.0}]


def test_each_vote_is_counted_in_one_publication(people: People) -> None:
    """A correction, a withdrawn item that comes back and a new answer change nothing of what was counted."""
    assert command("withdraw_item", people.items[0].external_id, reason="x", project=people.project.slug).code == 0
    assert people.publish()
    Item.objects.filter(pk=people.items[0].pk).update(withdrawn_at=None)
    people.vote(people.annotators, people.items[1:3], "needs_caution")
    people.vote(people.annotators, people.items[1:3], "unsafe")
    people.say(people.annotators[10], "pt")
    assert people.publish(1) == []
    people.vote(people.annotators, people.items[3:5], "unsafe")
    [division] = people.publish(2)
    assert [group["people"] for group in division["groups"]] == [5, 5]
    assert {shares["unsafe"] for shares in division["fields"][0]["shares"]} == {100}


def test_attempt_without_groups_leaves_the_votes_for_another(people: People) -> None:
    people.say(people.annotators[0], None)
    people.say(people.annotators[9], None)
    assert people.publish() == []
    people.say(people.annotators[0], "pt")
    with pytest.raises(TooSoon, match=r"again from 9 Mar 2026, 09:00 UTC"):
        people.publish(0.99)
    assert Perspectives.objects.filter(project=people.project).count() == 1
    assert people.publish(1)[0]["groups"][0]["choice"] == "pt"


def test_agreement_is_left_out_where_few_share_dialogues(database: None, tmp_path: Path) -> None:
    """No two of the first group have voted on the same dialogue."""
    people = People(tmp_path)
    for annotator, item in zip(people.annotators[:5], people.items, strict=False):
        people.vote([annotator], [item], "safe")
    people.vote(people.annotators[5:10], people.items, "unsafe")
    [field] = people.publish()[0]["fields"]
    assert (field["shares"][0]["safe"], field["within"], field["between"]) == (100, None, None)


def test_who_said_nothing_is_in_the_rest_with_a_group_that_is_too_small(people: People) -> None:
    people.vote(people.annotators[10:], people.items[:3], "unsafe")
    [division] = people.publish()
    # Seven of the twelve, told as a multiple of five.
    assert [(each["choice"], each["people"]) for each in division["groups"]] == [("en", 5), (None, 5)]
    assert [each["unsafe"] for each in division["fields"][0]["shares"]] == [100, 29]


def test_nothing_stored_names_a_person_or_outlives_an_answer(people: People) -> None:
    people.publish()
    remove_background_question(project=people.project, by=None, key="lang")
    [stored] = Perspectives.objects.filter(project=people.project)
    told = json.dumps(stored.content)
    for annotator in people.annotators:
        assert annotator.name not in told
    assert not BackgroundAnswer.objects.filter(user__in=[each.user for each in people.annotators]).exists()
    assert {field.name for field in Perspectives._meta.get_fields() if field.is_relation} == {"project"}
    with pytest.raises(Refused, match="asked nothing about themselves"):
        people.publish(1)


def test_pressed_by_two_at_once_it_is_published_once(people: People) -> None:
    def press(_: int) -> str:
        try:
            publish_perspectives(project=people.project, by=None, now=START)
        except TooSoon:
            return "too soon"
        finally:
            connections.close_all()
        return "published"

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(press, range(3))) == ["published", "too soon", "too soon"]
    assert Event.objects.filter(project=people.project, verb="perspectives.published").count() == 1


def test_command_prints_what_it_publishes(people: People) -> None:
    made = command("publish_perspectives", project=people.project.slug)
    assert (made.code, made["divisions"][0]["question"]) == (0, "lang")
    again = command("publish_perspectives", project=people.project.slug)
    assert (again.code, "once a week at most" in again.stderr) == (2, True)
    bare: Project = make_project()
    assert "asked nothing about themselves" in command("publish_perspectives", project=bare.slug).stderr


def visible_text(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html[html.index("page-head") :]).split())


def test_lead_publishes_on_the_page_and_reads_it_there_and_over_rest(people: People) -> None:
    lead, annotator = Visitor(people.project, "lead"), Visitor(people.project)
    assert annotator.get("quality/perspectives/").status_code == 403
    assert annotator.post("quality/perspectives/publish/").status_code == 403
    assert "Nothing has been published yet." in lead.get("quality/perspectives/").content.decode()
    assert lead.post("quality/perspectives/publish/").status_code == 302
    page = visible_text(lead.get("quality/perspectives/").content.decode())
    for words in (
        "Prompt: “English” calls 100 % unsafe, “Portuguese” 0 %.",
        "Portuguese 5 100 % 0 % 0 % 100 % –",
        "Portuguese · English 0 % 0.00",
        "Once a week at most: again from",
    ):
        assert words in page, words
    assert lead.post("quality/perspectives/publish/").status_code == 409
    route = f"projects/{people.project.slug}/perspectives/"
    body = Program(people.project, "lead").get(route).json()
    [stored] = Perspectives.objects.filter(project=people.project)
    assert body["publications"][0]["divisions"] == stored.content["divisions"]
    assert datetime.fromisoformat(body["next_at"]) == stored.made_at + WEEK
    assert Program(people.project).client.get(f"/api/v1/{route}").status_code == 403


def test_program_publishes_once_a_week(people: People) -> None:
    route = f"projects/{people.project.slug}/perspectives/"
    lead = Program(people.project, "lead")
    assert Program(people.project).client.post(f"/api/v1/{route}").status_code == 403
    made = lead.post(route)
    assert (made.status_code, made.json()["divisions"][0]["question"]) == (201, "lang")
    again = lead.post(route)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "too_soon")
    [event] = Event.objects.filter(project=people.project, verb="perspectives.published")
    assert event.actor is not None


def test_page_says_what_is_missing(people: People) -> None:
    lead = Visitor(people.project, "lead")
    people.say(people.annotators[0], None)
    people.say(people.annotators[9], None)
    lead.post("quality/perspectives/publish/")
    assert "Nothing might be shown" in lead.get("quality/perspectives/").content.decode()
    bare = Visitor(make_project(), "admin")
    page = bare.get("quality/perspectives/").content.decode()
    assert "asked nothing about themselves" in page
    assert "/background/" in page
