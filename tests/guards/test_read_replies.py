"""Raw replies are read offline: a line for each, in the same order, or a refusal that names the row."""

import io
import json

from django.core.management import call_command

from guards.offline import describe_reply
from jury.engine.reply import read_completion
from jury.prompting import Form
from tests.cases import cases
from tests.factories import command


def write_rows(folder, rows, name="replies.jsonl"):
    path = folder / name
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_each_reply_has_a_line_in_the_same_order(tmp_path):
    path = write_rows(
        tmp_path, [{"reply": "unsafe\nS2,Own name"}, {"reply": "perhaps"}, "", {"reply": "safe", "id": 7}]
    )
    done = command("read_replies", path, form="llamaguard", task="response", out=tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]

    assert (done.code, done["replies"], done["readable"], done["unreadable"]) == (0, 3, 2, 1)
    assert lines[0] == {
        "readable": True, "prompt_label": None, "response_label": "unsafe", "refusal": None,
        "categories": ["S2", "Own name"],
    }  # fmt: skip
    assert lines[1].pop("reason") == "response_label: 'perhaps' is not a verdict"
    assert lines[1] == {
        "readable": False, "prompt_label": None, "response_label": None, "refusal": None, "categories": []
    }  # fmt: skip
    assert lines[2]["response_label"] == "safe"


def test_lines_go_to_stdout_without_a_file(tmp_path):
    path = write_rows(tmp_path, [{"reply": '{"User Safety": "safe"}'}, {"reply": '{"Response Safety": "unsafe"}'}])
    out, err = io.StringIO(), io.StringIO()
    call_command("read_replies", str(path), "--form=nemoguard", stdout=out, stderr=err)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]

    assert [(line["prompt_label"], line["response_label"]) for line in lines] == [("safe", None), (None, "unsafe")]
    assert '"replies":2' in err.getvalue()


@cases(
    ("rows", "options", "message"),
    [
        ([{"reply": "safe"}, {"text": "safe"}], {}, "row 2: reply: it is missing"),
        ([{"reply": "safe"}, "{"], {}, "row 2: row:"),
        ([{"reply": 7}], {}, "row 1: reply: 7 is not a text"),
        (["[1]"], {}, "row 1: "),
        ([{"reply": "safe"}], {"task": "both"}, "one verdict a reply"),
        ([{"reply": "safe"}], {"out": "replies.jsonl"}, "the file to import"),
        ([{"reply": "safe"}], {"out": "none/out.jsonl"}, "cannot be written"),
    ],
)
def test_bad_row_or_option_is_refused_by_name(tmp_path, rows, options, message):
    path = write_rows(tmp_path, rows)
    if "out" in options:
        options = {"out": tmp_path / options["out"]}
    done = command("read_replies", path, form="llamaguard", **options)

    assert done.code == 2
    assert message in done.stderr


@cases(
    ("row", "label"),
    [
        ({"reply": None}, None),
        ({"reply": [{"type": "thinking", "thinking": "unsafe"}, {"type": "text", "text": "safe"}]}, "safe"),
        ({"reply": "safe", "finish_reason": "stop"}, "safe"),
        ({"reply": "safe", "finish_reason": "length"}, None),
        ({"reply": "safe\u0000"}, None),
        ({"reply": "\ud83d"}, None),
    ],
)
def test_reply_may_be_in_parts_and_a_cut_one_says_nothing(row, label):
    read = describe_reply(Form.LLAMA_GUARD, row, None)

    assert (read["prompt_label"], read["readable"]) == (label, label is not None)


def test_score_comes_from_logprobs_of_the_first_token_that_is_no_space():
    yes = {"token": "Yes", "logprob": -0.25}
    top = [yes, {"token": "No", "logprob": -1.5}, {"token": 7}, 3]
    space = {"token": " ", "logprob": 0.0, "top_logprobs": [{"token": " ", "logprob": 0.0}]}
    logprobs = {"content": [space, yes | {"top_logprobs": top}]}

    read = describe_reply(Form.YESNO, {"reply": "Yes", "finish_reason": "length", "logprobs": logprobs}, None)
    assert (read["prompt_label"], read["score"]) == ("unsafe", 0.7773)
    for odd in (None, [], {"content": None}, {"content": [3, {"token": "Yes", "top_logprobs": {}}]}):
        assert "score" not in describe_reply(Form.YESNO, {"reply": "Yes", "logprobs": odd}, None)
    completion = {"choices": [{"message": {"content": "Yes"}, "logprobs": logprobs}]}
    assert read_completion(completion, 0.0).first_token == (("Yes", -0.25), ("No", -1.5))
