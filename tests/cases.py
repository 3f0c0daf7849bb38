"""Tables of cases: one test for all rows of a fact, which names each row that fails."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def cases(names: str | Iterable[str], rows: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Run a test once for every row, as `pytest.mark.parametrize` would, but as one test: thousands cost minutes.

    All rows are tried. Those that fail are raised together, named in the message: of failures that come from the same
    line, Schemathesis, a plugin of pytest, shows the first alone. Rows share the test's fixtures, so this is for tests
    without any, or whose fixtures keep nothing from one row to the next.
    """
    arguments = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [(row,) if isinstance(names, str) and len(arguments) == 1 else tuple(row) for row in rows]

    def over_table(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run_table(**fixtures: Any) -> None:
            failures, failed = [], []
            for number, row in enumerate(table):
                values = dict(zip(arguments, row, strict=True))
                try:
                    test(**values, **fixtures)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - raised below, with all others
                    failures.append(failure)
                    failed.append(f"\nrow {number}: {values!r}")
                    failure.add_note(failed[-1].strip())
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} rows fail:{''.join(failed)}", failures)

        signature = inspect.signature(test)
        others = [each for each in signature.parameters.values() if each.name not in arguments]
        run_table.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return run_table

    assert table, "a table without rows tests nothing"
    return over_table
