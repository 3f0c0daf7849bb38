"""Every route under whatever a schema allows and forbids, by everybody, in two projects that must not meet."""

import os
from zlib import crc32

import hypothesis
import pytest
import schemathesis
from django.db import connection
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adjudication.models import Job
from annotation.models import Vote
from config.wsgi import application
from tests.adjudication.disputes import case_of, disputed_project
from tests.api.client import Program
from tests.factories import command

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
"For each route and each kind of caller; the few without it keep the suite short, CONTRIBUTING says when to take more."
SECRET = "what only the other project knows"
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
schema.config.phases.coverage.enabled = EXAMPLES > 0
pytestmark = pytest.mark.slow
ROLES = ["anonymous", "annotator", "adjudicator", "lead", "admin"]
# Of a project and of what is in it: all that a caller from elsewhere must leave as it is.
ROWS = {
    "corpus_project": "t.id",
    "corpus_member": "t.project_id",
    "corpus_item": "t.project_id",
    "corpus_event": "t.project_id",
    "annotation_seat": "t.project_id",
    "annotation_vote": "(SELECT i.project_id FROM corpus_item i WHERE i.id = t.item_id)",
    "jury_juror": "t.project_id",
    "jury_run": "t.project_id",
    "adjudication_case": "(SELECT i.project_id FROM corpus_item i WHERE i.id = t.item_id)",
    "adjudication_decision": "(SELECT i.project_id FROM corpus_item i WHERE i.id = t.item_id)",
    "adjudication_job": "t.project_id",
    "adjudication_release": "t.project_id",
}


class World:
    """The callers' own project, and another one in which there is one of everything."""

    def __init__(self, folder):
        self.own = furnished(folder, "ours")
        self.other = furnished(folder, SECRET)
        self.tokens = {role: f"Token {Program(self.own, role).token}" for role in ROLES[1:]}
        self.pools = pools_of(self.own), pools_of(self.other)

    def headers(self, role):
        plain = {"Accept-Encoding": "identity"}
        return plain if role == "anonymous" else plain | {"Authorization": self.tokens[role]}

    def named(self, case):
        """Replace the parts of a path, more often than not, by those of things that there are."""
        parts = dict(case.path_parameters or {})
        chosen = crc32(repr((parts, case.query, case.body)).encode()) % 5
        pool = {0: {}, 1: self.pools[1]}.get(chosen, self.pools[0])
        return {name: pool.get(name, part) for name, part in parts.items()}


def furnished(folder, text):
    project = disputed_project(folder, {"id": f"one {text}", "prompt": text, "response": text}, "two", votes_wanted=3)
    command("release", "1.0", "--date=2026-01-01", project=project.slug)
    lead, person = Program(project, "admin"), Program(project)
    lead.client.post(f"/api/v1/projects/{project.slug}/items/import/?name=a.jsonl", "{}", content_type="text/plain")
    person.vote(person.take())
    return project


def pools_of(project):
    """Give what may stand in a path for each of its parts, of one project."""
    return {
        "slug": project.slug,
        "external_id": "two",
        "case": case_of(project, "two").pk,
        "vote": Vote.objects.filter(item__project=project).latest("pk").pk,
        "job": Job.objects.get(project=project).pk,
        "version": "1.0",
        "name": "train.json",
    }


def rows_of(project):
    """Give a mark of everything that a project has, which is another one when any row is."""
    parts = " UNION ALL ".join(
        f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t WHERE {owner} = %(project)s"
        for table, owner in ROWS.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(parts, {"project": project.pk})
        return dict(zip(ROWS, cursor.fetchall(), strict=True))


@pytest.fixture(scope="module")
def world(tmp_path_factory, database):
    return World(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("role", ROLES)
@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES or 4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_call_breaks_anything_or_reaches_into_another_project(case, role, world):
    case.path_parameters = world.named(case)
    before = rows_of(world.other)
    answer = case.call_and_validate(headers=world.headers(role), checks=CHECKS)
    if role != "admin":
        assert rows_of(world.other) == before
        assert SECRET.encode() not in answer.content
    if role == "anonymous":
        assert answer.status_code in (401, 404)
