"""The audit log: events, and the verbs they record."""

from django.conf import settings
from django.db import models

from corpus.models.project import Project


class Verb(models.TextChoices):
    """What an event records, as `noun.past`. Every action that changes data records one of these."""

    # Accounts, members and API tokens
    ACCOUNT_MADE = "account.made", "Account made by single sign-on"
    ACCOUNT_CONNECTED = "account.connected", "Account connected with single sign-on"
    ACCOUNT_DISCONNECTED = "account.disconnected", "Account disconnected from single sign-on"
    ACCOUNT_EMERGENCY = "account.emergency_sign_in", "Emergency sign-in with a password"
    ACCOUNT_OPENED = "account.opened", "Account opened"
    ACCOUNT_CLOSED = "account.closed", "Account closed"
    ACCOUNT_ANONYMISED = "account.anonymised", "Account anonymised"
    ACCOUNT_MADE_SITE_ADMIN = "account.made_site_admin", "Account made site admin"
    ACCOUNT_NO_SITE_ADMIN = "account.no_site_admin", "Account no site admin"
    MEMBER_ADDED = "member.added", "Member added"
    MEMBER_CHANGED = "member.changed", "Member changed"
    MEMBER_REMOVED = "member.removed", "Member removed"
    TOKEN_MADE = "token.made", "Token made"
    TOKEN_REVOKED = "token.revoked", "Token revoked"
    TOKENS_ENDED = "account.tokens_ended", "Tokens ended by a new password"
    CONTENT_ACKNOWLEDGED = "content.acknowledged", "Content acknowledged"
    PREFERENCES_CHANGED = "preferences.changed", "Preferences changed"

    # Projects and their settings
    PROJECT_CREATED = "project.created", "Project created"
    PROJECT_POLICY_CHANGED = "project.policy_changed", "Project policy changed"
    PROJECT_CHANGED = "project.changed", "Project changed"
    PROJECT_CLONED = "project.cloned", "Project cloned"
    PROJECT_ARCHIVED = "project.archived", "Project archived"
    PROJECT_RESTORED = "project.restored", "Project restored"
    TAXONOMY_EXTENDED = "taxonomy.extended", "Taxonomy extended"
    TAXONOMY_CHANGED = "taxonomy.changed", "Taxonomy changed"
    QUESTION_ADDED = "question.added", "Question added"
    QUESTION_CHANGED = "question.changed", "Question changed"
    QUESTION_RETIRED = "question.retired", "Question retired"
    BACKGROUND_QUESTION_ADDED = "background_question.added", "Question about people added"
    BACKGROUND_QUESTION_REMOVED = "background_question.removed", "Question about people removed"
    PROMPT_FROZEN = "prompt.frozen", "Prompt frozen"
    GUIDELINE_PUBLISHED = "guideline.published", "Guideline published"
    QUEUE_CHANGED = "queue.changed", "Queue changed"
    CASE_SETTINGS_CHANGED = "case_settings.changed", "Case settings changed"

    # Uploads and items
    UPLOAD_TAKEN = "upload.taken", "Upload taken"
    UPLOAD_DISCARDED = "upload.discarded", "Upload discarded"
    ITEMS_IMPORTED = "items.imported", "Items imported"
    ITEMS_EXPECTED = "items.expected", "Items expected"
    ITEM_WITHDRAWN = "item.withdrawn", "Item withdrawn"
    ITEM_RESTORED = "item.restored", "Item restored"
    ITEM_REPLACED = "item.replaced", "Item replaced"
    OPINIONS_IMPORTED = "opinions.imported", "Opinions imported"
    OPINIONS_SEEN = "opinions.seen", "Opinions seen"
    OPINIONS_LISTED = "opinions.listed", "Opinions listed"
    OPINIONS_DOWNLOADED = "opinions.downloaded", "Opinions downloaded"

    # Votes, batches and checks of annotators
    ITEM_VOTED = "item.voted", "Item voted"
    ITEM_SKIPPED = "item.skipped", "Item skipped"
    VOTE_CORRECTED = "vote.corrected", "Vote corrected"
    LEASE_FREED = "lease.freed", "Lease freed"
    BATCH_OPENED = "batch.opened", "Batch opened"
    BATCH_HANDED_OUT = "batch.handed_out", "Batch handed out"
    BATCH_CLOSED = "batch.closed", "Batch closed"
    BATCH_REOPENED = "batch.reopened", "Batch reopened"
    GOLD_SET = "gold.set", "Gold set"
    GOLD_REMOVED = "gold.removed", "Gold removed"
    ITEM_AUDITED = "item.audited", "Item audited"
    QUALIFICATION_CHANGED = "qualification.changed", "Qualification changed"
    QUALIFICATION_PASSED = "qualification.passed", "Qualification passed"
    QUALIFICATION_FAILED = "qualification.failed", "Qualification failed"
    COMMENT_ADDED = "comment.added", "Comment added"
    COMMENT_REMOVED = "comment.removed", "Comment removed"

    # Jurors, runs and generated responses
    JUROR_ADDED = "juror.added", "Juror added"
    JUROR_CHANGED = "juror.changed", "Juror changed"
    JUROR_PROBED = "juror.probed", "Juror probed"
    JUROR_TRIED = "juror.tried", "Juror tried"
    GENERATOR_ADDED = "generator.added", "Generator added"
    RUN_STARTED = "run.started", "Run started"
    RUN_PAUSED = "run.paused", "Run paused"
    RUN_RESUMED = "run.resumed", "Run resumed"
    RUN_CANCELLED = "run.cancelled", "Run cancelled"
    RESPONSES_PUBLISHED = "responses.published", "Responses published"

    # Attacks
    ATTACK_SETTINGS_CHANGED = "attack_settings.changed", "Attack settings changed"
    ATTACK_CONSENTED = "attack.consented", "Attack consented"
    ATTACK_STARTED = "attack.started", "Attack started"
    ATTACK_TURN_SENT = "attack.turn_sent", "Attack turn sent"
    ATTACK_TURN_TAKEN_BACK = "attack.turn_taken_back", "Attack turn taken back"
    ATTACK_FINISHED = "attack.finished", "Attack finished"
    ATTACK_DISCARDED = "attack.discarded", "Attack discarded"

    # Cases
    CASE_CLAIMED = "case.claimed", "Case claimed"
    CASE_RELEASED = "case.released", "Case released"
    CASE_ANSWERED_BLIND = "case.answered_blind", "Case answered blind"
    CASE_SECOND_ASKED = "case.second_asked", "Case second asked"
    CASE_ANSWERED_SECOND = "case.answered_second", "Case answered second"
    CASE_SENT_BACK = "case.sent_back", "Case sent back"
    ITEM_SETTLED = "item.settled", "Item settled"
    CASE_REOPENED = "case.reopened", "Case reopened"

    # Releases
    RELEASE_MADE = "release.made", "Release made"
    RELEASE_PUSH_ASKED = "release.push_asked", "Push of a release asked for"
    RELEASE_PUSH_STARTED = "release.push_started", "Push of a release started"
    RELEASE_PUSHED = "release.pushed", "Release pushed"

    # Notifications
    WEBHOOK_ADDED = "webhook.added", "Webhook added"
    WEBHOOK_CHANGED = "webhook.changed", "Webhook changed"
    WEBHOOK_REMOVED = "webhook.removed", "Webhook removed"

    # Quality
    PROMISE_WATCHED = "promise.watched", "Promise watched"
    GROUP_TERMS_CHANGED = "group_terms.changed", "Terms of identity groups changed"
    PERSPECTIVES_PUBLISHED = "perspectives.published", "Perspectives published"

    # Guards
    BENCHMARK_ADDED = "benchmark.added", "Benchmark added"
    HASH_LIST_ADDED = "hash_list.added", "List of hashes added"
    HASH_LIST_REMOVED = "hash_list.removed", "List of hashes removed"
    TRAINING_EXPORTED = "training.exported", "Training data exported"
    GUARD_TRAINED = "guard.trained", "Guard trained"
    EVALUATION_STARTED = "evaluation.started", "Evaluation started"


