"""Add rows of every kind to a project, so that its lists grow."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone
from knox.models import AuthToken

from annotation.models import Annotator, Audit, Batch, Gold, GuidelineVersion, LapsedLease, Skip, Slot, Vote
from corpus.models import Event, Item, Member, TokenGrant
from guards.models import Benchmark, Evaluation, HashList, TrainedGuard
from jury.models import Ballot, GeneratedResponse, Juror, PromptDraft, PromptVersion, Run, Shard
from jury.models import Batch as JuryBatch
from releases.models import Release
from tests.adjudication.disputes import tie
from tests.factories import dialogue, import_dialogues, numbers
from workspace.models import Delivery, Job, Webhook


def add_rows(project: Any, folder: Any, user: User, count: int) -> None:
    """Add `count` rows of each kind to a project that has one of each; `user` is who casts votes and has tokens."""
    names = [f"more {next(numbers)}" for _ in range(count)]
    import_dialogues(project, folder, [dialogue(name) for name in names])
    tie(project, folder, *names)
    items = list(Item.objects.filter(project=project, external_id__in=names))
    add_work(project, user, items)
    add_answers(project, items)
    add_people(project, count)
    add_evaluations(project, count)
    for _ in items:
        token, _secret = AuthToken.objects.create(user=user)
        TokenGrant.objects.create(token=token, name="more", project=project, scopes=["read"])
    copy(Job.objects.filter(project=project), count)
    copy(PromptDraft.objects.filter(project=project), count, name=f"{project.slug}-draft-{{}}".format)
    copy(PromptVersion.objects.filter(project=project), count, name=f"{project.slug}-more-{{}}".format)
    copy(Webhook.objects.filter(project=project), count, url="http://127.0.0.1:9/{}".format)
    first = Webhook.objects.filter(project=project).earliest("pk")
    copy(Delivery.objects.filter(webhook=first), count, uid=lambda _: uuid.uuid4(), source="more {}".format)
    copy(Release.objects.filter(project=project), count, version=str)
    copy(Event.objects.filter(project=project), count)


def copy(rows: Any, count: int, **fresh: Any) -> None:
    """Copy the first of some rows `count` times; `fresh` makes the values of unique fields from a number."""
    made: list[Model] = []
    for _ in range(count):
        one = rows.order_by("pk").first()
        one.pk = None
        for field, make in fresh.items():
            setattr(one, field, make(next(numbers)))
        made.append(one)
    rows.model.objects.bulk_create(made)


def add_work(project: Any, user: User, items: list[Any]) -> None:
    """Add a vote of the user, a skip, a lapsed and a current lease, gold and an audit of each item."""
    annotator, now = Annotator.objects.get(project=project, user=user), timezone.now()
    guideline = GuidelineVersion.objects.filter(project=project).earliest("pk")
    label = {"prompt_label": "safe", "response_label": "safe"}
    for item in items:
        of_both = {"item": item, "annotator": annotator}
        Vote.objects.create(**of_both, **label, taxonomy=project.taxonomy, guideline=guideline, cast_at=now)
        Skip.objects.create(**of_both, lease=uuid.uuid4(), reason="no")
        LapsedLease.objects.create(**of_both)
        Gold.objects.create(item=item, project=project, **label, set_by=user)
        Audit.objects.create(item=item, project=project)
        Batch.objects.create(project=project, name=f"batch {item.pk}").people.add(user)
        Slot.objects.create(
            project=project, item=item, number=99, lease=uuid.uuid4(), leased_to=annotator, leased_until=now
        )
    copy(GuidelineVersion.objects.filter(project=project), len(items), name=str)


def add_answers(project: Any, items: list[Any]) -> None:
    """Add jurors and runs, as many as items, each with a shard, a batch, a ballot and a generated response."""
    copy(Juror.objects.filter(project=project).exclude(asks=[]), len(items), name="juror {}".format)
    copy(Juror.objects.filter(project=project, asks=[]), len(items), name="generator {}".format)
    copy(Run.objects.filter(project=project, generates=""), len(items))
    runs = Run.objects.filter(project=project, generates="").order_by("-pk")
    jurors = Juror.objects.filter(project=project).exclude(asks=[]).order_by("-pk")
    generator = Juror.objects.filter(project=project, asks=[]).latest("pk")
    for item, run, juror in zip(items, runs, jurors, strict=False):
        shard = Shard.objects.create(run=run, juror=juror, items=[item.pk], seen_at=timezone.now(), holder="h")
        JuryBatch.objects.create(shard=shard, key=uuid.uuid4().hex, items=[item.pk])
        Shard.objects.create(run=run, juror=juror, items=[item.pk], state="broken", error="it broke")
        answer = {"item": item, "run": run, "cast_at": timezone.now(), "outcome": "cast"}
        Ballot.objects.create(
            **answer, juror=juror, prompt=juror.prompt, prompt_label="safe", taxonomy=project.taxonomy
        )
        GeneratedResponse.objects.create(**answer, juror=generator, prompt=generator.prompt, text="A text.")


def add_evaluations(project: Any, count: int) -> None:
    """Add benchmarks, lists of hashes, trained guards and evaluations, each with a run and a verdict on another one."""
    copy(Benchmark.objects.filter(project=project), count, name="benchmark-{}".format)
    hashes = {"project": project, "task": "prompt", "rows": 1, "hashes": bytes(32), "sha256": "0" * 64}
    HashList.objects.bulk_create(HashList(name=f"hashes-{next(numbers)}", **hashes) for _ in range(count))
    copy(TrainedGuard.objects.filter(project=project), count, name="guard-{}".format)
    first = Evaluation.objects.filter(project=project).earliest("pk")
    benchmarks = Benchmark.objects.filter(project=project).order_by("-pk")[:count]
    jurors = Juror.objects.filter(project=project).exclude(asks=[]).order_by("-pk")[:count]
    for benchmark, juror in zip(benchmarks, jurors, strict=True):
        run = Run.objects.create(project=project, generates=first.run.generates)
        Shard.objects.create(run=run, juror=juror, items=[1], state="broken", error="it broke")
        Evaluation.objects.create(project=project, run=run, juror=juror, benchmark=benchmark)


def add_people(project: Any, count: int) -> None:
    """Add members who have profiles as annotators."""
    for _ in range(count):
        user = User.objects.create(username=f"member {next(numbers)}")
        Member.objects.create(project=project, user=user)
        Annotator.objects.create(project=project, user=user, name=user.username)
