"""Write a comment on an item, and remove one's own."""

from django.db import transaction
from django.utils import timezone

from adjudication.models import Comment
from adjudication.visible_comments import check_comments_open
from annotation.sampling import lock_slots
from corpus.access import Access
from corpus.actions import record_event
from corpus.errors import Invalid
from corpus.models import Item, Verb

LONGEST_COMMENT = 2_000
"Characters."


@transaction.atomic
def add_comment(*, access: Access, item: Item, text: str) -> Comment:
    """
    Write a comment; the same text again, right after, changes nothing.

    :raises Invalid: if the text is empty, too long or has a NUL
    :raises NoSuchItem, CommentsClosed, BlindFirst: as `check_comments_open` does
    """
    text = check_text(text)
    lock_slots(access.project)  # so that none is opened between the check and the comment
    check_comments_open(access, item)
    latest = Comment.objects.filter(item=item).order_by("-pk").first()
    if latest and latest.author_id == access.user.pk and latest.text == text and latest.removed_at is None:
        return latest
    comment = Comment.objects.create(item=item, author=access.user, text=text)
    record_event(
        project=access.project,
        verb=Verb.COMMENT_ADDED,
        subject=item.external_id,
        actor=access.user,
        detail={"comment": comment.pk},
    )
    return comment


def check_text(text: str) -> str:
    """
    Return the text of a comment without blanks around it.

    :raises Invalid: if it is empty, too long or has a NUL
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid("text", "write something")
    if len(text) > LONGEST_COMMENT:
        raise Invalid("text", f"it has {len(text):,} characters, of {LONGEST_COMMENT:,} at most")
    if "\0" in text:
        raise Invalid("text", "it holds a NUL character")
    return text


@transaction.atomic
def remove_comment(*, access: Access, item: Item, comment: int) -> Comment:
    """
    Remove one's own comment, also while comments are closed; it stays as a removed one. Again, it changes nothing.

    :param comment: primary key
    :raises Comment.DoesNotExist: if the person wrote no such comment on the item
    """
    found = Comment.objects.select_for_update().get(pk=comment, item=item, author=access.user)
    if found.removed_at is None:
        found.removed_at = timezone.now()
        found.save(update_fields=["removed_at"])
        record_event(
            project=access.project,
            verb=Verb.COMMENT_REMOVED,
            subject=item.external_id,
            actor=access.user,
            detail={"comment": found.pk},
        )
    return found
