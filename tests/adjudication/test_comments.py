"""Comments on an item open once all its votes are in, to those who voted on it, and to leads."""

from django.test import Client

from adjudication.actions import recount_if_changed, send_back_case
from adjudication.actions.comments import LONGEST_COMMENT
from adjudication.models import Comment
from adjudication.queries.opinions import has_seen_opinions
from adjudication.visible_comments import number_authors
from annotation.actions import set_gold, update_queue_settings
from annotation.models import Gold, Vote
from corpus.labels import Judgement
from corpus.models import Event, Item, Verb
from tests.adjudication.disputes import case_of, disputed_project, label_blind
from tests.adjudication.test_stopping import OFF
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import command, set_queue
from workspace.actions import anonymise_user, change_project

SECRET = "the herons nest behind the mill"


class Reader:
    """A member who reads and writes comments, by page and by route."""

    def __init__(self, project, role="annotator"):
        self.visitor = Visitor(project, role)
        self.route = f"/api/v1/projects/{project.slug}/items/one/comments/"

    def page(self):
        return self.visitor.get("items/one/comments/")

    def list(self):
        return self.visitor.client.get(self.route)

    def write(self, text=SECRET):
        return self.visitor.client.post(self.route, {"text": text}, content_type="application/json")

    def sees(self):
        """Return whether the person reads the comment, and assert that page and route agree."""
        seen = [SECRET in each.content.decode() for each in (self.page(), self.list())]
        assert seen[0] == seen[1]
        return seen[0]

    def vote(self, **labels):
        return self.visitor.vote(self.visitor.take(), **labels)


def commented_project(folder, **options):
    """Return a project with one item, two annotators who voted on it and a lead, who wrote a comment."""
    project = project_with(folder, "one", **({"votes_wanted": 2} | options))
    ada, bea, lead = Reader(project), Reader(project), Reader(project, "lead")
    assert {ada.vote().status_code, bea.vote().status_code} == {302}
    assert lead.write().status_code == 201
    return project, ada, bea, lead


def test_nobody_reads_a_comment_before_their_own_vote(tmp_path):
    """By every role, in every state, on the page and by the route."""
    project = project_with(tmp_path, "one", votes_wanted=2)
    people = {role: Reader(project, role) for role in ("annotator", "adjudicator", "lead", "admin", "site-admin")}
    ada, bea = Reader(project), Reader(project)
    item = Item.objects.get(project=project)
    Comment.objects.create(item=item, author=people["lead"].visitor.user, text=SECRET)
    everybody = [*people.values(), ada, bea]

    def readers():
        return [each for each in everybody if each.sees()]

    assert readers() == []  # before any vote
    lease = ada.visitor.take()
    assert readers() == []
    ada.visitor.vote(lease)
    assert readers() == []  # one is still to come
    assert ada.list().json()["error"]["code"] == "comments_closed"
    assert bea.list().status_code == 404
    lease = bea.visitor.take()
    assert readers() == []
    bea.visitor.vote(lease)
    assert readers() == [people[role] for role in ("lead", "admin", "site-admin")] + [ada, bea]
    for outsider in (people["annotator"], people["adjudicator"]):
        assert (outsider.page().status_code, outsider.list().status_code, outsider.write().status_code) == (404,) * 3
    anonymous, stranger = Client(), Reader(project_with(tmp_path, "one"), "admin").visitor.client
    page = f"/projects/{project.slug}/items/one/comments/"
    assert (anonymous.get(page).status_code, anonymous.get(ada.route).status_code) == (302, 401)
    assert (stranger.get(page).status_code, stranger.get(ada.route).status_code) == (404, 404)


def test_comments_are_hidden_again_while_a_vote_is_to_come(tmp_path):
    project = disputed_project(tmp_path)
    judge, other, lead = Reader(project, "adjudicator"), Reader(project, "adjudicator"), Reader(project, "lead")
    case = case_of(project)
    assert lead.write().status_code == 201
    assert (judge.sees(), other.sees(), lead.sees()) == (False, False, True)
    judge.visitor.post(f"cases/{case.pk}/claim/")
    assert not judge.sees()
    label_blind(judge.visitor, case)
    assert judge.sees()  # once they have answered blind
    assert not other.sees()
    send_back_case(project=project, case=case.pk, by=judge.visitor.user, votes=1, reason="look again")
    assert (judge.sees(), lead.sees(), lead.write("more").status_code) == (False, False, 409)
    voter = Reader(project)
    lease = voter.visitor.take()
    assert not voter.sees()
    voter.visitor.vote(lease)
    assert (judge.sees(), lead.sees(), voter.sees()) == (True, True, True)


