"""How probable jurors find their verdicts: read from logprobs of any form, stored, shown and released."""

import json
import math
import re

import pyarrow.parquet as pq
import pytest

from corpus.errors import Invalid, Refused
from jury import actions
from jury.engine.forms import read_reply
from jury.engine.logprobs import read_tokens
from jury.engine.verdict_probability import probabilities_of_unsafe
from jury.models import Juror
from jury.prompting import Form
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, import_votes, opinion
from tests.jury.factories import add_generator, add_jurors, project_with_items
from tests.jury.scripted import VERDICT, completion, scripted_endpoint
from tests.jury.test_guard_jurors import add_guard, ballots, convene

PROMPT, RESPONSE, BOTH = ["prompt_label"], ["response_label"], ["prompt_label", "response_label"]
OTHERS = {
    "unsafe": ["safe"], "safe": ["unsafe"], "yes": ["no"], "no": ["yes"], "Yes": ["No"], "No": ["Yes"],
    "harmful": ["un"], "unharmful": ["harm"], "1": ["0"], "0": ["1"],
}  # fmt: skip
"What may stand in the place of a word."


def token(text, *others, chance=0.9):
    """Return a token of logprobs; the others share what it leaves."""
    chances = [(text, chance), *((other, (1 - chance) / len(others)) for other in others)]
    top = [{"token": each, "logprob": math.log(of)} for each, of in chances]
    return {"token": text, "logprob": top[0]["logprob"], "bytes": None, "top_logprobs": top}


def logprobs_of(text):
    """Return the logprobs of a text, with another candidate for each word that has one."""
    return {"content": [token(each, *OTHERS.get(each.strip(), ())) for each in re.findall(r" ?\w+|\W", text)]}


def labels_of(form, text, asked):
    try:
        return read_reply(form, text, asked).labels
    except Invalid:
        return {}


def probabilities(form, text, asked, logprobs):
    said = labels_of(form, text, asked)
    found = probabilities_of_unsafe(read_tokens(logprobs), said, lambda other: labels_of(form, other, asked))
    return {field.value: round(value, 6) for field, value in found.items()}


@cases(("form", "text", "asked", "found"), [
    ("llamaguard", "\n\nunsafe\nS1", PROMPT, [0.9]),
    ("llamaguard", "safe", PROMPT, [0.1]),
    ("lines", "User Safety: safe\nResponse Safety: unsafe\nSafety Categories: Threat", BOTH, [0.1, 0.9]),
    ("harm", "<think>Safe, yes.</think>\nPrompt harm: unharmful\nResponse harm: harmful", BOTH, [0.1, 0.9]),
    ("wildguard", "Harmful request: no\nResponse refusal: no\nHarmful response: yes", BOTH, [0.1, 0.9]),
    ("granite", "<think>\n</think>\n<score> yes </score>", RESPONSE, [0.9]),
    ("yesno", "Yes", RESPONSE, [0.9]),
    ("yesno", "No. It is safe.", RESPONSE, [0.1]),
    ("policy", '{"violation": 1, "policy_category": "S1"}', RESPONSE, [0.9]),
    ("policy", "0", PROMPT, [0.1]),
    ("qwen3guard", "Safety: Unsafe\nCategories: PII\nRefusal: No".lower(), RESPONSE, [0.9]),
    ("nemoguard", '{"User Safety": "unsafe", "Response Safety ": "safe"}', BOTH, [0.9, 0.1]),
    ("object", json.dumps(VERDICT | {"rationale": "unsafe? safe!", "response_label": "unsafe"}), BOTH, [0.1, 0.9]),
])  # fmt: skip
def test_probability_is_read_at_the_verdict_of_every_form(form, text, asked, found):
    assert probabilities(Form(form), text, asked, logprobs_of(text)) == dict(zip(asked, found, strict=True))


