"""Fuzz every route with valid and invalid calls, in every role, in two separate projects."""

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
from corpus.models import Project
from tests.api.client import Program
from tests.two_projects import MARKER, ROLES, TwoProjects, row_hashes

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
"Examples for each route; without the variable few, to keep the suite short. See CONTRIBUTING."
SITE_ADMIN = ["site-admin"]
"May change the other project, and is tried only with more examples."
OTHERS = [role for role in ROLES if role not in SITE_ADMIN]
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
schema.config.phases.coverage.enabled = EXAMPLES > 0
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_worker")]


class TwoProjectsWithTokens(TwoProjects):
    """Two projects, and a token for each role in the first one."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        self.untouched = row_hashes(self.other)
        self.tokens = {role: f"Token {Program(self.own, role).token}" for role in ROLES[1:]}

    def headers(self, role):
        """Return the headers of a call in a role."""
        plain = {"Accept-Encoding": "identity"}
        return plain if role == "anonymous" else plain | {"Authorization": self.tokens[role]}

    def existing_parameters(self, case):
        """Replace most path parameters by those of existing objects; return them."""
        parameters = dict(case.path_parameters or {})
        chosen = crc32(repr((parameters, case.query, case.body)).encode()) % 5
        existing = {0: {}, 1: self.other_parameters}.get(chosen, self.own_parameters)
        return {name: existing.get(name, value) for name, value in parameters.items()}


@pytest.fixture(scope="module")
def projects(tmp_path_factory, database, stub_url):
    return TwoProjectsWithTokens(tmp_path_factory.mktemp("projects"), stub_url)


@pytest.fixture
def untouched(projects, roles):
    """Assert that the examples of a test have changed nothing in the other project. Its rows take long to read."""
    Project.objects.filter(pk=projects.own.pk).update(archived_at=None)  # by an example of another route
    yield
    if roles != SITE_ADMIN:
        assert row_hashes(projects.other) == projects.untouched


@pytest.mark.parametrize("roles", [OTHERS, SITE_ADMIN] if EXAMPLES else [OTHERS], ids=" ".join)
@pytest.mark.usefixtures("untouched")
@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES or 4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_fuzzed_calls_never_fail_or_cross_projects(case, roles, projects):
    """An example takes longer to make up than to send, so each is sent in every role."""
    case.path_parameters = projects.existing_parameters(case)
    case.headers.pop("Range", None)  # a range of a JSON file is not JSON; tests/api/test_jobs.py tests ranges
    for role in roles:
        try:
            call(case, role, projects.headers(role))
        except Exception as failure:
            failure.add_note(f"role: {role}")
            raise


def call(case, role, headers):
    """Send an example in a role, and check the response."""
    response = case.call_and_validate(headers=headers, checks=CHECKS)
    if role not in SITE_ADMIN:
        assert MARKER.encode() not in response.content
    if role == "anonymous":
        assert response.status_code in (401, 404)
