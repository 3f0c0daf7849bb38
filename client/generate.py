"""
Write the generated part of the client from the OpenAPI description of the routes, or check that it is up to date.

    python client/generate.py [--check]

Models are made by datamodel-code-generator. Operations are made here: a generator of whole clients writes 45,000 lines
for these routes, most of which say the same errors again.
"""

import keyword
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "assize_client"
BIN = Path(sys.executable).parent
ROOT = "/api/v1/"
IN_PROJECT = "InProject"
LIMITS = {"format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"}
TYPES = {"integer": "int", "string": "str", "boolean": "bool", "number": "float"}
HEAD = '''"""The routes of an Assize site, each as a method. Made by client/generate.py; do not edit."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import httpx2

from assize_client import models
from assize_client.transport import Transport, part


class Operations(Transport):
    """Every route, named as in the OpenAPI description. Those that answer with a file yield the response unread."""
'''
MODELS_HEAD = '"""The bodies of calls and answers. Made by client/generate.py; do not edit."""\n\n'


def main() -> None:
    """Write the files; or, with --check, exit with 1 if they are not what would be written."""
    description = describe()
    made = {"models.py": models_of(description), "operations.py": formatted(operations_of(description))}
    if "--check" not in sys.argv:
        for name, text in made.items():
            (PACKAGE / name).write_text(text)
    elif stale := [name for name, text in made.items() if (PACKAGE / name).read_text() != text]:
        sys.exit(f"{', '.join(stale)} of the client differ from the routes. Run `make client`.")


def describe() -> dict[str, Any]:
    """Return the OpenAPI description of the routes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.json"
        command = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json", "--file", str(path)]
        subprocess.run(command, check=True, cwd=HERE.parent)
        return dict(orjson.loads(path.read_bytes()))


def models_of(description: dict[str, Any]) -> str:
    """Return the module with a TypedDict for each schema."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / "models.py"
        source.write_bytes(orjson.dumps(without_limits(description)))
        command = [str(BIN / "datamodel-codegen"), "--input", str(source), "--output", str(target)]
        command += ["--input-file-type", "openapi", "--output-model-type", "typing.TypedDict"]
        command += ["--target-python-version", "3.11", "--disable-timestamp", "--enum-field-as-literal", "all"]
        command += ["--use-schema-description", "--keep-model-order", "--no-use-closed-typed-dict"]
        command += ["--collapse-root-models", "--formatters", "builtin"]
        subprocess.run(command, check=True)
        body = "".join(line for line in target.read_text().splitlines(keepends=True) if not line.startswith("#"))
        return formatted(MODELS_HEAD + body.lstrip())


def without_limits(schema: Any, *, is_names: bool = False) -> Any:
    """
    Return a schema without limits of values: a text with limits would become a type of its own.

    :param is_names: whether the keys are names of properties, not words of JSON Schema
    """
    if isinstance(schema, dict):
        kept = {name: each for name, each in schema.items() if is_names or name not in LIMITS}
        return {name: without_limits(each, is_names=name == "properties") for name, each in kept.items()}
    return [without_limits(each) for each in schema] if isinstance(schema, list) else schema


def formatted(text: str) -> str:
    """Return a module as ruff formats it."""
    command = [str(BIN / "ruff"), "format", "--line-length", "120", "--stdin-filename", "made.py", "-"]
    return subprocess.run(command, input=text, check=True, capture_output=True, text=True, cwd=HERE).stdout


