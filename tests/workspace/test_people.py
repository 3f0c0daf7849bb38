"""Anonymising a person removes their name everywhere and keeps their work."""

import threading

import pyarrow.parquet as pq
import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from knox.models import AuthToken

from adjudication.models import Decision
from annotation import actions as annotation_actions
from annotation.models import Annotator, BackgroundAnswer, Person
from annotation.pseudonyms import pseudonym
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Event, Member, SiteAdmin
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.annotation.people import Visitor
from tests.api.test_queue import project_with
from tests.factories import command, import_votes, make_project, opinion
from workspace import actions
from workspace.actions.anonymise import rename_in_events

EVERY_TEXT = """
    SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
        AND (data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'character'))
"""  # noqa: E501


def places_with(name):
    """Every text and JSON column of the whole database that holds a name."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY_TEXT)
        columns, found = cursor.fetchall(), []
        for table, column in columns:
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE position(%s IN "{column}"::text) > 0', [name])
            found += [(table, column)] * bool(cursor.fetchone()[0])
    return found


def released(project, folder, version):
    out = folder / version
    assert command("release", version, project=project.slug, out=out).code == 0
    return {path.name: path.read_bytes() for path in sorted(out.rglob("*")) if path.name in KEPT}


KEPT = {
    "votes.parquet",
    "decisions.parquet",
    "withdrawn.json",
    "train.json",
    "validation.json",
    "test.json",
    "full.json",
}


def worked(folder):
    """A project in which somebody voted, settled, was put into a batch, and set how they want to work."""
    project = disputed_project(folder, "one", "two")
    admin = Visitor(project, "site-admin")
    person = Visitor(project, "adjudicator")
    command("import_dialogues", lines_of(folder), project=project.slug)
    for _ in range(2):
        person.vote(person.take())
    assert work_through(person, case_of(project)).status_code == 302
    annotation_actions.update_preferences(person=Person(user=person.user, opted_out=["violence"], masks_text=False))
    AuthToken.objects.create(person.user)
    Authenticator.objects.create(user=person.user, type="totp", data={"secret": "x"})
    asked = {"text": "Where?", "purpose": "To know.", "choices": ["here", "there"]}
    annotation_actions.add_background_question(project=project, by=None, key="where", **asked)
    annotation_actions.describe_self(project=project, user=person.user, answers={"where": "there"})
    User.objects.filter(pk=person.user.pk).update(email=f"{person.name}@example.org", first_name=person.name)
    command("adjudicate", project=project.slug)
    command("measure", project=project.slug)
    return project, admin, person


def lines_of(folder):
    path = folder / "more.jsonl"
    path.write_text("".join(f'{{"id": "m{n}", "prompt": "What is {n}?"}}\n' for n in range(4)))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("door", ["page", "command"])
def test_anonymised_name_is_nowhere_and_work_stays(tmp_path, door):
    project, admin, person = worked(tmp_path)
    before = {
        "files": released(project, tmp_path, "1.0.0"),
        "decisions": list(Decision.objects.filter(item__project=project).order_by("pk").values()),
        "agreement": command("agreement", project=project.slug),
        "events": list(Event.objects.order_by("pk").values_list("pk", "verb", "actor", "at", "project")),
    }
    assert {"votes.parquet", "decisions.parquet"} <= set(before["files"])
    assert ("annotation_annotator", "name") in places_with(person.name)
    assert ("corpus_event", "subject") in places_with(person.name)

    if door == "page":
        place = f"people/{person.user.pk}/"
        assert "Type their name" in admin.get(place).content.decode()
        admin.post(f"{place}anonymise/", confirm="somebody")
        assert User.objects.get(pk=person.user.pk).username == person.name
        assert admin.post(f"{place}anonymise/", confirm=person.name).status_code == 302
    else:
        assert command("anonymise_user", person.name)["user"].startswith("former-")

    assert places_with(person.name) == []
    assert not BackgroundAnswer.objects.filter(user=person.user).exists()
    assert released(project, tmp_path, "1.0.1") == before["files"]
    assert list(Decision.objects.filter(item__project=project).order_by("pk").values()) == before["decisions"]
    assert command("agreement", project=project.slug) == before["agreement"]
    events = list(Event.objects.order_by("pk").values_list("pk", "verb", "actor", "at", "project"))
    assert events[: len(before["events"])] == before["events"]
    user = User.objects.get(pk=person.user.pk)
    assert (user.is_active, user.email, user.has_usable_password()) == (False, "", False)
    assert Event.objects.filter(verb="account.anonymised", subject=user.username).count() == 1
    for model in (AuthToken, Authenticator, Member, Person):
        assert not model.objects.filter(user=user).exists()
    assert not any(s.get_decoded().get("_auth_user_id") == str(user.pk) for s in Session.objects.all())
    assert person.client.get("/").status_code == 302
    assert Annotator.objects.get(project=project, user=user).name == user.username
    assert command("anonymise_user", user.username).code == 2
    assert command("measure", project=project.slug).code == 0


def test_only_site_admins_anonymise_and_only_others():
    project, other = make_project(), make_project()
    admin, lead, person = Visitor(project, "site-admin"), Visitor(project, "lead"), Visitor(project)
    stranger, of_project = Visitor(other), Visitor(project, "admin")
    for visitor, user, status in (
        (admin, admin, 409), (of_project, person, 403),
        (lead, person, 403), (person, lead, 403), (stranger, person, 404), (admin, stranger, 404),
    ):  # fmt: skip
        sent = visitor.client.post(f"/projects/{project.slug}/people/{user.user.pk}/anonymise/", {"confirm": user.name})
        assert sent.status_code == status
    names = {admin.name, lead.name, person.name, stranger.name}
    assert set(User.objects.filter(username__in=names).values_list("username", flat=True)) == names
    assert command("anonymise_user", "nobody-at-all").code == 2


def test_last_admin_cannot_be_anonymised():
    """All others are closed for as long as this takes, for the database is shared with other tests."""
    last = Visitor(make_project(), "site-admin")
    others = SiteAdmin.objects.filter(user__is_active=True).exclude(user=last.user)
    with transaction.atomic():
        User.objects.filter(pk__in=list(others.values_list("user", flat=True))).update(is_active=False)
        with pytest.raises(Refused, match="the last site admin"):
            actions.anonymise_user(user=last.user)
        transaction.set_rollback(True)
    assert User.objects.get(pk=last.user.pk).username == last.name


def test_admins_cannot_anonymise_each_other_at_once():
    project = make_project()
    one, two = Visitor(project, "site-admin"), Visitor(project, "site-admin")
    ends = []

    def forget(user, by):
        try:
            actions.anonymise_user(user=user, by=by)
            ends.append("done")
        except Refused as refusal:
            ends.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=forget, args=pair) for pair in ((one.user, two.user), (two.user, one.user))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ends) == 2
    assert "done" in ends
    assert User.objects.filter(username__in=[one.name, two.name]).count() == 1, ends


def test_events_reject_any_other_change():
    person = Visitor(make_project())
    event = Event.objects.filter(verb="member.added", subject=person.name).get()

    def attempt(sql, old, new):
        with transaction.atomic(), connection.cursor() as cursor:
            if new:
                cursor.execute(
                    "SELECT set_config('assize.renamed', jsonb_build_object('old', %s, 'new', %s)::text, true)",
                    [old, new],
                )
            with pytest.raises(DatabaseError, match="append-only"):
                cursor.execute(sql, [event.pk])
            transaction.set_rollback(True)

    good = "former-0123456789ab"
    rename = f"UPDATE corpus_event SET subject = '{good}' WHERE id = %s"
    attempt(rename, "", "")
    attempt(rename, "somebody else", good)
    attempt(rename, person.name, "mallory")
    attempt("UPDATE corpus_event SET verb = 'x.y' WHERE id = %s", person.name, good)
    attempt("UPDATE corpus_event SET at = now() WHERE id = %s", person.name, good)
    attempt("""UPDATE corpus_event SET detail = '{"role": "admin"}' WHERE id = %s""", person.name, good)
    attempt("DELETE FROM corpus_event WHERE id = %s", person.name, good)
    assert Event.objects.get(pk=event.pk).subject == person.name


def test_names_are_replaced_only_where_events_keep_names():
    project = make_project()
    detail = {"people": ["x-gone", "x-gone-too"], "annotator": "x-gone", "reason": "x-gone", "source": "x-gone"}
    record_event(project=project, verb="batch.opened", subject="x-gone", detail=detail)
    with transaction.atomic():
        rename_in_events("x-gone", "former-0123456789ab")
    event = Event.objects.get(project=project, verb="batch.opened")
    assert event.subject == "x-gone"  # the name of a batch
    assert event.detail == detail | {
        "people": ["former-0123456789ab", "x-gone-too"],
        "annotator": "former-0123456789ab",
    }


def test_no_two_people_are_released_under_one_pseudonym(tmp_path):
    """Neither an imported rater called like an account, nor a new account with the name of somebody anonymised."""
    project = project_with(tmp_path, "one", votes_wanted=2)
    first = Visitor(project)
    first.vote(first.take())
    assert command("anonymise_user", first.name).code == 0
    second = Visitor(project)
    User.objects.filter(pk=second.user.pk).update(username=first.name)  # which is free again
    second.vote(second.take())
    import_votes(project, tmp_path, [opinion("one", f"{mark}{first.name}", "safe", "safe") for mark in ("", "@", "@@")])
    assert command("release", "1.0", project=project.slug, out=tmp_path / "out").code == 0
    raters = [vote["rater"] for vote in pq.read_table(tmp_path / "out" / "votes.parquet").to_pylist()]
    people = Annotator.objects.filter(project=project)
    assert sorted(raters) == sorted({pseudonym(project, person) for person in people})
    assert (len(raters), len(set(raters))) == (5, 5)