def test_a_verdict_that_is_neither_has_no_probability():
    text = "Safety: Controversial\nCategories: PII\nRefusal: No"
    assert probabilities(Form.QWEN3GUARD, text, RESPONSE, logprobs_of(text)) == {}
    text = json.dumps(VERDICT | {"prompt_label": "needs_caution"})
    assert probabilities(Form.OBJECT, text, BOTH, logprobs_of(text)) == {"response_label": 0.1}


# OpenAI's structured outputs were seen with the candidates of another token (openai-python, issue 2227).
SHIFTED = {"token": "safe", "logprob": -9999.0, "top_logprobs": [{"token": '":', "logprob": 0.0}]}
UNSURE = [{"token": "safe", "logprob": math.log(0.6)}, {"token": "maybe", "logprob": math.log(0.1)}]
CERTAIN = [{"token": "safe", "logprob": 0.5}, {"token": "unsafe", "logprob": -math.inf}]


@cases(("content", "found"), [
    ([token("safe", "unsafe", chance=0.75)], 0.25),
    ([SHIFTED], None),
    ([{"token": "safe", "top_logprobs": None}], None),
    ([{"token": "safe", "top_logprobs": [{"token": "safe", "logprob": math.nan}]}], None),
    ([{"token": "safe", "top_logprobs": [{"token": 7}, 3, {"token": "safe", "logprob": "0"}]}], None),
    ([token("unsafe", "safe")], None),  # another text than the reply
    ([token("sa", "uns"), token("fe")], 0.1),
    ([token("▁safe", "▁unsafe", "▁Unsafe", "▁UNSAFE")], 0.1),
    ([{"token": "safe", "top_logprobs": UNSURE}], 0.142857),  # unsafe: no more than the last candidate
    ([token("safe", "a", "b", chance=0.98)], 0.0),  # there is no probability left for others
    ([token("safe", chance=1.0)], 0.0),
    ([{"token": "safe", "top_logprobs": CERTAIN}], 0.0),
    ([3], None),
    (None, None),
    ({}, None),
    ([], None),
])  # fmt: skip
def test_what_the_candidates_do_not_say_is_not_guessed(content, found):
    said = probabilities(Form.LLAMA_GUARD, "safe", PROMPT, {"content": content})
    assert said == ({} if found is None else {"prompt_label": found})


TWO = "Prompt harm: harmful\nResponse harm: harmful"
PROSE = "Prompt harm: harmful\n" + "It is not safe. "


@cases(("text", "asked", "most", "found"), [
    ("<think>" + "safe or unsafe? " * 10_000 + "</think>\nPrompt harm: harmful", PROMPT, 3, [0.9]),
    ("<think>" + "safe or unsafe? " * 100 + "</think>\n" + TWO, BOTH, 3, [0.9, 0.9]),
    (PROSE + "It is not safe. " * 1000, PROMPT, 20, []),
    (PROSE + "It is not safe. " * 20, PROMPT, 50, [0.9]),
])  # fmt: skip
def test_a_long_answer_is_not_read_again_for_each_of_its_words(text, asked, most, found):
    reads = []

    def read(other):
        reads.append(len(other))
        return labels_of(Form.HARM, other, asked)

    said = probabilities_of_unsafe(read_tokens(logprobs_of(text)), labels_of(Form.HARM, text, asked), read)
    assert len(reads) <= most
    assert said == dict(zip(asked, map(pytest.approx, found), strict=False))


