"""Uploads by forms that no browser sends."""

import gc
import tempfile
from pathlib import Path

from tests.annotation.people import Visitor
from tests.factories import make_project
from workspace.models import Job

LINE = b'{"id": "a", "prompt": "Tea?"}\n'
FORM = "multipart/form-data; boundary=x"


def part(name, content=LINE, filename=None, more=""):
    """Return a part of a form; with a file name it is a file."""
    file = f'; filename="{filename}"' if filename is not None else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}{more}\r\n\r\n'.encode() + content + b"\r\n"


FILE, LARGE = part("file", filename="a.jsonl"), part("file", LINE * 100_000, filename="a.jsonl")
KIND = part("kind", b"dialogues")
REFUSED = [
    ("many files", [part(f"f{n}", b"", filename="a.jsonl") for n in range(1_000)]),
    ("many files in one part", [part("file", b"", filename="a.jsonl")] * 1_000),
    ("many fields", [FILE, *[part(f"f{n}", b"1") for n in range(1_001)]]),
    ("two files", [LARGE, FILE, KIND]),
    ("another file", [LARGE, KIND, part("more", filename="b.jsonl")]),
    ("text for a file", [part("file"), KIND]),
    ("file for a text", [FILE, part("kind", b"votes", filename="kind.txt")]),
    ("name of dots", [part("file", filename=".."), KIND]),
    ("name of a line break", [part("file", filename="a\r\nSet-Cookie: b=c\r\n.jsonl"), KIND]),
    ("endless name", [part("file", filename="x" * 100_000 + ".jsonl"), KIND]),
    ("endless header", [part("file", filename="a.jsonl", more="; y=" + "z" * 2_000_000), KIND]),
    ("endless field", [FILE, part("kind", b"d" * 3_000_000)]),
    ("bytes for text", [FILE, part("kind", b"\xff\0")]),
    ("base64 that is none", [LARGE.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1), KIND]),
    ("no parts", []),
]
TYPES = ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=y", "multipart/mixed"]


def urls_of(project):
    return f"/api/v1/projects/{project.slug}/items/import/", f"/projects/{project.slug}/imports/upload/"


def test_forms_that_hold_no_single_file_are_refused_and_leave_nothing():
    project = make_project()
    client = Visitor(project, "admin").client
    before = set(Path(tempfile.gettempdir()).glob("*.upload*"))
    forms = [(name, FORM, b"".join([*parts, b"--x--\r\n"])) for name, parts in REFUSED]
    forms += [(kind, kind, FILE + KIND + b"--x--\r\n") for kind in TYPES]
    forms.append(("cut in a header", FORM, KIND + FILE[:40]))
    for name, kind, body in forms:
        rest, page = (client.generic("POST", url, body, kind) for url in urls_of(project))
        assert rest.status_code in (400, 409), (name, rest.status_code)
        assert rest.json()["error"]["message"], name
        assert page.status_code in (400, 409, 422), (name, page.status_code)
        shown = page.content.decode()
        assert "could not be read" in shown or "errorlist" in shown or "Import a file" in shown, name
    gc.collect()  # a form that breaks off leaves its file to the exception that says so
    assert set(Path(tempfile.gettempdir()).glob("*.upload*")) <= before
    assert not Job.objects.filter(project=project).exists()


def test_part_of_a_form_that_would_not_be_read_is_named():
    project = make_project()
    client = Visitor(project, "admin").client
    other = "a file comes in this part; only the part file may be one"
    cases = [
        ([FILE, FILE, KIND], "file: 2 files come in this part; send one at a time"),
        (
            [FILE, KIND, part("more", filename="b.jsonl")],
            f"more: {other}",
        ),
        (
            [FILE, part("kind", b"votes", filename="k")],
            f"kind: {other}",
        ),
    ]
    for parts, message in cases:
        rest, page = (client.generic("POST", url, b"".join([*parts, b"--x--\r\n"]), FORM) for url in urls_of(project))
        assert (rest.status_code, rest.json()["error"]["message"]) == (400, message)
        assert page.status_code == 422
        assert message in page.content.decode()
    twice = client.generic("POST", urls_of(project)[0], b"".join([FILE, KIND, KIND, b"--x--\r\n"]), FORM)
    assert (twice.status_code, twice.json()["error"]["message"]) == (400, "kind: the form has this part twice")


def test_odd_names_of_files_are_kept_without_their_folder():
    project = make_project()
    client = Visitor(project, "admin").client
    for name, kept in (
        ("../../etc/a.jsonl", "a.jsonl"),
        ("C:\\\\x\\\\a.jsonl", "a.jsonl"),
        ("a\0.jsonl", "a.jsonl"),
        ("x" * 300 + ".jsonl", "x" * 194 + ".jsonl"),
        ("a\u202elnosj.jsonl", "alnosj.jsonl"),
    ):
        for url in urls_of(project):
            sent = client.generic("POST", url, b"".join([part("file", filename=name), KIND, b"--x--\r\n"]), FORM)
            assert sent.status_code in (202, 302), (name, sent.status_code)
            assert Job.objects.filter(project=project).latest("pk").subject == kept