def test_comments_open_where_further_votes_are_spared(tmp_path):
    project, ada, _bea, _lead = commented_project(tmp_path, votes_wanted=2, quorum=2, policy="human")
    change_project(project=project, by=None, votes_wanted=3, reason="One more.")
    assert not ada.sees()
    update_queue_settings(project=project, by=None, settings=OFF | {"stops_early": True})
    recount_if_changed(project=project)
    assert ada.sees()
    update_queue_settings(project=project, by=None, settings=OFF | {"stops_early": False})
    recount_if_changed(project=project)
    assert not ada.sees()


def test_holder_of_a_case_labels_it_blind_before_they_read_comments(tmp_path):
    project = disputed_project(tmp_path)
    lead, author = Reader(project, "lead"), Reader(project, "lead")
    author.write()
    lead.visitor.post(f"cases/{case_of(project).pk}/claim/")
    assert lead.list().json()["error"]["code"] == "blind_first"
    assert (lead.sees(), lead.write("mine").status_code) == (False, 409)
    assert not has_seen_opinions(lead.visitor.user, Item.objects.get(project=project))
    label_blind(lead.visitor, case_of(project))
    assert lead.sees()


def test_reading_comments_is_on_record_for_who_may_still_settle(tmp_path):
    project, ada, _, lead = commented_project(tmp_path)
    item, admin = Item.objects.get(project=project), Reader(project, "admin")
    empty = Reader(project_with(tmp_path, "one", votes_wanted=1), "lead")
    assert (admin.sees(), ada.sees(), lead.sees()) == (True, True, True)
    empty.page()
    seen = Event.objects.filter(verb=Verb.OPINIONS_SEEN, subject="one", project=project)
    assert set(seen.values_list("actor", flat=True)) == {admin.visitor.user.pk, lead.visitor.user.pk}
    assert has_seen_opinions(admin.visitor.user, item)
    assert not Event.objects.filter(verb=Verb.OPINIONS_SEEN, project=empty.visitor.project).exists()


