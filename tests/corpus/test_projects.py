"""Options of a project at their bounds, withdrawals, expected categories, and reads of one moment."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from corpus import actions, queries
from corpus.errors import Invalid, Refused
from corpus.models import Event, Item, Project, Verb
from corpus.snapshot import snapshot
from tests.annotation.test_leases import at_once
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.cases import cases
from tests.factories import command, make_project, numbers


def create(**options):
    return actions.create_project(slug=f"bounds-{next(numbers)}", **options)


def someone():
    return User.objects.create(username=f"someone-{next(numbers)}")


@cases(
    ("option", "value"),
    [
        ("votes_wanted", 1),
        ("votes_wanted", 32767),
        ("quorum", 1),
        ("quorum", 32767),
        ("quorum", None),
        ("caution", "safe"),
        ("caution", "unsafe"),
        ("caution", None),
        ("policy", "majority"),
        ("policy", "aegis2"),
        ("policy", "human"),
        ("policy", "jury"),
        ("name", "x" * 120),
        ("name", "é 漢 <b> 👩‍👩‍👧"),
    ],
)
def test_option_within_its_bounds_is_stored(option, value):
    made = create(**{option: value})
    assert getattr(Project.objects.get(pk=made.pk), option) == value


@cases(
    ("options", "reason"),
    [
        ({"votes_wanted": 0}, "votes_wanted"),
        ({"votes_wanted": -1}, "votes_wanted"),
        ({"votes_wanted": 32768}, "votes_wanted"),
        ({"quorum": 0}, "quorum"),
        ({"quorum": -1}, "quorum"),
        ({"quorum": 32768}, "quorum"),
        ({"caution": "maybe"}, "caution"),
        ({"policy": "none"}, "policy"),
        ({"policy": "x" * 21}, "policy"),
        ({"name": "x" * 121}, "name"),
        ({"taxonomy": "none"}, "There is no taxonomy 'none'. Known: .*aegis2"),
        ({"taxonomy": ""}, "There is no taxonomy ''"),
        ({"fields": []}, "project_wants_a_label"),
        ({"fields": ["labels"]}, "'labels' is not a field"),
        ({"fields": ["prompt_label", ""]}, "'' is not a field"),
        ({"fields": ["response_label"], "policy": "aegis2"}, "aegis2_starts_from_the_prompt"),
    ],
)
def test_option_beyond_its_bounds_is_refused_by_name(options, reason):
    before = Project.objects.count()
    with pytest.raises(Refused, match=reason):
        create(**options)
    assert Project.objects.count() == before


@cases("slug", ["", " ", "a b", "a/b", "é", "a.b", "x" * 61, "a\n", "<b>"])
def test_slug_that_is_no_part_of_a_url_is_refused(slug):
    with pytest.raises(Refused, match="slug"):
        actions.create_project(slug=slug)


@cases("form", ["{}", "A-{}", "a_b-{}", "-{}-", "{:060d}"])
def test_slug_of_letters_digits_and_strokes_is_taken_once(form):
    slug = form.format(next(numbers) + 70_000)
    assert actions.create_project(slug=slug).name == slug
    with pytest.raises(Refused, match=f"There is a project '{slug}' already"):
        actions.create_project(slug=slug)


@cases(
    ("fields", "wanted"),
    [
        (["prompt_label"], ("prompt_label",)),
        (["response_label"], ("response_label",)),
        (["response_label", "prompt_label"], ("prompt_label", "response_label")),
        (["prompt_label", "prompt_label"], ("prompt_label",)),
    ],
)
def test_wanted_fields_are_in_the_order_of_decisions(fields, wanted):
    assert create(fields=fields).fields == wanted


@cases("change", [{"votes_wanted": 0}, {"quorum": 0}, {"wants_prompt_label": False, "wants_response_label": False}])
def test_database_keeps_the_bounds_too(change):
    project = create()
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**change)


def test_every_project_has_a_salt_of_its_own():
    assert len({create().salt for _ in range(5)}) == 5


def test_unknown_project_is_named_with_the_known():
    known = make_project().slug
    with pytest.raises(queries.NoSuchProject, match=f"no project 'nowhere'. Known: .*{known}"):
        queries.find_project("nowhere")


@pytest.mark.parametrize("reason", ["", " ", "\n\t"])
def test_withdrawal_needs_a_reason(tmp_path, reason):
    project = project_with(tmp_path, "one")
    with pytest.raises(Refused, match="needs a reason"):
        actions.withdraw_item(project=project, external_id="one", reason=reason)
    assert Item.objects.get(project=project).withdrawn_at is None


@pytest.mark.parametrize("name", ["", "ONE", "one ", "nowhere", "%", "'; --"])
def test_withdrawal_of_an_unknown_id_is_refused(tmp_path, name):
    project = project_with(tmp_path, "one")
    with pytest.raises(queries.NoSuchItem, match="No dialogue has the id"):
        actions.withdraw_item(project=project, external_id=name, reason="asked to")


def test_second_withdrawal_names_the_first_reason(tmp_path):
    project = project_with(tmp_path, "one")
    actions.withdraw_item(project=project, external_id="one", reason="asked to")
    with pytest.raises(Refused, match="withdrawn already: asked to"):
        actions.withdraw_item(project=project, external_id="one", reason="another")
    assert Event.objects.get(project=project, verb=Verb.ITEM_WITHDRAWN).detail == {"reason": "asked to"}


def test_two_withdrawals_at_once_are_one(tmp_path):
    project = project_with(tmp_path, "one")
    ask = {"project": project, "external_id": "one"}
    results = at_once(*[lambda at=at: actions.withdraw_item(**ask, reason=f"reason {at}") for at in range(2)])
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Event.objects.filter(project=project, verb=Verb.ITEM_WITHDRAWN).count() == 1


def test_withdrawal_raises_the_version_of_the_items(tmp_path):
    project = project_with(tmp_path, "one")
    before = Project.objects.get(pk=project.pk).items_version
    actions.withdraw_item(project=project, external_id="one", reason="asked to")
    assert Project.objects.get(pk=project.pk).items_version == before + 1


@pytest.mark.parametrize(
    ("ids", "changed"), [(["a"], 1), (["a", "b"], 2), (["a", "a"], 1), (["b", "a", "b"], 2), (["a", "b", "c"], 3)]
)
def test_expected_categories_are_set_on_each_item_once(tmp_path, ids, changed):
    project = project_with(tmp_path, "a", "b", "c")
    expect = {"project": project, "by": someone(), "external_ids": ids, "categories": ["threat"]}
    assert [actions.expect_categories(**expect) for _ in range(2)] == [changed, 0]
    expected = Item.objects.filter(project=project, expected_categories=["threat"])
    assert set(expected.values_list("external_id", flat=True)) == set(ids)


@pytest.mark.parametrize("later", [[], ["violence"], ["violence", "threat"]])
def test_expected_categories_replace_the_earlier(tmp_path, later):
    project, by = project_with(tmp_path, "a"), someone()
    for categories in (["threat"], later):
        actions.expect_categories(project=project, by=by, external_ids=["a"], categories=categories)
    assert Item.objects.get(project=project).expected_categories == later


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ([], "name at least one"),
        (["x"], "no dialogue 'x'; nothing was changed"),
        (["a", "x"], "no dialogue 'x'; nothing was changed"),
        (["x", "y", "a", "z"], "no dialogue 'x', nor 2 others of these; nothing"),
        (["A"], "no dialogue 'A'"),
        ([""], "no dialogue ''"),
    ],
)
def test_one_unknown_id_leaves_all_items_as_they_are(tmp_path, ids, reason):
    project = project_with(tmp_path, "a")
    with pytest.raises(Invalid, match=reason):
        actions.expect_categories(project=project, by=someone(), external_ids=ids, categories=["threat"])
    assert Item.objects.get(project=project).expected_categories == []


def test_items_of_another_project_are_unknown(tmp_path):
    ours, theirs = project_with(tmp_path, "a"), project_with(tmp_path, "b")
    with pytest.raises(queries.NoSuchItem):
        queries.find_item(ours, "b")
    assert queries.known_items(ours, ["a", "b", "a", ""]).keys() == {"a"}
    assert queries.known_items(theirs, []) == {}


def test_known_items_say_what_an_import_asks(tmp_path):
    project = project_with(tmp_path, "a", {"id": "b", "prompt": "only a prompt"})
    actions.withdraw_item(project=project, external_id="b", reason="asked to")
    known = queries.known_items(project, ["a", "b"])
    assert {name: (item.has_response, item.is_withdrawn) for name, item in known.items()} == {
        "a": (True, False),
        "b": (False, True),
    }
    assert {len(item.content_hash) for item in known.values()} == {16}


def test_snapshot_sees_one_moment():
    project = create(name="before")

    def rename(name):
        return lambda: Project.objects.filter(pk=project.pk).update(name=name)

    with snapshot():
        seen = [Project.objects.get(pk=project.pk).name]
        at_once(rename("after"))
        seen.append(Project.objects.get(pk=project.pk).name)
    assert [*seen, Project.objects.get(pk=project.pk).name] == ["before", "before", "after"]


def test_snapshot_inside_a_transaction_is_an_error():
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), snapshot():
        pass


@pytest.fixture(scope="module")
def lister(tmp_path_factory, database):
    """A person with five votes."""
    project = project_with(tmp_path_factory.mktemp("pages"), *(f"d{at}" for at in range(5)), votes_wanted=1)
    person = Program(project)
    person.ids = [person.vote(person.take()).json()["vote"]["id"] for _ in range(5)][::-1]
    return person


def page_of(person, **query):
    return person.get(f"projects/{person.slug}/my-votes/", **query)


@pytest.mark.parametrize(
    ("size", "pages"),
    [("1", 5), ("2", 3), ("4", 2), ("5", 1), ("6", 1), ("500", 1), ("501", 1), ("0", 1), ("-1", 1), ("x", 1), ("", 1)],
)
def test_pages_of_any_size_hold_every_row_once(lister, size, pages):
    answer, seen, count = page_of(lister, page_size=size), [], 0
    while answer:
        assert answer.status_code == 200
        body, count = answer.json(), count + 1
        seen += [row["id"] for row in body["results"]]
        answer = lister.client.get(body["next"]) if body["next"] else None
    assert (seen, count) == (lister.ids, pages)


def test_previous_page_leads_back(lister):
    first = page_of(lister, page_size=2).json()
    second = lister.client.get(first["next"]).json()
    assert first["previous"] is None
    assert lister.client.get(second["previous"]).json()["results"] == first["results"]


def test_rows_added_meanwhile_do_not_shift_the_pages(tmp_path):
    project = project_with(tmp_path, *(f"d{at}" for at in range(5)), votes_wanted=1)
    ada = Program(project)
    ids = [ada.vote(ada.take()).json()["vote"]["id"] for _ in range(4)][::-1]
    first = page_of(ada, page_size=2).json()
    ada.vote(ada.take())
    second = ada.client.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == ids


@pytest.mark.parametrize("cursor", ["x", "cD0x", "%00", "cD1h", "é", "x" * 5_000])
def test_cursor_that_is_none_is_not_found_or_the_beginning(lister, cursor):
    answer = page_of(lister, cursor=cursor)
    assert answer.status_code in (200, 404)
    assert set(answer.json()) in ({"error"}, {"next", "previous", "results"})


def test_command_refuses_what_the_action_refuses():
    made = command("create_project", "a b")
    assert (made.code, "slug" in made.stderr) == (2, True)


@cases("options", [{}, {"votes_wanted": 5, "quorum": 4}, {"policy": "human", "fields": ["prompt_label"]}])
def test_quick_project_of_the_tests_is_what_the_command_creates(options):
    """Most tests begin with one, and must not begin with what no user has."""
    quick = make_project(**options)
    assert command("create_project", f"{quick.slug}-slow", **options).code == 0
    slow = Project.objects.get(slug=f"{quick.slug}-slow")
    [left, right] = [Project.objects.filter(pk=each.pk).values().get() for each in (quick, slow)]
    assert {name for name in left if left[name] != right[name]} == {"id", "slug", "name", "salt", "created_at"}
    events = [Event.objects.filter(project=each).values("verb", "detail", "actor") for each in (quick, slow)]
    assert list(events[0]) == list(events[1])
