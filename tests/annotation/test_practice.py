"""Practice shows at once whether an answer is right, counts for nothing, and gives no label of real work away."""

from annotation.models import AttemptItem, Check, Gold, Skip, Vote
from corpus.models import Event, Item
from tests.annotation.people import Visitor
from tests.annotation.qualifying import SAFE, UNSAFE, attempt_once, gold, qualifying_project
from tests.factories import set_queue


def practise(visitor, **labels):
    """Draw a dialogue to practise on, have it shown and answer it; return the page with the feedback."""
    page = visitor.post("practice/").url.split(f"/{visitor.project.slug}/")[1]
    shown = visitor.post(page, show=1).context["shown"]
    return visitor.post(page, shown=shown, **labels)


def test_feedback_comes_at_once_and_nothing_counts(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1", use=Gold.Use.PRACTICE)
    ada = Visitor(project)
    assert "Practise" in ada.get("work/").content.decode()
    before = Event.objects.filter(project=project).count()
    page = practise(ada, **SAFE).content.decode()
    assert ("Different" in page, "k1 threatens" in page, "What the guideline says of 1 category" in page) == (True,) * 3
    assert "<h1>Right</h1>" in practise(ada, **UNSAFE).content.decode()
    assert practise(ada, prompt_label="unsafe", response_label="safe").status_code == 422
    assert not Vote.objects.filter(item__project=project).exists()
    assert not AttemptItem.objects.filter(item__project=project).exists()
    assert Event.objects.filter(project=project).count() == before


def test_dialogue_is_shown_before_it_is_compared(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1", use=Gold.Use.PRACTICE)
    ada, bea = Visitor(project), Visitor(project)
    page = ada.post("practice/").url.split(f"/{project.slug}/")[1]
    assert "What is k1?" not in ada.get(page).content.decode()
    foreign = bea.post(page, show=1).context["shown"]
    for proof in ("", "x", foreign):
        refused = ada.post(page, shown=proof, **UNSAFE)
        assert (refused.status_code, "threatens" in refused.content.decode()) == (409, False)
    assert not Skip.objects.filter(annotator__user=ada.user).exists()


def test_practice_gives_no_label_of_work_or_of_a_qualification_away(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", work=("check", "held", "voted", "trial"))
    gold(project, lead, "check", use=Gold.Use.CHECK)
    gold(project, lead, "trial", use=Gold.Use.PRACTICE)
    ada, judge = Visitor(project), Visitor(project, "adjudicator")
    items = dict(Item.objects.filter(project=project).values_list("external_id", "pk"))

    def offered(person):
        return {name for name, item in items.items() if person.get(f"practice/{item}/").status_code == 200}

    assert offered(ada) == {"trial"}  # those of the qualification only once it is passed
    assert offered(judge) == {"k1", "k2", "trial"}
    attempt_once(ada)
    assert offered(ada) == {"k1", "k2", "trial"}
    for name in ("held", "voted", "check"):
        gold(project, lead, name, use=Gold.Use.PRACTICE)
    lease = judge.take()  # held now, and voted on: the label would tell what to vote
    assert lease.item.external_id not in offered(judge)
    judge.vote(lease)
    assert lease.item.external_id not in offered(judge)
    assert judge.get("practice/99999999999999999999/").status_code == 404


def test_practice_gives_no_label_of_an_attempt_or_a_check_under_way_away(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", "k3", work=("check",))
    ada, judge = Visitor(project), Visitor(project, "adjudicator")
    ada.post("qualify/begin/")
    gold(project, lead, "k1", "k2", use=Gold.Use.PRACTICE)
    items = dict(Item.objects.filter(project=project).values_list("external_id", "pk"))
    assert {ada.get(f"practice/{items[name]}/").status_code for name in ("k1", "k2")} == {404}

    gold(project, lead, "check", use=Gold.Use.CHECK)
    set_queue(project, gold_percent=100)
    assert judge.take().item.external_id == "check"
    assert Check.objects.filter(item=items["check"]).exists()
    gold(project, lead, "check", use=Gold.Use.PRACTICE)
    assert judge.get(f"practice/{items['check']}/").status_code == 404


def test_practised_dialogue_is_no_work_any_more(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1", use=Gold.Use.PRACTICE)
    ada, bea = Visitor(project), Visitor(project)
    practise(ada, **UNSAFE)
    lease = ada.take()
    assert lease.item.external_id == "work"
    ada.vote(lease)
    assert ada.take() is None
    assert bea.take().item.external_id == "k1"
    none = Visitor(qualifying_project(tmp_path)[0])
    assert "Nothing to practise on" in none.post("practice/").content.decode()
