"""Items."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL

from corpus.look_alikes import ODD_ID
from corpus.models.project import Project

ENDS_IN_RESPONSE = r"""
    coalesce(turns -> -1 ->> 'role', '') = 'assistant' AND NOT (turns -> -1 -> 'message' -> 'tool_calls' IS NOT NULL
        AND btrim(coalesce(turns -> -1 -> 'message' ->> 'content', ''), E' \t\r\n') = '')
"""
"Whether the last turn is the assistant's and does more than call tools."


class Item(models.Model):
    """
    One dialogue to be judged.

    Its content never changes after the import, except that a generated response may be added before the first opinion.
    """

    # No index of its own: the unique constraint's index begins with it, and during an import, when the planner
    # has no statistics yet, it must not look ids up by project alone.
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    # Sorted by bytes, regardless of the database's collation: exports are sorted by it.
    external_id = models.TextField(db_collation="C")
    "The id from its source; the only id that people and files see."
    turns = models.JSONField()
    'A list of `{"role": "system" | "user" | "assistant" | "tool", "text": str}`; see `corpus.turns` for `message`.'
    has_response = models.GeneratedField(
        expression=RawSQL(ENDS_IN_RESPONSE, ()),  # noqa: S611 - a constant
        output_field=models.BooleanField(),
        db_persist=True,
    )
    "False for a prompt-only item; as `corpus.turns.has_response`, which a test holds it to."
    source = models.TextField(blank=True, default="")
    license = models.TextField(blank=True, default="")
    meta = models.JSONField(default=dict, blank=True)
    expected_categories = ArrayField(models.TextField(), default=list, blank=True)
    "Slugs. The queue's opt-outs go by them; annotators never see them."
    reference = models.JSONField(null=True, blank=True)
    "Labels that came with the data: prompt_label, response_label, categories and their sources. None if none did."
    reconstruction_id = models.BigIntegerField(null=True, blank=True)
    "Row of the withheld source from which a redacted prompt can be restored."
    refusal_of = models.TextField(null=True, blank=True)
    "External id of the item whose response a refusal replaced. Such an item is decided by construction."
    replaces = models.TextField(null=True, blank=True)
    "External id of the withdrawn item whose text this one corrects."
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    "Who wrote it here, and therefore judges it nowhere. None for an item that was imported."
    content_hash = models.BinaryField(max_length=16)
    "Hash of everything imported, to tell whether a second import has the same content."
    imported_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="one_item_an_external_id"),
        ]
        # Few items are withdrawn, and lists of other things leave those out; few are written here.
        indexes = [
            models.Index(fields=["id"], condition=models.Q(withdrawn_at__isnull=False), name="withdrawn_items"),
            models.Index(
                fields=["project", "replaces"], condition=models.Q(replaces__isnull=False), name="replacing_items"
            ),
            models.Index(
                fields=["project", "author"], condition=models.Q(author__isnull=False), name="items_with_an_author"
            ),
            models.Index(
                fields=["project"], condition=models.Q(external_id__regex=ODD_ID), name="items_with_an_odd_id"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id
