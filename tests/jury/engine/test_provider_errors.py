"""What errors and finish reasons of providers mean, in the shapes that they send and users report."""

import pytest
from httpx2 import ReadError

from jury.engine.batch_endpoint import read_result
from jury.engine.model_client import unusable_outcome
from jury.engine.provider_errors import read_reply, status_error, words_of
from jury.engine.reply import AccessRefused, Billing, Declined, Reply, RetryableError, Unavailable
from jury.engine.sdk import classify_error
from tests.cases import cases


def error(**fields):
    return {"error": fields}


FILTERS = [
    (400, error(code="content_filter", message="The response was filtered")),
    (400, error(code="content_policy_violation", message="no")),
    (400, error(message="filtered", code="invalid_prompt", innererror={"code": "ResponsibleAIPolicyViolation"})),
    (400, error(message="Invalid prompt: flagged as potentially violating our usage policy.", code="invalid_prompt")),
    (
        400,
        error(
            message="Invalid prompt: we've limited access to this content for safety reasons.", code="invalid_prompt"
        ),
    ),
    (400, error(message="no", type="content_filter_error", code="moderation_blocked")),
    (403, error(code=403, message="flagged", metadata={"reasons": ["harassment"], "flagged_input": "tea"})),
    (403, {"code": "no permission", "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_X"}),
    (400, error(code="data_inspection_failed", message="Input data may contain inappropriate content.")),
    (400, {"code": "DataInspectionFailed", "message": "no"}),
    (400, error(message="Content Exists Risk", type="invalid_request_error", code="invalid_request_error")),
    (400, error(message="The request was rejected because it was considered high risk", type="content_filter")),
    (400, error(code="1301", message="sensitive")),
    (400, error(message="litellm.ContentPolicyViolationError", type="ContentPolicyViolationError")),
    (400, [{"error": {"code": 400, "status": "PROHIBITED_CONTENT", "message": "blocked"}}]),
    (400, error(message="x", type="guardrail_intervened")),
    (446, error(message="The guardrail checks failed", type="hooks_failed", code=None)),
    (500, error(code="content_filter", message="x")),
]
NO_ACCESS = [
    (401, error(message="Incorrect API key provided")),
    (402, error(message="Insufficient Balance")),
    (403, error(message="Your account is flagged", code="forbidden")),
    (403, "<html><title>403 Forbidden</title></html>"),
    (404, error(message="The model `x` does not exist", code="model_not_found")),
    (404, {"detail": "Not Found"}),
    (405, {"detail": "Method Not Allowed"}),
    (307, ""),
    (429, error(message="You exceeded your current quota.", type="insufficient_quota", code="insufficient_quota")),
    (429, error(message="suspended", type="exceeded_current_quota_error")),
    (400, error(type="invalid_request_error", message="Your credit balance is too low to access the API.")),
    (400, error(code="Arrearage", message="Access denied")),
    (400, [{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid.",
                      "details": [{"reason": "API_KEY_INVALID", "domain": "x"}]}}]),
]  # fmt: skip
RETRIED = [
    (429, error(message="Rate limit reached", code="rate_limit_exceeded", type="tokens"), Billing.NOT_A_CALL),
    (429, error(code=429, status="RESOURCE_EXHAUSTED", message="You exceeded your current quota"), Billing.NOT_A_CALL),
    (429, error(code="1302", message="too fast"), Billing.NOT_A_CALL),
    (503, error(message="The model is overloaded"), Billing.NOT_A_CALL),
    (529, error(type="overloaded_error", message="Overloaded"), Billing.FREE),
    (500, error(message="The server had an error"), Billing.FREE),
    (502, "Bad Gateway", Billing.UNKNOWN),
    (504, "", Billing.UNKNOWN),
    (408, {}, Billing.FREE),
]
FINAL = [
    (400, error(message="Unsupported parameter: 'max_tokens'", code="unsupported_parameter")),
    (400, error(message="maximum context length is 4096 tokens", code="context_length_exceeded")),
    (400, error(message="Invalid prompt: messages must not be empty", code="invalid_prompt")),
    (413, "too large"),
    (418, error(message="teapot!")),
    (422, {"error": "Input validation error: too long", "error_type": "validation"}),
]


