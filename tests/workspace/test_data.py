"""The pages of items, imports and releases, and a release that is verified."""

import hashlib
import html
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from corpus.models import Item
from releases.models import Release
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from workspace.models import Job
from workspace.tasks import run_job

SPEC = {"version": "1.0", "train": "90", "validation": "4", "test": "6", "seed": "0"}


def text_of(page):
    return " ".join(page.content.decode().split())


def file(rows, name="mine.jsonl"):
    return SimpleUploadedFile(name, "".join(json.dumps(row) + "\n" for row in rows).encode())


def do_all(project):
    for job in Job.objects.filter(project=project, state="waiting"):
        run_job(job_id=job.pk)


@pytest.fixture
def labelled(tmp_path):
    project = make_project()
    rows = [dialogue(f"d{n:02}", response=bool(n % 4), source="own", license="CC0-1.0") for n in range(40)]
    import_dialogues(project, tmp_path, rows)
    votes = []
    for n in range(39):
        for rater in ("a", "b", "model-c"):
            unsafe = n % 3 == 0 or (n % 3 == 1 and rater == "a")
            label = "unsafe" if unsafe else "safe"
            categories = ["threat", "violence"][: 1 + (rater == "a")] if unsafe else []
            votes.append(opinion(f"d{n:02}", rater, label, label if n % 4 else None, categories=categories))
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    return project


def test_admin_uploads_file_and_downloads_rejected_rows():
    project = make_project()
    admin = Visitor(project, "admin")
    assert "No import yet" in text_of(admin.get("imports/"))
    sent = admin.post("imports/upload/", file=file([dialogue("one"), dialogue("two"), {"id": "bad"}]), kind="dialogues")
    assert sent.status_code == 302
    assert "Waiting for a worker" in text_of(admin.get("imports/"))
    do_all(project)
    page = admin.get("imports/")
    assert "2 new, 0 unchanged" in text_of(page)
    link = re.search(r'href="([^"]*refused/)"', page.content.decode())[1]
    assert json.loads(b"".join(admin.client.get(link).streaming_content))["row"] == 3
    wrong = admin.post("imports/upload/", file=file([{}], name="mine.xls"), kind="dialogues")
    assert (wrong.status_code, "must end in" in text_of(wrong)) == (409, True)
    assert admin.post("imports/upload/", kind="dialogues").status_code == 422
    polled = admin.client.get(
        f"/projects/{project.slug}/imports/", headers={"hx-request": "true", "hx-target": "jobs"}
    ).content.decode()
    assert polled.strip().startswith('<div id="jobs"')
    assert "hx-trigger" not in polled  # nothing is open, so it is not asked again


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"id": "d0"}, 10), ({"text": "what IS d17"}, 1), ({"text": "100%_"}, 0), ({"status": "decided"}, 39),
        ({"status": "pending", "source": "own"}, 1), ({"category": "threat"}, 13), ({"source": "nobody's"}, 40),
    ],
)  # fmt: skip
def test_every_item_filter_works(labelled, query, found):
    command("adjudicate", project=labelled.slug)
    page = Visitor(labelled, "lead").get("items/", **query)
    assert page.context["shown"].count == found  # a source that there is not is left out, as the form says
    assert page.status_code == 200


def test_imports_are_for_admins_and_items_and_releases_for_leads(labelled):
    statuses = {"annotator": (403, 403, 403, 403), "lead": (200, 403, 200, 403), "admin": (200, 200, 200, 200)}
    for role, expected in statuses.items():
        somebody = Visitor(labelled, role)
        pages = ("items/", "imports/", "releases/", "releases/make/")
        assert tuple(somebody.get(page).status_code for page in pages) == expected
    assert Visitor(labelled, "lead").post("releases/make/", **SPEC).status_code == 403
    assert not Job.objects.filter(project=labelled).exists()


def test_form_of_a_release_waits_for_a_decided_dialogue(labelled):
    """Programs and commands may make a release without one."""
    admin, button = Visitor(labelled, "admin"), "Make the release</button>"
    page = text_of(admin.get("releases/make/"))
    assert ("so there is nothing to release" in page, button in page) == (True, False)
    command("adjudicate", project=labelled.slug)
    page = text_of(admin.get("releases/make/"))
    assert ("so there is nothing to release" in page, button in page) == (False, True)


def test_release_is_made_shown_downloaded_and_compared(labelled, tmp_path):
    admin, lead = Visitor(labelled, "admin"), Visitor(labelled, "lead")
    assert admin.post("releases/make/", **SPEC).status_code == 302
    do_all(labelled)
    assert "39 rows" in text_of(admin.get("releases/"))
    assert admin.post("releases/make/", **SPEC).status_code == 409
    assert admin.post("releases/make/", **SPEC | {"version": "2", "train": "95"}).status_code == 409
    assert admin.post("releases/make/", **SPEC | {"version": ""}).status_code == 422
    response = lead.get("releases/of/1.0/")
    page = text_of(response)
    names = [name for name, _size, _digest in response.context["files"]]
    assert (names[:3], names[-1]) == (["train.json", "validation.json", "test.json"], "manifest.json")
    assert all(size for _name, size, _digest in response.context["files"])
    assert "clusters of near-duplicates" in page
    assert Release.objects.get(project=labelled).manifest_sha256 in page
    got = lead.get("releases/of/1.0/decisions.parquet")
    (tmp_path / "got.parquet").write_bytes(b"".join(got.streaming_content))
    assert pq.read_table(tmp_path / "got.parquet").num_rows == 40

    import_votes(
        labelled, tmp_path, [opinion("d01", rater, "unsafe", "unsafe", categories=["threat"]) for rater in "xyz"]
    )
    import_votes(labelled, tmp_path, [opinion("d39", rater, "safe", "safe") for rater in "xyz"])
    command("withdraw_item", "d02", project=labelled.slug, reason="asked for")
    admin.post("releases/make/", **SPEC | {"version": "1.1", "seed": "7"})
    do_all(labelled)
    comparison = lead.get("releases/compare/", before="1.0", after="1.1").context["comparison"]
    assert (comparison.added, comparison.removed, comparison.changed, comparison.same) == (1, 1, 1, 37)
    assert [(change.item, why) for change, why in comparison.explained] == [("d01", "other opinions were counted")]
    assert ("seed", 0, 7) in comparison.settings
    assert lead.get("releases/compare/", before="1.0", after="9").status_code == 404


