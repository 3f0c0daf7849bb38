from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL

from corpus.models.project import Project


class Item(models.Model):
    """
    One dialogue to be judged.

    Its content never changes once imported, but that a generated response may be added before anybody has judged it.
    """

    # No index of its own: the one of the constraint below begins with it, and an import, whose rows
    # the planner has no statistics of yet, must not be tempted to look ids up by project alone.
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    # Byte order, whatever the collation of the database: exports are sorted by it.
    external_id = models.TextField(db_collation="C")
    "The id its source gave it; the only id people and files ever see."
    turns = models.JSONField()
    'A list of `{"role": "system" | "user" | "assistant", "text": str}`.'
    has_response = models.GeneratedField(
        expression=RawSQL("coalesce(turns -> -1 ->> 'role', '') = 'assistant'", ()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    "False for a prompt-only item."
    source = models.TextField(blank=True, default="")
    license = models.TextField(blank=True, default="")
    meta = models.JSONField(default=dict, blank=True)
    expected_categories = ArrayField(models.TextField(), default=list, blank=True)
    "Slugs. What opt-outs and quotas of the queue go by; never shown as an answer."
    reference = models.JSONField(null=True, blank=True)
    "Labels that came with the data: prompt_label, response_label, categories and their sources."
    reconstruction_id = models.BigIntegerField(null=True, blank=True)
    "The row of the withheld source from which a redacted prompt can be restored."
    refusal_of = models.TextField(null=True, blank=True)
    "External id of the item whose response was replaced by a refusal; decides this one by construction."
    content_hash = models.BinaryField(max_length=16)
    "Of everything imported, so that a second import can tell the same from another."
    imported_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="one_item_an_external_id"),
        ]

    def __str__(self) -> str:
        return self.external_id
