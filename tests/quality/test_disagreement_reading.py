"""What is read for why people disagree: times, versions of the guideline, repeats and gold, as cast on the pages."""

from pathlib import Path

from django.db.models import QuerySet

from annotation.models import Annotator, Vote
from corpus.models import Item
from quality.queries.disagreement import changed_texts, read_gold_answers, read_repeats, read_times
from tests.annotation.people import Visitor
from tests.api.test_queue import project_with
from tests.factories import set_queue

SLUGS = ["malware", "threat", "violence"]
CALM = {"gold_percent": 0, "repeat_percent": 0, "break_after_minutes": None}


def unsafe(*categories: str) -> dict[str, object]:
    """Return an answer of the labelling form."""
    return {"prompt_label": "unsafe", "categories": list(categories)}


def labelled(folder: Path) -> Visitor:
    """Return a person who has voted on gold, on 25 dialogues, and on repeats of three of them."""
    rows = [{"id": f"d{at:02}", "prompt": f"What is {at}?"} for at in range(30)]
    project = project_with(folder, *rows, votes_wanted=1, fields="prompt_label")
    lead, ada = Visitor(project, "lead"), Visitor(project)
    lead.post("queue/gold/", external_id="d29", prompt_label="safe")
    set_queue(project, **CALM | {"gold_percent": 100})
    ada.vote(ada.take(), **unsafe("violence"))
    ada.correct(Vote.objects.get(annotator__user=ada.user).pk, prompt_label="safe")
    set_queue(project, **CALM)
    for _ in range(25):
        ada.vote(ada.take(), **unsafe("threat", "malware"))
    repeat(ada, **unsafe("violence", "malware"))
    repeat(ada, **unsafe("violence"))
    publish(lead, summary="In general", body="Be fair.")
    repeat(ada, prompt_label="safe")
    return ada


def repeat(person: Visitor, **answer: object) -> None:
    """Have a person answer the next repeat; what was leased before is answered as at first."""
    set_queue(person.project, **CALM | {"repeat_percent": 100})
    before = repeats_of(person).count()
    while repeats_of(person).count() == before:
        lease = person.take()
        is_repeat = Vote.objects.filter(annotator__user=person.user, item__external_id=lease.item.external_id).exists()
        person.vote(lease, **(answer if is_repeat else unsafe("threat", "malware")))


def repeats_of(person: Visitor) -> QuerySet[Vote]:
    """Return the votes of a person on what they had voted on before."""
    return Vote.objects.filter(annotator__user=person.user, repeats__isnull=False).order_by("pk")


def publish(lead: Visitor, **typed: str) -> None:
    """Publish the next version of the guideline, with some fields of the form filled in otherwise."""
    form = lead.get("guideline/edit/").context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    assert lead.post("guideline/edit/", **values | typed).status_code == 302


def test_what_was_cast_on_the_pages_is_read(tmp_path: Path) -> None:
    ada = labelled(tmp_path)
    project = ada.project
    first, second, under_the_next = repeats_of(ada)
    person = Annotator.objects.get(project=project, user=ada.user).pk
    said_safe, said_unsafe, threat, violence = 0, 2, 1, 2
    assert read_repeats(project, "prompt_label", SLUGS).T.tolist() == [
        [first.item_id, person, said_unsafe, said_unsafe, 1, threat, violence],
        [second.item_id, person, said_unsafe, said_unsafe, 0, threat, violence],
    ], "not the one under another version of the guideline"
    assert under_the_next.guideline_id != second.guideline_id
    gold = Item.objects.get(project=project, external_id="d29")
    assert read_gold_answers(project, "prompt_label").T.tolist() == [[gold.pk, person, said_unsafe, said_safe]]

    version, milliseconds = read_times(project)
    current = Vote.objects.filter(item__project=project, is_current=True).order_by("item_id", "annotator_id")
    assert version.tolist() == [0] * current.count()
    assert milliseconds.tolist() == [round((each.seconds or -0.001) * 1000) for each in current]


def test_what_a_version_of_the_guideline_changed(tmp_path: Path) -> None:
    project = project_with(tmp_path, "one")
    lead = Visitor(project, "lead")
    publish(lead, summary="In general", body="Be fair.")
    publish(lead, **{"summary": "Malware", "in-malware": "A virus"})
    publish(lead, **{"summary": "Asked", "question-0": "And a worm?", "answer-0": "Too."})
    assert changed_texts(project) == {1: None, 2: {"malware"}, 3: None}
