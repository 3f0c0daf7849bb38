"""Names of raters and external ids of items, with their primary keys."""

from annotation.models import Annotator
from corpus.models import Item, Project
from jury.models import Juror


def rater_names(project: Project) -> dict[tuple[str, int], str]:
    """Map the kind (human or llm) and primary key of every rater of a project to the rater's name."""
    people = Annotator.objects.filter(project=project).values_list("pk", "name")
    jurors = Juror.objects.filter(project=project).values_list("pk", "name")
    return {("human", pk): name for pk, name in people} | {("llm", pk): name for pk, name in jurors}


def item_keys(project: Project) -> dict[str, int]:
    """Map the external id of every item to its primary key."""
    return dict(Item.objects.filter(project=project).values_list("external_id", "pk"))
