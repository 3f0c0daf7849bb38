"""Anonymise a person: remove their name and account, and keep their work."""

import re
import secrets

import orjson
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from knox.models import AuthToken

from adjudication.actions import free_cases
from adjudication.models import Comment
from annotation.actions import forget_background, free_leases
from annotation.models import Acknowledgement, Annotator, Person
from annotation.pseudonyms import pseudonym
from corpus.actions import record_event
from corpus.actions.accounts import check_not_self, take_turn_as_site_admin
from corpus.errors import Refused
from corpus.models import Member, SiteAdmin, Verb
from corpus.queries import is_site_admin, open_site_admins
from quality.models import Report
from workspace.models import Digest, DigestChoice, GroupRole

DIGESTS = (DigestChoice, Digest)
SIGN_IN = (Authenticator, EmailAddress, SocialAccount, GroupRole)
ANONYMOUS = r"former-[0-9a-f]{12}"
RENAME_IN_EVENTS = """
    UPDATE corpus_event SET subject = corpus_event_subject(verb, subject, %(old)s, %(new)s),
        detail = corpus_event_detail(detail, %(old)s, %(new)s)
    WHERE subject <> corpus_event_subject(verb, subject, %(old)s, %(new)s)
        OR detail <> corpus_event_detail(detail, %(old)s, %(new)s)
"""


@transaction.atomic
def anonymise_user(*, user: User, by: User | None = None) -> str:
    """
    Remove a person's name, credentials and memberships for good. Their votes and settlements stay.

    :param by: the site admin who does it; None for a command
    :return: the new name of the account
    :raises Refused: if it is the caller's own account, the last site admin's, or anonymous already, or the caller is
        no site admin
    """
    take_turn_as_site_admin(by)  # so that two cannot anonymise each other at the same time
    user = User.objects.select_for_update().get(pk=user.pk)
    check_can_anonymise(user, by)
    old, new = user.username, f"former-{secrets.token_hex(6)}"
    free_leases(user=user)
    free_cases(user=user)
    rename_rater(user, new)
    Comment.objects.filter(author=user, removed_at__isnull=False).update(text="")
    forget_background(user=user)
    forget_account(user, new)
    rename_in_events(old, new)
    record_event(project=None, verb=Verb.ACCOUNT_ANONYMISED, subject=new, actor=by)
    transaction.on_commit(lambda: end_sessions(user.pk))
    return new


def check_can_anonymise(user: User, by: User | None) -> None:
    """
    :raises Refused: as `anonymise_user` says
    """
    if by is not None:
        check_not_self(user, by)
    if re.fullmatch(ANONYMOUS, user.username):
        raise Refused(f"{user.username} is anonymous already.")
    if is_site_admin(user) and not open_site_admins().exclude(user=user).exists():
        raise Refused(f"{user.username} is the last site admin. Make somebody else one first.")


def rename_rater(user: User, new: str) -> None:
    """Rename a person's annotators; keep the pseudonyms under which they were released, which derive from the name."""
    for annotator in Annotator.objects.filter(user=user).select_related("project"):
        annotator.released_as = pseudonym(annotator.project, annotator)
        annotator.name = new
        annotator.save(update_fields=["released_as", "name"])
        reports = Report.objects.filter(project=annotator.project)  # they contain rater names, and are computed again
        reports.delete()
        transaction.on_commit(reports.delete)  # again, as a measurement may have stored the name meanwhile


def forget_account(user: User, new: str) -> None:
    """Delete credentials, memberships and preferences, and close the account under its new name."""
    for model in (AuthToken, *SIGN_IN, Member, SiteAdmin, Person, Acknowledgement, *DIGESTS):
        model.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()
    User.objects.filter(pk=user.pk).update(
        username=new, first_name="", last_name="", email="", password=make_password(None), last_login=None,
        is_active=False, is_staff=False, is_superuser=False,
    )  # fmt: skip


def rename_in_events(old: str, new: str) -> None:
    """Replace a name in the append-only events; the trigger allows exactly this replacement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('assize.renamed', %s, true)", [orjson.dumps({"old": old, "new": new}).decode()]
        )
        cursor.execute(RENAME_IN_EVENTS, {"old": old, "new": new})
        cursor.execute("SELECT set_config('assize.renamed', '', true)")


def end_sessions(user: int) -> None:
    """Delete a person's sessions. Only the signed content names the person, so read every session."""
    for session in Session.objects.iterator():
        if str(session.get_decoded().get("_auth_user_id")) == str(user):
            SessionStore(session.session_key).delete()
