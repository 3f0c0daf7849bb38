"""Whether a worker takes tasks from a queue, asked of workers at a real broker."""

import threading
import time
from contextlib import contextmanager

import pytest
from celery import current_app

from corpus.workers import JURY, WORK, worker_is_running

PATIENCE = 60


@contextmanager
def answering(*queues):
    """Answer as workers would that take from one queue each; a queue of None answers an error."""
    hears, is_over = threading.Event(), threading.Event()
    with current_app.connection_for_write() as broker:
        for number, queue in enumerate(queues):
            answer = {"error": "it failed"} if queue is None else [{"name": queue}]
            node = current_app.control.mailbox(broker).Node(
                f"worker-{number}", handlers={"active_queues": lambda *_, answer=answer, **__: answer}
            )
            node.channel = broker.channel()
            node.listen(callback=node.handle_message)
        thread = threading.Thread(target=answer_until, args=(broker, hears, is_over))
        thread.start()
        try:
            assert hears.wait(60)
            yield
        finally:
            is_over.set()
            thread.join()


def answer_until(broker, hears, is_over):
    """Answer until it is over; questions are heard once the broker has been asked for some, and had none."""
    while not is_over.is_set():
        try:
            broker.drain_events(timeout=0.05)
        except TimeoutError:
            hears.set()


@pytest.mark.parametrize("queues", [[JURY, WORK], [WORK, JURY], [None, WORK, JURY]])
def test_first_worker_of_the_queue_is_answer_enough(settings, queues):
    """Whoever starts a run waits for no worker of another queue, nor for the end of all answers."""
    settings.WORKER_PING_SECONDS = PATIENCE
    began = time.monotonic()
    with answering(*queues):
        assert [worker_is_running(queue) for queue in (JURY, WORK, JURY)] == [True, True, True]
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("queues", [[], [WORK], [None]])
def test_no_worker_of_the_queue_is_told(settings, queues):
    settings.WORKER_PING_SECONDS = 0.5
    with answering(*queues):
        assert not worker_is_running(JURY)
