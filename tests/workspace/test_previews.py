"""The preview of an uploaded file: what it would become, read in another way, imported once, left and discarded."""

import json
import os

from django.core.files.uploadedfile import SimpleUploadedFile

from corpus.models import Event, Item
from tests.annotation.people import Visitor
from tests.factories import dialogue, make_project
from tests.stored_files import upload_path
from workspace.actions import delete_left_drafts
from workspace.models import Job
from workspace.tasks import requeue_stalled_jobs, run_job

TABLE = b"Ticket,Question,Answer\nt1,Is it raining?,No\nt2,Is it late?,\n"
COLUMNS = {"column_id": "Ticket", "column_prompt": "Question", "column_response": "Answer"}


def text_of(page):
    return " ".join(page.content.decode().split())


def uploaded(admin, content, name="mine.csv", kind="dialogues"):
    """Upload a file for its preview; return its job."""
    sent = admin.post("imports/upload/", file=SimpleUploadedFile(name, content), kind=kind, preview="1")
    assert sent.status_code == 302
    job = Job.objects.filter(project=admin.project).latest("pk")
    assert sent["Location"].endswith(f"/imports/{job.pk}/" if kind == "dialogues" else "/imports/")
    return job


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_table_is_previewed_by_its_columns_and_imported_once():
    admin = Visitor(make_project(), "admin")
    job = uploaded(admin, TABLE)
    page = admin.get(f"imports/{job.pk}/")
    assert (page.status_code, job.state) == (200, "draft")
    assert "It has &#x27;Ticket&#x27;, &#x27;Question&#x27;, &#x27;Answer&#x27;." in text_of(page)
    assert "tick “Make ids from content”" in text_of(page)
    assert f"imports/{job.pk}/start/" not in text_of(page)
    assert '<option value="Question">' in text_of(page)
    page = text_of(admin.get(f"imports/{job.pk}/", **COLUMNS))  # the address says how, so it survives a reload
    assert "All rows of the file." in page
    assert "Make ids from content”" not in page
    assert all(word in page for word in ("Row 1:", "t1", "Is it raining?", "No", "Row 2:"))
    assert '<input type="hidden" name="column_id" value="Ticket">' in page
    assert "Not imported yet: preview" in text_of(admin.get("imports/"))
    assert admin.post(f"imports/{job.pk}/start/", **COLUMNS).status_code == 302
    job.refresh_from_db()
    assert (job.state, job.request["map"]) == ("waiting", {"id": "Ticket", "prompt": "Question", "response": "Answer"})
    run_job(job_id=job.pk)
    assert {item.external_id: item.has_response for item in Item.objects.filter(project=admin.project)} == {
        "t1": True, "t2": False,
    }  # fmt: skip
    again = admin.client.post(f"/projects/{admin.project.slug}/imports/{job.pk}/start/", COLUMNS, follow=True)
    assert "mine.csv is imported already, or was discarded." in text_of(again)  # from a second tab
    assert admin.get(f"imports/{job.pk}/").status_code == 302
    admin.post(f"imports/{job.pk}/discard/")
    assert Job.objects.filter(pk=job.pk, state="done").exists()


def test_form_is_shown_and_may_be_chosen():
    admin = Visitor(make_project(), "admin")
    log = {"conversation_id": "c", "conversation": [{"role": "user", "content": "<b>Hi</b>"}] * 9}
    job = uploaded(admin, lines(log, 7, {"conversation": "x"}), "mine.jsonl")
    page = text_of(admin.get(f"imports/{job.pk}/"))
    assert "As <strong>LMSYS-Chat-1M</strong>, recognised by its first rows" in page
    assert "Row 2 would be refused: 7 is not an object." in page
    assert all(words in page for words in ("&lt;b&gt;Hi", "3 more turns", "&#x27;x&#x27; is not a list"))
    page = text_of(admin.get(f"imports/{job.pk}/", form="sharegpt"))
    assert "As <strong>ShareGPT</strong>." in page
    assert "Row 1 would be refused: “conversations” is missing" in page
    assert admin.post(f"imports/{job.pk}/start/", form="nosuch").status_code == 422
    long = uploaded(admin, lines(dialogue("a", text="long " * 1_000)), "long.jsonl")
    assert text_of(admin.get(f"imports/{long.pk}/")).count("long ") < 300


def test_odd_rows_of_other_programs_are_refused_one_by_one():
    """The page says so before the import, and so does the job: neither ends at them."""
    admin = Visitor(make_project(), "admin")
    deep = json.loads("[" * 500 + "]" * 500)
    said = ({"contents": 5}, {"contents": ["Hi?"]}, {"content": deep})
    spans = [
        {"context.span_id": f"s{at}", "span_kind": "LLM", "attributes.llm.input_messages": [{"role": "user"} | each]}
        for at, each in enumerate(said)
    ]
    unsaid = {"user_id": "u", "status": "discarded", "values": None}
    records = [{"id": "a", "fields": {"prompt": "Hi?"}, "responses": each} for each in ([5], [unsaid])]
    tasks = [{"id": 1, "data": {"prompt": "Hi?"}, "annotations": [{"result": each}]} for each in (5, [])]
    for rows, name, refused in (
        (
            spans,
            "",
            ["Row 1 would be refused: In “messages[0].content[0]”", "Row 3 would be refused: it is nested too"],
        ),
        (records, "prompt", ["Row 1 would be refused: In “responses”: [5] is not of a known form."]),
        (tasks, "prompt", ["Row 1 would be refused: In “annotations”: the result 5 is not a list of objects."]),
    ):
        job = uploaded(admin, lines(*rows), "odd.jsonl")
        page = admin.get(f"imports/{job.pk}/", column_prompt=name)
        assert page.status_code == 200
        assert [words for words in (*refused, "Hi?") if words not in text_of(page)] == []
        admin.post(f"imports/{job.pk}/start/")
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.error) == ("done", "")
        assert (job.result["created"], job.result["rejected"]) == (1, len(refused))


