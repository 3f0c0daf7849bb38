"""Watch the promise of a project's certificate without being asked, and go on when its thresholds change."""

from fractions import Fraction

from django.contrib.auth.models import User
from django.contrib.postgres.functions import TransactionNow
from django.db.models import Max

from adjudication.actions.certificates import current_certificate
from adjudication.policies import Policy
from annotation.models import Vote
from corpus.actions import record_event
from corpus.models import Project, Verb
from quality.models import WatchedPromise
from quality.reports.arrays import read_opinions
from quality.reports.audit import Standing, counts_of, latest_promise, standing_of

Counts = dict[str, tuple[int, int]]
"By label field: how many items have tested a promise, and how many of them were wrong."


def follow_certificate(project: Project, policy: Policy) -> WatchedPromise | None:
    """
    Return the promise to watch: the last one, or a new one if the certificate in force now has other thresholds.

    What has tested the promise so far is carried over: which threshold holds is known before people finish an item, so
    the bets go on, and no change of thresholds takes an alarm away. Nothing is carried to another error or risk. A
    promise that was broken stays until a person makes another, as does one of a person at another error or risk.
    """
    latest = latest_promise(project)
    certificate = current_certificate(project) if policy.promise else None
    if certificate is None or (latest and latest.broken_at):
        return latest
    content = certificate.content
    thresholds = thresholds_in(content["fields"])
    new = WatchedPromise(error=content["error"], risk=content["risk"], thresholds=thresholds, follows=True)
    new.score_by = content.get("score_by", Project.ScoreBy.SHARE)
    new.shares = len(content["fields"])
    is_same = latest is not None and (latest.error, latest.risk) == (new.error, new.risk)
    if not thresholds or (latest and not (latest.follows or is_same)):
        return latest
    if latest and is_same:
        if (latest.thresholds, latest.score_by) == (thresholds, new.score_by):
            return latest
        counts = counts_of(project, read_opinions(project), policy, latest)
        if is_broken(latest, counts):
            return latest
        new.carried = latest.carried | counts
    return begin_watching(project, new, by=None)


def thresholds_in(fields: dict[str, dict[str, str | None]]) -> dict[str, list[int]]:
    """Return the thresholds of a certificate as a promise has them; fields without one are left out."""
    found = {name: Fraction(each["threshold"]) for name, each in fields.items() if each["threshold"]}
    return {name: [score.numerator, score.denominator] for name, score in found.items()}


def is_broken(promise: WatchedPromise, counts: Counts) -> bool:
    """Return whether a promise is shown to be broken on one of its fields."""
    terms = {"error": promise.error, "risk": promise.risk_of_each}
    return any(standing_of(n, errors, **terms) == Standing.BROKEN for n, errors in counts.values())


def begin_watching(project: Project, promise: WatchedPromise, *, by: User | None) -> WatchedPromise:
    """Store a promise that what people finish from now on tests, and record that."""
    promise.project, promise.made_by = project, by
    promise.last_vote = Vote.objects.filter(item__project=project).aggregate(last=Max("pk"))["last"] or 0
    promise.save()
    # By the database's clock, as settlements are, whichever come later.
    WatchedPromise.objects.filter(pk=promise.pk).update(made_at=TransactionNow())
    promise.refresh_from_db(fields=["made_at"])
    detail = {"error": promise.error, "risk": promise.risk, "thresholds": promise.thresholds}
    detail |= {"follows": True} if promise.follows else {}
    detail |= {"score_by": promise.score_by} if promise.score_by != Project.ScoreBy.SHARE else {}
    record_event(project=project, verb=Verb.PROMISE_WATCHED, actor=by, detail=detail)
    return promise
