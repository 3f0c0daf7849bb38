"""What logs leave out, table by table, and what they keep."""

import logging
from types import SimpleNamespace

import orjson

from config.logs import VERBOSE_LOGGERS, JSONLine, Line, RedactingFilter, logging_settings, redact, task_of
from tests.cases import cases

M = "Zyxw-mark"


@cases(("text", "redacted"), [
    ("", ""),
    ("nothing to hide", "nothing to hide"),
    (f"GET /a?x={M}&y=1 200", "GET /a?… 200"),
    (f'"/a?{M}"', '"/a?…"'),
    (f"<a?{M}>", "<a?…>"),
    ("Why? Because", "Why? Because"),
    ("Why?", "Why?"),
    (f"Authorization: Token {M}", "Authorization: …"),
    (f"authorization={M} and more {M}", "authorization: …"),
    (f"COOKIE : sessionid={M}; csrf={M}", "COOKIE: …"),
    (f"Cookie: {M}\nnext line", "Cookie: …\nnext line"),
    ("the cookie jar", "the cookie jar"),
    (f"Bearer {M}", "Bearer …"),
    (f"BASIC {M}", "BASIC …"),
    (f"token={M} kept", "token=… kept"),
    (f"token : {M}", "token : …"),
    (f"Token\t{M}", "Token\t…"),
    (f"api-key: {M}", "api-key: …"),
    (f"API_KEY={M}", "API_KEY=…"),
    (f"apikey={M}", "apikey=…"),
    (f"password={M}", "password=…"),
    ("passwords are long", "passwords are long"),
    ("tokens", "tokens"),
    (f"redis://:{M}@valkey/0", "redis://…@valkey/0"),
    (f"postgresql://user:{M}@db/a", "postgresql://…@db/a"),
    (f"https://a:{M}@x and https://b:{M}@y", "https://…@x and https://…@y"),
    ("https://models.example:443/v1", "https://models.example:443/v1"),
    ("https://x/a:b", "https://x/a:b"),
    ("a\ud800 b", "a? b"),
    ("漢字 👩‍👩‍👧", "漢字 👩‍👩‍👧"),
])  # fmt: skip
def test_message_is_redacted(text, redacted):
    assert redact(text) == redacted
    assert redact(redacted) == redacted


def record(message="%s", arguments=("x",), level=logging.INFO, name="assize.test", **more):
    made = logging.LogRecord(name, level, __file__, 1, message, arguments, None)
    made.__dict__.update(more)
    return made


@cases("text", [f"token={M}", f"/a?{M}", f"Cookie: {M}", f"redis://:{M}@x/0"])
def test_both_forms_redact_message_and_arguments(text):
    for made in (record(text, ()), record("%s", (text,))):
        for form in (Line(), JSONLine()):
            assert M not in form.format(made)


@cases(("field", "value", "is_shown"), [
    ("status", 200, True),
    ("status", 0, True),
    ("ms", 0.0, True),
    ("user", None, False),
    ("user", 5, True),
    ("project", "", False),
    ("project", "p", True),
    ("request_id", "abc", True),
    ("body", "x", False),
    ("prompt", "x", False),
])  # fmt: skip
def test_json_line_has_the_known_fields_that_have_a_value(field, value, is_shown):
    line = orjson.loads(JSONLine().format(record(**{field: value})))
    assert (field in line) is is_shown
    assert {"time", "level", "logger", "message"} <= set(line)


@cases("value", ["two\nlines", "\u2028", "\0", '"', "\\"])
def test_json_line_stays_one_line(value):
    formatted = JSONLine().format(record("%s", (value,)))
    assert "\n" not in formatted
    assert orjson.loads(formatted)["message"] == value


@cases("moment", [0.0, 951_782_400.0, 1_772_323_199.999])
def test_time_is_utc_in_milliseconds(moment):
    line = orjson.loads(JSONLine().format(record(created=moment)))
    assert line["time"].endswith("+00:00")
    assert len(line["time"]) == len("2026-03-01T12:00:00.000+00:00")


def request_at(path, query="", view="jury:run"):
    match = SimpleNamespace(view_name=view) if view else None
    return SimpleNamespace(path=path, get_full_path=lambda: path + query, resolver_match=match)


@cases(("request_", "arguments", "message"), [
    (request_at(f"/invitation/{M}/"), (f"/invitation/{M}/",), "jury:run"),
    (request_at(f"/{M}/", "?a=b"), (f"/{M}/?a=b",), "jury:run"),
    (request_at(f"/{M}/", view=None), (f"/{M}/",), "no route"),
    (request_at("/a/"), ("/b/",), "/b/"),
])  # fmt: skip
def test_path_of_the_request_is_replaced_by_its_route(request_, arguments, message):
    made = record("%s", arguments, request=request_)
    assert RedactingFilter().filter(made)
    assert made.getMessage() == message


@cases("other", [None, "text", SimpleNamespace(), 5])
def test_other_things_called_request_are_left_alone(other):
    made = record("%s", ("kept",), request=other)
    assert RedactingFilter().filter(made)
    assert made.getMessage() == "kept"


@cases(("data", "level", "name", "task", "message"), [
    ({"id": "1", "name": "t", "description": "raised"}, logging.ERROR, "celery.app.trace", ("t", "1"), "Task raised"),
    ({"id": "1", "name": "t"}, logging.ERROR, "celery.app.trace", ("t", "1"), "Task failed"),
    ({"id": "1", "name": "t"}, logging.INFO, "celery.worker", ("t", "1"), "Task done"),
    ({"id": 1}, logging.INFO, "celery", ("", "1"), "Task done"),
    ({"name": "t"}, logging.INFO, "celery", None, M),
    ({"id": "1"}, logging.INFO, "assize.test", None, M),
    ("text", logging.INFO, "celery", None, M),
    (None, logging.INFO, "celery", None, M),
])  # fmt: skip
def test_celerys_line_about_a_task_says_only_how_it_ended(data, level, name, task, message):
    made = record("%s", (M,), level, name, data=data)
    assert task_of(made) == task
    assert made.getMessage() == message


@cases(("level", "floor"), [("DEBUG", "INFO"), ("INFO", "INFO"), ("WARNING", "WARNING"), ("ERROR", "ERROR")])
@cases(("form", "formatter"), [("line", "line"), ("json", "json"), ("JSON", "line"), ("", "line")])
def test_libraries_that_log_content_never_log_at_debug(level, floor, form, formatter):
    settings = logging_settings(form=form, level=level)
    assert settings["root"]["level"] == level
    assert {settings["loggers"][name]["level"] for name in VERBOSE_LOGGERS} == {floor}
    assert settings["handlers"]["stderr"]["formatter"] == formatter
    assert settings["handlers"]["stderr"]["filters"] == ["redact"]
