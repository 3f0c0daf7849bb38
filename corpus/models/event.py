from django.conf import settings
from django.db import models

from corpus.models.project import Project


class Verb(models.TextChoices):
    """Everything that is recorded as an event, as `noun.past`. Every action that changes data uses one of these."""

    ACCOUNT_ANONYMISED = "account.anonymised", "Account anonymised"
    ACCOUNT_CLOSED = "account.closed", "Account closed"
    ACCOUNT_OPENED = "account.opened", "Account opened"
    BATCH_CLOSED = "batch.closed", "Batch closed"
    BATCH_HANDED_OUT = "batch.handed_out", "Batch handed out"
    BATCH_OPENED = "batch.opened", "Batch opened"
    BATCH_REOPENED = "batch.reopened", "Batch reopened"
    CASE_ANSWERED_BLIND = "case.answered_blind", "Case answered blind"
    CASE_ANSWERED_SECOND = "case.answered_second", "Case answered second"
    CASE_CLAIMED = "case.claimed", "Case claimed"
    CASE_RELEASED = "case.released", "Case released"
    CASE_REOPENED = "case.reopened", "Case reopened"
    CASE_SECOND_ASKED = "case.second_asked", "Case second asked"
    CASE_SENT_BACK = "case.sent_back", "Case sent back"
    CASE_SETTINGS_CHANGED = "case_settings.changed", "Case settings changed"
    CONTENT_ACKNOWLEDGED = "content.acknowledged", "Content acknowledged"
    GENERATOR_ADDED = "generator.added", "Generator added"
    GOLD_REMOVED = "gold.removed", "Gold removed"
    GOLD_SET = "gold.set", "Gold set"
    GUIDELINE_PUBLISHED = "guideline.published", "Guideline published"
    ITEM_AUDITED = "item.audited", "Item audited"
    ITEM_SETTLED = "item.settled", "Item settled"
    ITEM_SKIPPED = "item.skipped", "Item skipped"
    ITEM_VOTED = "item.voted", "Item voted"
    ITEM_WITHDRAWN = "item.withdrawn", "Item withdrawn"
    ITEMS_EXPECTED = "items.expected", "Items expected"
    ITEMS_IMPORTED = "items.imported", "Items imported"
    JUROR_ADDED = "juror.added", "Juror added"
    JUROR_CHANGED = "juror.changed", "Juror changed"
    JUROR_PROBED = "juror.probed", "Juror probed"
    JUROR_TRIED = "juror.tried", "Juror tried"
    LEASE_FREED = "lease.freed", "Lease freed"
    MEMBER_ADDED = "member.added", "Member added"
    MEMBER_CHANGED = "member.changed", "Member changed"
    MEMBER_REMOVED = "member.removed", "Member removed"
    OPINIONS_IMPORTED = "opinions.imported", "Opinions imported"
    OPINIONS_SEEN = "opinions.seen", "Opinions seen"
    PREFERENCES_CHANGED = "preferences.changed", "Preferences changed"
    PROJECT_CREATED = "project.created", "Project created"
    PROJECT_POLICY_CHANGED = "project.policy_changed", "Project policy changed"
    QUEUE_CHANGED = "queue.changed", "Queue changed"
    RELEASE_MADE = "release.made", "Release made"
    RESPONSES_PUBLISHED = "responses.published", "Responses published"
    RUN_CANCELLED = "run.cancelled", "Run cancelled"
    RUN_PAUSED = "run.paused", "Run paused"
    RUN_RESUMED = "run.resumed", "Run resumed"
    RUN_STARTED = "run.started", "Run started"
    TAXONOMY_EXTENDED = "taxonomy.extended", "Taxonomy extended"
    TOKEN_MADE = "token.made", "Token made"
    TOKEN_REVOKED = "token.revoked", "Token revoked"
    UPLOAD_TAKEN = "upload.taken", "Upload taken"
    VOTE_CORRECTED = "vote.corrected", "Vote corrected"


ITEM_VERBS = frozenset(
    {
        Verb.CASE_ANSWERED_BLIND,
        Verb.CASE_ANSWERED_SECOND,
        Verb.CASE_CLAIMED,
        Verb.CASE_RELEASED,
        Verb.CASE_REOPENED,
        Verb.CASE_SECOND_ASKED,
        Verb.CASE_SENT_BACK,
        Verb.GOLD_REMOVED,
        Verb.GOLD_SET,
        Verb.ITEM_AUDITED,
        Verb.ITEM_SETTLED,
        Verb.ITEM_SKIPPED,
        Verb.ITEM_VOTED,
        Verb.ITEM_WITHDRAWN,
        Verb.ITEMS_EXPECTED,
        Verb.LEASE_FREED,
        Verb.OPINIONS_SEEN,
        Verb.VOTE_CORRECTED,
    }
)
"Verbs whose subject is the external id of an item."
SITE_VERBS = frozenset(
    {
        Verb.ACCOUNT_ANONYMISED,
        Verb.ACCOUNT_CLOSED,
        Verb.ACCOUNT_OPENED,
        Verb.CONTENT_ACKNOWLEDGED,
        Verb.PREFERENCES_CHANGED,
    }
)
"Verbs of events that belong to no project."


class Event(models.Model):
    """Who did what when. The database refuses to change or delete a row."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    "None for commands and scheduled tasks."
    verb = models.CharField(max_length=60)
    "One of `Verb`."
    subject = models.TextField(blank=True, default="")
    "The external id or name of what it was done to."
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-at"], name="event_by_project")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "subject", "actor"],
                condition=models.Q(verb="opinions.seen"),
                name="opinions_seen_once_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
