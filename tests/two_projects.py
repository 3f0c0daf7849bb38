"""Two separate projects with one object of each kind."""

from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection

from adjudication.models import Comment
from annotation.actions import add_background_question
from annotation.models import Batch, Gold, Slot, Vote
from attacks.actions import consent_to_attacks, send_turn, start_conversation, update_attack_settings
from attacks.actions.turns import Message
from attacks.models import Conversation
from attacks.tasks import ask_target
from corpus.actions import add_question
from corpus.models import Item
from guards import queries as guard_queries
from guards.actions import add_hash_list, check_due, start_evaluation
from guards.hashes import text_hash
from guards.models import Evaluation, TrainedGuard
from jury import actions, queries
from jury.models import Ballot, GeneratedResponse, Juror, PromptDraft, Run
from releases.models import Release
from tests.adjudication.disputes import case_of, disputed_project
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, opinion, write_lines
from tests.jury.factories import add_generator, add_jurors, generate, run_shards
from workspace.actions import add_test, add_webhook
from workspace.models import Delivery, Job, Webhook

MARKER = "text of the other project"
ROLES = ["anonymous", "annotator", "adjudicator", "lead", "admin", "site-admin"]
# The tables of a project, with the condition for its rows; no caller from another project may change any.
OF_PROJECT = "t.project_id = %(project)s"
OF_ITEM = "t.item_id IN (SELECT i.id FROM corpus_item i WHERE i.project_id = %(project)s)"
ROWS = {
    "corpus_project": "t.id = %(project)s",
    "corpus_member": OF_PROJECT,
    "corpus_item": OF_PROJECT,
    "corpus_event": OF_PROJECT,
    "corpus_question": OF_PROJECT,
    "corpus_groupterms": OF_PROJECT,
    "annotation_backgroundquestion": OF_PROJECT,
    "annotation_slot": OF_PROJECT,
    "annotation_batch": OF_PROJECT,
    "annotation_vote": OF_ITEM,
    "adjudication_comment": OF_ITEM,
    "annotation_gold": OF_PROJECT,
    "annotation_sampledraw": OF_PROJECT,
    "annotation_queueplace": OF_PROJECT,
    "annotation_qualification": OF_PROJECT,
    "annotation_attemptitem": OF_ITEM,
    "attacks_attacksettings": OF_PROJECT,
    "attacks_conversation": OF_PROJECT,
    "attacks_turn": OF_PROJECT,
    "jury_juror": OF_PROJECT,
    "jury_run": OF_PROJECT,
    "jury_promptdraft": OF_PROJECT,
    "jury_promptversion": OF_PROJECT,
    "adjudication_case": OF_ITEM,
    "adjudication_decision": OF_ITEM,
    "adjudication_answerdecision": OF_ITEM,
    "workspace_job": OF_PROJECT,
    "workspace_webhook": OF_PROJECT,
    "workspace_delivery": "t.webhook_id IN (SELECT w.id FROM workspace_webhook w WHERE w.project_id = %(project)s)",
    "releases_release": OF_PROJECT,
    "quality_perspectives": OF_PROJECT,
    "guards_benchmark": OF_PROJECT,
    "guards_hashlist": OF_PROJECT,
    "guards_evaluation": OF_PROJECT,
}


class TwoProjects:
    """The project of the callers and another one, with the URL parameters of each."""

    def __init__(self, folder, url):
        self.own = project_with_everything(folder, "ours", "ours", url)
        self.other = project_with_everything(folder, "theirs", MARKER, url)
        self.own_parameters = url_parameters(self.own, "ours")
        self.other_parameters = url_parameters(self.other, "theirs")


def project_with_everything(folder, name, text, url):
    """Create a project with items of each status, ballots, a generated response, a release, a job and votes."""
    rows = [{"id": f"{number} {name}", "prompt": text, "response": text} for number in ("one", "two")]
    project = disputed_project(folder, *rows, votes_wanted=3)
    asked = {"key": f"asked_{name}", "text": text, "type": "yes_no", "is_required": False, "opens_cases": True}
    add_question(project=project, by=None, **asked)
    background = {"text": text, "purpose": text, "choices": ["here", "there"]}
    add_background_question(project=project, by=None, key=f"asked_{name}", **background)
    others = [dialogue("alone", text=text, response=False), dialogue("calm", text=text), dialogue("open", text=text)]
    import_dialogues(project, folder, others)
    import_votes(project, folder, [opinion("calm", rater, "safe", "safe") for rater in ("ada", "bea", "cleo")])
    generate(project, add_generator(project, url))
    add_jurors(project, url, "stub-1.0", "stub-0.0")  # they never agree
    run_shards(actions.start_run(project=project, jurors=queries.panel(project, [])))
    assert command("release", "1.0", "--date=2026-01-01", project=project.slug).code == 0
    evaluate(project, folder, text)
    check_due(project=project)
    add_webhooks(project, text)
    attack(project, text)
    words = f"user = 'A {text} by $dialogue Answer: $answer'"
    actions.freeze_prompt(project=project, name=f"{project.slug}-v1", text=words)
    draft = actions.start_draft(project=project, based_on=f"{project.slug}-v1", name=f"{project.slug}-v2")
    actions.save_draft(draft=draft, text=words, name=draft.name, revision=1)
    calm = Item.objects.get(project=project, external_id="calm")
    label = {"prompt_label": "safe", "response_label": "safe", "reason": text}
    Gold.objects.create(project=project, item=calm, use=Gold.Use.PRACTICE, **label)
    admin, person = Program(project, "admin"), Program(project)
    Comment.objects.create(item=calm, author=User.objects.get(username=admin.name), text=text)
    where = f"/api/v1/projects/{project.slug}/items/import/?name=a.jsonl"
    assert admin.client.post(where, "{}", content_type="text/plain").status_code == 202
    person.vote(person.take())
    person.take()
    return project


