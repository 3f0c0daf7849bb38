"""Identity groups that items name, by a project's list of terms."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from corpus.models.item import Item
from corpus.models.project import Project


class GroupTerms(models.Model):
    """A version of a project's list of terms for identity groups. Versions are never edited."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField()
    "1, 2, and so on. Version 0 is the list that comes with the software, which is not stored."
    content = models.TextField()
    "CSV, as `corpus.groups.terms` reads it."
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500)
    "What changed, and why."
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="one_list_of_terms_a_version")]

    def __str__(self) -> str:
        return f"terms {self.version} of {self.project}"


class ItemGroups(models.Model):
    """The groups that an item names, as of the project's last search."""

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True, related_name="+")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    prompt = ArrayField(models.TextField())
    "Names of groups, sorted."
    response = ArrayField(models.TextField())
    prompt_length = models.PositiveIntegerField(null=True)
    "Characters; None where the source withholds the prompt."
    response_length = models.PositiveIntegerField()
    "0 without a response."

    def __str__(self) -> str:
        return f"{self.item_id}: {', '.join({*self.prompt, *self.response})}"


class GroupSearch(models.Model):
    """The last search for groups in a project's items."""

    project = models.OneToOneField(Project, models.PROTECT, primary_key=True, related_name="+")
    method = models.PositiveSmallIntegerField()
    "Version of the rules: `corpus.groups.matching.METHOD`."
    version = models.PositiveIntegerField()
    "Of the list of terms; 0 for the one that comes with the software."
    terms_sha256 = models.CharField(max_length=64)
    items_version = models.PositiveBigIntegerField()
    "Of the project. With the number of responses, which may be generated later, it says whether texts are the same."
    responses = models.PositiveIntegerField()
    items = models.PositiveIntegerField()
    named = models.PositiveIntegerField()
    "How many items name a group."
    withheld = models.PositiveIntegerField()
    "How many items have a prompt that the source withholds, so that nobody knows what it names."
    seconds = models.FloatField()
    searched_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.project}: {self.named} of {self.items} items name a group"