def test_errors_of_content_filters_decline():
    for status, body in FILTERS:
        meant = status_error(status, body)
        assert isinstance(meant, Declined), (status, body)
        assert str(meant).startswith("filtered by the endpoint: "), body


def test_errors_of_no_access_stop_the_juror():
    for status, body in NO_ACCESS:
        meant = status_error(status, body)
        assert (type(meant), meant.billing) == (AccessRefused, Billing.FREE), (status, body)
        assert words_of(body) in str(meant), body


def test_other_errors_are_retried_or_final():
    for status, body, billing in RETRIED:
        meant = status_error(status, body)
        assert (type(meant), meant.billing) == (RetryableError, billing), (status, body)
    for status, body in FINAL:
        assert type(status_error(status, body)) is Unavailable, (status, body)


@cases(
    ("body", "words"),
    [
        ({"error": "plain"}, "plain"),
        (error(message="in an object"), "in an object"),
        ({"detail": "of FastAPI"}, "of FastAPI"),
        ({"detail": [{"loc": ["body", "n"], "msg": "too big"}, {"msg": "too small"}]}, "too big; too small"),
        ({"message": "of a gateway"}, "of a gateway"),
        ({"object": "error", "message": "of vLLM", "code": 400}, "of vLLM"),
        ([{"error": {"message": "of Gemini"}}], "of Gemini"),
        ({"errors": [{"message": "one"}, "two"]}, "one; two"),
        (error(message="Provider returned error", metadata={"raw": "try later"}), "Provider returned error: try later"),
        (error(message="x", metadata={"raw": '{"error": {"message": "no json"}}'}), "x: no json"),
        (error(message="x", metadata={"raw": "[" * 5000}), "x: " + "[" * 297),
        ("<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway"),
        ("<p>gone</p>", "gone"),
        (error(message=["a", {"message": "b"}]), "a; b"),
        (error(message="a\ud83d\0\n b"), "a�� b"),
        (error(message=None, code=None), ""),
        (error(message="y" * 900), "y" * 300),
        (None, ""),
        (7, ""),
        ({"a": {"error": "deep"}}, ""),
    ],
)
def test_words_of_an_error_are_kept(body, words):
    reason = str(status_error(418, body))
    assert reason == "the endpoint answered 418" + (f": {words}" if words else "")


def completion(finish_reason=None, content="x", **choice):
    return {"choices": [{"finish_reason": finish_reason, "message": {"content": content}} | choice]}


def test_filtered_reply_abstains():
    reasons = (
        "content_filter", "CONTENT_FILTER", "content-filter", "SAFETY", "safety", "PROHIBITED_CONTENT", "RECITATION",
        "blocklist", "SPII", "IMAGE_SAFETY", "refusal", "guardrail_intervened", "content_filtered", "sensitive",
        "ERROR_TOXIC", "input_guardrail_triggered", "MODEL_ARMOR",
    )  # fmt: skip
    for reason in reasons:
        for choice in ({}, {"content": None}, {"message": None}):
            outcome = unusable_outcome(read_reply(completion(reason, **choice), 0.0))
            assert outcome == {"outcome": "abstained", "reason": f"filtered by the endpoint ({reason})"}
    assert unusable_outcome(Reply("", refusal="I will not.", finish_reason="SAFETY"))["reason"] == "I will not."
    for feedback in ({"prompt_feedback": {"block_reason": "SAFETY"}}, {"promptFeedback": {"blockReason": "blocklist"}}):
        with pytest.raises(Declined):
            read_reply({"choices": []} | feedback, 0.0)


def test_cut_off_reply_has_many_names():
    for reason in ("length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens"):
        assert unusable_outcome(read_reply(completion(reason), 0.0))["outcome"] == "unreadable"
    for reason in ("stop", "STOP", "end_turn", "eos", "tool_calls", "", None, 7, {}, "filter", "safe"):
        assert unusable_outcome(read_reply(completion(reason), 0.0)) is None


