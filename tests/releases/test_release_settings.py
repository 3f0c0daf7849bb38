"""Forms, serializers and checks of what a release is asked to be."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from corpus.errors import Refused
from releases.actions import check_spec, folder_of, make_release
from releases.forms import CompareForm, ReleaseForm
from releases.models import Release
from releases.serializers import ExportSerializer, ReleaseSpecSerializer, as_release
from releases.spec import ReleaseSpec
from releases.verifying import verify
from releases.writing import write_file
from tests.adjudication.test_case_races import at_once
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.full_disks import full_disk

POSTED = {"version": "1.0", "policy": "", "train": "90", "validation": "4", "test": "6", "seed": "0", "date": ""}
NAN = float("nan")


def decided_project(folder):
    """Make a project with two decided items."""
    made = make_project(quorum=1)
    import_dialogues(made, folder, [dialogue("a", license="MIT"), dialogue("b", license="CC0-1.0")])
    import_votes(made, folder, [opinion(name, "ada", "safe", "safe") for name in "ab"])
    return made


def form(**changes):
    return ReleaseForm(POSTED | changes, own_policy="majority", own_split_by="prompt", licenses=["MIT", "", "CC0-1.0"])


def test_form_becomes_a_spec():
    filled = form(licenses=["MIT"], date="2026-01-02", truncate="on", seed="-7")
    assert filled.is_valid(), filled.errors
    assert filled.to_spec() == ReleaseSpec(
        version="1.0", splits=(0.9, 0.04, 0.06), seed=-7, licenses=("MIT",), date="2026-01-02", truncate=True
    )


def test_form_with_nothing_more_asks_for_everything():
    filled = form()
    assert filled.is_valid(), filled.errors
    assert filled.to_spec() == ReleaseSpec(version="1.0")


@cases(
    ("field", "value"),
    [
        ("version", "x" * 60),
        ("version", " 1.0 "),
        ("version", "漢字"),
        ("train", "0"),
        ("train", "100"),
        ("train", "99.999"),
        ("seed", str(2**63 - 1)),
        ("seed", str(-(2**63))),
        ("date", "2024-02-29"),
        ("date", "0001-01-01"),
        ("policy", "aegis2"),
        ("policy", "jury"),
        ("licenses", ["MIT", "CC0-1.0"]),
        ("licenses", []),
    ],
)
def test_form_takes_values_at_the_bounds(field, value):
    assert form(**{field: value}).is_valid()


@cases(
    ("field", "value"),
    [
        ("version", ""),
        ("version", "   "),
        ("version", "x" * 61),
        ("version", "a\0b"),
        ("train", "-0.1"),
        ("train", "100.1"),
        ("train", "nan"),
        ("train", "inf"),
        ("train", ""),
        ("train", "ninety"),
        ("validation", "1e400"),
        ("test", "-1"),
        ("seed", str(2**63)),
        ("seed", str(-(2**63) - 1)),
        ("seed", "1.5"),
        ("seed", ""),
        ("date", "2025-02-29"),
        ("date", "yesterday"),
        ("date", "2026-13-01"),
        ("policy", "majority"),
        ("policy", "coin"),
        ("licenses", ["GPL"]),
        ("licenses", [""]),
        ("licenses", ["mit"]),
    ],
)
def test_form_names_the_field_of_an_odd_value(field, value):
    filled = form(**{field: value})
    assert list(filled.errors) == [field]


def test_form_offers_the_projects_own_policy_first_and_once():
    choices = form().fields["policy"].choices
    assert choices[0] == ("", "The project's own: majority")
    assert [value for value, _ in choices[1:]] == ["aegis2", "certified", "human", "jury"]


def test_form_offers_no_empty_licence():
    assert [value for value, _ in form().fields["licenses"].choices] == ["MIT", "CC0-1.0"]


@cases(
    ("before", "after", "errors"),
    [("1", "2", []), ("2", "1", []), ("1", "1", []), ("3", "1", ["before"]), ("", "", ["before", "after"])],
)
def test_only_versions_that_there_are_can_be_compared(before, after, errors):
    filled = CompareForm({"before": before, "after": after}, versions=["1", "2"])
    assert list(filled.errors) == errors


def spec_errors(**body):
    serializer = ReleaseSpecSerializer(data={"version": "1.0"} | body)
    serializer.is_valid()
    return list(serializer.errors)


@cases(
    "body",
    [
        {"version": "x" * 60},
        {"policy": None},
        {"policy": "majority"},
        {"splits": [1, 0, 0]},
        {"splits": ["0.5", "0.25", 0.25]},
        {"seed": 2**63 - 1},
        {"seed": "7"},
        {"licenses": None},
        {"licenses": []},
        {"licenses": ["x" * 10_000]},
        {"date": None},
        {"date": "2024-02-29"},
        {"truncate": "yes"},
        {"unknown": 1},
    ],
)
def test_body_of_a_release_at_the_bounds(body):
    assert spec_errors(**body) == []


@cases(
    "body",
    [
        {"version": ""},
        {"version": None},
        {"version": "x" * 61},
        {"version": "a\0b"},
        {"version": ["1.0"]},
        {"version": True},
        {"policy": ""},
        {"policy": "coin"},
        {"splits": []},
        {"splits": [1, 0]},
        {"splits": [1, 0, 0, 0]},
        {"splits": [1.1, 0, 0]},
        {"splits": [-0.1, 1, 0.1]},
        {"splits": "0.9,0.04,0.06"},
        {"splits": None},
        {"splits": {"train": 1}},
        {"splits": ["a", 0, 0]},
        {"seed": 2**63},
        {"seed": 1.5},
        {"seed": "x"},
        {"seed": None},
        {"licenses": "MIT"},
        {"licenses": [""]},
        {"licenses": [None]},
        {"licenses": ["x" * 10_001]},
        {"date": "2025-02-29"},
        {"date": "2026-01-02T00:00:00Z"},
        {"date": 20260102},
        {"truncate": "perhaps"},
    ],
)
def test_body_of_a_release_names_the_field_of_an_odd_value(body):
    assert spec_errors(**body) == list(body)


def test_body_without_a_version_is_invalid():
    serializer = ReleaseSpecSerializer(data={})
    assert not serializer.is_valid()
    assert list(serializer.errors) == ["version"]


def test_body_becomes_a_spec():
    body = {
        "version": " 2 ",
        "splits": [0.5, 0.5, 0],
        "seed": 1,
        "licenses": [],
        "date": "2026-01-02",
        "truncate": True,
    }
    serializer = ReleaseSpecSerializer(data=body)
    assert serializer.is_valid()
    assert serializer.to_spec() == ReleaseSpec("2", (0.5, 0.5, 0.0), 1, None, "2026-01-02", truncate=True)


@cases(
    ("query", "errors"),
    [
        ({}, []),
        ({"format": "csv", "policy": "jury", "truncate": "1", "raw": "true"}, []),
        ({"format": "JSON"}, ["format"]),
        ({"format": ""}, ["format"]),
        ({"policy": "coin"}, ["policy"]),
        ({"truncate": "2"}, ["truncate"]),
        ({"raw": ""}, ["raw"]),
        ({"license": ["MIT", "x" * 10_001]}, ["license"]),
        ({"license": ["a\0"]}, ["license"]),
        ({"format": "xml", "raw": "no?"}, ["format", "raw"]),
        ({"format": "csv", "bom": "true"}, []),
        ({"format": "jsonl", "bom": "true"}, ["bom"]),
        ({"format": "csv", "raw": "true"}, []),
        ({"format": "parquet", "raw": "true"}, ["raw"]),
    ],
)
def test_options_of_an_export(query, errors):
    serializer = ExportSerializer(data=query)
    serializer.is_valid()
    assert list(serializer.errors) == errors


@pytest.fixture(scope="module")
def project(database, tmp_path_factory):
    """A project with one release, 1.0."""
    folder = tmp_path_factory.mktemp("project")
    made = decided_project(folder)
    assert command("release", "1.0", project=made.slug, out=folder / "out").code == 0
    return made


def test_plain_versions_are_taken_and_others_refused(project, tmp_path):
    plain = ("2", "x" * 60, "1..2", "2026-11-26", "v1.0+build_7", "0", "con2", "console", "com", "1.nul", "lpt0x")
    for version in plain:
        check_spec(project, ReleaseSpec(version), tmp_path / "new")
    elsewhere = ("", ".", "..", ".1", "a/b", "/", "/etc", "1/", "foo\\bar", "%2e%2e", "C:", "..%2f")
    odd = (
        "x" * 61,
        "漢字",
        "１",
        "1.0 ",
        " 1",
        "a b",
        "-",
        "-rf",
        "_1",
        "~",
        "1.0\n",
        "x\n y",
        'q"><img>',
        "a\0b",
        "1*",
    )
    of_windows = ("1.", "1.0.", "con", "CON", "nul.1", "Aux", "prn.txt", "COM1", "lpt9.0")
    for version in elsewhere + odd + of_windows:
        with pytest.raises(Refused, match=r"cannot be a version\. Take 1 to 60 of the letters A to Z"):
            check_spec(project, ReleaseSpec(version), tmp_path / "new")


def test_version_that_there_is_is_refused_and_is_free_elsewhere(project, tmp_path):
    with pytest.raises(Refused, match=r"has a release '1\.0' already; releases never change"):
        check_spec(project, ReleaseSpec("1.0"), tmp_path / "new")
    check_spec(make_project(), ReleaseSpec("1.0"), tmp_path / "new")


@pytest.mark.parametrize(
    "splits",
    [(1, 0, 0), (0, 0, 1), (0.9, 0.04, 0.06), (1 / 3, 1 / 3, 1 / 3), (0.1, 0.2, 0.7), (1, 5e-7, 0), (0.5, 0.5, -0.0)],
)
def test_shares_that_add_up_are_taken(project, tmp_path, splits):
    check_spec(project, ReleaseSpec("2", splits), tmp_path / "new")


@pytest.mark.parametrize(
    "splits",
    [
        (0, 0, 0),
        (1, 1, 1),
        (1, 0.00001, 0),
        (0.9, 0.04, 0.05),
        (1.5, -0.5, 0),
        (0, 2, -1),
        (NAN, 0.5, 0.5),
        (0.5, NAN, 0.5),
        (0.5, 0.5, NAN),
        (float("inf"), 0, 0),
        (float("inf"), float("-inf"), 1),
    ],
)
def test_shares_that_do_not_add_up_are_refused(project, tmp_path, splits):
    with pytest.raises(Refused, match="must be three shares from 0 to 1 that add up to 1"):
        check_spec(project, ReleaseSpec("2", splits), tmp_path / "new")


def test_empty_folder_is_taken_and_a_file_or_a_full_one_refused(project, tmp_path):
    spec = ReleaseSpec("2")
    (tmp_path / "empty").mkdir()
    check_spec(project, spec, tmp_path / "empty")
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("")
    for name, reason in (("file", "is a file"), ("full", "is not empty")):
        with pytest.raises(Refused, match=f"{name} {reason}"):
            check_spec(project, spec, tmp_path / name)


def test_folder_inside_another_release_is_refused(project, tmp_path):
    manifest = {"files": {}}
    Release.objects.create(project=project, version="0", folder=str(tmp_path / "0"), rows=1, manifest=manifest)
    for inside in ("sub", "sub/sub"):
        with pytest.raises(Refused, match="lies in the folder of the release 0, which never changes"):
            check_spec(project, ReleaseSpec("2"), tmp_path / "0" / inside)
    check_spec(project, ReleaseSpec("2"), tmp_path / "00")
    Release.objects.filter(project=project, version="0").delete()


def test_folder_is_named_after_project_and_version(project, settings):
    home = Path(settings.ASSIZE_HOME)
    assert folder_of(project, ReleaseSpec("2.0")) == home / "releases" / project.slug / "2.0"
    assert folder_of(project, ReleaseSpec("2.0", out=Path("/elsewhere"))) == Path("/elsewhere")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"splits": "nan,0.5,0.5"}, "add up to 1"),
        ({"splits": "1,0"}, "--splits"),
        ({"splits": "a,b,c"}, "--splits"),
        ({"date": "2026-13-01"}, "month must be in 1..12"),
        ({"date": "2026-02-30"}, "'2026-02-30': day"),
        ({"date": "tomorrow"}, "is not a day such as"),
        ({"out": " "}, "it is empty; name a folder"),
        ({"splits": "1,0,0,0"}, "--splits"),
        ({"date": "2026-1-2"}, "--date"),
        ({"date": "today"}, "--date"),
        ({"seed": "x"}, "--seed"),
        ({"license": ["GPL"]}, "Nothing under GPL is decided yet"),
        ({"license": ["GPL", "BSD"]}, "Nothing under"),
        ({"out": "/dev/null/x"}, "cannot be written"),
    ],
)
def test_command_refuses_odd_options(project, options, said):
    refused = command("release", "odd", project=project.slug, **options)
    assert (bool(refused.code), said in refused.stderr) == (True, True), refused.stderr
    assert not Release.objects.filter(project=project, version="odd").exists()


def test_failed_release_leaves_nothing_behind(project, tmp_path):
    before = set(tmp_path.iterdir())
    assert command("release", "none", project=project.slug, license=["GPL"], out=tmp_path / "out").code == 2
    assert set(tmp_path.iterdir()) == before


def test_two_workers_at_one_version_leave_one_whole_release(tmp_path):
    made = decided_project(tmp_path)
    results = at_once(*[lambda: make_release(project=made, spec=ReleaseSpec("1.0", out=tmp_path / "out"))] * 3)

    refusals = [result for result in results if isinstance(result, Refused)]
    assert (len(refusals), Release.objects.filter(project=made).count()) == (2, 1)
    assert all("already" in str(refusal) or "not empty" in str(refusal) for refusal in refusals), refusals
    assert verify(tmp_path / "out").differences == []
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_what_a_killed_process_left_does_not_stop_a_release(tmp_path):
    made = decided_project(tmp_path)
    old, new = (tmp_path / f".out.{name}.part" for name in (os.getpid(), "0123"))
    for left in (old, new):
        left.mkdir()
        (left / "train.json").write_text("[")
    os.utime(old, (0, 0))
    make_release(project=made, spec=ReleaseSpec("1.0", out=tmp_path / "out"))
    assert verify(tmp_path / "out").differences == []
    assert (old.exists(), new.exists()) == (False, True)  # the new one may be another worker's


def test_full_disk_is_told_leaves_nothing_and_the_release_can_be_made_again(tmp_path):
    made = decided_project(tmp_path)
    before = set(tmp_path.iterdir())
    with full_disk(2_000):
        full = command("release", "1.0", project=made.slug, out=tmp_path / "out")
    assert full.code == 2
    assert f"The release cannot be written to {tmp_path / 'out'}: File too large. Nothing is left of it." in full.stderr
    assert (set(tmp_path.iterdir()), Release.objects.filter(project=made).exists()) == (before, False)
    assert command("release", "1.0", project=made.slug, out=tmp_path / "out").code == 0
    assert verify(tmp_path / "out").differences == []


def test_release_as_routes_show_it(project):
    release = Release.objects.get(project=project)
    shown = as_release(release)
    assert (shown["version"], shown["rows"]) == ("1.0", 2)
    sizes = {file["name"]: file["bytes"] for file in shown["files"]}
    assert sizes["manifest.json"] is None  # which cannot hold its own size
    assert all(size > 0 for name, size in sizes.items() if name != "manifest.json")
    for file in shown["files"]:
        path = Path(release.folder) / file["name"]
        assert file["sha256"] == release.hashes[file["name"]]
        assert file["bytes"] in (None, path.stat().st_size)


def test_manifest_on_the_disk_is_the_one_stored(project):
    release = Release.objects.get(project=project)
    assert json.loads((Path(release.folder) / "manifest.json").read_bytes()) == release.manifest
    assert str(release) == f"{project.slug} 1.0"


@pytest.mark.parametrize("blocks", [[], [b""], [b"a"], [b"a", b"", b"bc"], [b"x" * 70_000] * 2])
def test_file_is_hashed_as_it_is_written(tmp_path, blocks):
    content = b"".join(blocks)
    assert write_file(tmp_path, "f", blocks) == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert (tmp_path / "f").read_bytes() == content
