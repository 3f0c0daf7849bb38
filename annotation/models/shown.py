"""When dialogues that pages hide were shown to people who judge them outside the queue."""

from django.conf import settings
from django.db import models

from corpus.models import Item


class ShownDialogue(models.Model):
    """When a dialogue was last shown, at their request, to a person who settles its case or audits it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shown_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="one_showing_a_person")]

    def __str__(self) -> str:
        return f"{self.item} shown to {self.user}"