def test_check_that_somebody_holds_keeps_its_comments_from_them(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, cleo, lead = Reader(project), Reader(project), Reader(project, "lead")
    ada.vote()
    lead.write()
    set_gold(project=project, by=lead.visitor.user, external_id="one", judgement=Judgement("safe", "safe"))
    set_queue(project, gold_percent=100)
    lease = cleo.visitor.take()
    assert lease.item.external_id == "one"
    assert (cleo.sees(), cleo.write().status_code) == (False, 404)
    cleo.visitor.vote(lease)
    assert cleo.sees()
    assert Gold.objects.filter(project=project).exists()


def test_leads_read_names_and_others_numbers(tmp_path):
    _, ada, bea, lead = commented_project(tmp_path)
    ada.write("I read it as a joke.")
    bea.write("So did I.")

    def authors(reader):
        return [row["author"] for row in reader.list().json()["results"]]

    assert authors(ada) == ["Reviewer 1", "You", "Annotator 2"]
    assert authors(bea) == ["Reviewer 1", "Annotator 1", "You"]
    assert authors(lead) == ["You", ada.visitor.name, bea.visitor.name]
    text = ada.page().content.decode()
    assert (bea.visitor.name in text, lead.visitor.name in text, "Annotator 2" in text) == (False, False, True)
    assert number_authors([7, 3, 9], {9, 7}) == {7: "Annotator 1", 9: "Annotator 2", 3: "Reviewer 1"}


def test_texts_are_plain_short_and_not_empty(tmp_path):
    _, ada, _, _ = commented_project(tmp_path)
    long = "x" * (LONGEST_COMMENT + 1)
    for text, status in (("", 400), ("  ", 400), (long, 400), ("a\0b", 400), ("<b>bold</b>", 201)):
        assert ada.write(text).status_code == status, text[:20]
    assert "&lt;b&gt;bold&lt;/b&gt;" in ada.page().content.decode()
    refused = ada.visitor.post("items/one/comments/", text=" ")
    assert (refused.status_code, "Write something" in refused.content.decode()) == (422, True)
    for _ in range(2):  # pressed twice
        assert ada.visitor.post("items/one/comments/", text="twice\r\nover").status_code == 302
    assert Comment.objects.filter(text="twice\nover").count() == 1


def test_own_comments_are_removed_and_stay_as_removed(tmp_path):
    project, ada, bea, lead = commented_project(tmp_path)
    comment = Comment.objects.get(item__project=project)
    path = f"items/one/comments/{comment.pk}/remove/"
    for other in (ada, bea):
        assert other.visitor.post(path).status_code == 404
        assert other.visitor.client.post(f"{ada.route}{comment.pk}/remove/").status_code == 404
    for _ in range(2):
        assert lead.visitor.client.post(f"{ada.route}{comment.pk}/remove/").json()["text"] is None
    assert not ada.sees()
    assert "Removed by its author" in ada.page().content.decode()
    verbs = Event.objects.filter(project=project, subject="one", verb__startswith="comment.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [Verb.COMMENT_ADDED, Verb.COMMENT_REMOVED]
    assert lead.visitor.post("items/one/comments/99999999999999999999/remove/").status_code == 404


def test_own_comment_can_be_removed_while_comments_are_closed(tmp_path):
    project, ada, _, _ = commented_project(tmp_path)
    ada.write("mine")
    project.votes_wanted = 3
    project.save(update_fields=["votes_wanted"])
    assert (ada.sees(), ada.write("again").status_code) == (False, 409)
    mine = Comment.objects.get(text="mine")
    assert ada.visitor.post(f"items/one/comments/{mine.pk}/remove/").status_code == 302
    assert Comment.objects.get(pk=mine.pk).removed_at is not None


def test_comments_come_in_pages(tmp_path):
    project, ada, _, lead = commented_project(tmp_path)
    item = Item.objects.get(project=project)
    Comment.objects.bulk_create(Comment(item=item, author=lead.visitor.user, text=f"no. {at}") for at in range(60))
    assert "Page 1 of 2" in ada.page().content.decode()
    first = ada.visitor.client.get(f"{ada.route}?page_size=40").json()
    second = ada.visitor.client.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (40, 21, None)


def test_comment_is_no_opinion_and_in_no_release(tmp_path):
    project, *_ = commented_project(tmp_path, quorum=2)
    command("adjudicate", project=project.slug)
    admin = Program(project, "admin")
    exported = b"".join(admin.get(f"projects/{project.slug}/export/").streaming_content).decode()
    assert ('"one"' in exported, SECRET in exported) == (True, False)
    assert Vote.objects.filter(item__project=project).count() == 2
    history = Reader(project, "lead")
    assert "Comments\n      (1)" in history.visitor.get("items/one/history/").content.decode()


def test_comments_of_a_person_made_anonymous(tmp_path):
    _, ada, bea, lead = commented_project(tmp_path)
    ada.write("I read it as a joke.")
    ada.write("Something about myself")
    mine = Comment.objects.get(text="Something about myself")
    ada.visitor.post(f"items/one/comments/{mine.pk}/remove/")
    new = anonymise_user(user=ada.visitor.user)
    rows = lead.list().json()["results"]
    assert [row["author"] for row in rows] == ["You", new, new]
    assert (rows[1]["text"], Comment.objects.get(pk=mine.pk).text) == ("I read it as a joke.", "")
    assert "Annotator 1" in bea.page().content.decode()


def test_long_comments_are_folded(tmp_path):
    _, _, _, lead = commented_project(tmp_path)
    assert "<summary dir" not in lead.page().content.decode()
    assert lead.write("x" * LONGEST_COMMENT).status_code == 201
    assert f'<summary dir="auto">{"x" * 199}…</summary>' in lead.page().content.decode()