ERRORS_WITH_200 = [
    (error(message="slow down", code=429), RetryableError, Billing.NOT_A_CALL),
    (error(message="slow down", code="rate_limit_exceeded"), RetryableError, Billing.NOT_A_CALL),
    (error(message="oops", code=500), RetryableError, Billing.FREE),
    (error(message="oops", code=502), RetryableError, Billing.UNKNOWN),
    (error(message="oops"), RetryableError, Billing.UNKNOWN),
    ({"error": "oops"}, RetryableError, Billing.UNKNOWN),
    ({"object": "error", "message": "bad", "code": 400}, Unavailable, Billing.FREE),
    (error(message="no key", code=401), AccessRefused, Billing.FREE),
    (error(message="no credit", code="insufficient_quota"), AccessRefused, Billing.FREE),
    (error(message="no", code=403, metadata={"flagged_input": "x"}), Declined, None),
    (error(message="no", code="content_filter"), Declined, None),
    (completion("error"), RetryableError, Billing.UNKNOWN),
    (completion("error", error={"code": 502, "message": "upstream lost"}), RetryableError, Billing.UNKNOWN),
    (completion("stop", error={"code": 429, "message": "slow down"}), RetryableError, Billing.NOT_A_CALL),
    (completion("insufficient_system_resource"), RetryableError, Billing.UNKNOWN),
    (completion("abort"), RetryableError, Billing.UNKNOWN),
]


def test_error_in_a_good_status_is_an_error():
    for body, kind, billing in ERRORS_WITH_200:
        for more in ({}, {"choices": None}, {"choices": []}):
            sent = more | body
            with pytest.raises(kind) as raised:
                read_reply(sent, 0.0)
            assert type(raised.value) is kind, sent
            assert getattr(raised.value, "billing", None) == billing, sent
    for no_error in ({"error": None}, {"error": ""}, {"error": {}}):
        assert read_reply(completion() | no_error, 0.0).text == "x"


def test_what_is_no_completion_is_unavailable():
    for body in (
        {},
        [],
        "text",
        7,
        None,
        {"choices": {}},
        {"choices": [7]},
        {"choices": "x"},
        {"choices": [[]]},
        {"id": "x"},
    ):
        with pytest.raises(Unavailable) as raised:
            read_reply(body, 0.0)
        assert type(raised.value) is Unavailable, body


@cases(
    ("line", "kind", "words"),
    [
        (b'{"custom_id": "1-", "response": {"status_code": 200, "body": {"error": {"code": 429, "message": "slow"}}}}',
         RetryableError, "slow"),
        (b'{"custom_id": "1-", "response": {"status_code": 400, "body": {"error": {"code": "content_filter"}}}}',
         Declined, "contentfilter"),
        (b'{"custom_id": "1-", "response": {"status_code": 401, "body": {"error": {"message": "no key"}}}}',
         AccessRefused, "answered 401 in a batch: no key"),
        (b'{"custom_id": "1-", "response": null, "error": {"code": "insufficient_quota", "message": "no credit"}}',
         AccessRefused, "no credit"),
        (b'{"custom_id": "1-", "response": null, "error": {"code": "batch_expired", "message": "too late"}}',
         RetryableError, "answered nothing in a batch: too late"),
        (b'{"custom_id": "1-", "error": "\\ud83d\\u0000"}', RetryableError, "��"),
        (b'{"custom_id": "1-", "response": {"status_code": "200", "body": []}}', RetryableError, "200"),
        (b'{"custom_id": "1-", "response": {"status_code": 200, "body": []}}', Unavailable, "not a chat completion"),
        (b'{"custom_id": "1-", "response": {"status_code": 1e400, "body": 7}, "error": [7]}', RetryableError, "inf"),
    ],
)  # fmt: skip
def test_line_of_a_batch_is_read_as_a_reply_is(line, kind, words):
    name, result = read_result(line)
    assert (name, type(result)) == ("1-", kind)
    assert words in str(result)


def test_line_of_a_batch_without_a_name_is_none():
    for line in (b"", b"{", b"[]", b"7", b"null", b'{"response": {}}', b"[" * 99,
                 b'{"custom_id": "1-", "response": "x"}', b"\x1f\x8b\x08\0\0", b"\0" * 50):  # fmt: skip
        assert read_result(line) is None, line


def test_full_disk_and_a_cut_file_are_tried_again():
    for problem in (OSError(28, "No space left on device"), ReadError("cut")):
        with pytest.raises(RetryableError, match=r"No space left|cut"), classify_error(1):
            raise problem
