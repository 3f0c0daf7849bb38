"""Near-duplicates in a project: found by command and by the schedule, stored, and kept current."""

import threading

from django.db import connection, transaction

from corpus.actions import find_duplicates, find_duplicates_if_due
from corpus.models import DuplicateSearch, Item, ItemCluster, Project
from corpus.similar_items import similar_items
from corpus.similarity.rules import METHOD
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, make_project

STORY = "Tell me a long story about a dragon who lives on a hill and likes to read old books"
ROWS = [
    dialogue("a", text=STORY),
    dialogue("b", text=STORY.upper() + "!"),
    dialogue("c", text=STORY.replace("dragon", "lizard")),
    dialogue("d", text="Tell me about the weather in the hills"),
]


def clusters_in(project):
    """Return the ids of the items of each cluster, and the sizes that are stored with them."""
    rows = (
        ItemCluster.objects.filter(project=project).order_by("item").values_list("item__external_id", "cluster", "size")
    )
    groups = {}
    for name, cluster, size in rows:
        groups.setdefault(bytes(cluster), []).append((name, size))
    return sorted(groups.values())


def test_command_stores_clusters_and_is_done_once(tmp_path):
    project = make_project()
    assert command("find_duplicates", project=project)["items"] == 0
    import_dialogues(project, tmp_path, ROWS)
    found = command("find_duplicates", project=project)
    assert (found.code, found.pop("seconds") > 0) == (0, True)
    assert found == {"items": 4, "clusters": 1, "clustered": 3, "largest": 3, "cut": 0, "method": METHOD}
    assert clusters_in(project) == [[("a", 3), ("b", 3), ("c", 3)], [("d", 1)]]
    searched_at = DuplicateSearch.objects.get(project=project).searched_at
    find_duplicates(project=project)
    assert DuplicateSearch.objects.get(project=project).searched_at == searched_at  # nothing is new
    import_dialogues(project, tmp_path, [dialogue("e", text=f"{STORY}, please")])
    assert command("find_duplicates", project=project)["clustered"] == 4
    assert clusters_in(project)[0] == [(name, 4) for name in "abce"]
    assert command("find_duplicates", project="none-such").code == 2


def due(project):
    """Do what the schedule does."""
    return find_duplicates_if_due(project=Project.objects.get(pk=project.pk))


def test_schedule_searches_what_is_new_but_rests_after_a_search(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, ROWS)
    assert due(project).clusters == 1
    assert due(project) is None  # current
    import_dialogues(project, tmp_path, [dialogue("e", text=STORY)])
    DuplicateSearch.objects.filter(project=project).update(seconds=3_600)
    assert due(project) is None  # the last one took long, and was just now
    DuplicateSearch.objects.filter(project=project).update(seconds=0)
    assert due(project).clustered == 4
    DuplicateSearch.objects.filter(project=project).update(seconds=0, method=METHOD - 1)
    assert due(project).method == METHOD


def test_search_is_one_transaction_and_another_waits_or_leaves(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, ROWS)
    left = []

    def in_another_session():
        left.append(find_duplicates_if_due(project=project))
        connection.close()

    with transaction.atomic():
        find_duplicates(project=project)
        other = threading.Thread(target=in_another_session)
        other.start()
        other.join()
        transaction.set_rollback(True)  # as where its process is killed
    assert left == [None]
    assert not ItemCluster.objects.filter(project=project).exists()
    assert find_duplicates(project=project).clusters == 1


def test_prompts_are_compared_without_responses_and_withheld_ones_as_equal(tmp_path):
    project = make_project()
    hidden = {"prompt": "REDACTED", "response": "No."}
    turns = [("user", STORY), ("assistant", "Once upon a time"), ("user", "Go on")]
    rows = [
        {"id": "x", "reconstruction_id_if_redacted": 1, **hidden},
        {"id": "y", "reconstruction_id_if_redacted": 2, **hidden},
        dialogue("one", text=STORY, response=True),
        dialogue("two", text=STORY, response=False),
        {"id": "many", "turns": [{"role": role, "text": text} for role, text in turns]},
    ]
    imported = import_dialogues(project, tmp_path, rows)
    assert imported["created"] == 5, imported.stderr
    find_duplicates(project=project)
    assert clusters_in(project) == [[("many", 1)], [("one", 2), ("two", 2)], [("x", 2), ("y", 2)]]


def test_withdrawn_dialogues_keep_their_cluster(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, ROWS)
    find_duplicates(project=project)
    command("withdraw_item", "a", project=project, reason="It is there twice")
    import_dialogues(project, tmp_path, [dialogue("e", text=STORY)])
    find_duplicates(project=project)
    assert clusters_in(project)[0] == [("a", 4), ("b", 4), ("c", 4), ("e", 4)]
    assert Item.objects.get(project=project, external_id="a").withdrawn_at


def test_filters_and_history_show_near_duplicates(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, ROWS)
    lead, program = Visitor(project, "lead"), Program(project, "lead")
    where = f"/api/v1/projects/{project.slug}/items/"
    assert {(each["cluster"], each["cluster_size"]) for each in program.client.get(where).json()["results"]} == {
        (None, None)
    }
    assert "Similar dialogues" not in lead.get("items/a/history/").content.decode()
    find_duplicates(project=project)
    found = {each["id"]: each for each in program.client.get(where).json()["results"]}
    assert [found[name]["cluster_size"] for name in "abcd"] == [3, 3, 3, 1]
    cluster = found["a"]["cluster"]
    for query, names in (
        ("similar=yes", "abc"),
        ("similar=no", "d"),
        (f"cluster={cluster}", "abc"),
        (f"cluster={'0' * 32}", ""),
    ):
        assert [each["id"] for each in program.client.get(f"{where}?{query}").json()["results"]] == list(names), query
    assert program.client.get(f"{where}?cluster=odd").status_code == 400
    assert program.client.get(f"{where}?similar=maybe").status_code == 400
    shown = lead.get("items/", similar="yes").content.decode()
    assert [f"items/{name}/history/" in shown for name in "abcd"] == [True, True, True, False]
    assert "A cluster has 32 digits" in lead.get("items/", cluster="odd").content.decode()
    command("withdraw_item", "b", project=project, reason="Twice")
    page = " ".join(lead.get("items/a/history/").content.decode().split())
    assert "Similar dialogues (2)" in page
    assert f"?cluster={cluster}" in page
    assert page.index("items/b/history/") < page.index("items/c/history/")  # the most similar first
    assert '<span class="status">withdrawn</span>' in page
    assert "Similar dialogues" not in lead.get("items/d/history/").content.decode()


def test_withheld_prompts_are_not_said_to_be_similar(tmp_path):
    project = make_project()
    hidden = [
        {"id": name, "prompt": "REDACTED", "response": "No.", "reconstruction_id_if_redacted": at}
        for at, name in enumerate("xy")
    ]
    import_dialogues(project, tmp_path, hidden)
    find_duplicates(project=project)
    assert similar_items(Item.objects.get(project=project, external_id="x")) == []


def test_similar_items_of_a_large_cluster_are_few(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue(f"n{number:03}", text=STORY) for number in range(130)])
    find_duplicates(project=project)
    found = similar_items(Item.objects.get(project=project, external_id="n000"), most=5)
    assert [(each.item.external_id, each.percent) for each in found] == [
        (f"n{number:03}", 100) for number in range(1, 6)
    ]