def test_columns_that_are_not_utf8_cannot_be_chosen_and_are_no_error():
    admin = Visitor(make_project(), "admin")
    for content, name in (
        ("id;prompt;Übersetzung\na;Hi?;Hallo\nb;Yes?;\n".encode("cp1252"), "a.csv"),
        (lines({"id": "c", "prompt": "Hi?", "\ud83d": 1}, {"id": "d", "prompt": "Yes?"}), "a.jsonl"),
    ):
        job = uploaded(admin, content, name)
        page = admin.get(f"imports/{job.pk}/")
        assert (page.status_code, "Row 1 would be refused" in text_of(page)) == (200, True)
        assert admin.get(f"imports/{job.pk}/", column_prompt="prompt").status_code == 200
        admin.post(f"imports/{job.pk}/start/")
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.result["created"], job.result["rejected"]) == ("done", 1, 1)


def test_ambiguous_broken_and_empty_files_say_so():
    admin = Visitor(make_project(), "admin")
    log = {"conversation": [{"role": "user", "content": "Hi"}]}
    for content, name, words in (
        (lines({"conversation_hash": "h", **log}, {"conversation_id": "c", **log}), "a.jsonl", "wildchat or lmsys"),
        (b'[{"id": "a", "prompt": "x"}, {"id"', "a.json", "cannot be read"),
        (b"\n", "a.jsonl", "The file has no rows."),
    ):
        page = admin.get(f"imports/{uploaded(admin, content, name).pk}/")
        assert (page.status_code, words in text_of(page)) == (200, True), text_of(page)


def test_columns_are_asked_for_where_they_help():
    admin = Visitor(make_project(), "admin")
    known = uploaded(admin, lines(*(dialogue(str(at)) for at in range(7))), "known.jsonl")
    page = text_of(admin.get(f"imports/{known.pk}/"))
    assert ("The first 5 of 7 rows." in page, 'name="column_id"' in page.split("Import</button>")[0]) == (True, True)
    assert "<h3>Columns</h3>" not in page
    odd = uploaded(admin, lines({"a": "Hi"}), "odd.jsonl")
    assert "<h3>Columns</h3>" in text_of(admin.get(f"imports/{odd.pk}/"))
    # What a file becomes comes first; how to read it otherwise is unfolded where something would be refused.
    plain = uploaded(admin, b"id,prompt\na,Hi\n", "plain.csv")
    pages = [text_of(admin.get(f"imports/{each.pk}/")) for each in (plain, odd)]
    assert ["<details open>" in page.split("<summary>Read it otherwise")[0] for page in pages] == [False, True]
    no_ids = uploaded(admin, lines({"prompt": "Hi"}), "noids.jsonl")
    assert "It has no id. Choose the column" in text_of(admin.get(f"imports/{no_ids.pk}/"))
    Job.objects.filter(pk=odd.pk).update(state="failed", error="odd.jsonl lacks the column id.")
    assert "use <em>Preview</em> to choose the columns" in text_of(admin.get("imports/"))


def test_field_within_a_record_of_a_tool_is_chosen_previewed_and_imported():
    """The preview took it, and the import refused it as no choice."""
    admin = Visitor(make_project(), "admin")
    said = {"fields": {"question": "Is it late?", "note": "n"}, "responses": [], "id": "r1"}
    job = uploaded(admin, lines(said), "records.jsonl")
    page = text_of(admin.get(f"imports/{job.pk}/", form="argilla", column_prompt="nothing"))
    assert ("lacks the column" in page, '<option value="question">' in page) == (True, True), page
    chosen = {"form": "argilla", "column_prompt": "question"}
    assert "Is it late?" in text_of(admin.get(f"imports/{job.pk}/", **chosen))
    sent = admin.post(f"imports/{job.pk}/start/", **chosen)
    assert sent.status_code == 302, text_of(sent)
    run_job(job_id=job.pk)
    (item,) = Item.objects.filter(project=admin.project)
    assert item.turns[0]["text"] == "Is it late?"


def test_left_and_discarded_uploads_are_deleted():
    admin = Visitor(make_project(), "admin")
    left, discarded, fresh = (uploaded(admin, TABLE) for _ in range(3))
    paths = {job.pk: upload_path(job) for job in (left, discarded, fresh)}
    os.utime(paths[left.pk], (0, 0))
    assert admin.post(f"imports/{discarded.pk}/discard/").status_code == 302
    requeue_stalled_jobs()
    assert [path.exists() for path in paths.values()] == [False, False, True]
    paths[fresh.pk].unlink()  # its file is gone
    delete_left_drafts()
    assert not Job.objects.filter(project=admin.project).exists()
    assert admin.get(f"imports/{fresh.pk}/").status_code == 404
    verbs = Event.objects.filter(project=admin.project).values_list("verb", flat=True)
    assert list(verbs).count("upload.discarded") == 3


def test_votes_are_imported_without_a_preview():
    admin = Visitor(make_project(), "admin")
    assert uploaded(admin, b"item_id,rater,rater_kind,prompt_label\n", "v.csv", "votes").state == "waiting"
