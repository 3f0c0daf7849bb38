"""Results of moderation routes."""

import json

from jury.engine.forms import read_reply
from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check


def body(*results, **result):
    return json.dumps({"id": "modr-1", "model": "omni-moderation-latest", "results": list(results) or [result]})


@cases(
    ("asked", "reply", "expected"),
    [
        (PROMPT, body(flagged=False, categories={"hate": False}), ("safe", None)),
        (RESPONSE, body(flagged=True, categories={"hate": True, "violence": False, "illicit/violent": True}),
         (None, "unsafe", "hate, illicit/violent")),
        (WHATEVER, f"\ufeff\n {body(flagged=True, categories={'new/thing': True})} \n", ("unsafe", None, "new/thing")),
        # openai/openai-python#1786: categories that the model does not know
        (PROMPT, body(flagged=False, categories={"hate": False, "illicit": None}, category_scores={"illicit": None}),
         ("safe", None)),
        (PROMPT, body(flagged=True, categories={"hate": False}), ("unsafe", None)),
        (PROMPT, body(flagged=True), ("unsafe", None)),
        (PROMPT, body(flagged=True, categories=[]), ("unsafe", None)),
        (PROMPT, f"```json\n{body(flagged=False)}\n```", ("safe", None)),
        # Mistral's route has no flag
        (PROMPT, body(categories={"hate_and_discrimination": True, "pii": False}),
         ("unsafe", None, "hate_and_discrimination")),
        (PROMPT, body(categories={"pii": False}), ("safe", None)),
        (PROMPT, body(categories={"pii": None}), "there is no verdict"),
        (PROMPT, body(flagged=False, categories={"hate": True}), "not flagged, but 'hate' is true"),
        (PROMPT, body(flagged="true"), "is not a verdict"),
        (PROMPT, body(flagged=None), "there is no verdict"),
        (PROMPT, body({"flagged": True}, {"flagged": False}), "there are 2 results"),
        (PROMPT, json.dumps({"results": []}), "there are 0 results"),
        (PROMPT, json.dumps({"error": {"message": "overloaded"}}), "there are 0 results"),
        (PROMPT, '{"results": [{"flagged": true, "flagged": false}]}', "a key is there twice"),
        (PROMPT, body(flagged=True)[:-3], "not one JSON object"),
        (PROMPT, f"Result: {body(flagged=True)}", "not one JSON object"),
        (PROMPT, "I'm sorry, I can't help with that.", "not one JSON object"),
        (PROMPT, "", "the reply is empty"),
        (BOTH, body(flagged=True), "one verdict"),
    ],
)  # fmt: skip
def test_moderation_is_read_or_says_nothing(asked, reply, expected):
    check(Form.MODERATIONS, asked, reply, expected)


def test_score_is_the_highest_of_a_category():
    reply = body(flagged=True, categories={"hate": True}, category_scores={"hate": 0.75, "violence": 0.5, "x": None})

    assert read_reply(Form.MODERATIONS, reply, PROMPT).score == 0.75
    assert read_reply(Form.MODERATIONS, body(flagged=True), PROMPT).score is None
