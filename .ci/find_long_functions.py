"""Find functions of more lines than fit a glance; generated and migration files are no reading matter."""

import ast
import subprocess
import sys
from pathlib import Path

MOST_LINES = 50
NOT_READ = ("/migrations/", "client/assize_client/models.py", "client/assize_client/operations.py")


def long_functions(path: str) -> list[str]:
    """Return a line for each function of a file that is too long."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(Path(path).read_text())) if isinstance(node, functions)]
    lines = {node: (node.end_lineno or node.lineno) - node.lineno + 1 for node in found}
    return [f"{path}:{node.lineno}: {node.name} has {lines[node]} lines" for node in found if lines[node] > MOST_LINES]


def main() -> int:
    """Print the functions that are too long; return 1 if there are any."""
    listed = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True).stdout.split()
    found = [line for path in listed if not any(part in path for part in NOT_READ) for line in long_functions(path)]
    sys.stderr.write("".join(f"{line}, of {MOST_LINES} at most. Split it.\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
