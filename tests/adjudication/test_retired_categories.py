"""Wherever slugs of an earlier version meet the present taxonomy, they count as what it says."""

import json

import pyarrow.parquet as pq

from adjudication.models import Case
from annotation.actions.qualification import draw_gold
from annotation.models import Gold, Person, Vote
from annotation.queries.qualification import practice_gold
from annotation.session import read_session
from corpus.models import Item
from jury.actions import start_run
from jury.engine.batch_runner import BatchRunner
from jury.models import Batch, Shard
from jury.queries import panel, shard_with_context
from quality.reports.arrays import read_opinions
from tests.adjudication.test_taxonomy_change import MERGE, SPLIT, change, merged_project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.jury.factories import add_jurors


def test_opt_outs_filters_and_corrections_know_retired_categories(tmp_path):
    project = make_project(fields="prompt_label", votes_wanted=2, quorum=2)
    import_dialogues(project, tmp_path, [dialogue("a", response=False)])
    ada = Visitor(project)
    ada.vote(ada.take(), prompt_label="unsafe", categories=["threat"])
    assert import_votes(project, tmp_path, [opinion("a", "bea", "safe")]).code == 0
    rows = [
        dialogue(name, response=False, expected_categories=[slug]) for name, slug in (("b", "threat"), ("c", "malware"))
    ]
    import_dialogues(project, tmp_path, rows)
    command("adjudicate", project=project.slug)
    change(project, MERGE)

    vote = Vote.objects.get(item__external_id="a", item__project=project, annotator__user=ada.user)
    page = ada.get(f"votes/{vote.pk}/")
    assert page.context["form"].initial["categories"] == ["menace"]
    assert "Threat" in ada.get("votes/").content.decode()
    found = [len(ada.get("votes/", category=slug).context["votes"]) for slug in ("menace", "malware")]
    assert found == [1, 0]
    lead = Visitor(project, "lead")
    assert Case.objects.filter(project=project, state="open").count() == 1
    assert len(lead.get("cases/", category="menace").context["shown"]) == 1
    assert len(lead.get("cases/", category="malware").context["shown"]) == 0

    Person.objects.filter(user=ada.user).update(opted_out=["menace"])
    session = read_session(project, ada.user)
    assert set(session.avoided) == {"menace", "threat", "harassment"}
    for item in Item.objects.filter(project=project, external_id__in=["b", "c"]):
        Gold.objects.create(project=project, item=item, use=Gold.Use.QUALIFICATION, prompt_label="safe")
    for gold in (practice_gold(project, ada.user), draw_gold(session, None)):
        assert [each.item.external_id for each in gold] == ["c"]
    assert ada.take().item.external_id == "c"
    change(project, SPLIT)
    project.refresh_from_db()
    # Menace counts as harassment now, so who opted out of it did of that.
    assert set(read_session(project, ada.user).avoided) == {"menace", "harassment"}


def test_files_may_name_retired_categories_and_people_may_not(tmp_path):
    project = merged_project(tmp_path, votes_wanted=4)
    old = [opinion("a", "p0", "unsafe", categories=["threat"]), opinion("a", "new", "unsafe", categories=["Threat"])]
    program = Program(project)
    lease = program.take()
    change(project, MERGE)
    outcome = import_votes(project, tmp_path, old)
    assert (outcome["created"], outcome["unchanged"], outcome["rejected"]) == (1, 1, 0)
    where = f"projects/{project.slug}/items/{lease['item']['id']}/vote/"
    body = {"lease": lease["lease"]["id"], "prompt_label": "unsafe", "categories": ["threat"]}
    refused = program.post(where, body)
    assert refused.status_code == 400
    assert "Threat is no longer a category, and counts as Menace" in refused.content.decode()
    assert program.post(where, body | {"categories": ["menace"]}).status_code == 201


def test_open_page_of_a_retired_category_keeps_the_answer(tmp_path):
    project = merged_project(tmp_path, votes_wanted=4)
    ada = Visitor(project)
    lease = ada.take()
    change(project, MERGE)
    answer = ada.post("label/vote/", lease=lease.id, item=lease.item.external_id, prompt_label="unsafe",
                      categories=["threat"], rationale="as I wrote it")  # fmt: skip
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "is no category here, or is none any more" in html
    assert "as I wrote it" in html


def test_figures_and_releases_count_retired_categories_as_their_heirs(tmp_path):
    project = merged_project(tmp_path)
    change(project, MERGE)
    sets = read_opinions(project).category_sets
    assert sets == [frozenset({"malware"}), frozenset({"menace"})]
    made = command("release", "1.0", project=project.slug, out=tmp_path / "out", date="2026-01-01")
    assert made.code == 0, made.stderr
    assert command("verify_release", tmp_path / "out").code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["counts_as"] == {"harassment": ["menace"], "threat": ["menace"]}
    votes = pq.read_table(tmp_path / "out" / "votes.parquet").to_pylist()
    assert {(tuple(each["categories"]), each["taxonomy"]) for each in votes} == {
        (("threat",), "aegis2 v1"), (("threat", "harassment"), "aegis2 v1"), (("malware",), "aegis2 v1"),
    }  # fmt: skip


def test_replies_of_a_batch_are_read_by_the_taxonomy_it_was_asked_under(tmp_path, stub_url):
    project = merged_project(tmp_path)
    add_jurors(project, stub_url, "stub-1.0")
    before = project.taxonomy
    run = start_run(project=project, jurors=panel(project, []))
    shard = Shard.objects.filter(run=run).first()
    Batch.objects.create(shard=shard, key="assize-x", items=[1], taxonomy=before)
    change(project, MERGE)
    assert "threat" in BatchRunner(shard_with_context(shard.pk), "me").client.spellings
    Batch.objects.filter(key="assize-x").delete()
    assert "threat" not in BatchRunner(shard_with_context(shard.pk), "me").client.spellings