def test_page_of_a_release_shows_each_paper_and_offers_its_files(labelled, tmp_path):
    released(labelled, tmp_path / "out")
    lead = Visitor(labelled, "lead")
    heads = {
        "": "<h3>Garden, version 1.0</h3>", "card": "<h3>Garden, version 1.0</h3>",
        "datasheet": "<h3>Datasheet: Garden, version 1.0</h3>",
        "article-10": "<h3>Annex for Article 10 of the EU's AI Act: Garden, version 1.0</h3>", "\0x": "<h3>Garden, ",
    }  # fmt: skip
    for tab, head in heads.items():
        page = html.unescape(text_of(lead.get("releases/of/1.0/", tab=tab)))
        assert head.replace("Garden", labelled.name) in page, tab
        assert page.count("?tab=") == 3
    for name, kind in (("datasheet.html", "text/html"), ("article-10.md", "text/markdown")):
        got = lead.get(f"releases/of/1.0/{name}")
        assert got["Content-Disposition"] == f'attachment; filename="{name}"'
        assert got["Content-Type"].startswith(kind)
        assert b"".join(got.streaming_content) == (tmp_path / "out" / name).read_bytes()


def test_release_from_before_the_papers_lists_verifies_and_downloads(labelled, tmp_path):
    out = tmp_path / "out"
    released(labelled, out)
    release = Release.objects.get(project=labelled)
    for name in [name for name in release.manifest["files"] if name.startswith(("datasheet.", "article-10."))]:
        del release.manifest["files"][name]
        (out / name).unlink()
    (out / "manifest.json").write_bytes(json.dumps(release.manifest).encode())
    release.manifest_sha256 = hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    release.save()
    lead = Visitor(labelled, "lead")
    assert command("verify_release", out)["differences"] == 0
    page = text_of(lead.get("releases/of/1.0/", tab="datasheet"))
    assert (f"<h3>{labelled.name}, version 1.0</h3>" in page, "?tab=" in page) == (True, False)
    assert lead.get("releases/of/1.0/README.md").status_code == 200
    assert lead.get("releases/of/1.0/datasheet.md").status_code == 404


def test_source_may_have_any_name(tmp_path):
    project = make_project(quorum=1)
    import_dialogues(project, tmp_path, [dialogue("one", source="items", license="keys")])
    import_votes(project, tmp_path, [opinion("one", "a", "safe", "safe")])
    released(project, tmp_path / "out")
    assert '<th scope="row" dir="auto">items</th>' in text_of(Visitor(project, "lead").get("releases/of/1.0/"))


def released(project, folder, **options):
    made = command("release", "1.0", project=project.slug, out=folder, **options)
    assert made.code == 0, made.stderr
    return folder


@pytest.mark.parametrize("policy", ["majority", "aegis2", "human", "jury", "certified"])
def test_release_is_verified_from_its_votes(labelled, tmp_path, policy):
    reference = {
        "prompt_label": "unsafe",
        "response_label": "safe",
        "categories": [],
        "prompt_label_source": "human",
        "response_label_source": "refusal_data_augmentation",
    }
    twin = {"external_id": "d04#refusal", "refusal_of": "d04", "reference": reference}
    Item.objects.filter(project=labelled, external_id="d05").update(**twin)
    folder = released(labelled, tmp_path / "out", policy=policy)
    found = command("verify_release", folder)
    assert (found.code, found["differences"], found["settled"]) == (0, 0, 1), found.stderr
    assert found["labels"] == 39


def rewrite(path: Path, change) -> None:
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def test_verification_finds_every_kind_of_change(labelled, tmp_path):
    def flip(rows):
        row = next(row for row in rows if row["prompt_label"] == "safe" and row["split"] == "train")
        row["prompt_label"] = "unsafe"

    cases = {
        "byte": (
            lambda out: (out / "README.md").write_bytes((out / "README.md").read_bytes()[:-1]),
            "README.md: its SHA",
        ),
        "label": (lambda out: rewrite(out / "decisions.parquet", flip), "again"),
        "vote": (
            lambda out: rewrite(out / "votes.parquet", lambda rows: rows.__delitem__(slice(0, 2))),
            "again",
        ),
        "more": (lambda out: (out / "extra.json").write_text("{}"), "extra.json: the manifest does not name it"),
        "less": (lambda out: (out / "test.json").unlink(), "test.json: cannot be read"),
        "torn": (lambda out: (out / "votes.parquet").write_bytes(b"PAR1"), "the tables cannot be read"),
    }
    for name, (spoil, expected) in cases.items():
        folder = tmp_path / name
        command("release", name, project=labelled.slug, out=folder)
        spoil(folder)
        found = command("verify_release", folder)
        assert (found.code, expected in found.stderr) == (1, True), (name, found.stderr)
        assert found["differences"] >= 1


def test_verification_rejects_other_folders(tmp_path):
    assert command("verify_release", tmp_path / "nowhere").code == 2
    (tmp_path / "manifest.json").write_text("[]")
    assert command("verify_release", tmp_path).code == 2
