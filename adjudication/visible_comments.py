"""Who may read and write comments on an item, and under which names: the one place that decides it."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from adjudication.models import BlindAnswer, Comment
from adjudication.queries.opinions import cases_to_label_blind
from adjudication.visible_opinions import BlindFirst, visible_opinions
from annotation.models import Check, Vote
from annotation.queries import has_all_votes, has_voted
from corpus.access import Access
from corpus.errors import Refused
from corpus.models import Item
from corpus.queries import NoSuchItem

YOU = "You"


class CommentsClosed(Refused):
    """A vote on the item is still to come, so nobody reads or writes comments on it."""

    code = "comments_closed"


def check_comments_open(access: Access, item: Item) -> None:
    """
    Check that a person may read and write the comments on an item.

    Those who voted on it, those who labelled its case blind, and leads; and none of them while a vote is to come.

    :raises NoSuchItem: if they are none of these, as if there were no such item
    :raises CommentsClosed: while the item wants a vote, or the person has it to label
    :raises BlindFirst: if they hold its open case and have not labelled it blind
    """
    if not (has_voted(access.user, item) or access.is_lead or has_answered_blind(access, item)):
        raise NoSuchItem(f"You have voted on no dialogue {item.external_id!r}.")
    if not has_all_votes(access.project, item):
        raise CommentsClosed("Comments open once everybody who is to vote on this dialogue has voted.")
    if Check.objects.filter(item=item, annotator__user=access.user, vote=None).exists():
        raise CommentsClosed("You have this dialogue to label now. Comments open once you have voted.")
    if cases_to_label_blind(access.user).filter(item=item).exists():
        raise BlindFirst("You hold the case of this dialogue. Label it blind first, or release the case.")


def has_answered_blind(access: Access, item: Item) -> bool:
    """Return whether an adjudicator has labelled a case of the item blind."""
    return access.is_adjudicator and BlindAnswer.objects.filter(case__item=item, adjudicator=access.user).exists()


def visible_comments(access: Access, item: Item) -> QuerySet[Comment]:
    """
    Return the comments on an item, removed ones too, unordered; record that a person who did not vote has seen them.

    Comments say what people think of the item, so whoever may still settle its case has seen opinions.

    :raises NoSuchItem, CommentsClosed, BlindFirst: as `check_comments_open` does
    """
    check_comments_open(access, item)
    comments = Comment.objects.filter(item=item).select_related("author")
    if not has_voted(access.user, item) and comments.exists():
        visible_opinions(access.user, item)
    return comments


def author_names(access: Access, item: Item) -> dict[int, str]:
    """
    Return the name under which a person reads each author of comments on an item, by primary key of the author.

    Leads read names. Others read the same numbers for a whole item, in the order of first comments, and no names.
    """
    authors = list(dict.fromkeys(Comment.objects.filter(item=item).order_by("pk").values_list("author", flat=True)))
    if access.is_lead:
        names = dict(User.objects.filter(pk__in=authors).values_list("pk", "username"))
    else:
        votes = Vote.objects.filter(item=item, annotator__user__in=authors)
        voters = set(votes.values_list("annotator__user", flat=True))
        names = number_authors(authors, voters)
    return names | {access.user.pk: YOU}


def number_authors(authors: list[int], voters: set[int]) -> dict[int, str]:
    """Return `Annotator 1`, … for those who voted, and `Reviewer 1`, … for the others, in the order given."""
    names: dict[int, str] = {}
    for word, group in (
        ("Annotator", [author for author in authors if author in voters]),
        ("Reviewer", [author for author in authors if author not in voters]),
    ):
        names |= {author: f"{word} {number}" for number, author in enumerate(group, start=1)}
    return names
