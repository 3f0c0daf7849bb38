"""Identity groups: the list of terms and what it refuses, what texts name, and the search in a project's dialogues."""

from pathlib import Path

import pytest

from corpus.actions import find_groups
from corpus.errors import Invalid
from corpus.groups.matching import Matcher
from corpus.groups.terms import parse_terms, shipped_terms
from corpus.groups.words import words_of
from corpus.models import Event, GroupSearch, ItemGroups, Project
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, make_project

HEAD = "attribute,group,language,form,term\n"
OWN = (
    HEAD
    + "# neighbours\nstreet,Gardeners,en,plural,gardeners\nstreet,Bakers,en,plural,bakers\n,,en,ignore,bakers yeast\n"
)
SHIPPED = Matcher(shipped_terms())


@cases(
    ("text", "groups"),
    [
        ("African-American men", ["Black people", "Men"]),
        ("She is AMERICAN.", ["Americans"]),  # a pronoun names no group
        ("Native American food", ["Indigenous people"]),  # the longest term counts
        ("women's rights, men", ["Men", "Women"]),
        ("Die Jüdischen Nachbarn; los MUSULMANES", ["Jews", "Muslims"]),
        ("juifs etre\u0301e judi\u0301o", ["Jews"]),  # accents of their own
        ("Mus\u00adlim \u200bＨindu", ["Hindus", "Muslims"]),  # invisible and wide characters
        ("non\u2011Muslim", ["Muslims"]),
        ("a hit-man, a Mustang, gayle, women_s", ["Men", "Women"]),
        ("It has a blind spot. Blind people know it.", ["Blind people"]),
        ("blind spot", []),
        ("Are they old? People say so.", []),  # a sign between the words of a term
        ("Are they old - people say so", ["Old people"]),
        ("", []),
        ("|||", []),
    ],
)
def test_texts_name_groups_by_whole_words(text: str, groups: list[str]) -> None:
    assert SHIPPED.groups_in([text]) == groups


def test_terms_of_scripts_without_blanks_are_found_inside_a_sentence() -> None:
    found = Matcher(parse_terms(HEAD + "religion,Muslims,zh,,穆斯林\nreligion,Hindus,hi,,हिन्दू"))
    assert found.groups_in(["那位穆斯林先生", "एक हिन्दू मित्र"]) == ["Hindus", "Muslims"]


@cases("text", ["Plain - words, and_more", "a'b | c", "tab\tand\nline", "CAPITAL—dash"])
def test_ascii_and_other_texts_are_cut_alike(text: str) -> None:
    assert words_of(text) == words_of(text + " ω")[:-1]


@cases(
    ("rows", "field", "reason"),
    [
        ("", "terms", "no line names a group"),
        ("religion,Muslims,en,bound,mosque", "terms", "no line names a group"),
        ("religion,Muslims,en,Muslim", "line 2", "4 columns instead of 5"),
        ('religion,"Muslims,en,,x', "line 2", "is not CSV"),
        ("religion,,en,,Muslim", "line 2", "attribute and group are missing"),
        ("religion,Muslims,English,,Muslim", "line 2", "no code of a language"),
        ("religion,Muslims,en,,'!'", "line 2", "no letter or digit"),
        (f"religion,Muslims,en,,{'x' * 101}", "line 2", "longer than 100 characters"),
        ("religion,Muslims,en,,a\0b", "line 2", "cannot be stored"),
        ("a,G,en,,ones\nb,G,en,,others", "line 3", "a group of a already"),
        ("a,G,en,,Polish\na,H,de,,polish", "line 3", "names 'G' in line 2"),
        ("a,G,en,,ones\n,,en,ignore,ones", "line 3", "names 'G' in line 2"),
        ("a,G,en,ignore,ones", "line 2", "is of no group"),
        ("\n".join(f"a,G{n},en,,t{n}" for n in range(201)), "terms", "200 are the most"),
        ("a,G,en,,t\n" * 5_001, "terms", "5,000 are the most"),
        ("#" * 500_001, "terms", "larger than 500,000 bytes"),
    ],
)
def test_lists_are_refused_with_line_and_reason(rows: str, field: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_terms(HEAD + rows)
    assert (refused.value.field, reason in refused.value.reason) == (field, True), refused.value


def test_a_list_is_read_as_it_was_written() -> None:
    terms = shipped_terms()
    assert parse_terms(terms.csv) == terms
    assert parse_terms("\ufeff" + terms.csv.replace("\n", "\r\n")).sha256 == terms.sha256
    with pytest.raises(Invalid, match="must name the columns"):
        parse_terms("group,term\nG,t")


def groups_of(project: Project) -> dict[str, tuple[list[str], list[str], int | None, int]]:
    """Return what each item names, by its id."""
    rows = ItemGroups.objects.filter(project=project)
    found = rows.values_list("item__external_id", "prompt", "response", "prompt_length", "response_length")
    return {name: (prompt, response, *lengths) for name, prompt, response, *lengths in found}


def test_attribute_that_begins_like_a_comment_stays() -> None:
    written = f'{HEAD}"#tag",Group,en,plural,word\n# a comment\nage,Old,en,plural,elders\n'
    terms = parse_terms(written)
    assert [term.attribute for term in terms.terms] == ["#tag", "age"]
    assert parse_terms(terms.csv) == terms


def test_search_stores_what_dialogues_name_and_is_done_once(tmp_path: Path) -> None:
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a", response=False, text="Do bakers sleep?"), dialogue("b")])
    found = command("group_terms", project=project)
    assert (found["version"], found["items"], found["named"], found["withheld"]) == (0, 2, 0, 0)
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    found = command("group_terms", project=project, set=path, note="Ours.")
    assert (found["version"], found["terms"], found["groups"], found["named"]) == (1, 3, 2, 1)
    assert groups_of(project)["a"] == (["Bakers"], [], len("Do bakers sleep?"), 0)
    searched_at = GroupSearch.objects.get(project=project).searched_at
    assert find_groups(project=project).searched_at == searched_at  # nothing is new
    import_dialogues(project, tmp_path, [dialogue("c", response=False, text="Bakers' yeast and GARDENERS")])
    assert command("group_terms", project=project)["named"] == 2
    assert groups_of(project)["c"][0] == ["Bakers", "Gardeners"]
    event = Event.objects.get(project=project, verb="group_terms.changed")
    assert (event.subject, event.detail["terms"], event.detail["note"]) == ("1", 3, "Ours.")


def test_bad_and_repeated_lists_change_nothing(tmp_path: Path) -> None:
    project, path = make_project(), tmp_path / "own.csv"
    path.write_text(OWN.replace("street,Bakers", "city,Gardeners"))
    refused = command("group_terms", project=project, set=path, note="x")
    assert (refused.code, "line 4" in refused.stderr) == (2, True)
    path.write_text(OWN)
    assert "say what changed" in command("group_terms", project=project, set=path).stderr
    path.write_bytes("é".encode("latin-1"))
    assert "UTF-8" in command("group_terms", project=project, set=path, note="x").stderr
    assert command("group_terms", project=project, set=tmp_path / "none.csv", note="x").code == 2
    assert "nothing was changed" in command("group_terms", project=project, reset=True).stderr
    out = tmp_path / "out.csv"
    assert command("group_terms", project=project, out=out)["version"] == 0
    assert out.read_text() == shipped_terms().csv
