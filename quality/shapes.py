"""The shape of the REST response, as a type."""

from datetime import datetime
from typing import Any, TypedDict


class MetricsShape(TypedDict):
    """The figures of a project as of its last measurement, by kind of report."""

    policy: str
    as_of: datetime | None
    is_current: bool
    is_being_measured: bool
    reports: dict[str, Any]
