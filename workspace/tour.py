"""A tour of a project in five steps for each role: pages of the navigation, and what one does there."""

from dataclasses import dataclass

from corpus.models import Member

Role = Member.Role


@dataclass(frozen=True)
class Stop:
    """One step: the key of an entry of the navigation, and what to know of its page."""

    key: str
    text: str


OVERVIEW = Stop("overview", "How far the project is: dialogues come in, are labelled, decided and released.")
LABEL = Stop("label", "Take a dialogue, read it, and say whether prompt and response are safe. Press ? for keys.")
GUIDELINE = Stop("guideline", "What each category means, with examples of what is in and what is out.")
VOTES = Stop("votes", "What you voted. You may correct a vote as long as its batch is open.")
WELLBEING = Stop("wellbeing", "What you were exposed to, categories you do not want to see, and breaks.")
CASES = Stop("cases", "Where labels differ. You label blind first, then see all opinions, and settle it with a reason.")
QUALITY = Stop("quality", "How well people and jurors agree, with intervals, and what pulls agreement down.")
JURY = Stop("jury", "Models that label beside people. Try one with a single call before you ask about everything.")
RELEASES = Stop("releases", "A release is the finished dataset: files with hashes, splits and a dataset card.")

ROUTES: dict[Role, tuple[Stop, ...]] = {
    Role.ANNOTATOR: (OVERVIEW, LABEL, GUIDELINE, VOTES, WELLBEING),
    Role.ADJUDICATOR: (OVERVIEW, LABEL, GUIDELINE, CASES, WELLBEING),
    Role.LEAD: (OVERVIEW, LABEL, CASES, QUALITY, RELEASES),
    Role.ADMIN: (OVERVIEW, LABEL, JURY, QUALITY, RELEASES),
}


def parse_step(text: str | None, role: Role) -> int | None:
    """Return the step that an address names, from 1; None if it names none of this role's tour."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) == 1 else 0
    return number if 1 <= number <= len(ROUTES[role]) else None
