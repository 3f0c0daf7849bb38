"""Items are withdrawn, restored and corrected: one by one, those ticked, or all that match a filter."""

import json

import pytest

from annotation.actions.batches import close_batch, open_batch
from annotation.models import Slot, Vote
from annotation.slots import open_slots_for_new_items
from corpus import actions
from corpus.errors import Invalid, Refused
from corpus.models import Event, Item, Project, Verb
from corpus.queries import NoSuchItem
from tests.adjudication.disputes import case_of, disputed_project
from tests.annotation.people import Visitor
from tests.annotation.test_leases import at_once
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import command, decisions, dialogue, import_dialogues, import_votes, make_project, opinion
from workspace.queries import chosen_items


def states(project):
    """Return which items are withdrawn, by id."""
    found = Item.objects.filter(project=project).order_by("external_id")
    return {item.external_id: item.withdrawn_at is not None for item in found}


def in_use(project):
    return {name for name, is_withdrawn in states(project).items() if not is_withdrawn}


def slots(project):
    """Return the number of open slots of each item with any."""
    open_slots_for_new_items(project)
    names = Slot.objects.filter(project=project, vote=None).values_list("item__external_id", flat=True)
    return {name: list(names).count(name) for name in names}


def test_a_restored_item_has_its_opinions_and_wants_the_votes_it_lacks(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=2)
    lead, ada = Program(project, "lead"), Program(project)
    voted = ada.take()
    ada.vote(voted)
    name = voted["item"]["id"]
    route = f"projects/{project.slug}/items/{name}/"
    withdrawn = lead.post(f"{route}withdraw/", {"reason": "asked to"}).json()
    assert (bool(withdrawn["withdrawn_at"]), withdrawn["withdrawal_reason"]) == (True, "asked to")
    assert name not in slots(project)
    restored = lead.post(f"{route}restore/").json()
    assert (restored["withdrawn_at"], restored["withdrawal_reason"]) == (None, "")
    assert slots(project)[name] == 1
    assert Vote.objects.filter(item__project=project).count() == 1
    assert lead.post(f"{route}restore/").status_code == 409
    assert ada.post(f"{route}restore/").status_code == 403
    assert lead.post(f"projects/{project.slug}/items/nowhere/restore/").status_code == 404
    assert command("withdraw_item", name, project=project.slug, reason="again").code == 0
    assert command("restore_item", name, project=project.slug) == {"item": name}
    assert command("restore_item", name, project=project.slug).code == 2
    verbs = Event.objects.filter(project=project, subject=name, verb__startswith="item.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True))[-4:] == [Verb.ITEM_WITHDRAWN, Verb.ITEM_RESTORED] * 2


def test_the_case_of_a_restored_item_is_open_again(tmp_path):
    project = disputed_project(tmp_path, dialogue("one"), votes_wanted=3)
    actions.withdraw_item(project=project, external_id="one", reason="asked to")
    command("adjudicate", project=project.slug)
    assert command("list_cases", project=project.slug, out=tmp_path / "none").get("open") == 0
    actions.restore_item(project=project, external_id="one")
    command("adjudicate", project=project.slug)
    assert case_of(project, "one").state == "open"


def test_a_corrected_text_is_a_new_item_and_opinions_stay_with_the_old(tmp_path):
    row = {
        "id": "one",
        "prompt": "What iz it?",
        "response": "A\nrose.",
        "source": "s",
        "license": "cc0",
        "kind": "q",
    }
    project = project_with(tmp_path, row, votes_wanted=1)
    import_votes(project, tmp_path, [opinion("one", "ada", response="safe")])
    lead = Visitor(project, "lead")
    # As a browser sends it: with two characters for every line end, which is no change.
    fields = {"text_0": "What is it?", "text_1": "A\r\nrose.", "reason": "a typo"}
    assert lead.post("items/one/correct/", **fields).status_code == 302
    assert lead.post("items/one/correct/", **fields).status_code == 302  # the button pressed twice
    assert states(project) == {"one": True, "one#2": False}
    new, old = (Item.objects.get(project=project, external_id=name) for name in ("one#2", "one"))
    assert [turn["text"] for turn in new.turns] == ["What is it?", "A\nrose."]
    assert (new.source, new.license, new.meta, new.replaces) == ("s", "cc0", {"kind": "q"}, "one")
    assert old.withdrawal_reason == "Replaced by one#2: a typo"
    assert slots(project) == {"one#2": 1}
    assert Vote.objects.get(item__project=project).item == old
    event = Event.objects.get(project=project, verb=Verb.ITEM_REPLACED)
    assert (event.subject, event.detail, event.actor) == ("one", {"by": "one#2", "reason": "a typo"}, lead.user)
    # The same dialogue, so only one of them is in use.
    refused = Program(project, "lead").post(f"projects/{project.slug}/items/one/restore/")
    assert (refused.status_code, "is in use: 'one#2'" in refused.json()["error"]["message"]) == (409, True)
    actions.replace_item(project=project, external_id="one#2", texts=["What is it, then?", "A rose."], reason="more")
    assert states(project) == {"one": True, "one#2": True, "one#3": False}
    again = project_with(tmp_path, {**row, "id": "one#3", "prompt": "What is it, then?", "response": "A rose."})
    hashes = [Item.objects.get(project=each, external_id="one#3").content_hash for each in (project, again)]
    assert bytes(hashes[0]) == bytes(hashes[1])  # an import of the same content finds it unchanged


def test_a_restored_item_is_in_its_batch_again(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    lead, ada = Program(project, "lead"), Program(project)
    Visitor(project, "lead").post("queue/batches/", name="first", size=2)
    for _ in range(2):  # the second time from slots that came back
        assert lead.post(f"projects/{project.slug}/items/one/withdraw/", {"reason": "asked to"}).status_code == 200
        assert slots(project) == {"two": 1}
        assert lead.post(f"projects/{project.slug}/items/one/restore/").status_code == 200
        assert slots(project) == {"one": 1, "two": 1}
    assert set(Slot.objects.filter(project=project).values_list("batch__name", flat=True)) == {"first"}
    assert {ada.vote(ada.take()).json()["vote"]["item"] for _ in range(2)} == {"one", "two"}


def correct(project, name, text):
    return actions.replace_item(project=project, external_id=name, texts=[text], reason="r").external_id


def withdraw(project, *names):
    for name in names:
        actions.withdraw_item(project=project, external_id=name, reason="r")


def test_of_all_texts_of_a_dialogue_one_at_most_is_in_use(tmp_path):
    project = project_with(tmp_path, dialogue("one", response=False), dialogue("other", response=False))
    lead = Visitor(project, "lead")
    assert [correct(project, "one", "first"), correct(project, "one#2", "second")] == ["one#2", "one#3"]
    for name in ("one", "one#2"):
        with pytest.raises(Refused, match="is in use: 'one#3'"):
            actions.restore_item(project=project, external_id=name)
        page = lead.get(f"items/{name.replace('#', '%23')}/change/").content.decode()
        assert ("one#3</a>" in page, "restore/" in page) == (True, False)
    withdraw(project, "one#3", "other")
    actions.restore_item(project=project, external_id="one")
    with pytest.raises(Refused, match="is in use: 'one'"):
        actions.restore_item(project=project, external_id="one#3")
    assert correct(project, "one", "third") == "one#4"  # the first text has been corrected twice by now
    with pytest.raises(Refused, match="is in use: 'one#4'"):
        actions.restore_item(project=project, external_id="one#3")
    withdraw(project, "one#4")
    page = change(lead, "restore")
    assert (page.context["chosen"].withdrawn, page.context["affected"]) == (5, 2)
    assert change(lead, "restore", digest=page.context["chosen"].digest).status_code == 302
    assert [name for name, is_withdrawn in states(project).items() if not is_withdrawn] == ["one#4", "other"]
    assert change(lead, "restore").context["affected"] == 0


def test_an_item_that_came_with_a_number_is_no_correction(tmp_path):
    project = project_with(tmp_path, *(dialogue(f"talk#{n}", response=False) for n in (1, 100)))
    assert correct(project, "talk#100", "a") == "talk#100#2"
    assert correct(project, "talk#100#2", "b") == "talk#100#3"
    later = import_dialogues(project, tmp_path, [dialogue(f"talk#{n}", response=False) for n in (2, 101)])
    assert later["created"] == 2


def test_an_item_corrected_twice_at_once_is_in_the_batch_of_the_first(tmp_path):
    project = project_with(tmp_path, dialogue("one", response=False), votes_wanted=1)
    lead = Visitor(project, "lead").user
    batch = open_batch(project=project, by=lead, name="first", size=1)
    assert [correct(project, "one", "first"), correct(project, "one#2", "second")] == ["one#2", "one#3"]
    assert slots(project) == {"one#3": 1}
    assert [correct(project, "one#3", "third"), correct(project, "one#4", "fourth")] == ["one#4", "one#5"]
    assert slots(project) == {"one#5": 1}
    assert Slot.objects.get(project=project).batch == batch


@pytest.mark.parametrize("has_vote", [False, True])
def test_a_corrected_item_is_in_the_batch_of_the_old_one(tmp_path, has_vote):
    project = project_with(tmp_path, dialogue("one", response=False), votes_wanted=2)
    ada, bea = Program(project), Program(project)
    batch = open_batch(project=project, by=Visitor(project, "lead").user, name="first", size=5)
    if has_vote:
        ada.vote(ada.take())
    correct(project, "one", "a")
    assert slots(project) == {"one#2": 2}
    assert set(Slot.objects.filter(item__external_id="one#2", project=project).values_list("batch", flat=True)) == {
        batch.pk
    }
    assert bea.take()["item"]["id"] == "one#2"
    close_batch(batch=batch, by=Visitor(project, "lead").user)
    correct(project, "one#2", "b")
    assert slots(project)["one#3"] == 2
    assert set(Slot.objects.filter(item__external_id="one#3", project=project).values_list("batch", flat=True)) == {
        None
    }


def test_a_refusal_is_withdrawn_with_the_prompt_that_it_has(tmp_path):
    refusal = {"prompt_label": "unsafe", "response_label": "safe", "violated_categories": "Violence"}
    refusal |= {"prompt": "What is one?", "response": "No.", "response_label_source": "refusal_data_augmentation"}
    rows = [dialogue("one"), {"id": "one", **refusal}, {"id": "alone", **refusal}]
    project = project_with(tmp_path, *rows)
    lead = Visitor(project, "lead")
    assert states(project) == {"alone#refusal": False, "one": False, "one#refusal": False}
    texts = ["What is one?", "It is the first number."]
    actions.replace_item(project=project, external_id="one", texts=texts, reason="a slip")
    assert not states(project)["one#refusal"]  # its prompt is the same
    for name, advice in (("one", "correct that one"), ("alone", "withdraw this one, and import it anew")):
        with pytest.raises(Refused, match=f"was made of '{name}': {advice}"):
            actions.replace_item(project=project, external_id=f"{name}#refusal", texts=texts, reason="r")
    withdraw(project, "one#2")
    actions.restore_item(project=project, external_id="one")
    said = lead.client.post(f"/projects/{project.slug}/items/one/withdraw/", {"reason": "r"}, follow=True)
    assert "one#refusal, the refusal made of it, has the same prompt and is in use still." in said.content.decode()
    actions.restore_item(project=project, external_id="one")
    texts = ["What is the first number?", "One."]
    actions.replace_item(project=project, external_id="one", texts=texts, reason="a typo")
    made = Item.objects.get(project=project, external_id="one#refusal")
    assert made.withdrawal_reason == "Made of one, which one#3 replaced: a typo"
    with pytest.raises(Refused, match="Another text of item 'one#refusal' is in use: 'one#3'"):
        actions.restore_item(project=project, external_id="one#refusal")
    everything = list(Item.objects.filter(project=project).values_list("pk", flat=True))
    actions.withdraw_items(project=project, items=everything, reason="all", by=None)
    actions.restore_items(project=project, items=everything)
    assert in_use(project) == {"one#3", "alone#refusal"}
    withdraw(project, "one#3")
    actions.restore_items(project=project, items=[made.pk, Item.objects.get(project=project, external_id="one").pk])
    assert {name for name, is_withdrawn in states(project).items() if not is_withdrawn} == {
        "one",
        "one#refusal",
        "alone#refusal",
    }


def test_releases_list_the_old_item_as_withdrawn(tmp_path):
    project = project_with(tmp_path, dialogue("one", response=False, license="cc0"))
    actions.replace_item(project=project, external_id="one", texts=["What is it?"], reason="a typo")
    import_votes(project, tmp_path, [opinion("one#2", rater) for rater in ("ada", "bea", "cleo")])
    assert (
        command("release", "1.0", project=project.slug, out=tmp_path / "r", license="cc0", date="2026-01-01").code == 0
    )
    listed = json.loads((tmp_path / "r" / "withdrawn.json").read_text())
    assert listed == [{"id": "one", "reason": "Replaced by one#2: a typo"}]
    assert [row["id"] for row in json.loads((tmp_path / "r" / "train.json").read_text())] in ([], ["one#2"])


def test_what_cannot_be_corrected_says_why_and_stays(tmp_path):
    long = "n" * 199
    redacted = {"id": "red", "reconstruction_id_if_redacted": 7, "prompt": ""}
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    tools = [
        {"role": "user", "content": "Look it up."},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "content": "A rose.", "tool_call_id": "c1"},
        {"role": "assistant", "content": "It is a rose."},
    ]
    project = project_with(
        tmp_path, "one", "gone", redacted, dialogue(long, response=False), {"id": "tools", "messages": tools}
    )
    actions.withdraw_item(project=project, external_id="gone", reason="asked to")
    before = states(project)
    for name, texts, reason, error, words in (
        ("nowhere", ["a"], "r", NoSuchItem, "No dialogue has the id"),
        ("one", ["a", "b"], " ", Invalid, "write why"),
        ("one", ["a"], "r", Invalid, "each of the 2 turns"),
        ("one", [" ", "b"], "r", Invalid, "the turn is empty"),
        ("one", ["a\0", "b"], "r", Invalid, "NUL"),
        ("one", ["a" * 2**21, "b"], "r", Invalid, "bytes"),
        ("one", ["What is one?", "That is one."], "r", Refused, "Nothing differs"),
        ("gone", ["a", "b"], "r", Refused, "is withdrawn: asked to"),
        ("red", ["a"], "r", Refused, "withheld the text"),
        (long, ["a"], "r", Invalid, "longer than 200"),
        ("tools", ["Look it up.", "a", "b", "It is a rose."], "r", Invalid, r"texts\[1\]: the turn calls tools"),
    ):
        with pytest.raises(error, match=words):
            actions.replace_item(project=project, external_id=name, texts=texts, reason=reason)
    assert states(project) == before
    old = Item.objects.get(project=project, external_id="tools").turns
    texts = [*(turn["text"] for turn in old[:-1]), "It is a red rose."]
    new = actions.replace_item(project=project, external_id="tools", texts=texts, reason="r")
    assert new.turns == [*old[:-1], {**old[-1], "text": "It is a red rose."}]
    lead = Visitor(project, "lead")
    page = lead.post("items/one/correct/", text_0="", text_1="b", reason="r")
    assert (page.status_code, "turn is empty" in page.content.decode().lower()) == (422, True)
    for sent in ({"text_0": "What is it?"}, {"text_0": "What is it?", "text_1": "That.", "text_2": "And this."}):
        page = lead.post("items/one/correct/", **sent, reason="the page was opened before it got a response")
        assert (page.status_code, "has other turns by now" in page.content.decode()) == (409, True)
        assert "<details open>" in page.content.decode()
        shown = [page.context["correction_form"][f"text_{at}"].value() for at in range(2)]
        assert shown == [sent["text_0"], sent.get("text_1", "That is one.")]
    for name in ("one", "gone", "red", long):
        assert lead.get(f"items/{name}/change/").status_code == 200


def test_two_corrections_at_once_make_one_item(tmp_path):
    project = project_with(tmp_path, dialogue("one", response=False))

    def correct(text):
        return lambda: actions.replace_item(project=project, external_id="one", texts=[text], reason="r")

    same = at_once(correct("a"), correct("a"))
    assert {item.external_id for item in same} == {"one#2"}
    other = at_once(*(lambda text=text: actions.replace_item(
        project=project, external_id="one#2", texts=[text], reason="r") for text in ("b", "c")))  # fmt: skip
    assert sum(isinstance(each, Refused) for each in other) == 1
    assert states(project) == {"one": True, "one#2": True, "one#3": False}


def change(lead, do, scope="matching", query="", **more):
    return lead.post("items/change/", do=do, scope=scope, query=query, **more)


def test_all_that_match_are_counted_shown_and_then_changed(tmp_path):
    rows = [dialogue(f"d{at}", source="letters" if at < 3 else "chats") for at in range(5)]
    project = project_with(tmp_path, *rows)
    lead = Visitor(project, "lead")
    before = Project.objects.get(pk=project.pk).items_version
    page = change(lead, "withdraw", query="source=letters&sort=-id")
    assert (page.status_code, page.context["affected"]) == (200, 3)
    assert not any(states(project).values())
    digest = page.context["chosen"].digest
    assert change(lead, "withdraw", query="source=letters", digest=digest).status_code == 422  # no reason
    done = change(lead, "withdraw", query="source=letters", digest=digest, reason="asked to")
    assert (done.status_code, done.headers["Location"]) == (302, f"/projects/{project.slug}/items/?source=letters")
    assert states(project) == {"d0": True, "d1": True, "d2": True, "d3": False, "d4": False}
    assert Event.objects.filter(project=project, verb=Verb.ITEM_WITHDRAWN, detail={"reason": "asked to"}).count() == 3
    assert Project.objects.get(pk=project.pk).items_version == before + 1
    # The same again: they are in another state than was seen.
    again = change(lead, "withdraw", query="source=letters", digest=digest, reason="asked to")
    assert (again.status_code, again.context["affected"]) == (409, 0)
    page = change(lead, "restore")
    assert (page.context["chosen"].count, page.context["affected"]) == (5, 3)
    assert change(lead, "restore", digest=page.context["chosen"].digest).status_code == 302
    assert not any(states(project).values())


def test_a_filter_that_matches_others_by_now_is_noticed(tmp_path):
    project = project_with(tmp_path, dialogue("one", source="letters"))
    lead = Visitor(project, "lead")
    digest = change(lead, "expect", query="source=letters").context["chosen"].digest
    import_dialogues(project, tmp_path, [dialogue("two", source="letters")])
    page = change(lead, "expect", query="source=letters", digest=digest, categories=["violence"])
    assert (page.status_code, page.context["affected"]) == (409, 2)
    assert "Meanwhile these are other items" in page.content.decode()
    digest = page.context["chosen"].digest
    assert change(lead, "expect", query="source=letters", digest=digest, categories=["violence"]).status_code == 302
    expected = Item.objects.filter(project=project).values_list("expected_categories", flat=True)
    assert list(expected) == [["violence"]] * 2


def test_ticked_items_are_those_of_the_project_and_odd_requests_change_nothing(tmp_path):
    project, other = project_with(tmp_path, "one", "two"), project_with(tmp_path, "theirs")
    lead, annotator = Visitor(project, "lead"), Visitor(project)
    page = change(lead, "withdraw", "ticked", ids=["one", "theirs", "no\0thing", "nowhere"])
    assert page.context["chosen"].items == [Item.objects.get(project=project, external_id="one").pk]
    digest = page.context["chosen"].digest
    for sent, status in (
        ({"do": "withdraw", "scope": "ticked"}, 302),  # none is ticked
        ({"do": "drop", "scope": "ticked", "ids": ["one"]}, 302),
        ({"do": "withdraw", "scope": "ticked", "ids": ["one"], "digest": "odd", "reason": "r"}, 409),
        ({"do": "withdraw", "scope": "ticked", "ids": ["two"], "digest": digest, "reason": "r"}, 409),
        ({"do": "withdraw", "scope": "matching", "query": "status=odd", "digest": digest, "reason": "r"}, 409),
        ({"do": "withdraw", "scope": "matching", "query": "source=unknown", "digest": digest, "reason": "r"}, 409),
    ):
        assert lead.post("items/change/", **sent).status_code == status, sent
    assert annotator.post("items/change/", do="withdraw", scope="matching").status_code == 403
    assert states(project) == {"one": False, "two": False}
    assert states(other) == {"theirs": False}
    done = change(lead, "withdraw", "ticked", ids=["one"], digest=digest, reason="r")
    assert (done.status_code, states(project)) == (302, {"one": True, "two": False})


def test_too_many_at_once_are_refused(tmp_path, monkeypatch):
    project = project_with(tmp_path, "one", "two", "three")
    monkeypatch.setattr(chosen_items, "MOST_AT_ONCE", 2)
    page = change(Visitor(project, "lead"), "withdraw")
    assert (page.status_code, "More than 2 items match" in page.content.decode()) == (409, True)


def test_pages_offer_what_fits_the_state_of_an_item(tmp_path):
    project = project_with(tmp_path, "one")
    lead = Visitor(project, "lead")
    assert "Withdraw, restore or correct it" in lead.get("items/one/history/").content.decode()
    assert lead.post("items/one/withdraw/").status_code == 422
    assert lead.post("items/one/withdraw/", reason="asked to").status_code == 302
    page = lead.get("items/one/change/").content.decode()
    assert ("items/one/restore/" in page, "items/one/withdraw/" in page, "items/one/correct/" in page) == (
        True,
        False,
        False,
    )
    assert lead.post("items/one/restore/").status_code == 302
    assert lead.post("items/nowhere/withdraw/", reason="r").status_code == 404
    assert decisions(project, tmp_path)["one"]["status"] == "pending"
    assert make_project().items_version == 0
