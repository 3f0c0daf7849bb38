"""The definitions of known benchmarks, on the files they are made for."""

import gzip

import pytest

from corpus.errors import Refused
from corpus.importing.limits import Limits
from guards.benchmarks.definition import find_definition, known_definitions
from guards.benchmarks.reading import file_hash, read_cases

FILES = {
    "xstest": ("xstest/xstest_prompts.csv.gz", 450, 200),
    "hatecheck": ("hatecheck/test_suite_cases.csv.gz", 3728, 2563),
    "hatemojicheck": ("hatemojicheck/test.csv.gz", 3930, 2654),
    "openai_moderation": ("openai_moderation/samples.jsonl.gz", 1572, 414),
    "simplesafetytests": ("simplesafetytests/test_cases.csv.gz", 80, 80),
    "ailuminate_demo": ("ailuminate_demo/airr_official_1.0_demo_en_us_prompt_set_release.csv.gz", 1092, 0),
    "coconot_contrast": ("coconot/coconot_contrast_eval.jsonl.gz", 379, 0),
    "diasafety": ("diasafety/test.json.gz", 1089, 497),
}
FILTERED = {"openai_moderation", "simplesafetytests", "ailuminate_demo", "diasafety"}
LANGUAGES = ("ar", "nl", "fr", "de", "hi", "it", "zh", "pl", "pt", "es")


def file_of(folder, name):
    """Return the file of a known benchmark, with its rows and positives."""
    if name in FILES:
        path, rows, positives = FILES[name]
        return folder / "benchmarks" / path, rows, positives
    known = find_definition(name)
    path = folder / "benchmarks" / "multilingual_hatecheck" / f"{known.path.rpartition('/')[2]}.gz"
    return path, known.expected.rows, known.expected.positives


@pytest.mark.parametrize("name", [*FILES, *(f"multilingual_hatecheck-{code}" for code in LANGUAGES)])
def test_known_file_has_the_published_counts(real_data, name):
    path, rows, positives = file_of(real_data, name)
    known = find_definition(name)
    cases = [case for _, case in read_cases(path, known, Limits())]
    assert (len(cases), sum(case.is_unsafe is True for case in cases)) == (rows, positives)
    if name not in FILTERED:
        assert (known.expected.rows, known.expected.positives) == (rows, positives)
        assert known.expected.sha256 in ("", file_hash(path))


def test_marks_are_read_where_a_benchmark_has_them(real_data):
    path, *_ = file_of(real_data, "hatecheck")
    cases = [case for _, case in read_cases(path, find_definition("hatecheck"), Limits())]
    assert len({case.group for case in cases} - {""}) == 7
    assert len({case.kind for case in cases}) == 29
    assert {case.language for case in cases} == {"en"}
    assert all(case.pair.isdecimal() for case in cases if case.group)
    assert len({case.id for case in cases}) == len(cases)


def test_every_definition_can_be_read_and_says_where_its_file_is():
    known = known_definitions()
    assert len(known) == 28
    for each in known.values():
        assert each.title, each.name
        assert each.repository, each.name
        assert each.licence, each.name
        assert each.needed_columns, each.name


def test_unknown_benchmark_names_the_known_ones():
    with pytest.raises(Refused, match=r"aegis1, .*xstest_response"):
        find_definition("xtest")


def test_hash_is_of_the_unpacked_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"abc")
    (tmp_path / "packed").write_bytes(gzip.compress(b"abc"))
    assert file_hash(tmp_path / "plain") == file_hash(tmp_path / "packed")
