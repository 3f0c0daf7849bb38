"""How far a case is, in words. Without a database."""

from adjudication.case_states import State
from adjudication.models import Case


def steps_of(stage: str, case: Case, *, is_shown: bool) -> list[tuple[str, str]]:
    """
    Return the steps of a case, each done, current or to come; none where this person cannot settle it.

    :param stage: as `stage_of` returns it
    """
    if stage not in ("take", "blind", "settle", "second", "done") or case.state in (State.CLOSED, State.REOPENED):
        return []
    names = ["Read", "Label blind", "Compare opinions", "Settle"]
    at = {"take": 0, "blind": int(is_shown), "second": int(is_shown), "settle": 2, "done": 4}[stage]
    names = names[:2] if stage == "second" else names
    return [(name, "done" if n < at else "current" if n == at else "to come") for n, name in enumerate(names)]


def outcome_of(case: Case) -> str:
    """Return the heading of a case that nobody has to settle now."""
    return {
        State.SETTLED: "Settled",
        State.REOPENED: "Settled, and reopened since",
        State.CLOSED: "Closed: later opinions decided it",
        State.OPEN: "Not to be settled",
    }[State(case.state)]
