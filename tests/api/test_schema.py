"""The OpenAPI schema has every route, without warnings."""

import json

from django.core.management import call_command
from django.test import Client

from config.api import urlpatterns


def test_schema_is_openapi_3_1_with_every_route():
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    schema = json.loads(response.content)
    assert schema["openapi"] == "3.1.0"
    described = {path.removeprefix("/api/v1/") for path in schema["paths"]}
    assert described == {route for route in routes(urlpatterns) if route}
    assert Client().get("/api/schema/").content == response.content


def routes(patterns, before=""):
    """Yield the paths of all routes, with their parameters as in OpenAPI."""
    for each in patterns:
        path = before + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from routes(each.url_patterns, path)
        else:
            for converter in ("slug", "int", "path", "str"):
                path = path.replace(f"<{converter}:", "{")
            yield path.replace(">", "}")


def test_schema_has_no_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_unknown_route_is_an_error_object():
    for path in ("/api/v1/", "/api/v1/nothing/", "/api/v1/projects/x/nothing/", "/api/v1/a%0Ab/", "/api/v1/a%00/"):
        response = Client().get(path)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found"), path
