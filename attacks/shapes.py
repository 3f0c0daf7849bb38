"""Shapes of what the REST routes of the red-team room return."""

from datetime import datetime
from typing import TypedDict


class RateShape(TypedDict):
    """
    The attacks of one group: `finished` ones, of which `labelled` have a decided label.

    `rate` is the share of these that succeeded by their label, from `low` to `high` with 95 % confidence (Wilson); null
    without any. `claimed` are those that succeeded by their author's claim, `claimed_rightly` by both.
    """

    name: str
    finished: int
    pending: int
    labelled: int
    succeeded: int
    rate: float | None
    low: float | None
    high: float | None
    claimed: int
    claimed_rightly: int
    agreement: float | None


class AttackReportShape(TypedDict):
    """How often attacks succeeded, of all and by what was attacked, how, and for what."""

    total: RateShape
    by_target: list[RateShape]
    by_technique: list[RateShape]
    by_goal: list[RateShape]
    withdrawn: int


class RoomShape(TypedDict):
    """
    What may be attacked in a project, by their names, and by what budget, in US dollars.

    `left_today_usd` is what the caller may still spend today. Before they attack they consent to `consent_text`.
    """

    is_on: bool
    targets: list[str]
    budget_usd: float
    daily_usd: float
    left_today_usd: float
    most_turns: int
    license: str
    consent_text: str
    consent_version: int
    has_consented: bool
    techniques: dict[str, str]


class AttackTurnShape(TypedDict):
    """
    A message of an attack, as it was sent, and its reply.

    `state` is `waiting`, `asking`, `answered`, `filtered` or `failed`. `verdict` is the label of an attacked juror.
    """

    number: int
    text: str
    transform: str
    state: str
    reply: str
    verdict: str
    cost_usd: float
    sent_at: datetime


class AttackShape(TypedDict):
    """An attack of the caller's own; `item` is the id of the dialogue that it became."""

    id: int
    target: str
    model: str
    goal: str
    technique: str
    state: str
    claims_success: bool | None
    item: str | None
    started_at: datetime
    finished_at: datetime | None


class AttackDetailShape(AttackShape):
    """An attack with its messages, in order."""

    turns: list[AttackTurnShape]
