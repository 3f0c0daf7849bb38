"""A clone has the settings and, if wanted, the items of a project; nothing that people or jurors did."""

from annotation.models import Slot, Vote
from annotation.slots import open_slots_for_new_items
from attacks.queries import report_on
from corpus.access import access_to
from corpus.actions import add_member
from corpus.models import Event, Item, Member, Project, Verb
from jury.models import Juror
from tests.adjudication.test_taxonomy_change import MERGE, change
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.attacks.rooms import attacker, begin, exchange, finish, open_room
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion
from workspace.actions import anonymise_user, clone_project
from workspace.project_files.writing import document_of

COPIED = (
    "external_id", "turns", "has_response", "source", "license", "meta", "expected_categories", "reference",
    "reconstruction_id", "refusal_of", "author", "content_hash",
)  # fmt: skip


def new_slug():
    return f"clone-{next(numbers)}"


def rows(project, *, withdrawn=False):
    items = Item.objects.filter(project=project).order_by("pk")
    return list((items if withdrawn else items.filter(withdrawn_at=None)).values_list(*COPIED))


def test_a_clone_has_settings_and_items_and_nothing_that_anybody_did(tmp_path, stub_url):
    more = {"source": "s", "license": "cc0", "kind": "q", "expected_categories": ["violence"]}
    reference = {"prompt_label": "unsafe", "prompt_label_source": "human", "violated_categories": "Violence, Threat"}
    items = [dialogue("one", **more), dialogue("two", response=False, **reference), dialogue("gone")]
    project = project_with(tmp_path, *items, votes_wanted=2, policy="human")
    command("withdraw_item", "gone", project=project.slug, reason="r")
    import_votes(project, tmp_path, [opinion("one", "ada", response="safe")])
    command("add_juror", "j", project=project.slug, model="m", base_url=stub_url)
    Juror.objects.filter(project=project).update(api_key_env="JURY_KEY_A")
    admin, slug = Visitor(project, "site-admin"), new_slug()
    page = admin.get("settings/clone/").content.decode()
    assert f'<option value="{project.taxonomy.name}">{project.taxonomy.title}' in page
    cloned = admin.post("settings/clone/", slug=slug, with_items="on")
    assert cloned.headers["Location"] == f"/projects/{slug}/"
    assert "Name the keys of its jurors." in admin.client.get(f"/projects/{slug}/").content.decode()
    copy = Project.objects.get(slug=slug)
    assert document_of(copy) == document_of(project) | {"name": f"{project.name} (copy)"}
    assert rows(copy) == rows(project)
    assert (len(rows(copy)), copy.salt == project.salt) == (2, False)
    assert not Vote.objects.filter(item__project=copy).exists()
    assert list(Member.objects.filter(project=copy).values_list("user", "role")) == [(admin.user.pk, "admin")]
    assert Juror.objects.get(project=copy).api_key_env == ""
    event = Event.objects.get(project=copy, verb=Verb.PROJECT_CLONED)
    assert (event.detail, event.actor) == ({"from": project.slug, "items": 2}, admin.user)
    assert not Event.objects.filter(project=copy, verb=Verb.ITEM_WITHDRAWN).exists()
    open_slots_for_new_items(copy)
    assert Slot.objects.filter(project=copy).count() == 4
    # The same file finds them unchanged, as in the original.
    assert import_dialogues(copy, tmp_path, items[:2])["unchanged"] == 2
    assert access_to(slug, admin.user).is_admin


def test_with_another_taxonomy_only_its_categories_are_expected(tmp_path):
    project = project_with(tmp_path, dialogue("one", expected_categories=["violence", "fraud_deception"]))
    admin, slug = Program(project, "site-admin"), new_slug()
    document = document_of(project)
    name = f"short-{next(numbers)}"
    keep = [each for each in document["taxonomy"]["categories"] if each["slug"] in ("violence", "needs_caution")]
    document["taxonomy"] |= {"name": name, "version": 1, "categories": keep}
    assert admin.post("projects/", {"slug": new_slug(), "file": document}).status_code == 201
    made = admin.post(f"projects/{project.slug}/clone/", {"slug": slug, "taxonomy": name, "with_items": True})
    assert (made.status_code, made.json()["taxonomy"], made.json()["name"]) == (
        201,
        {"name": name, "version": 1},
        project.name,
    )
    assert Item.objects.get(project__slug=slug).expected_categories == ["violence"]
    plain = admin.post(f"projects/{project.slug}/clone/", {"slug": new_slug(), "name": "Plain"}).json()
    assert (plain["name"], Item.objects.filter(project__slug=plain["slug"]).count()) == ("Plain", 0)


def test_only_site_admins_clone_also_what_is_archived_and_a_slug_once():
    project = make_project()
    boss, admin = Program(project, "site-admin"), Program(project, "admin")
    route, slug = f"projects/{project.slug}/clone/", new_slug()
    assert admin.post(route, {"slug": slug}).status_code == 403
    assert Visitor(project, "admin").get("settings/clone/").status_code == 403
    assert "Clone" not in Visitor(project, "admin").get("settings/").content.decode()
    for body, status in (
        ({}, 400),
        ({"slug": "a b"}, 400),
        ({"slug": slug, "odd": 1}, 400),
        ({"slug": slug, "taxonomy": "no-such"}, 409),
    ):
        assert boss.post(route, body).status_code == status, body
    command("archive_project", project.slug, reason="r")
    assert boss.post(route, {"slug": slug}).status_code == 201
    assert Project.objects.get(slug=slug).archived_at is None
    assert boss.post(route, {"slug": slug}).status_code == 409
    page = Visitor(project, "site-admin").post("settings/clone/", slug=slug)
    assert (page.status_code, "There is a project" in page.content.decode()) == (409, True)


def test_a_clone_keeps_categories_that_were_merged_since(tmp_path):
    reference = {"prompt_label": "unsafe", "prompt_label_source": "human", "violated_categories": "Threat"}
    project = project_with(tmp_path, dialogue("one", response=False, expected_categories=["threat"], **reference))
    change(project, MERGE)
    copy = clone_project(project=project, slug=new_slug(), with_items=True, by=Visitor(project, "site-admin").user)
    assert rows(copy) == rows(project)
    [item] = Item.objects.filter(project=copy)
    assert (item.expected_categories, item.reference["categories"]) == (["threat"], ["threat"])


def test_in_a_clone_nobody_gets_the_attack_that_they_wrote(stub_url):
    project = open_room(stub_url)
    authors = [attacker(project) for _ in range(2)]
    for author in authors:
        attack = begin(author)
        exchange(author, attack, f"What would {author.name} do?")
        finish(author, attack)
    author, gone = authors
    anonymise_user(user=gone.user)
    copy = clone_project(project=project, slug=new_slug(), with_items=True, by=Visitor(project, "site-admin").user)
    assert rows(copy) == rows(project)
    assert list(Member.objects.filter(project=copy, user__in=[author.user, gone.user])) == []
    assert report_on(copy).total.finished == 0  # what they did stays where they did it
    add_member(project=copy, username=author.name, role="annotator")
    open_slots_for_new_items(copy)
    author.project, other = copy, Visitor(copy)
    names = {item.author_id: item.external_id for item in Item.objects.filter(project=copy)}
    lease = author.take()
    assert lease.item.external_id == names[gone.user.pk]
    author.vote(lease)
    assert author.take() is None
    assert other.take().item.external_id == names[author.user.pk]
