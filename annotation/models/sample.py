"""The blind random sample: which items get all their votes whatever models say, and with which odds."""

from django.db import models

from corpus.models import Item, Project


class SampleDraw(models.Model):
    """
    The draw that decided whether an item is in its project's sample. Made once an item, and never again.

    Which items are in it must not show to anybody who labels: only counts leave this table.
    """

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    "Copied from the item, because counts go by it."
    odds = models.FloatField()
    """
    The probability with which the draw puts the item into the sample, above 0 and at most 1. It holds for items that
    were not chosen as well, and however else an item comes to people.
    """
    in_sample = models.BooleanField()
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(odds__gt=0, odds__lte=1), name="sample_odds_are_a_probability")
        ]

    def __str__(self) -> str:
        return f"draw of {self.item}"