ITEM_VERBS = frozenset(
    {
        Verb.CASE_ANSWERED_BLIND,
        Verb.CASE_ANSWERED_SECOND,
        Verb.CASE_CLAIMED,
        Verb.CASE_RELEASED,
        Verb.CASE_REOPENED,
        Verb.CASE_SECOND_ASKED,
        Verb.CASE_SENT_BACK,
        Verb.COMMENT_ADDED,
        Verb.COMMENT_REMOVED,
        Verb.GOLD_REMOVED,
        Verb.GOLD_SET,
        Verb.ITEM_AUDITED,
        Verb.ITEM_REPLACED,
        Verb.ITEM_RESTORED,
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
        Verb.ACCOUNT_CONNECTED,
        Verb.ACCOUNT_DISCONNECTED,
        Verb.ACCOUNT_EMERGENCY,
        Verb.ACCOUNT_MADE,
        Verb.ACCOUNT_MADE_SITE_ADMIN,
        Verb.ACCOUNT_NO_SITE_ADMIN,
        Verb.ACCOUNT_OPENED,
        Verb.CONTENT_ACKNOWLEDGED,
        Verb.PREFERENCES_CHANGED,
        Verb.TOKENS_ENDED,
    }
)
"Verbs of events that belong to no project."


class Event(models.Model):
    """Who did what, and when. The database rejects any change or deletion of a row."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    "None for commands and scheduled tasks."
    verb = models.CharField(max_length=60)
    "A value of `Verb`."
    subject = models.TextField(blank=True, default="")
    "The external id or name of what was changed."
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-at"], name="event_by_project"),
            models.Index(fields=["project", "subject"], name="events_of_a_subject"),
            models.Index(fields=["actor", "project"], name="events_of_an_actor"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "subject", "actor"],
                condition=models.Q(verb="opinions.seen"),
                name="opinions_seen_once_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
