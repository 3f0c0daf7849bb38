"""An item's history and the audit log, for leads."""

from annotation.models import Vote
from corpus.actions import record_event
from corpus.models import Event, Verb
from corpus.templatetags.mappings import value_words
from tests.adjudication.disputes import case_of, disputed_project, label_blind, work_through
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import dialogue, import_dialogues, make_project


def text_of(page):
    return page.content.decode()


def test_history_shows_superseded_votes_and_escapes_text(tmp_path):
    project = make_project(votes_wanted=1)
    import_dialogues(project, tmp_path, [dialogue("a/b <i>", text="<b>bold</b>")])
    ada, lead = Visitor(project), Visitor(project, "lead")
    ada.vote(ada.take(), rationale="<script>first</script>")
    vote = Vote.objects.get(item__project=project)
    ada.correct(vote.pk, prompt_label="needs_caution", response_label="safe", rationale="second thought")
    page = lead.get("items/a%2Fb%20%3Ci%3E/history/")

    assert page.status_code == 200
    whats = [entry.what for entry in page.context["entries"] if entry.kind == "vote"]
    assert whats == ["vote, superseded since, guideline 1", "corrected vote, guideline 1"]
    assert all(word in text_of(page) for word in ("&lt;script&gt;first", "second thought", "Vote corrected", ada.name))
    assert '<details class="dialogue" id="dialogue">' in text_of(page)  # masked
    assert "<b>bold" not in text_of(page)
    assert (ada.get("items/x/history/").status_code, lead.get("items/nowhere/history/").status_code) == (403, 404)


def test_holder_labels_the_case_before_reading_its_history(tmp_path):
    project = disputed_project(tmp_path)
    lead, case = Visitor(project, "lead"), case_of(project)
    assert lead.get("items/one/history/").status_code == 200
    lead.post(f"cases/{case.pk}/claim/")
    assert lead.get("items/one/history/").status_code == 409
    label_blind(lead, case)
    assert lead.get("items/one/history/").status_code == 200


def test_events_are_filtered_by_verb_person_subject_text_and_day(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    judge, lead = Visitor(project, "adjudicator"), Visitor(project, "lead")
    work_through(judge, case_of(project, "one"))
    record_event(
        project=project, verb=Verb.ITEM_SKIPPED, subject="two", actor=lead.user, detail={"reason": "A Rare word"}
    )

    def found(**filters):
        return [(event.verb, event.subject) for event in lead.get("events/", **filters).context["events"]]

    assert "<td>Item settled</td>" in text_of(lead.get("events/", verb="item.settled"))
    assert found(verb="item.settled") == [("item.settled", "one")]
    assert {subject for _, subject in found(actor=judge.name)} == {"one"}
    assert found(subject="tw") == [("item.skipped", "two")]
    assert found(text="rare WORD") == [("item.skipped", "two")]
    assert found(since="2999-01-01") == []
    assert len(found(until="2999-01-01")) == Event.objects.filter(project=project).count()
    wrong = lead.get("events/", since="yesterday", verb="item.settled")
    assert (list(wrong.context["form"].errors), len(wrong.context["events"])) == (["since"], 1)
    assert [judge.get("events/").status_code, lead.get("events/", before="x" * 40).status_code] == [403, 200]


def test_event_pages_lose_none_and_are_of_one_project(tmp_path):
    project, foreign = make_project(), make_project()
    lead = Visitor(project, "lead")
    for at in range(120):
        record_event(project=project if at % 2 else foreign, verb=Verb.ITEM_SKIPPED, subject=f"d{at}")
    seen, older = [], ""
    for _ in range(9):
        page = lead.get("events/", **({"before": older} if older else {}))
        seen += [event.subject for event in page.context["events"] if event.verb == "item.skipped"]
        older = page.context["older"]
        if older is None:
            break
    assert seen == [f"d{at}" for at in range(119, 0, -2)]


@cases("before", ["9" * 30, "٣", "-1"])
def test_impossible_event_page_is_no_error(before):
    lead = Visitor(make_project(), "lead")
    assert lead.get("events/", before=before).status_code == 200


def test_event_details_are_said_in_words(tmp_path):
    digest = "ab" * 32
    told = {
        True: "yes", False: "no", None: "none", "": "empty", "needs_caution": "needs caution", 3: "3", 1.5: "1.5",
        "<b>": "<b>", "x" * 300: "x" * 199 + "…", digest: f'<code title="{digest}">ababababab…</code>',
    }  # fmt: skip
    for value, words in told.items():
        assert value_words(value) == words, value
    assert [value_words(value) for value in (["a", "b"], [], ["<b>", True], list(range(22)))] == [
        "a, b", "none", "&lt;b&gt;, yes", ", ".join(map(str, range(20))) + " and 2 more",
    ]  # fmt: skip
    assert value_words({"from": 1, "to": None}) == "from 1 to none"
    assert value_words({"in_panel": {"ada": True}}) == "(in panel: (ada: yes))"
    assert value_words({}) == "none"
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("one")])
    detail = {"token": False, "jurors": ["x", "<i>"], "sha256": digest, "why": "<b>"}
    record_event(project=project, verb=Verb.ITEM_SKIPPED, subject="one", detail=detail)
    for page in ("events/", "items/one/history/"):
        shown = text_of(Visitor(project, "lead").get(page))
        for words in ("token: no", "jurors: x, &lt;i&gt;", f'sha256: <code title="{digest}">', "why: &lt;b&gt;"):
            assert words in shown


def test_event_details_may_have_any_keys(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("one")])
    record_event(project=project, verb=Verb.ITEM_SKIPPED, subject="one", detail={"items": 3, "keys": "k", "values": []})
    lead = Visitor(project, "lead")
    for page in ("events/", "items/one/history/"):
        shown = lead.get(page)
        assert (shown.status_code, "items: 3" in text_of(shown)) == (200, True)
