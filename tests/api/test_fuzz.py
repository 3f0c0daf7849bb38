"""Every route under whatever a schema allows and forbids, by everybody, in two projects that must not meet."""

import os
from zlib import crc32

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.api.client import Program
from tests.two_projects import MARKER, ROLES, TwoProjects, rows_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
"For each route and each kind of caller; the few without it keep the suite short, CONTRIBUTING says when to take more."
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
schema.config.phases.coverage.enabled = EXAMPLES > 0
pytestmark = pytest.mark.slow


class Callers(TwoProjects):
    """Programs in one of two projects, with and without tokens."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        self.tokens = {role: f"Token {Program(self.own, role).token}" for role in ROLES[1:]}

    def headers(self, role):
        plain = {"Accept-Encoding": "identity"}
        return plain if role == "anonymous" else plain | {"Authorization": self.tokens[role]}

    def named(self, case):
        """Replace the parts of a path, more often than not, by those of things that there are."""
        parts = dict(case.path_parameters or {})
        chosen = crc32(repr((parts, case.query, case.body)).encode()) % 5
        pool = {0: {}, 1: self.pools[1]}.get(chosen, self.pools[0])
        return {name: pool.get(name, part) for name, part in parts.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory, database, stub_url):
    return Callers(tmp_path_factory.mktemp("world"), stub_url)


@pytest.mark.parametrize("role", ROLES)
@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES or 4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_fuzzed_calls_never_fail_or_cross_projects(case, role, world):
    case.path_parameters = world.named(case)
    case.headers.pop("Range", None)  # a part of a JSON file is none; tests/api/test_jobs.py asks for parts
    before = rows_of(world.other)
    response = case.call_and_validate(headers=world.headers(role), checks=CHECKS)
    if role != "admin":
        assert rows_of(world.other) == before
        assert MARKER.encode() not in response.content
    if role == "anonymous":
        assert response.status_code in (401, 404)