def add_webhooks(project, text):
    """Add a webhook that is switched off, so that nothing is sent, with a delivery that was given up."""
    where = f"http://127.0.0.1:9/{quote(text)}"
    webhook, _ = add_webhook(project=project, url=where, kinds=["release.made"])
    add_test(webhook=webhook)
    ended = {"state": "failed", "attempts": 5, "next_attempt_at": None, "answer": text, "tried_at": webhook.made_at}
    Delivery.objects.filter(webhook=webhook).update(**ended)
    Webhook.objects.filter(pk=webhook.pk).update(is_active=False, stopped_because="It answered 410.")


def attack(project, text):
    """Switch the red-team room on, and have somebody attack the generator."""
    [target] = queries.generators_of(project)
    update_attack_settings(project=project, by=None, targets=[target], is_on=True)
    user = User.objects.get(username=Program(project).name)
    consent_to_attacks(project=project, user=user, version=1)
    made = start_conversation(project=project, user=user, target=target.name, goal="threat", technique="direct")
    message = Message(text, token=uuid4())
    ask_target(turn_id=send_turn(project=project, user=user, number=made.pk, message=message).pk)


def evaluate(project, folder, text):
    """Evaluate a juror on a benchmark of two cases, and add a trained guard."""
    rows = [{"id": f"{label} {text}", "prompt": f"{label}: {text}", "label": label} for label in ("safe", "unsafe")]
    path = write_lines(folder, rows, f"{project.slug}-benchmark.jsonl")
    assert command("add_benchmark", "own", path, project=project.slug, task="prompt").code == 0
    [juror] = queries.panel(project, ["stub-1.0"])
    add_hash_list(
        project=project, name="own", task="prompt", content=BytesIO(text_hash(text).hex().encode()), file=text
    )
    benchmark = guard_queries.find_benchmark(project, "own")
    run_shards(start_evaluation(project=project, juror=juror, benchmark=benchmark, transforms=["upper"]).run)
    release = Release.objects.filter(project=project).latest("pk")
    manifest = {"release": release.version, "heads": {"prompt": {"rows": 2, "f1": 0.5, "threshold": 0.5}}}
    TrainedGuard.objects.create(project=project, name="small", release=release, manifest=manifest, folder=text)


def url_parameters(project, name) -> dict[str, Any]:
    """Return a value of this project for each parameter of the URLs."""
    vote = Vote.objects.filter(item__project=project, annotator__user__isnull=False).latest("pk")
    return {
        "slug": project.slug,
        "external_id": f"two {name}",
        "item": vote.item_id,
        "case": case_of(project, f"two {name}").pk,
        "vote": vote.pk,
        "user": vote.annotator.user_id,
        "lease": Slot.objects.exclude(lease=None).get(project=project, vote=None).lease,
        "gold": Gold.objects.filter(project=project).earliest("pk").pk,
        "key": f"asked_{name}",
        "number": 1,
        "comment": Comment.objects.filter(item__project=project).earliest("pk").pk,
        "batch": Batch.objects.create(project=project, name="a batch").pk,
        "job": Job.objects.get(project=project).pk,
        "juror": Juror.objects.filter(project=project).latest("pk").pk,
        "generator": Juror.objects.get(project=project, asks=[]).pk,
        "run": Run.objects.filter(project=project).latest("pk").pk,
        "conversation": Conversation.objects.get(project=project).pk,
        "ballot": Ballot.objects.filter(item__project=project).latest("pk").pk,
        "response": GeneratedResponse.objects.filter(item__project=project).latest("pk").pk,
        "evaluation": Evaluation.objects.filter(project=project).latest("pk").pk,
        "prompt": f"{project.slug}-v1",
        "draft": PromptDraft.objects.filter(project=project).earliest("pk").pk,
        "webhook": Webhook.objects.filter(project=project).earliest("pk").pk,
        "version": "1.0",
        "name": "train.json",
        "benchmark": "own",
        "hash_list": "own",
        "consumer": "messages",
        "before": "1",
        "after": "1",
    }


def row_hashes(project):
    """Return a hash of the rows of a project for each table."""
    parts = " UNION ALL ".join(
        f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t WHERE {condition}"
        for table, condition in ROWS.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(parts, {"project": project.pk})
        return dict(zip(ROWS, cursor.fetchall(), strict=True))