def test_probabilities_are_asked_for_stored_shown_and_released(stub_url, tmp_path):
    project = project_with_items(tmp_path, 4)
    add_jurors(project, stub_url, "stub-0.9:sure", probability="yes")
    add_jurors(project, stub_url, "stub-0.9:steady", "stub-0.8:steady")
    convene(project)
    sure = Juror.objects.get(project=project, model="stub-0.9:sure")
    given = {each.item.external_id: each for each in ballots(project) if each.juror_id == sure.pk}

    assert len(given) == 4
    for ballot in given.values():
        for part in ("prompt", "response"):
            label, chance = getattr(ballot, f"{part}_label"), getattr(ballot, f"{part}_probability")
            assert (chance is None) is (label is None)
            assert label is None or (0.5 <= chance <= 1 if label == "unsafe" else 0 <= chance <= 0.5)
    others = [each for each in ballots(project) if each.juror_id != sure.pk]
    assert {each.prompt_probability for each in others} == {None}

    lead = Visitor(project, "lead")
    page = lead.get(f"jury/ballots/{given['i001'].pk}/").content.decode()
    assert f"{given['i001'].prompt_probability:.4f}" in page
    assert "probability of unsafe" not in lead.get(f"jury/ballots/{others[0].pk}/").content.decode()
    import_votes(project, tmp_path, [opinion(name, "ann", "safe") for name in given])
    out = tmp_path / "release"
    made = command("release", "1.0", project=project.slug, out=out)
    assert made.code == 0, made.stderr
    rows = pq.read_table(out / "votes.parquet").to_pylist()
    assert {row["item"]: row["prompt_probability"] for row in rows if row["model"] == "stub-0.9:sure"} == {
        name: each.prompt_probability for name, each in given.items()
    }
    assert {row["prompt_probability"] for row in rows if row["model"] != "stub-0.9:sure"} == {None}
    assert command("verify_release", out).code == 0


def test_reply_without_logprobs_is_a_ballot_that_is_not_repeated_where_one_is_wanted(tmp_path):
    project = project_with_items(tmp_path, 1)
    has_logprobs = False

    def answer(request, _number):
        more = {"logprobs": logprobs_of("safe")} if has_logprobs and "logprobs" in request else {}
        return 200, completion("safe", **more)

    with scripted_endpoint(answer) as (endpoint, url):
        add_guard(project, url, "llamaguard-turns-v1", name="plain")
        asking = add_guard(project, url, "llamaguard-turns-v1", name="a", probability="yes")
        convene(project)
        bodies = [(call.get("logprobs"), call.get("top_logprobs")) for call in endpoint.calls]
        assert sorted(bodies, key=str) == [(None, None), (True, 5)]
        assert [(each.prompt_label, each.prompt_probability) for each in ballots(project)] == [("safe", None)] * 2
        silent = next(each for each in ballots(project) if each.juror_id == asking.pk)
        assert "the reply does not say" in Visitor(project, "lead").get(f"jury/ballots/{silent.pk}/").content.decode()
        has_logprobs = True
        for name in ("b", "c"):
            add_guard(project, url, "llamaguard-turns-v1", name=name, probability="yes")
            convene(project)
            assert len(endpoint.calls) == 3, name
    found = {each.juror.name: each.prompt_probability for each in ballots(project)}
    assert found == {"plain": None, "a": None, "b": pytest.approx(0.1), "c": pytest.approx(0.1)}


def test_own_candidates_of_a_prompt_are_kept_and_who_cannot_say_is_refused(tmp_path):
    project = project_with_items(tmp_path, 1)
    logprobs = {"content": [token("Yes", "No", chance=0.8)]}
    with scripted_endpoint(lambda *_: (200, completion("Yes", logprobs=logprobs))) as (endpoint, url):
        gemma = add_guard(project, url, "shieldgemma-v1", name="gemma", probability="yes")
        convene(project)
        writer = add_generator(project, url)
        moderator = add_guard(project, url, "moderations-v1", name="moderator")
    assert [(call["logprobs"], call["top_logprobs"]) for call in endpoint.calls] == [(True, 10)]
    assert [each.prompt_probability for each in ballots(project)] == [pytest.approx(0.8)]
    for juror, why in ((writer, "a generator"), (moderator, "a moderation route"), (gemma, "answers of")):
        with pytest.raises(Refused, match=why):
            actions.change_juror(juror=juror, asks_probability=not juror.asks_probability)
