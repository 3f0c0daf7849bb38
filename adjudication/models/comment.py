"""Comments on items that have all their votes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from corpus.models import Item


class Comment(models.Model):
    """What a person wrote about an item once it had all its votes. It is no opinion, and in no release."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    "Plain text. Empty only if it was removed by somebody who has been made anonymous since."
    written_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)
    "When its author removed it. Then no page or route shows the text."

    class Meta:
        indexes = [models.Index(fields=["item", "id"], name="comments_on_an_item")]
        constraints = [
            models.CheckConstraint(condition=~Q(text="") | Q(removed_at__isnull=False), name="comment_has_a_text")
        ]

    def __str__(self) -> str:
        return f"comment on {self.item}"
