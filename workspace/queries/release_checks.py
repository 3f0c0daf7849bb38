"""What is checked before a release: how much is decided, what is not, and whether the raters agree."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from adjudication.models import Decision
from adjudication.policies import policy_of
from adjudication.queries import decision_counts
from corpus.kept import kept_if_large
from corpus.models import Item, Project
from corpus.queries import category_names, duplicate_search
from guards.models import ContaminationReport, HashListReport
from quality.queries.freshness import latest_reports
from quality.reports.verdict import Status, verdict

MOST_BENCHMARKS = 3
"How many benchmarks are named that dialogues stand in."


@dataclass(frozen=True)
class Check:
    """A sentence about the state of the project, and where one does something about it."""

    is_good: bool
    text: str
    url: str = ""
    link: str = ""
    "The words of the link."


def release_checks(project: Project) -> list[Check]:
    """Return what to know before a release under the project's own policy, as of the last recount."""
    return kept_if_large(project, f"release checks {project.policy}", lambda: computed_checks(project))


def has_decided(project: Project) -> bool:
    """Return whether any item is decided or settled, under whatever policy, as of the last recount."""
    return kept_if_large(project, "has decided items", lambda: decided_items(project).exists())


def decided_items(project: Project) -> QuerySet[Decision]:
    """Return the decisions that a release may hold."""
    final = (Decision.Status.DECIDED, Decision.Status.SETTLED)
    return Decision.objects.filter(item__project=project, item__withdrawn_at=None, status__in=final)


def computed_checks(project: Project) -> list[Check]:
    """Return the checks as of now."""
    items = Item.objects.filter(project=project, withdrawn_at=None).count()
    return [
        *status_checks(project, items),
        *license_checks(project),
        agreement_check(project),
        *duplicate_checks(project),
        *contamination_checks(project),
    ]


def status_checks(project: Project, items: int) -> list[Check]:
    """Return the checks of how many items are decided, disputed, pending and stale."""
    counts = decision_counts(project, project.policy)
    decided = counts["decided"] + counts["settled"]
    checks = [Check(decided > 0, f"{decided:,} of {items:,} dialogues are decided and go into the release.")]
    if counts["disputed"]:
        text = f"{counts['disputed']:,} disputed {verb(counts['disputed'])} left out until settled."
        checks.append(Check(False, text, link_to("adjudication:cases", project), "Cases"))
    if pending := items - decided - counts["disputed"]:
        text = f"{pending:,} pending {verb(pending)} left out until enough people or jurors have judged them."
        checks.append(Check(False, text, link_to("workspace:items", project) + "?status=pending", "Pending items"))
    if stale := stale_count(project):
        text = f"{stale:,} settled {verb(stale)} released as settled, although new opinions came in since."
        checks.append(Check(False, text, link_to("adjudication:cases", project) + "?state=stale", "Cases"))
    return checks


def verb(count: int) -> str:
    """Return the noun and verb for a number of dialogues."""
    return "dialogue is" if count == 1 else "dialogues are"


def stale_count(project: Project) -> int:
    """Return the number of settled items with opinions that came in since."""
    return Decision.objects.filter(item__project=project, policy=project.policy, stale=True).count()


def license_checks(project: Project) -> list[Check]:
    """Return the check of items without a licence, if there are any."""
    count = Item.objects.filter(project=project, withdrawn_at=None, license="").count()
    if not count:
        return []
    text = f"{count:,} {'dialogue states' if count == 1 else 'dialogues state'} no licence."
    return [Check(False, f"{text} Whoever uses the release cannot know what they may do with them.")]


def agreement_check(project: Project) -> Check:
    """Return the check of agreement, from the reports of the last measurement."""
    reports = latest_reports(project)
    url = link_to("quality:quality", project)
    if "agreement" not in reports:
        return Check(False, "Agreement was not measured yet.", url, "Quality")
    content = reports["agreement"].content
    found = verdict(content, policy_of(project), category_names(project), open_cases=0)
    return Check(found.status == Status.REACHED, " ".join(found.sentences), url, "Quality")


def duplicate_checks(project: Project) -> list[Check]:
    """Return the check of near-duplicates, as of the last search, if there are any."""
    found = duplicate_search(project)
    if not found or not found.clustered:
        return []
    text = f"{found.clustered:,} dialogues are near-duplicates of others"
    if project.split_by == Project.SplitBy.CLUSTER:
        return [Check(True, f"{text}, and are kept with them in one split.")]
    url = link_to("workspace:items", project) + "?similar=yes"
    return [Check(False, f"{text}, and may be in other splits: only equal prompts are kept together.", url, "Items")]


def contamination_checks(project: Project) -> list[Check]:
    """Return a check for each benchmark or list of hashes that dialogues stand in, the most first."""
    by_benchmark = ContaminationReport.objects.filter(benchmark__project=project).select_related("benchmark")
    by_list = HashListReport.objects.filter(hash_list__project=project).select_related("hash_list")
    found = [
        *((each.contaminated, "benchmark", "contamination", each.benchmark.name) for each in by_benchmark),
        *((each.contaminated, "list of hashes", "hash-list", each.hash_list.name) for each in by_list),
    ]
    found = sorted((each for each in found if each[0]), key=lambda each: (-each[0], *each[1:]))
    return [contamination_check(project, *each) for each in found[:MOST_BENCHMARKS]]


def contamination_check(project: Project, count: int, kind: str, view: str, name: str) -> Check:
    """Return the check of one benchmark or list."""
    text = f"{count:,} {'dialogue stands' if count == 1 else 'dialogues stand'} in the {kind} {name}"
    how = "word for word or nearly" if kind == "benchmark" else "word for word"
    return Check(
        False,
        f"{text}, {how}: a guard that is trained on them knows its cases.",
        reverse(f"guards:{view}", args=[project.slug, name]),
        "Contamination",
    )


def link_to(view: str, project: Project) -> str:
    """Return the address of a page of the project."""
    return reverse(view, args=[project.slug])
