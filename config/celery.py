"""The Celery app. Workers and beat are started with `celery -A config.celery`."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging, worker_init, worker_process_init, worker_ready

from config.production import one_line, refuse_if_weak

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("assize")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
with one_line():
    app.conf.broker_url  # noqa: B018 - has the settings read now, while a fault in them can be one line


@celeryd_init.connect  # type: ignore[untyped-decorator]
@beat_init.connect  # type: ignore[untyped-decorator]
def check_settings(**_signal: Any) -> None:
    refuse_if_weak()


OBJECTS_BEFORE_COLLECTING = 10_000
"700 by default, of which a single question to a juror makes some; measured by bench/jury.py."


@setup_logging.connect  # type: ignore[untyped-decorator]
def keep_our_logging(**_signal: Any) -> None:
    """Workers and the schedule write lines as the pages do; Celery leaves logging alone once somebody listens here."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect  # type: ignore[untyped-decorator]
def load_what_jurors_are_asked_by(**_signal: Any) -> None:
    """Load the SDK once, before the worker's processes are made, which then share it."""
    import jury.engine.sdk  # noqa: F401


@worker_process_init.connect  # type: ignore[untyped-decorator]
def leave_code_alone(**_signal: Any) -> None:
    """Spare the collector of cycles what is loaded for good: going through it took a tenth of a worker's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTING)


@worker_ready.connect  # type: ignore[untyped-decorator]
def tell_of_worker(**_signal: Any) -> None:
    """Return the first sign of life at once; the schedule asks for the next."""
    from config.health import note_worker

    note_worker()
