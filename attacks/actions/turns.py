"""Send a message to the target of an attack, and take one back that no worker has begun."""

import uuid
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from annotation.session import AnnotatorSession, check_rested, lock_session, record_work
from attacks import queries
from attacks.actions.conversations import LONGEST_MESSAGE, check_quiet, lock_own
from attacks.actions.room import check_may_attack
from attacks.engine.ledger import check_room, lock_budget
from attacks.engine.targets import client_of, request_for
from attacks.models import AttackSettings, Conversation, Turn
from corpus.actions import lock_in_use, record_event
from corpus.errors import Invalid, Refused
from corpus.importing.values import clean_text
from corpus.models import Project, Verb
from guards.transforms import TRANSFORMS

LONGEST_SENT = 4 * LONGEST_MESSAGE
"Characters of a message that a transform has rewritten."
MOST_DIALOGUE = 200_000
"Characters of a whole conversation."

ARCHIVED = "It was not sent, because the project was archived."


class WentOn(Refused):
    """The conversation went on since the page was loaded, as in another tab."""

    code = "went_on"


@dataclass(frozen=True)
class Message:
    """What a person sends."""

    text: str
    "As typed."
    token: uuid.UUID
    "Of its form, so that pressing twice sends it once."
    transform: str = ""
    "A key of `TRANSFORMS`; empty for the text as it is."
    seen: int | None = None
    "How many turns the person saw when they wrote it; None if that is not known."

    @property
    def sent(self) -> str:
        """
        The text as it goes out.

        :raises Invalid: if it is empty or too long, or the transform is unknown
        """
        text = clean_text(self.text, "text", limit=LONGEST_MESSAGE)
        if not text.strip():
            raise Invalid("text", "write a message first")
        if self.transform and self.transform not in TRANSFORMS:
            raise Invalid("transform", f"choose one of {', '.join(TRANSFORMS)}")
        sent = TRANSFORMS[self.transform](text) if self.transform else text
        return clean_text(sent, "text", limit=LONGEST_SENT)


@transaction.atomic
def send_turn(*, project: Project, user: User, number: int, message: Message) -> Turn:
    """
    Store a message and reserve what it may cost. The caller has a worker ask (`attacks.tasks.ask_soon`).

    The same form again returns the turn that it made.

    :raises Invalid: if the message breaks a rule
    :raises AttackBudgetSpent: if a budget has no room for it
    :raises Refused: if the person or the project allows no attack now, or the conversation takes no message
    :raises NoSuchConversation: if they have none of that number
    """
    session = lock_session(project, user)
    lock_in_use(project)
    found = lock_own(project, user, number)
    if made := Turn.objects.filter(conversation=found, token=message.token).first():
        return made
    settings = check_may_attack(project, user)
    check_rested(session)
    turns = check_quiet(found)
    queries.check_still_target(found)
    if message.seen is not None and message.seen != len(turns):
        raise WentOn("This attack went on meanwhile, perhaps in another tab. Read on; what you typed is kept.")
    if len(turns) >= settings.most_turns:
        raise Refused(f"This attack has its {settings.most_turns} messages. Finish it, and start another one.")
    return write_turn(found, session, settings, turns, message)


def write_turn(
    conversation: Conversation, session: AnnotatorSession, settings: AttackSettings, turns: list[Turn], message: Message
) -> Turn:
    """
    Reserve the price of a message, and store it with its event and the person's work.

    :raises AttackBudgetSpent: if a budget has no room for it
    :raises Invalid: if the message breaks a rule
    """
    sent, client = message.sent, client_of(conversation)
    request = request_for(client, queries.answered_turns(turns), sent)
    if request.length > MOST_DIALOGUE:
        raise Invalid("text", f"the attack would pass {MOST_DIALOGUE:,} characters; finish it, and start another")
    price = client.price(request.prompt_tokens, client.longest_answer)
    lock_budget(conversation.project)
    check_room(queries.spending_of(settings, conversation.author_id, session.day), price)
    turn = Turn.objects.create(
        project=conversation.project,
        conversation=conversation,
        author=conversation.author,
        day=session.day,
        number=len(turns) + 1,
        token=message.token,
        text=sent,
        typed=message.text if message.transform else "",
        transform=message.transform,
        reserved_usd=price,
    )
    Conversation.objects.filter(pk=conversation.pk).update(draft="")
    record_work(session, turns=1)
    detail = {"turn": turn.number, "transform": turn.transform}
    record_event(
        project=conversation.project,
        verb=Verb.ATTACK_TURN_SENT,
        subject=str(conversation.pk),
        actor=conversation.author,
        detail=detail,
    )
    return turn


def end_waiting_turns(project: Project) -> None:
    """End the messages of a project that no worker has begun: they are not sent any more, and cost nothing."""
    Turn.objects.filter(project=project, state=Turn.State.WAITING).update(
        state=Turn.State.FAILED, reason=ARCHIVED, reserved_usd=0, ended_at=Now()
    )


@transaction.atomic
def take_turn_back(*, project: Project, user: User, number: int) -> Conversation:
    """
    Take a message back that no worker has begun: it costs nothing, and is the draft again. Else change nothing.

    :raises NoSuchConversation: if they have none of that number
    """
    lock_session(project, user)
    lock_in_use(project)
    found = lock_own(project, user, number)
    waiting = Turn.objects.filter(conversation=found, state=Turn.State.WAITING).first()
    ended = {"state": Turn.State.FAILED, "reason": "taken back", "reserved_usd": 0, "ended_at": Now()}
    if waiting and Turn.objects.filter(pk=waiting.pk, state=Turn.State.WAITING).update(**ended):
        Conversation.objects.filter(pk=found.pk, draft="").update(draft=waiting.typed or waiting.text)
        detail = {"turn": waiting.number}
        record_event(
            project=project, verb=Verb.ATTACK_TURN_TAKEN_BACK, subject=str(found.pk), actor=user, detail=detail
        )
    return queries.find_conversation(project, user, number)
