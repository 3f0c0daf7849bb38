"""Every order of rows is total: pages of a list neither repeat nor lose a row, and two reads agree."""

import ast
import subprocess
from pathlib import Path

from config.data_dir import CHECKOUT

UNIQUE = {
    *("pk", "id"),
    *("slug", "username", "user__username", "external_id", "item__external_id", "item"),
    *("position", "version", "name", "policy", "code", "reason"),
}
"Keys, and columns that are unique in what they are read of: a project, a taxonomy, an item."


def python_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [CHECKOUT / name for name in listed.stdout.split() if not name.startswith(("tests/", "bench/"))]


def orders_in(tree: ast.AST):
    """Yield the line and the last column of every `order_by` and `ordering` that names its columns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "order_by":
            columns = node.args
        elif isinstance(node, ast.Assign | ast.AnnAssign) and "ordering" in ast.unparse(node).split("=")[0]:
            columns = getattr(node.value, "elts", [node.value])
        else:
            continue
        if columns and isinstance(columns[-1], ast.Constant) and isinstance(columns[-1].value, str):
            yield node.lineno, columns[-1].value.removeprefix("-")


def test_every_order_ends_in_a_key():
    found = [
        (path.relative_to(CHECKOUT).as_posix(), line, column)
        for path in python_files()
        for line, column in orders_in(ast.parse(path.read_text()))
    ]
    assert len(found) > 40
    assert [order for order in found if order[2] not in UNIQUE] == []
