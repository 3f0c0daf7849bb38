"""
What the state of a case allows: one table, and its diagram in docs/settling.md. Pure.

`python -m adjudication.case_states --write` draws the diagram again; `--check` fails if it is out of date.
"""

import sys
from collections import defaultdict
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).parents[1] / "docs" / "settling.md"
BEGIN, END = "<!-- case-states:begin -->", "<!-- case-states:end -->"
RECOUNT = "recount"
"The role of a transition that no person makes."


class State(StrEnum):
    """The values of `Case.state`."""

    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"
    REOPENED = "reopened"


class Action(StrEnum):
    """What can be done with a case."""

    CLAIM = "claim"
    RENEW = "renew"
    RELEASE = "release"
    ANSWER_BLIND = "answer_blind"
    SETTLE = "settle"
    SEND_BACK = "send_back"
    ASK_SECOND = "ask_second"
    ANSWER_SECOND = "answer_second"
    REOPEN = "reopen"
    CLOSE = "close"


class Transition(NamedTuple):
    """One row of the table: the action that a role can take in a state, and the state that follows."""

    state: State
    action: Action
    least_role: str
    "A value of Member.Role, or RECOUNT."
    next_state: State


TABLE = (
    Transition(State.OPEN, Action.CLAIM, "adjudicator", State.OPEN),
    Transition(State.OPEN, Action.RENEW, "adjudicator", State.OPEN),
    Transition(State.OPEN, Action.RELEASE, "adjudicator", State.OPEN),
    Transition(State.OPEN, Action.ANSWER_BLIND, "adjudicator", State.OPEN),
    Transition(State.OPEN, Action.SEND_BACK, "adjudicator", State.OPEN),
    Transition(State.OPEN, Action.ASK_SECOND, "adjudicator", State.OPEN),
    Transition(State.OPEN, Action.SETTLE, "adjudicator", State.SETTLED),
    Transition(State.OPEN, Action.CLOSE, RECOUNT, State.CLOSED),
    Transition(State.SETTLED, Action.ASK_SECOND, "adjudicator", State.SETTLED),
    Transition(State.SETTLED, Action.ANSWER_SECOND, "adjudicator", State.SETTLED),
    Transition(State.SETTLED, Action.REOPEN, "adjudicator", State.REOPENED),
)
BY_STATE_AND_ACTION = {(row.state, row.action): row for row in TABLE}


def find_transition(state: str, action: Action) -> Transition | None:
    """Return the row for an action in a state; None if the state does not allow the action."""
    return BY_STATE_AND_ACTION.get((State(state), action))


def next_state(state: str, action: Action) -> State:
    """
    Return the state that an action leads to.

    :raises KeyError: if the state does not allow the action
    """
    return BY_STATE_AND_ACTION[State(state), action].next_state


def allowed_actions(state: str) -> frozenset[Action]:
    """Return what people can do with a case in a state."""
    return frozenset(row.action for row in TABLE if row.state == state and row.least_role != RECOUNT)


def diagram() -> str:
    """Return the table as a Mermaid state diagram, between its two markers."""
    arrows = defaultdict(list)
    for row in TABLE:
        arrows[row.state, row.next_state, row.least_role].append(row.action.replace("_", " "))
    lines = [
        f"    {state} --> {after}: {', '.join(actions)} ({role})" for (state, after, role), actions in arrows.items()
    ]
    lines = ["stateDiagram-v2", f"    [*] --> {State.OPEN}: opinions disagree ({RECOUNT})", *lines]
    return "\n".join([BEGIN, "```mermaid", *lines, "```", END])


def with_diagram(document: str) -> str:
    """
    Return a document with the current diagram in the place of the one it holds.

    :raises ValueError: if the document does not hold both markers
    """
    before, _, rest = document.partition(BEGIN)
    _, marker, after = rest.partition(END)
    if not marker:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    return before + diagram() + after


def main(arguments: list[str], path: Path = DOCUMENT) -> None:
    """Write the diagram into the document, or exit with a message if it is out of date."""
    document = path.read_text()
    if arguments == ["--write"]:
        path.write_text(with_diagram(document))
    elif document != with_diagram(document):
        sys.exit(f"{path.name}: the diagram is out of date. Run: python -m adjudication.case_states --write")


if __name__ == "__main__":
    main(sys.argv[1:])
