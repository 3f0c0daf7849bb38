"""What is done in a small project takes no longer beside one that holds far more: it reads none of its opinions."""

import pytest

from annotation.actions import draw_audits, open_batch
from bench.urls import all_urls
from jury.actions import start_run
from jury.queries import jurors_of
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.callers import Caller, path_of, read
from tests.factories import command, dialogue, import_dialogues, import_votes, opinion
from tests.jury.factories import run_shards
from tests.neighbours import DIALOGUES, large_project, restore_tables, rows_read
from tests.two_projects import project_with_everything, url_parameters

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_worker")]


@pytest.fixture(scope="module")
def small(tmp_path_factory, database, stub_url):
    folder = tmp_path_factory.mktemp("projects")
    project = project_with_everything(folder, "ours", "ours", stub_url)
    parameters = url_parameters(project, "ours")
    large_project(folder, stub_url)
    yield project, parameters
    restore_tables()


@pytest.mark.parametrize("role", ["annotator", "admin"])
def test_no_url_of_a_small_project_reads_the_rows_of_a_large_one(small, role):
    project, parameters = small
    caller, rows, answered = Caller(project, role), {}, 0
    for url in (url for url in all_urls() if "{slug}" in url):
        before = rows_read()
        response = read(caller.client(url, "get").get(path_of(url, parameters)))
        rows[url] = rows_read() - before
        assert response.status_code < 500, url
        answered += response.status_code == 200
    assert {url: count for url, count in rows.items() if count >= DIALOGUES} == {}
    assert answered > 10
    assert sum(rows.values()) > 50


def test_nothing_done_in_a_small_project_reads_the_rows_of_a_large_one(small, tmp_path):
    project, _ = small
    person, admin = Program(project), Visitor(project, "admin").user

    def run(name, *words, **options):
        done = command(name, *words, project=project.slug, **options)
        assert done.code == 0, done.stderr

    def spend_votes():
        run("change_queue", stops_early="yes", most_votes=7, orders_by="disagreement")
        run("adjudicate")

    steps = {
        "import dialogues": lambda: import_dialogues(project, tmp_path, [dialogue("more"), dialogue("yet more")]),
        "import votes": lambda: import_votes(project, tmp_path, [opinion("more", "ada", "safe", "safe")]),
        "open a batch": lambda: open_batch(project=project, by=admin, name="all", size=100),
        "vote": lambda: person.vote(person.take()),
        "ask a juror": lambda: run_shards(start_run(project=project, jurors=jurors_of(project)[:1])),
        "recount": lambda: run("adjudicate"),
        "spend votes": spend_votes,
        "draw audits": lambda: draw_audits(project=project),
        "measure": lambda: run("measure"),
        "release": lambda: run("release", "2.0"),
    }
    rows = {}
    for name, do in steps.items():
        before = rows_read()
        do()
        rows[name] = rows_read() - before
    assert {name: count for name, count in rows.items() if count >= DIALOGUES} == {}
    assert min(rows.values()) > 0, rows
