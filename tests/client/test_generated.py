"""The generated files of the client are what the routes say."""

import json
import os
import re
import sys
from pathlib import Path

import assize_client
import generate

from bench import forks
from tests.cases import cases


def test_operations_are_those_of_the_routes_and_need_no_server(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"ASSIZE_HOME": str(tmp_path / "home"), "DJANGO_SETTINGS_MODULE": "config.settings"}
    path = tmp_path / "schema.json"
    line = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json", "--file", str(path)]
    running = forks.start(line, tmp_path / "log", environment)
    assert running.wait(timeout=120) == 0, (tmp_path / "log").read_text()
    assert not (tmp_path / "home" / "postgres").exists()
    description = json.loads(path.read_text())
    made = generate.formatted(generate.operations_of(description))
    assert made == (Path(assize_client.__file__).parent / "operations.py").read_text(), "Run `make client`."
    models = (Path(assize_client.__file__).parent / "models.py").read_text()
    bodies = [name for name, schema in description["components"]["schemas"].items() if "properties" in schema]
    assert [name for name in bodies if not re.search(rf"^(class )?{name}\b", models, re.MULTILINE)] == []


@cases(
    ("schema", "kind"),
    [
        ({"$ref": "#/components/schemas/Item"}, "models.Item"),
        ({"type": "array", "items": {"type": "string", "maxLength": 5}}, "list[str]"),
        ({"enum": ["a", "b", "", None], "type": "string"}, "Literal['a', 'b']"),
        ({"type": ["integer", "null"]}, "int"),
        ({"oneOf": [{"type": "boolean"}, {"type": "null"}]}, "bool"),
        ({}, "dict[str, Any]"),
    ],
)
def test_schema_is_a_type_of_python(schema, kind):
    assert generate.type_of(schema) == kind


def test_names_and_limits():
    assert [generate.argument(name) for name in ("If-Range", "class", "slug")] == ["if_range", "class_", "slug"]
    assert generate.snake("postCastVote") == "post_cast_vote"
    schema = {"type": "string", "maxLength": 3, "properties": {"format": {"type": "string", "format": "decimal"}}}
    assert generate.without_limits(schema) == {"type": "string", "properties": {"format": {"type": "string"}}}
