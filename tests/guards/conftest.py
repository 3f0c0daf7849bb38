"""A worker for tests of guards."""

from tests.jury.conftest import worker

__all__ = ["worker"]
