"""A project that asks for refusal and severity, from its import to a verified release, under every policy."""

import hashlib
import json

import orjson
import pyarrow.parquet as pq

from adjudication.actions import recount
from adjudication.answers import decide_answers
from adjudication.consensus import Opinion
from adjudication.models import AnswerDecision, Case
from adjudication.policies import POLICIES, Kind, policy_of
from annotation.models import Vote
from corpus.actions import add_question
from corpus.models import Item
from corpus.queries import questions_of
from corpus.question_rules import PRESETS
from jury import actions, queries
from jury.models import Ballot
from releases.verifying import verify
from tests.api.client import Program
from tests.api.test_jobs import done, send
from tests.factories import command, dialogue, make_project, numbers, opinion
from tests.jury.factories import add_jurors, run_shards
from tests.jury.scripted import VERDICT, completion, scripted_endpoint

ITEMS = 24
SAFE = {"prompt_label": "safe", "response_label": "safe"}
STEPS = [each["value"] for each in PRESETS["severity"]["choices"]]


def drawn(*parts, choices):
    """Return one of some choices, by a hash of the parts: the same at every run."""
    return choices[int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4]) % len(choices)]


def answers_of(rater, text, *, has_response):
    """Return what a rater answers about a dialogue: on every eighth of them all are at odds."""
    severity = {"severity": drawn("severity", rater, text, choices=STEPS[:4])}
    refusal = drawn("refusal", text if drawn("same", rater, text, choices=range(3)) else rater, choices=(0, 1))
    return severity | ({"response_refusal": ("refusal", "compliance")[refusal]} if has_response else {})


def juror_reply(request, _number):
    """Answer as a juror whose name is that of the model: labels that are safe, and the questions that were asked."""
    properties = request["response_format"]["json_schema"]["schema"]["properties"]
    user = request["messages"][-1]["content"]
    has_response = "response_label" in properties
    verdict = {key: value for key, value in VERDICT.items() if key in properties}
    answers = answers_of(request["model"], user, has_response=has_response)
    assert answers.keys() == properties["answers"]["properties"].keys()
    return 200, completion(orjson.dumps(verdict | {"answers": answers}).decode())


def filled_project(folder):
    """Return a project with opinions of three imported people and three jurors on each item."""
    project = make_project(policy="majority")
    for key in PRESETS:
        add_question(project=project, by=None, **PRESETS[key] | {"opens_cases": key == "response_refusal"})
    admin = Program(project, "admin")
    rows = [dialogue(f"i{n:02}", response=bool(n % 4)) for n in range(ITEMS)]
    votes = [
        opinion(row["id"], rater, "safe", "safe" if (has_response := "response" in row) else None,
                answers=answers_of(rater, row["id"], has_response=has_response))
        for row in rows for rater in ("ann", "ben", "cleo")
    ]  # fmt: skip
    for kind, lines in {"dialogues": rows, "votes": votes}.items():
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        assert done(admin, send(admin, body, kind=kind))["result"]["rejected"] == 0
    with scripted_endpoint(juror_reply) as (_endpoint, url):
        add_jurors(project, url, "alpha", "beta", "gamma")
        run_shards(actions.start_run(project=project, jurors=queries.panel(project), asks_again=["failed"]))
    assert Ballot.objects.filter(item__project=project, outcome="cast").count() == 3 * ITEMS
    return project


def defined_answers(project, policy):
    """Return the decided answers on each item by its id, from the opinions themselves."""
    opinions = {}
    for model, kind in ((Vote, Kind.HUMAN), (Ballot, Kind.LLM)):
        current = model.objects.filter(item__project=project, is_current=True)
        for item, answers in current.values_list("item", "answers"):
            opinions.setdefault(item, []).append(Opinion(kind, {}, answers=answers))
    return {
        item.external_id: decide_answers(
            opinions[item.pk], policy_of(project, policy), questions_of(project), has_response=item.has_response
        )
        for item in Item.objects.filter(project=project)
    }


def in_columns(decided):
    return decided.status, decided.value, dict(decided.counts), decided.answered, decided.spread


def exported(project, folder, policy):
    path = folder / f"{next(numbers)}.jsonl"
    assert command("export_dataset", project=project.slug, policy=policy, format="jsonl", out=path).code == 0
    return {row["id"]: row["answers"] for row in map(json.loads, path.read_text().splitlines())}


def test_refusal_and_severity_go_from_import_to_release_under_every_policy(tmp_path):
    project = filled_project(tmp_path)
    for policy in POLICIES:
        recount(project=project, policy_name=policy)
        defined = defined_answers(project, policy)
        stored = AnswerDecision.objects.filter(item__project=project, policy=policy)
        found = {(row.item.external_id, row.question.key): row for row in stored.select_related("item", "question")}
        expected = {(item, key): row for item, decided in defined.items() for key, row in decided.items()}
        assert {key: in_columns(row) for key, row in found.items()} == {
            key: in_columns(row) for key, row in expected.items()
        }
        rows = exported(project, tmp_path, policy)
        assert len(rows) == ITEMS
        for item, answers in rows.items():
            assert answers == {
                key: defined[item][key].value if key in defined[item] else None
                for key in ("response_refusal", "severity")
            }
        out = tmp_path / policy
        assert command("release", policy, project=project.slug, policy=policy, out=out).code == 0
        assert verify(out).differences == []

    disputed = [item for item, each in defined_answers(project, "majority").items()
                if each.get("response_refusal") and each["response_refusal"].status == "disputed"]  # fmt: skip
    cases = Case.objects.filter(project=project, state="open").order_by("item__external_id")
    assert disputed
    assert list(cases.values_list("item__external_id", flat=True)) == sorted(disputed)
    settle_and_release(project, cases[0], tmp_path)


def settle_and_release(project, case, folder):
    """Settle a case over REST, and look for its answers in the export and in a release."""
    judge, item = Program(project, "adjudicator"), case.item.external_id
    final = {**SAFE, "answers": {"response_refusal": "refusal", "severity": "extreme"}}
    assert judge.post(f"cases/{case.pk}/blind/", final).status_code in (200, 201)
    settled = judge.post(f"cases/{case.pk}/settle/", {**final, "reason": "It declines."})
    assert settled.json()["case"]["settlement"]["answers"] == final["answers"]

    for policy in POLICIES:  # a settlement counts under each
        assert exported(project, folder, policy)[item] == final["answers"]
    out = folder / "settled"
    assert command("release", "settled", project=project.slug, out=out).code == 0
    row = next(row for row in pq.read_table(out / "decisions.parquet").to_pylist() if row["item"] == item)
    assert (row["answer_response_refusal"], row["status_response_refusal"]) == ("refusal", "settled")
    assert verify(out).differences == []
    history = Program(project, "lead").get(f"projects/{project.slug}/items/{item}/history/").json()
    assert any(entry.get("answers") == final["answers"] for entry in history["history"])
