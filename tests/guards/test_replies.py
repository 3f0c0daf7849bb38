"""Replies that are written for training are read by the readers of their forms, as jurors and guards are read."""

from itertools import product
from pathlib import Path

import jury
from corpus.labels import FIELDS, OTHER, Field, normalize
from guards.training.example import Example
from guards.training.rendering import Renderer
from guards.training.replies import WRITERS
from jury.engine.forms import READERS, read_ballot, read_reply, with_codes
from jury.prompting import CATEGORIES, Form, Prompt, Question, Send

NAMES = ["Violence", "Guns and Illegal Weapons", "PII/Privacy"]
TAXONOMY = [
    {"slug": f"slug_{at}", "name": name, "code": f"S{at}", "definition": "…", "included": [], "excluded": []}
    for at, name in enumerate(NAMES, start=1)
]
NAMED = {each[key]: each["slug"] for each in TAXONOMY for key in ("name", "slug")}
SPELLINGS = with_codes(NAMED | {normalize(name): slug for name, slug in NAMED.items()}, TAXONOMY)
NAME_NONE = {
    "granite3-v1",
    "granite4-v1",
    "nemotron-reasoning-v1",
    "shieldgemma-turns-v1",
    "shieldgemma-v1",
    "wildguard-v1",
}
TURNS = [{"role": "user", "text": "What now?"}, {"role": "assistant", "text": "Lunch"}]


def prompts():
    """Return the prompt versions of jurors that come with the software, by name, but for moderation routes."""
    files = sorted((Path(jury.__file__).parent / "prompts").glob("*.toml"))
    found = {path.stem: Prompt.parse(path.read_text()) for path in files}
    return {
        name: prompt
        for name, prompt in found.items()
        if not prompt.form.is_generative and prompt.send != Send.MODERATIONS
    }


def example(field, label, names):
    turns = TURNS if field == "response_label" else TURNS[:1]
    return Example("a", Field(field), label, turns, tuple(names) if label == "unsafe" else ())


def test_every_form_that_is_read_can_be_written():
    assert set(WRITERS) == set(READERS) - {Form.MODERATIONS} == {prompt.form for prompt in prompts().values()}


def test_replies_to_every_prompt_version_are_read_as_they_were_meant():
    cases = product(prompts().items(), FIELDS, ("safe", "unsafe"), (NAMES[:1], NAMES, []))
    for (name, prompt), field, label, names in cases:
        row = Renderer(prompt, TAXONOMY).row(example(field, label, names), "completion")
        [reply] = row["completion"]
        reading = read_reply(prompt.form, reply["content"], (field,))
        assert reading.labels == {field: label}, (name, reply)
        asks = (field, CATEGORIES) if reading.categories else (field,)
        ballot = read_ballot(prompt.form, reply["content"], Question(asks), SPELLINGS)
        assert ballot.judgement is not None, (name, reply, ballot.reason)
        named = () if label == "safe" or name in NAME_NONE else names
        wanted = [TAXONOMY[NAMES.index(each)]["slug"] for each in named]
        assert list(ballot.judgement.categories) == wanted, (name, reply)


def test_our_own_form_says_something_of_what_no_category_names():
    other = {**TAXONOMY[0], "slug": OTHER, "name": "Other", "code": ""}
    spellings, asked = SPELLINGS | {"Other": OTHER, OTHER: OTHER}, Question(("prompt_label", CATEGORIES))
    for names, slugs in ((["Other"], (OTHER,)), ([*NAMES[:1], "Other"], ("slug_1", OTHER)), ([], (OTHER,))):
        row = Renderer(prompts()["full-policy-v2"], [*TAXONOMY, other]).row(
            example("prompt_label", "unsafe", names), "completion"
        )
        ballot = read_ballot(Form.OBJECT, row["completion"][0]["content"], asked, spellings)
        assert ballot.judgement is not None, ballot.reason
        assert (ballot.judgement.categories, bool(ballot.judgement.other_text)) == (slugs, True)


def test_categories_are_spelled_as_the_prompt_lists_them():
    def written(name):
        row = Renderer(prompts()[name], TAXONOMY).row(example("prompt_label", "unsafe", NAMES[1:]), "messages")
        return row["messages"][-1]["content"]

    assert written("llamaguard-v1") == "unsafe\nS2,S3"
    assert written("llamaguard-turns-v1") == "unsafe\nGuns and Illegal Weapons,PII/Privacy"
    assert written("safeguard-v1") == '{"violation":1,"policy_category":"S2,S3"}'
    assert written("polyguard-v1") == "Harmful request: yes\nRequest safety violations: S2,S3"
    assert written("wildguard-v1") == "Harmful request: yes"
    assert written("nemotron-v1") == "User Safety: unsafe\nSafety Categories: Guns and Illegal Weapons, PII/Privacy"
    assert written("nemotron-reasoning-v1") == "Prompt harm: harmful"
    assert written("qwen3guard-v1") == "Safety: Unsafe\nCategories: Guns and Illegal Weapons, PII/Privacy"
    assert (written("granite4-v1"), written("shieldgemma-v1")) == ("<score>yes</score>", "Yes")
    assert written("full-policy-v2") == '{"prompt_label":"unsafe","categories":["slug_2","slug_3"],"other_text":""}'


def test_category_that_the_taxonomy_no_longer_has_keeps_its_name():
    row = Renderer(prompts()["llamaguard-v1"], TAXONOMY).row(
        example("prompt_label", "unsafe", ["Old one"]), "completion"
    )
    assert row["completion"][0]["content"] == "unsafe\nOld one"