def operations_of(description: dict[str, Any]) -> str:
    """Return the module with a method for each route; those of a thing by number only where no project has them."""
    operations = {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    lines = [HEAD]
    for name, (method, path, operation) in sorted(operations.items()):
        if name + IN_PROJECT not in operations:
            lines += method_lines(snake(name.removesuffix(IN_PROJECT)), method, path, operation)
    return "\n".join(lines)


def method_lines(name: str, method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the method of a route."""
    answer, is_file = answer_of(operation)
    arguments, passed = arguments_of(path, operation)
    where = re.sub(r"\{(\w+)\}", lambda match: f"{{part({argument(match[1])})}}", path.removeprefix(ROOT))
    call = f'"{method}", {"f" if "{" in where else ""}"{where}"{"".join(f", {each}" for each in passed)}'
    yield f"    def {name}(self{''.join(f', {each}' for each in arguments)}) -> {answer}:"
    yield f'        """{described(operation)}"""'
    if is_file:
        yield f"        return self.stream({call})"
    else:
        yield f"        answer: {answer} = self.call({call})"
        yield "        return answer"
    yield ""


def arguments_of(path: str, operation: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the arguments of a route's method, and what it passes on."""
    found = {each["name"]: each for each in operation.get("parameters", [])}
    named = re.findall(r"\{(\w+)\}", path)
    arguments = [f"{argument(name)}: {type_of(found[name]['schema'])}" for name in named]
    body, passed = body_of(operation)
    arguments += body
    rest = [each for each in found.values() if each["name"] not in named]
    # What must be given comes first, as Python wants it of arguments by position; these are by name.
    arguments += ["*"] if rest else []
    arguments += [as_argument(each) for each in rest]
    for place, name in (("query", "query"), ("header", "headers")):
        if values := [f'"{each["name"]}": {argument(each["name"])}' for each in rest if each["in"] == place]:
            passed.append(f"{name}={{{', '.join(values)}}}")
    return arguments, passed


def as_argument(parameter: dict[str, Any]) -> str:
    """Return a parameter of the query or a header as an argument."""
    kind = type_of(parameter["schema"])
    name = argument(parameter["name"])
    return f"{name}: {kind}" if parameter.get("required") else f"{name}: {kind} | None = None"


def body_of(operation: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the argument for the body of a call, if it has one, and how it is passed on."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/octet-stream" in content:
        return ["file: Path"], ["file=file", 'headers={"Content-Type": "application/octet-stream"}']
    if "application/json" in content:
        return [f"body: {type_of(content['application/json']['schema'])}"], ["body=body"]
    return [], []


def answer_of(operation: dict[str, Any]) -> tuple[str, bool]:
    """Return the type of what a method returns, and whether it is the response itself."""
    good = {status: each for status, each in operation["responses"].items() if status.startswith("2")}
    bodies = [each["content"] for each in good.values() if each.get("content")]
    if any(kind != "application/json" for content in bodies for kind in content):
        return "AbstractContextManager[httpx2.Response]", True
    kinds = [type_of(content["application/json"]["schema"]) for content in bodies]
    kinds += [] if len(bodies) == len(good) else ["None"]
    return " | ".join(dict.fromkeys(kinds)), False


def type_of(schema: dict[str, Any]) -> str:
    """Return a schema as a type of Python."""
    if reference := schema.get("$ref"):
        return f"models.{reference.rpartition('/')[2]}"
    if choices := [each for each in schema.get("enum", []) if each]:
        return f"Literal[{', '.join(map(repr, choices))}]"
    if "oneOf" in schema:
        return type_of(schema["oneOf"][0])
    kind = schema.get("type", "object")
    kind = next(each for each in kind if each != "null") if isinstance(kind, list) else kind
    if kind == "array":
        return f"list[{type_of(schema['items'])}]"
    return TYPES.get(kind, "dict[str, Any]")


def described(operation: dict[str, Any]) -> str:
    """Return the docstring of a method."""
    first, *rest = operation["description"].replace("\\", "\\\\").split("\n")
    return "\n".join([first, *(f"        {line}" if line else "" for line in rest), *(["        "] if rest else [])])


def argument(name: str) -> str:
    """Return a name as Python writes arguments."""
    plain = name.replace("-", "_").lower()
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def snake(name: str) -> str:
    """Return `postCastVote` as `post_cast_vote`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    main()
