"""Files that are small when packed and large when read."""

import gzip
import json
import random
import resource
import struct
import subprocess
import sys
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.data_dir import CHECKOUT
from corpus.actions.import_support import ImportRun
from corpus.importing.limits import Limits
from corpus.importing.readers import RowFile, Unreadable
from corpus.importing.readers.parquet import LIST_VALUES, rows_at_once
from corpus.models import Event, Item
from tests.api.client import Program
from tests.factories import command, dialogue, make_project
from tests.stored_files import upload_folder, upload_path
from workspace.models import Job
from workspace.tasks import run_job

LINES = "".join(json.dumps(dialogue(f"u{n}")) + "\n" for n in range(2_000)).encode()
ARCHIVES = {"zip": b"PK\x03\x04....", "xz": b"\xfd7zXZ\x00", "7z": b"7z\xbc\xaf\x27\x1c", "zstd": b"\x28\xb5\x2f\xfd"}


def limit_unpacked_bytes(settings, most):
    settings.IMPORT_LIMITS = settings.IMPORT_LIMITS | {"unpacked_bytes": most}


def upload(admin, name, content):
    route = f"/api/v1/projects/{admin.slug}/items/import/?name={name}"
    return admin.client.post(route, content, content_type="application/octet-stream")


def import_upload(admin, name, content):
    answer = upload(admin, name, content)
    assert answer.status_code == 202, answer.content
    run_job(job_id=answer.json()["job"]["id"])
    return Job.objects.get(pk=answer.json()["job"]["id"])


@pytest.mark.parametrize("name", ["b.jsonl.gz", "b.json.gz", "b.csv.gz", "b.parquet.gz"])
def test_file_that_unpacks_to_too_much_is_refused(tmp_path, settings, name):
    limit_unpacked_bytes(settings, len(LINES) - 1)
    project = make_project()
    path = tmp_path / name
    body = {"json": b"[" + b",".join(LINES.splitlines()) + b"]", "csv": b"id,prompt\n" + b"a,b\n" * 60_000}
    path.write_bytes(gzip.compress(body.get(name.split(".")[1], LINES)))
    refused = command("import_dialogues", path, project=project.slug)
    assert (refused.code, "unpacks to more than" in refused.stderr) == (2, True), refused.stderr
    assert not Item.objects.filter(project=project).exists()

    admin = Program(project, "admin")
    job = import_upload(admin, name, path.read_bytes())
    assert (job.state, "UNPACKED_BYTES" in job.error, upload_path(job).exists()) == ("failed", True, False)
    assert not Item.objects.filter(project=project).exists()
    assert not Event.objects.filter(project=project, verb="items.imported").exists()


def test_file_at_the_limit_is_imported(tmp_path, settings):
    limit_unpacked_bytes(settings, len(LINES))
    path = tmp_path / "b.jsonl.gz"
    path.write_bytes(gzip.compress(LINES))
    assert command("import_dialogues", path, project=make_project().slug)["created"] == 2_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["b.jsonl.gz", "b.json.gz", "b.csv.gz"])
def test_bomb_needs_little_memory(tmp_path, name):
    """600 MB of one character, in 600 KB, within an address space that could not hold it."""
    path = tmp_path / name
    begin = gzip.compress(b"[" if name == "b.json.gz" else b"")
    path.write_bytes(begin + 600 * gzip.compress(b"x" * 2**20))  # parts of a file follow one another
    program = (
        "import sys; from pathlib import Path; from corpus.importing.readers import RowFile, Unreadable\n"
        "from corpus.importing.limits import Limits\n"
        "try:\n"
        "  with RowFile(Path(sys.argv[1]), Limits(unpacked_bytes=500 * 2**20)) as file: print(len(list(file.rows())))\n"
        "except Unreadable as error: print('refused', error)\n"
        "from bench.memory import peak_megabytes; print(peak_megabytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (700 * 2**20, 700 * 2**20)),
    )  # fmt: skip
    message, peak = done.stdout.splitlines()
    assert message.startswith("refused")
    assert float(peak) < 250


