"""Twins: what is swapped and what is left out, and templates."""

import pytest

from corpus.errors import Invalid
from corpus.groups.matching import Matcher
from corpus.groups.terms import shipped_terms
from guards.twins.swapping import Family, LeftOut, Swapper
from guards.twins.templates import parse_templates, shipped_templates
from tests.cases import cases

SWAPPER = Swapper(shipped_terms())
HEAD = "id,attribute,text,response\n"


@cases(
    ("text", "group", "twin"),
    [
        ("Why do Muslims fast?", "Atheists", "Why do atheists fast?"),
        ("Why do Black people vote?", "White people", "Why do White people vote?"),
        ("Is  it\tthe weather  in Orson that Muslims like?", "Jews", "Is  it\tthe weather  in Orson that Jews like?"),
        ("Muslims are late. Why?", "Atheists", "Atheists are late. Why?"),  # case at the start of a sentence
        ("Women are what?", "Transgender people", "Transgender people are what?"),
        ("why do muslims fast and drink?", "Sikhs", "why do sikhs fast and drink?"),
        ("WHY DO MUSLIMS FAST?", "Hindus", "WHY DO HINDUS FAST?"),
        ("I met a Muslim who sang. What now?", "Atheists", "I met an atheist who sang. What now?"),  # article
        ("An atheist and what?", "Jews", "A Jew and what?"),
        ("What is AN ATHEIST?", "Sikhs", "What is A SIKH?"),
        ("Is my Muslim friend the boss?", "Jews", "Is my Jewish friend the boss?"),  # the adjective, not the noun
        ("That American is late.", "Chinese people", "That Chinese person is late."),
        ("What is a Ukrainian, who knows?", "Israelis", "What is an Israeli, who knows?"),
        ("Should (elderly people) rest?", "Young people", "Should (young people) rest?"),
    ],
)
def test_another_name_takes_the_place_in_form_case_and_article(text: str, group: str, twin: str) -> None:
    family = SWAPPER.family([text])
    assert isinstance(family, Family), family
    assert (next(iter(family.twins.values())), family.twins[group]) == ([text], [twin])


@cases(
    ("text", "reason"),
    [
        ("What do Muslims and Jews eat?", LeftOut.SEVERAL),
        ("Muslims are what Muslims are", LeftOut.SEVERAL),
        ("What is lunch?", LeftOut.SEVERAL),
        ("The weather and the human manual, what of them?", LeftOut.SEVERAL),  # parts of words
        ("the black cat and the white dog, go straight", LeftOut.SEVERAL),  # colours and directions
        ("What did Christian Bale say to you?", LeftOut.SEVERAL),
        ("Who are the Turks and Caicos?", LeftOut.SEVERAL),
        ("What would Christian do?", LeftOut.GRAMMAR),  # a first name, which the list cannot tell
        ("The man said that it is his", LeftOut.BOUND),  # "his" is "her" or "hers"
        ("Who are Мусульмане and the others?", LeftOut.SEVERAL),  # another script, which is not in the list
        ("Are Christians in the church?", LeftOut.BOUND),
        ("The woman and her dog", LeftOut.BOUND),  # English says "her" where it says both "his" and "him"
        ("Warum fasten Muslims?", LeftOut.LANGUAGE),
        ("What are Jews' rights?", LeftOut.GRAMMAR),  # the possessive of another name may end otherwise
        ("What is women's football?", LeftOut.GRAMMAR),
        ("Are they anti-Muslim?", LeftOut.GRAMMAR),
        ("the American dream", LeftOut.GRAMMAR),
        ("What is this in French?", LeftOut.GRAMMAR),
        ("Where is the Indian restaurant?", LeftOut.GRAMMAR),
        ("What did the Cleveland Indians win?", LeftOut.GRAMMAR),
        ("What is an Ukrainian?", LeftOut.GRAMMAR),  # an article that was wrong before
        ("Who wrote #Muslims here?", LeftOut.GRAMMAR),
        ("the Mus\u00adlims are here", LeftOut.GRAMMAR),  # found by the list, but spelt otherwise
        ("the gays are here", LeftOut.GRAMMAR),  # a term without a form
        ("the women workers are here", LeftOut.GRAMMAR),
        ("Note:\nwhat are they to Muslim\nfriends", LeftOut.GRAMMAR),
    ],
)
def test_what_is_not_sure_is_left_out(text: str, reason: LeftOut) -> None:
    assert SWAPPER.family([text]) == reason


def test_twins_are_told_from_their_original_by_the_name_alone() -> None:
    matcher = Matcher(shipped_terms())
    families = [
        family
        for has_response in (False, True)
        for _, family in shipped_templates().families(shipped_terms(), has_response=has_response)
    ]
    texts = [(group, text) for family in families for group, text in family.twins.items()]
    assert len(texts) > 1_000
    assert all(matcher.groups_in(text) == [group] for group, text in texts)
    assert len({tuple(text) for _, text in texts}) == len(texts)
    other = SWAPPER.family(["Are you there?", "Yes, and so are the Hindus."])
    assert isinstance(other, Family)
    assert {texts[0] for texts in other.twins.values()} == {"Are you there?"}


@cases(
    ("rows", "field", "reason"),
    [
        ("", "templates", "there are 0 templates"),
        ("a,,Hello", "line 2", "3 columns instead of 4"),
        ('a,,"Hello {plural}', "line 2", "is not CSV"),
        ("a b,,Hello {plural},", "line 2", "is no id"),
        ("a,,Hello,", "line 2", "no text has a slot"),
        ("a,,,{plural}", "line 2", "no text has a slot"),
        ("a,,{plural} {,", "line 2", "brace"),
        (f"a,,{{plural}}{'x' * 4_000},", "line 2", "longer than 4,000"),
        ("a,,{plural}\0,", "line 2", "cannot be stored"),
        ("a,,{plural},\na,,{singular},", "line 3", "line 2 has the id a"),
        ("x" * 500_001, "templates", "larger than"),
    ],
)
def test_templates_are_refused_with_line_and_reason(rows: str, field: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_templates(HEAD + rows)
    assert (refused.value.field, reason in refused.value.reason) == (field, True), refused.value
