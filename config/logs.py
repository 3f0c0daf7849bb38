"""
What goes to stderr: lines for people, or JSON lines for whoever collects them (ASSIZE_LOG_FORMAT=json).

No line holds the text of a dialogue, a token or a key. Paths are told as names of routes, since invitations are in
paths; what an error says is left out of JSON lines, since PostgreSQL's errors quote rows.
"""

import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from celery import current_task

request_id: ContextVar[str] = ContextVar("request_id", default="")
FIELDS = ("request_id", "method", "route", "status", "ms", "user", "project", "task", "task_id")
# At DEBUG these tell of whole requests and statements, with what is in them.
TALKATIVE = ("openai", "httpx", "httpcore", "aiohttp", "psycopg", "django.db.backends", "kombu", "amqp", "celery")
QUERY = re.compile(r"\?[^\s\"'<>]+")
HEADER = re.compile(r"(?i)\b(authorization|cookie)\b\s*[:=].*")
CREDENTIAL = re.compile(r"(?i)\b(bearer|basic|token|api[-_]?key|password)\b(\s*[:=]\s*|\s+)\S+")
URL_PASSWORD = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*@")


def scrubbed(text: str) -> str:
    """Take out of a message what others put there: queries of addresses, and whatever follows the word for a secret."""
    text = text.encode(errors="replace").decode()  # half a character would not be JSON
    text = HEADER.sub(r"\1: …", URL_PASSWORD.sub("…@", QUERY.sub("?…", text)))
    return CREDENTIAL.sub(r"\1\2…", text)


class RedactingFilter(logging.Filter):
    """Puts names of routes in place of paths, and what happened to a task in place of what it said."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = getattr(record, "request_id", request_id.get())
        if task := told_of_task(record):
            record.task, record.task_id = task
        request: Any = getattr(record, "request", None)
        if hasattr(request, "get_full_path") and isinstance(record.args, tuple):
            route = request.resolver_match.view_name if request.resolver_match else "no page of ours"
            paths = (request.path, request.get_full_path())
            record.args = tuple(route if each in paths else each for each in record.args)
        return True


def told_of_task(record: logging.LogRecord) -> tuple[str, str] | None:
    """Give name and id of the task that a line is about, or was written in; cut Celery's own lines to that."""
    data = getattr(record, "data", None)
    if record.name.startswith("celery") and isinstance(data, dict) and "id" in data:
        what = data.get("description") or ("failed" if record.levelno >= logging.ERROR else "done")
        record.msg, record.args = "Task %s", (what,)
        return str(data.get("name", "")), str(data["id"])
    request = current_task.request if current_task else None
    return (str(current_task.name), str(request.id)) if request and request.id else None


class Line(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        record.message = scrubbed(record.message)
        return super().formatMessage(record)


class JSONLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) not in (None, "")}
        if record.exc_info and record.exc_info[1]:
            line["error"] = type(record.exc_info[1]).__name__
            line["at"] = places(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def places(error: BaseException) -> list[str]:
    """Say where an error came from, innermost last, with neither its words nor the values it met."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def logging_settings(*, form: str, level: str) -> dict[str, Any]:
    floor = "INFO" if level == "DEBUG" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"discreet": {"()": "config.logs.RedactingFilter"}},
        "formatters": {"line": {"()": "config.logs.Line"}, "json": {"()": "config.logs.JSONLine"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if form == "json" else "line",
                "filters": ["discreet"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": floor} for name in TALKATIVE}
        | {
            "django": {"handlers": [], "level": level, "propagate": True},
            # The line of access tells of refusals; only what broke is worth a second one.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": floor, "propagate": True},
        },
    }
