from django.db import models
from django.db.models import Q

from corpus.models import Item
from jury.models.answer import Answer


class Writing(Answer):
    """
    A response that a generator wrote for an item, or the reason why there is none.

    It is the generator's alone until it is placed: until then no item shows it.
    """

    text = models.TextField(blank=True, default="")
    "What it wrote, as an item would show it; empty unless the outcome is cast."
    placed_at = models.DateTimeField(null=True)
    placed_in = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", db_index=False)
    "The item that shows it: the one it was written for or, for a refusal, one of its own."

    class Meta:
        indexes = [
            models.Index(fields=["item"], condition=Q(outcome="cast", placed_at=None), name="writings_to_place"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "juror"], condition=Q(is_current=True), name="one_current_writing_per_generator"
            ),
            models.CheckConstraint(
                condition=(Q(outcome="cast") & ~Q(text="")) | (~Q(outcome="cast") & Q(text="", placed_at=None)),
                name="writing_has_a_text_exactly_when_cast",
            ),
            models.CheckConstraint(
                condition=Q(placed_at=None, placed_in=None) | Q(placed_at__isnull=False, placed_in__isnull=False),
                name="writing_is_placed_somewhere",
            ),
        ]
