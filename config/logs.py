"""
Log to stderr: plain lines for people, or JSON lines for collectors (ASSIZE_LOG_FORMAT=json).

No line contains the text of a dialogue, a token or a key. Route names replace paths, because paths contain invitation
tokens; JSON lines leave out the messages of exceptions, because PostgreSQL's errors quote rows.
"""

import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from celery import current_task
from celery.beat import SchedulingError

request_id: ContextVar[str] = ContextVar("request_id", default="")
FIELDS = ("request_id", "method", "route", "status", "ms", "user", "project", "task", "task_id")
LEVELS = ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET")
# At DEBUG these log whole requests and statements with their content.
VERBOSE_LOGGERS = (
    *("openai", "httpx2", "httpcore2", "aiohttp", "psycopg", "django.db.backends", "kombu", "amqp", "celery"),
    *("boto3", "botocore", "s3transfer", "urllib3", "huggingface_hub"),
)
OUTAGES_IN_A_LINE = {"django.request", "django.contrib.sessions", "celery.beat"}
"Loggers that write a traceback for each page, session or scheduled task while a server is away."
QUERY = re.compile(r"\?[^\s\"'<>]+")
HEADER = re.compile(r"(?i)\b(authorization|cookie)\b\s*[:=].*")
CREDENTIAL = re.compile(r"(?i)\b(bearer|basic|token|api[-_]?key|password)\b(\s*[:=]\s*|\s+)\S+")
URL_PASSWORD = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*@")


def redact(text: str) -> str:
    """Remove query strings, passwords in URLs, credentials and headers from a message."""
    text = text.encode(errors="replace").decode()  # a lone surrogate would not be valid JSON
    text = HEADER.sub(r"\1: …", URL_PASSWORD.sub("…@", QUERY.sub("?…", text)))
    return CREDENTIAL.sub(r"\1\2…", text)


class RedactingFilter(logging.Filter):
    """Replace paths by route names, and Celery's lines about a task, which quote its arguments, by its outcome."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add request and task ids to a record and redact it; always return True."""
        record.request_id = getattr(record, "request_id", request_id.get())
        if task := task_of(record):
            record.task, record.task_id = task
        request: Any = getattr(record, "request", None)
        if hasattr(request, "get_full_path") and isinstance(record.args, tuple):
            route = request.resolver_match.view_name if request.resolver_match else "no route"
            paths = (request.path, request.get_full_path())
            record.args = tuple(route if each in paths else each for each in record.args)
        if record.name in OUTAGES_IN_A_LINE and record.exc_info and (error := outage_cause(record.exc_info[1])):
            # The traceback of a server that is away says nothing.
            kind, words = error
            said = record.getMessage().partition("\n")[0].removesuffix(f": {words}")
            record.msg, record.args, record.exc_info = "%s: %s: %s", (said, kind, words), None
        return True


def outage_cause(error: BaseException | None) -> tuple[str, str] | None:
    """Return the kind of an outage and what it says, if an exception is one or says that a task could not be sent."""
    # Not at the top: the settings import this module, and Django's errors import the settings.
    from config.outages import describe_outage, outage_of

    if isinstance(error, SchedulingError):
        error = error.__context__
    # Of any other error the one before it says nothing: what went wrong while an outage was handled is a fault of ours.
    if error is None or outage_of(error) is None:
        return None
    kind, _, said = describe_outage(error).partition(": ")
    return kind, said


def task_of(record: logging.LogRecord) -> tuple[str, str] | None:
    """Return (name, id) of the task that a line is about or comes from; shorten Celery's own lines to the outcome."""
    data = getattr(record, "data", None)
    if record.name.startswith("celery") and isinstance(data, dict) and "id" in data:
        outcome = data.get("description") or ("failed" if record.levelno >= logging.ERROR else "done")
        record.msg, record.args = "Task %s", (outcome,)
        return str(data.get("name", "")), str(data["id"])
    request = current_task.request if current_task else None
    return (str(current_task.name), str(request.id)) if request and request.id else None


class Line(logging.Formatter):
    """Format a record as a line for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        record.message = redact(record.message)
        return super().formatMessage(record)


class JSONLine(logging.Formatter):
    """Format a record as a JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) not in (None, "")}
        if record.exc_info and record.exc_info[1]:
            line["error"] = type(record.exc_info[1]).__name__
            line["at"] = traceback_lines(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def traceback_lines(error: BaseException) -> list[str]:
    """Return `file:line function` of each frame, innermost last, without the message and the values."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def logging_settings(*, form: str, level: str) -> dict[str, Any]:
    """
    Return the LOGGING setting.

    :param form: `line` or `json`
    :param level: name of the lowest level that is logged
    """
    floor = "INFO" if level == "DEBUG" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redact": {"()": "config.logs.RedactingFilter"}},
        "formatters": {"line": {"()": "config.logs.Line"}, "json": {"()": "config.logs.JSONLine"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if form == "json" else "line",
                "filters": ["redact"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": floor} for name in VERBOSE_LOGGERS}
        | {
            "django": {"handlers": [], "level": level, "propagate": True},
            # The access log has a line for each request; only errors deserve a second one.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": floor, "propagate": True},
        },
    }
