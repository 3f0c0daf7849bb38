"""What the REST route of figures returns, as types."""

from datetime import datetime
from typing import Any, TypedDict


class MetricsShape(TypedDict):
    """Figures as they were last measured, by kind."""

    policy: str
    as_of: datetime | None
    is_current: bool
    is_being_measured: bool
    reports: dict[str, Any]
