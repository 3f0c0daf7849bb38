"""The Celery app. Workers and beat are started with `celery -A config.celery`."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import (
    after_task_publish,
    beat_embedded_init,
    beat_init,
    celeryd_init,
    setup_logging,
    worker_init,
)

from config.production import exit_if_weak, exit_on_error

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class App(Celery):  # type: ignore[misc]
    """The Celery app, which sends a message once more where its channel was closed under it."""

    def send_task(self, *args: Any, **kwargs: Any) -> Any:
        """
        Send a message, once more if kombu has closed the channel that it was to go by.

        Where a broker ends the connection while a queue is declared, kombu declares it by a new channel, and publishes
        by the old one, which is closed: `AttributeError: 'NoneType' object has no attribute 'client'`. Nothing is sent.
        Other errors of the kind may send twice, which tasks are made for.
        """
        try:
            return super().send_task(*args, **kwargs)
        except AttributeError:
            return super().send_task(*args, **kwargs | {"producer": None})


app = App("assize", task_cls="config.task:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
with exit_on_error():
    app.conf.broker_url  # noqa: B018 - reads the settings now, so that an error in them is one line


@celeryd_init.connect  # type: ignore[untyped-decorator]
@beat_init.connect  # type: ignore[untyped-decorator]
def check_settings(**_signal: Any) -> None:
    """Refuse to start a production worker or schedule with weak settings."""
    exit_if_weak()


@setup_logging.connect  # type: ignore[untyped-decorator]
def use_our_logging(**_signal: Any) -> None:
    """Log as the web processes do. Celery does not configure logging if this signal has a receiver."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect  # type: ignore[untyped-decorator]
def load_before_forking(*, sender: Any, **_signal: Any) -> None:
    """
    Load the SDK once, before a worker that asks models forks, so that its processes share the memory.

    Exclude all that is loaded from garbage collection, which took a tenth of a worker's time and would copy the memory.
    """
    from corpus.workers import JURY

    if JURY in sender.app.amqp.queues.consume_from:
        import jury.engine.sdk  # noqa: F401
    gc.collect()
    gc.freeze()


@beat_init.connect  # type: ignore[untyped-decorator]
@beat_embedded_init.connect  # type: ignore[untyped-decorator]
def send_schedule_heartbeats(**_signal: Any) -> None:
    """Let the schedule send a heartbeat at once, and then with each task; refuse to start if it could not."""
    from config.heartbeats import clear_file, send_schedule_heartbeat

    with exit_on_error():
        clear_file()
    send_schedule_heartbeat()
    after_task_publish.connect(send_schedule_heartbeat)


@celeryd_init.connect  # type: ignore[untyped-decorator]
def send_worker_heartbeats(**_signal: Any) -> None:
    """Let the parent process of a worker send heartbeats; refuse to start if it could not."""
    from config.heartbeats import WorkerHeartbeat, clear_file

    with exit_on_error():
        clear_file()
    app.steps["consumer"].add(WorkerHeartbeat)
