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


def divided(people: People) -> None:
    """Have ten of each language vote: eight of the English say unsafe, eight of the Portuguese safe."""
    people.annotators += [people.join() for _ in range(8)]
    for at, annotator in enumerate(people.annotators):
        people.say(annotator, "pt" if at < 10 else "en")
    for at, annotator in enumerate(people.annotators):
        is_usual = at % 10 < 8
        people.vote([annotator], people.items[:3], "safe" if (at < 10) == is_usual else "unsafe")


def test_publication_says_which_groups_call_more_unsafe_and_no_shares(database: None, tmp_path: Path) -> None:
    people = People(tmp_path)
    divided(people)
    [division] = people.publish()
    assert division["groups"] == [
        {"choice": "pt", "name": "Portuguese", "people": 10},
        {"choice": "en", "name": "English", "people": 10},
    ]
    [field] = division["fields"]
    one, other = field["unsafe"]
    assert (one["difference"], other["difference"]) == ("less", "more")
    assert (one["low"], one["high"]) == (-other["high"], -other["low"])
    assert one["low"] < 0 < one["high"]
    assert set(field) == {"field", "unsafe", "agreement"}


def test_split_that_would_tell_who_is_who_is_not_told(people: People) -> None:
    """All of one language say safe, all of the other unsafe: only one grouping has that difference."""
    [division] = people.publish()
    assert [each["people"] for each in division["groups"]] == [5, 5]
    assert [each["difference"] for each in division["fields"][0]["unsafe"]] == ["none", "none"]
    assert division["fields"][0]["agreement"]["difference"] == "none"


def test_groups_by_a_question_are_published_once(people: People) -> None:
    """Not even after answers have changed, or the question was asked anew under the same key."""
    assert people.publish()
    people.say(people.annotators[10], "pt")
    people.vote(people.annotators, people.items[3:5], "unsafe")
    with pytest.raises(Refused, match="every question are published already"):
        people.publish(1)
    remove_background_question(project=people.project, by=None, key="lang")
    add_background_question(project=people.project, by=None, key="lang", **ASKED)
    with pytest.raises(Refused, match="every question are published already"):
        people.publish(2)
    add_background_question(project=people.project, by=None, key="home", **ASKED)
    for at, annotator in enumerate(people.annotators[:10]):
        assert annotator.user
        describe_self(project=people.project, user=annotator.user, answers={"home": "pt" if at % 2 else "en"})
    assert [each["question"] for each in people.publish(3)] == ["home"]


def test_attempt_without_groups_leaves_the_question_for_another(people: People) -> None:
    people.say(people.annotators[0], None)
    people.say(people.annotators[9], None)
    assert people.publish() == []
    people.say(people.annotators[0], "pt")
    with pytest.raises(TooSoon, match=r"again from 9 Mar 2026, 09:00 UTC"):
        people.publish(0.99)
    assert Perspectives.objects.filter(project=people.project).count() == 1
    assert people.publish(1)[0]["groups"][0]["choice"] == "pt"


def test_who_said_nothing_is_in_the_rest_with_a_group_that_is_too_small(people: People) -> None:
    people.vote(people.annotators[10:], people.items[:3], "unsafe")
    [division] = people.publish()
    # Seven of the twelve, told as a multiple of five.
    assert [(each["choice"], each["people"]) for each in division["groups"]] == [("en", 5), (None, 5)]


def test_corrected_votes_and_withdrawn_dialogues_are_not_counted(database: None, tmp_path: Path) -> None:
    people = People(tmp_path)
    divided(people)
    people.vote(people.annotators, people.items[1:3], "safe")
    item = people.items[0]
    assert command("withdraw_item", item.external_id, reason="x", project=people.project.slug).code == 0
    [field] = people.publish()[0]["fields"]
    assert field["unsafe"] == [{"difference": "none", "low": 0, "high": 0}] * 2


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
    divided(people)
    lead, annotator = Visitor(people.project, "lead"), Visitor(people.project)
    assert annotator.get("quality/perspectives/").status_code == 403
    assert annotator.post("quality/perspectives/publish/").status_code == 403
    assert "Nothing has been published yet." in lead.get("quality/perspectives/").content.decode()
    assert lead.post("quality/perspectives/publish/").status_code == 302
    page = visible_text(lead.get("quality/perspectives/").content.decode())
    for words in (
        "English 10 more often than others",
        "Portuguese 10 less often than others",
        "Usual by chance:",
        "Groups by every question are published.",
    ):
        assert words in page, words
    assert lead.post("quality/perspectives/publish/").status_code == 409
    route = f"projects/{people.project.slug}/perspectives/"
    body = Program(people.project, "lead").get(route).json()
    [stored] = Perspectives.objects.filter(project=people.project)
    assert body["publications"][0]["divisions"] == stored.content["divisions"]
    assert "%" not in page[: page.index("How this is computed")]
    assert datetime.fromisoformat(body["next_at"]) == stored.made_at + WEEK
    assert Program(people.project).client.get(f"/api/v1/{route}").status_code == 403


def test_shares_that_an_earlier_version_published_are_not_shown(people: People) -> None:
    """A process of that version may run for a while after the migration that removes them."""
    field = {"field": "prompt_label", "shares": [{"safe": 61}, {"safe": 70}], "within": None, "between": None}
    division = {"question": "lang", "text": "Old?", "least_people": 5, "groups": [], "fields": [field]}
    Perspectives.objects.create(project=people.project, made_at=START, content={"divisions": [division]}, last_vote=1)
    page = Visitor(people.project, "lead").get("quality/perspectives/").content.decode()
    assert ("Old?" in page, "Nothing has been published yet." in page) == (False, True)
    route = f"projects/{people.project.slug}/perspectives/"
    assert Program(people.project, "lead").get(route).json()["publications"] == []
    assert [each["question"] for each in people.publish()] == ["lang"]


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
