"""Start and discard conversations, and keep what their author types."""

import uuid

from django.contrib.auth.models import User
from django.db import transaction

from annotation.session import check_qualified, check_rested, lock_session
from attacks import queries
from attacks.actions.room import check_may_attack
from attacks.models import Conversation, Turn
from attacks.techniques import TECHNIQUES
from corpus.actions import lock_in_use, record_event
from corpus.errors import Invalid, Refused
from corpus.importing.values import clean_text
from corpus.models import Project, Verb
from corpus.queries import categories_of
from jury.actions.checks import check_can_reach

MOST_OPEN = 20
"Open conversations of one person in a project."
LONGEST_MESSAGE = 10_000
"Characters of a message, and of what is typed."


class ConversationClosed(Refused):
    """The conversation is finished or discarded."""

    code = "attack_closed"


class ReplyAwaited(Refused):
    """The reply to the last message is still to come."""

    code = "reply_awaited"


@transaction.atomic
def start_conversation(*, project: Project, user: User, target: str, goal: str, technique: str) -> Conversation:
    """
    Start an attack on a target.

    :param target: its name
    :param goal: the slug of the category that a response is wanted about
    :param technique: a key of TECHNIQUES
    :raises Invalid: naming the field that is wrong
    :raises Refused: if the person or the project allows no attack now, or the target cannot be asked
    """
    session = lock_session(project, user)
    lock_in_use(project)
    check_may_attack(project, user)
    check_qualified(session)
    check_rested(session)
    check_named(project, goal, technique, session.avoided)
    own = Conversation.objects.filter(project=project, author=user, state=Conversation.State.OPEN)
    if own.count() >= MOST_OPEN:
        raise Refused(f"You have {MOST_OPEN} open attacks. Finish or discard one first.")
    found = queries.target_named(project, target)
    check_can_reach(found)
    made = Conversation.objects.create(
        project=project, author=user, target=found, model=found.model, goal=goal, technique=technique
    )
    detail = {"target": found.name, "goal": goal, "technique": technique}
    record_event(project=project, verb=Verb.ATTACK_STARTED, subject=str(made.pk), actor=user, detail=detail)
    return made


def check_named(project: Project, goal: str, technique: str, avoided: list[str] | None = None) -> None:
    """
    Check the goal and the technique of an attack.

    :raises Invalid: naming the one that is unknown, or a goal that the person opted out of
    """
    if goal not in {category.slug for category in categories_of(project)}:
        raise Invalid("goal", "choose one of the project's categories")
    if goal in (avoided or ()):
        raise Invalid("goal", "you opted out of this category on Wellbeing; choose another")
    if technique not in TECHNIQUES:
        raise Invalid("technique", f"choose one of {', '.join(TECHNIQUES)}")


def lock_own(project: Project, user: User, number: int) -> Conversation:
    """
    Return a person's own conversation, locked until the transaction ends.

    The person is locked first, in all actions but the saving of a draft, which locks nothing else:
    otherwise one that holds the project and one that holds the conversation would wait for each other.

    :raises NoSuchConversation: if they have none of that number
    """
    Conversation.objects.select_for_update(no_key=True).filter(project=project, author=user, pk=number).first()
    return queries.find_conversation(project, user, number)


def check_quiet(conversation: Conversation) -> list[Turn]:
    """
    Return the turns of a locked conversation that waits for no reply.

    :raises ConversationClosed: if it takes no messages any more
    :raises ReplyAwaited: if it waits for one
    """
    if not conversation.is_open:
        raise ConversationClosed(f"This attack is {conversation.get_state_display().lower()} already.")
    turns = queries.turns_of(conversation)
    if queries.turn_under_way(turns):
        raise ReplyAwaited("Your last message still waits for its reply.")
    return turns


@transaction.atomic
def save_draft(*, project: Project, user: User, number: int, text: str, token: uuid.UUID) -> None:
    """
    Keep what a person has typed, unless it was sent or the conversation has ended meanwhile.

    :param token: of the form in which it was typed
    :raises Invalid: if it is too long, or no text that can be stored
    :raises NoSuchConversation: if they have none of that number
    """
    clean_text(text, "text", limit=LONGEST_MESSAGE)
    found = lock_own(project, user, number)  # a message that is being sent empties the draft
    if not Turn.objects.filter(conversation=found, token=token).exists():
        Conversation.objects.filter(pk=found.pk, state=Conversation.State.OPEN).update(draft=text)


@transaction.atomic
def discard_conversation(*, project: Project, user: User, number: int) -> Conversation:
    """
    Discard a conversation: nobody labels it. Repeating it changes nothing.

    :raises ConversationClosed: if it is finished
    :raises ReplyAwaited: if it waits for a reply
    :raises NoSuchConversation: if they have none of that number
    """
    lock_session(project, user)
    lock_in_use(project)
    found = lock_own(project, user, number)
    if found.state != Conversation.State.DISCARDED:
        check_quiet(found)
        found.state = Conversation.State.DISCARDED
        found.save(update_fields=["state"])
        record_event(project=project, verb=Verb.ATTACK_DISCARDED, subject=str(found.pk), actor=user)
    return found