def test_endless_csv_record_is_refused(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text("id,prompt\n" + '"a\n",' * 100_000)
    with RowFile(path, Limits(row_bytes=1_000)) as file, pytest.raises(Unreadable, match="longer than 4,000"):
        list(file.rows())


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archive_is_refused_by_its_content(tmp_path, kind):
    admin = Program(make_project(), "admin")
    before = set(upload_folder().glob("*"))
    answer = upload(admin, "mine.jsonl", ARCHIVES[kind])
    assert (answer.status_code, f"{kind} " in answer.json()["error"]["message"]) == (409, True)
    assert set(upload_folder().glob("*")) == before
    assert not Job.objects.filter(project__slug=admin.slug).exists()
    path = tmp_path / "mine.jsonl"
    path.write_bytes(ARCHIVES[kind])
    refused = command("import_dialogues", path, project=admin.slug)
    assert (refused.code, f"{kind} " in refused.stderr) == (2, True)


def test_archive_is_refused_by_its_name():
    answer = upload(Program(make_project(), "admin"), "mine.jsonl.zip", LINES)
    assert (answer.status_code, "Archives are not unpacked" in answer.json()["error"]["message"]) == (409, True)


def test_deep_nesting_rejects_one_row():
    job = import_upload(Program(make_project(), "admin"), "deep.jsonl", b"[" * 90_000 + b"\n" + LINES)
    assert (job.state, job.result["rejected"], job.result["created"]) == ("done", 1, 2_000)


def parquet(path, **options):
    pq.write_table(pa.table({"id": [f"{n}" for n in range(50)], "prompt": ["word " * 500] * 50}), path, **options)
    return path.read_bytes()


def test_large_parquet_is_refused_by_its_header(tmp_path):
    path = tmp_path / "b.parquet"
    parquet(path, use_dictionary=False)
    with RowFile(path, Limits(unpacked_bytes=10_000)) as file, pytest.raises(Unreadable, match="unpacks to more"):
        list(file.rows())


@pytest.mark.parametrize("length", [0, 1, 2**16, 2**31 - 1, 2**32 - 1])
def test_false_parquet_length_is_unreadable(tmp_path, length):
    path = tmp_path / "b.parquet"
    path.write_bytes(parquet(path)[:-8] + struct.pack("<I", length) + b"PAR1")
    with RowFile(path, Limits()) as file, pytest.raises(Unreadable, match=r"cannot be read|lacks"):
        list(file.rows())


@pytest.mark.parametrize("seed", range(40))
def test_spoilt_parquet_is_unreadable_or_read(tmp_path, seed):
    path, chance = tmp_path / "b.parquet", random.Random(seed)
    content = bytearray(parquet(path))
    for _ in range(8):
        content[chance.randrange(len(content) - 700, len(content) - 8)] = chance.randrange(256)
    path.write_bytes(content)
    with RowFile(path, Limits()) as file, suppress(Unreadable):  # and nothing else
        assert len(list(file.rows())) <= 50


def test_parquet_is_read_in_few_rows_where_a_dictionary_repeats_a_long_value():
    plain, long = pa.BufferOutputStream(), pa.BufferOutputStream()
    pq.write_table(pa.table({"id": [str(n) for n in range(2_000)], "prompt": ["x"] * 2_000}), plain)
    prompts = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), pa.array(["x" * 2**20]))
    pq.write_table(pa.table({"id": ["a"] * 2_000, "prompt": prompts}), long, compression="zstd")
    for sink, least, most in ((plain, 1_000, 1_000), (long, 200, 256)):
        content = pa.BufferReader(sink.getvalue())
        assert len(sink.getvalue()) < 200_000
        assert least <= rows_at_once(pq.ParquetFile(content).metadata, content) <= most


def test_parquet_with_a_list_of_too_many_values_is_refused_by_its_header(tmp_path):
    many = LIST_VALUES + 1
    items = pa.ListArray.from_arrays(pa.array([0, many], pa.int32()), pa.nulls(many, pa.int8()))
    pq.write_table(pa.table({"id": ["a"], "prompt": ["x"], "n": items}), tmp_path / "b.parquet")
    with RowFile(tmp_path / "b.parquet", Limits()) as file, pytest.raises(Unreadable, match="smaller row groups"):
        list(file.rows())


def test_long_rows_do_not_add_up_in_memory(tmp_path):
    """A batch ends at 8 MiB of the file, though a thousand rows would be 1 GiB."""
    path = tmp_path / "b.jsonl"
    path.write_text("".join(json.dumps({"id": str(n), "k": "x" * 2**20}) + "\n" for n in range(20)))
    run = ImportRun(print, lambda _share: None)
    with RowFile(path, Limits()) as file:
        sizes = [len(batch) for batch in run.batches(file, lambda row: row.value["id"], id_column="id")]
    assert sizes == [8, 8, 4]
