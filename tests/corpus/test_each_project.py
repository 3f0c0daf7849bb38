"""What the schedule does for each project goes on with the others, unless the database is away."""

import logging

import pytest
from django.db import connection

from corpus.each_project import for_each_project
from corpus.errors import Refused
from tests.config.test_outages import terminate_connection
from tests.factories import make_project
from tests.ports import unused_port


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def lose_connection():
    """Use a connection that the server has ended."""
    terminate_connection()
    execute("SELECT 1")


def refuse():
    raise Refused("not today")


class Work:
    """Notes the projects of a test that it was called for; `fault` is called for the first."""

    def __init__(self, fault):
        self.fault, self.done, self.failed = fault, [], []
        self.projects = [make_project() for _ in range(3)]

    def __call__(self, *, project):
        if project == self.projects[0]:
            self.fault()
        elif project in self.projects:
            execute("SELECT 1")
        self.done.append(project)

    def note(self, project, _error):
        self.failed.append(project)

    def run(self):
        for_each_project(self, message="Project %s cannot be tried.", on_failure=self.note)
        return [project in self.done for project in self.projects]


@pytest.mark.parametrize("fault", [lambda: execute("SELECT 1 / 0"), refuse])
def test_project_that_fails_keeps_no_other_from_its_turn(fault, caplog):
    work = Work(fault)
    assert work.run() == [False, True, True]
    assert work.failed == work.projects[:1]
    [record] = caplog.records
    assert (record.getMessage(), record.levelno) == (f"Project {work.projects[0]} cannot be tried.", logging.ERROR)
    assert record.exc_info


def test_connection_that_broke_is_no_failure_of_its_project_and_opened_anew(caplog):
    work = Work(lose_connection)
    assert work.run() == [False, True, True]
    assert work.failed == []
    [record] = caplog.records
    assert record.getMessage() == f"Project {work.projects[0]} cannot be tried. The connection to the database broke."
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)


def test_database_that_is_away_is_said_once(caplog):
    port = connection.settings_dict["PORT"]

    def stop():
        connection.settings_dict["PORT"] = unused_port()
        lose_connection()

    work = Work(stop)
    try:
        assert work.run() == [False, False, False]
    finally:
        connection.settings_dict["PORT"] = port
    assert work.failed == []
    [record] = caplog.records
    assert f"Project {work.projects[0]} cannot be tried. The database is away" in record.getMessage()
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)


def test_fault_of_ours_ends_the_round():
    work = Work(lambda: [].pop())
    with pytest.raises(IndexError):
        work.run()
