"""Reading time: from the dialogue shown to the vote, and votes that came faster than it can be read."""

from datetime import timedelta

from django.utils import timezone

from annotation.actions.guidelines import store_guideline
from annotation.models import Vote
from annotation.queries import reading_paces
from annotation.reading import is_faster_than_reading
from annotation.session import ensure_profile
from corpus.models import Item
from quality.reports.checks import check_figures
from tests.annotation.people import Visitor
from tests.api.test_queue import project_with
from tests.factories import dialogue, import_votes, opinion

TEXTS = {"short": "Hi", "long": "word " * 600, "right to left": "שלום " * 120, "unspaced": "語" * 600}


def vote_after(visitor, name, seconds):
    """Store a vote on a dialogue that was shown so many seconds before; None if that is not known."""
    now = timezone.now()
    return Vote.objects.create(
        item=Item.objects.get(project=visitor.project, external_id=name),
        annotator=ensure_profile(visitor.project, visitor.user),
        prompt_label="safe",
        taxonomy=visitor.project.taxonomy,
        guideline=store_guideline(visitor.project),
        cast_at=now,
        shown_at=None if seconds is None else now - timedelta(seconds=seconds),
    )


def test_votes_faster_than_reading_are_counted_as_the_rule_says(tmp_path):
    rows = [dialogue(name, text=text, response=False) for name, text in TEXTS.items()]
    project = project_with(tmp_path, *rows, "untimed")
    bea, ada = Visitor(project), Visitor(project)
    import_votes(project, tmp_path, [opinion("long", "elsewhere")])
    times = {"short": 0.5, "long": 49.0, "right to left": 10.1, "unspaced": 9.9}
    for name, seconds in times.items():
        vote_after(ada, name, seconds)
    vote_after(ada, "untimed", None)
    vote_after(bea, "long", 51.0)
    expected = sum(is_faster_than_reading(len(TEXTS[name]), seconds) for name, seconds in times.items())

    paces = {pace.user: pace for pace in reading_paces(project)}
    assert expected == 2
    assert {name: (pace.votes, pace.too_fast) for name, pace in paces.items()} == {
        ada.user.pk: (4, 2),
        bea.user.pk: (1, 0),
    }
    assert (paces[ada.user.pk].percent, round(paces[ada.user.pk].median_seconds)) == (50.0, 10)
    assert [pace.user for pace in reading_paces(project, bea.user)] == [bea.user.pk]
    figures = {row["rater"]: row["too_fast"] for row in check_figures(project)["people"]}
    assert figures[ada.name] == {"n": 4, "alike": 2, "share": 0.5}
    assert figures["elsewhere"]["n"] == 0

    admin = Visitor(project, "admin")
    page = admin.get(f"people/{ada.user.pk}/").content.decode()
    assert "2 of 4 votes came faster" in page
    assert "10 s of showing it" in page
    assert "came faster" not in admin.get(f"people/{admin.user.pk}/").content.decode()


def test_vote_on_a_page_has_its_reading_time(tmp_path):
    ada = Visitor(project_with(tmp_path, dialogue("one", text="word " * 4000), votes_wanted=1))
    ada.vote(ada.take())
    [pace] = reading_paces(ada.project)
    assert (pace.votes, pace.too_fast) == (1, 1)
