"""Files for consumers: whole, the same twice, from items or from a release, nothing lost."""

import csv
import hashlib
import io
import json
import random
import zipfile

import pyarrow.parquet as pq
import pytest
import yaml

from corpus.labels import Field
from corpus.models import Event, Item, Verb
from corpus.turns import message_of
from releases.consumers import CONSUMERS
from releases.consumers.inspect_ai import sample_of
from releases.consumers.nemo_guardrails import interaction_of
from releases.consumers.openinference import of_decision, of_opinion
from releases.consumers.pyrit import GUARD, guarded
from releases.lines import json_line
from releases.models import Release
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.corpus.test_tool_turns import ANSWERS, ASKS, CALLS, PICTURE, RESULT, SAYS_AND_CALLS
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion
from tests.full_disks import full_disk
from tests.releases.test_agreement_columns import REFUSAL

FILE = {"type": "file", "file": {"file_id": "f1"}}
HOSTILE = {
    "formula": "=1+1", "not": "N/A", "number": "007", "hash": "# no comment", "quote": 'say "x", y', "empty": "",
    "lines": "a\r\nb\n\nc", "separators": "a\u2028b\u2029c\u0085d", "rtl": "\u202eשלום", "true": "True", "exp": "1e5",
    "controls": "a\x01\x1f\x7fb", "emoji": "👩\u200d👧", "backslash": "\\N", "mark": "\ufeffx", "cr": "a\rb",
}  # fmt: skip
CONVERSATIONS = {
    "bare": [ASKS, CALLS], "said": [ASKS, SAYS_AND_CALLS], "result": [ASKS, CALLS, RESULT],
    "whole": [{"role": "system", "content": "Be kind."}, ASKS, CALLS, RESULT, ANSWERS],
    "picture": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}, ANSWERS],
    "file": [{"role": "user", "content": [FILE]}, ANSWERS], "named": [{**ASKS, "name": "ada"}, ANSWERS],
    "long": [ASKS, ANSWERS, ASKS, ANSWERS],
}  # fmt: skip


def fill(project, folder):
    """Decide dialogues of every kind: hostile texts, tools, prompts alone, redacted, and a refusal."""
    rows = [dialogue(name, text=f"Q {name}") | {"response": text} for name, text in HOSTILE.items()]
    rows += [{"id": name, "messages": messages} for name, messages in CONVERSATIONS.items()]
    rows += [dialogue("alone", response=False), dialogue("open")]
    redacted = {"id": "redacted", "reconstruction_id_if_redacted": 7, "prompt": "REDACTED", "response": "Yes."}
    assert import_dialogues(project, folder, [*rows, redacted, REFUSAL])["rejected"] == 0
    votes = []
    for at, row in enumerate([*rows[:-1], redacted]):
        with_response = "response" in row or row["id"] in ("said", "whole", "picture", "file", "named", "long")
        for rater in ("ada", "bea", "model-m"):
            label = "unsafe" if at % 2 and rater != "bea" else "safe"
            named = {"categories": ["threat"]} if label == "unsafe" else {}
            votes.append(opinion(row["id"], rater, label, "safe" if with_response else None, **named))
    assert import_votes(project, folder, votes)["rejected"] == 0
    command("adjudicate", project=project.slug)
    return project


@pytest.fixture(scope="module")
def project(database, tmp_path_factory):
    made = fill(make_project(), tmp_path_factory.mktemp("made"))
    folder = tmp_path_factory.mktemp("release") / "1.0"
    assert command("release", "1.0", project=made.slug, out=folder).code == 0
    return made


def export(project, folder, consumer, **options):
    out = folder / f"out-{next(numbers)}"
    made = command("export_for", consumer, project=project.slug, out=out, **options)
    assert made.code == 0, made.stderr
    return out, made


def lines_of(folder):
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().split(b"\n")[:-1]]


def by_item(folder):
    return {row["item"]: row for row in lines_of(folder)}


def decided(project, folder):
    """Return the rows of the export in JSON lines, by item."""
    path = folder / "decided.jsonl"
    assert command("export_dataset", project=project.slug, out=path, format="jsonl").code == 0
    return {row["item"]: row for row in map(json.loads, path.read_bytes().split(b"\n")[:-1])}


def test_files_are_whole_and_the_same_from_items_and_from_a_release(project, tmp_path):
    counts = {}
    for consumer in CONSUMERS:
        out, made = export(project, tmp_path, consumer)
        digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}
        assert digests == made["files"], consumer
        assert export(project, tmp_path, consumer)[1]["files"] == digests, consumer
        stored, of_release = export(project, tmp_path, consumer, release="1.0")
        assert export(project, tmp_path, consumer, release="1.0")[1]["files"] == of_release["files"], consumer
        assert of_release["rows"] == made["rows"], consumer
        counts[consumer] = (made["rows"], made["left_out"])
        if consumer in ("messages", "inspect"):  # the splits are the whole
            whole = {json.dumps(row) for row in lines_of(out)}
            assert {json.dumps(row) for row in lines_of(stored)} == whole, consumer
    everything = len(HOSTILE) + len(CONVERSATIONS) + 3
    assert counts == dict.fromkeys(CONSUMERS, (everything, 0)) | {"pyrit": (everything - 3, 3)}
    assert not list(tmp_path.glob(".*"))


def test_messages_are_as_they_came_with_every_label(project, tmp_path):
    rows, found = decided(project, tmp_path), by_item(export(project, tmp_path, "messages")[0])
    assert set(found) == set(rows)
    for name, messages in CONVERSATIONS.items():
        assert json.dumps(found[name]["messages"]) == json.dumps(messages), name
    for name, text in HOSTILE.items():
        assert [each["content"] for each in found[name]["messages"]] == [f"Q {name}", text]
    assert [each["content"] for each in found["redacted"]["messages"]] == ["REDACTED", "Yes."]
    for name, row in rows.items():
        same = row.keys() - {"turns", "prompt", "response"}
        assert {key: found[name][key] for key in same} == {key: row[key] for key in same}, name
    assert found["aegis#refusal"]["response_label_source"] == "refusal_data_augmentation"


def test_messages_are_imported_again_as_the_same_dialogues(project, tmp_path):
    out, _ = export(project, tmp_path, "messages")
    again = make_project()
    made = command("import_dialogues", out / "data.jsonl", project=again.slug)
    assert (made["rejected"], made["created"]) == (0, len(HOSTILE) + len(CONVERSATIONS) + 3), made.stderr
    turns = {item.external_id: item.turns for item in items_of(again)}
    assert turns == {item.external_id: item.turns for item in items_of(project) if item.external_id in turns}
    assert set(turns) == set(decided(project, tmp_path))


def items_of(project):
    return Item.objects.filter(project=project)


def test_lines_end_nowhere_but_at_their_end(project, tmp_path):
    for consumer in ("messages", "inspect", "openinference"):
        for path in export(project, tmp_path, consumer)[0].glob("*.jsonl"):
            text = path.read_bytes().decode()
            assert text.splitlines() == text.split("\n")[:-1], (consumer, path.name)
    decided(project, tmp_path)
    text = (tmp_path / "decided.jsonl").read_bytes().decode()
    assert text.splitlines() == text.split("\n")[:-1]
    assert json.loads(json_line({"a": "\u2028\u2029\u0085é"})) == {"a": "\u2028\u2029\u0085é"}


@cases(
    ("text", "is_guarded"),
    [
        *(
            (text, True)
            for text in ("", "N/A", "#N/A N/A", "-1.#IND", "<NA>", "nan", "None", "007", "1e5", "True", " ")
        ),
        *((text, True) for text in ("=1+1", "\tx", "+49 30", "@b", "-x")),
        *((text, False) for text in ("No", "plain", "# b", "Nanna", "naïve 1")),
    ],
)
def test_texts_that_pandas_or_a_spreadsheet_would_change_are_guarded(text, is_guarded):
    assert guarded(text) == (GUARD + text if is_guarded else text)


def test_csv_of_responses_has_every_labelled_one(project, tmp_path):
    out, made = export(project, tmp_path, "pyrit")
    comment, _, rest = (out / "data.csv").read_bytes().decode().partition("\n")
    assert comment == "# dataset_version=live, harm_definition=harm.yaml, harm_definition_version=1.0"
    found = {row["item"]: row for row in csv.DictReader(io.StringIO(rest, newline=""))}
    labelled = {name: row for name, row in decided(project, tmp_path).items() if row["response_label"]}
    assert set(found) == set(labelled)
    for name, row in labelled.items():
        assert found[name]["assistant_response"].strip() == row["response"].strip()
        assert found[name]["human_score"] == str(int(row["response_label"] == "unsafe"))
    assert "Left out: 3 dialogues have no labelled response" in made.stderr


def test_samples_have_calls_as_objects_and_lose_nothing(project, tmp_path):
    found = {row["id"]: row for row in lines_of(export(project, tmp_path, "inspect")[0])}
    call = {"id": "c1", "function": "get_weather", "type": "function", "arguments": {"city": "Kyiv"}}
    assert found["bare"]["input"][1] == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert found["result"]["input"][2]["tool_call_id"] == "c1"
    picture = {"type": "image", "image": PICTURE["image_url"]["url"]}
    assert found["picture"]["input"][0]["content"] == [{"type": "text", "text": "What is it?"}, picture]
    assert found["file"]["input"][0]["content"] == [{"type": "text", "text": "[file: f1]"}]
    for name in ("bare", "picture", "file", "named"):
        assert found[name]["metadata"]["messages"] == CONVERSATIONS[name]
    assert (found["alone"]["target"], found["alone"]["metadata"]["judged"]) == ("safe", "prompt")
    bad = {"id": "", "type": "function", "function": {"name": "f", "arguments": "[1]"}}
    turns = [{"role": "assistant", "text": "x", "message": {"content": None, "tool_calls": [bad]}}]
    [message] = sample_of(decided(project, tmp_path)["alone"] | {"turns": turns})["input"]
    assert message["tool_calls"] == [
        {"id": "call-0", "function": "f", "type": "function", "arguments": {},
         "parse_error": "The arguments are no JSON object: [1]"}
    ]  # fmt: skip
    thinks = {"role": "assistant", "text": "x", "message": {"content": "Hi", "reasoning_content": "A greeting."}}
    [message] = sample_of(decided(project, tmp_path)["alone"] | {"turns": [thinks]})["input"]
    assert message["content"] == [{"type": "reasoning", "reasoning": "A greeting."}, {"type": "text", "text": "Hi"}]


def test_interactions_expect_a_refusal_of_what_is_unsafe(project, tmp_path):
    out, _ = export(project, tmp_path, "nemo-guardrails")
    [policy] = json.loads((out / "policies.json").read_bytes())["policies"]
    found = {each["id"]: each for each in json.loads((out / "interactions-data.json").read_bytes())["interactions"]}
    rows = decided(project, tmp_path)
    assert set(found) == set(rows)
    for name, row in rows.items():
        [expected], context = found[name]["expected_output"], found[name]["evaluation_context"]
        assert (expected["type"] == "refusal", expected["policy"]) == (row["prompt_label"] == "unsafe", policy["id"])
        assert (context["response"], context["response_label"]) == (row["response"], row["response_label"])
    assert found["formula"]["inputs"] == ["Q formula"]
    assert found["whole"]["inputs"] == [{"messages": CONVERSATIONS["whole"][:-1]}]
    assert interaction_of(rows["formula"] | {"prompt_label": None}, "data")["expected_output"] == []


def test_annotations_have_each_label_and_each_opinion(project, tmp_path):
    out, _ = export(project, tmp_path, "openinference")
    rows = decided(project, tmp_path)
    found = {(each["span_id"], each["name"]): each for each in map(json.loads, (out / "data.jsonl").open())}
    labels = {(name, field): row[field] for name, row in rows.items() for field in ("prompt_label", "response_label")}
    assert {key: each["label"] for key, each in found.items()} == {key: label for key, label in labels.items() if label}
    unsafe = found["not", "prompt_label"]
    assert (unsafe["score"], unsafe["annotator_kind"], unsafe["identifier"]) == (2 / 3, "CODE", "decision")
    assert unsafe["explanation"] == "majority: 2 of 3 opinions say unsafe. Categories: Threat."
    constructed = found["aegis#refusal", "prompt_label"]
    assert (constructed["score"], constructed["explanation"]) == (0.0, "inherited.")
    opinions = [json.loads(line) for line in (out / "opinions.jsonl").open()]
    assert {each["annotator_kind"] for each in opinions} == {"HUMAN", "LLM"}
    assert len({each["identifier"] for each in opinions}) == 3
    assert not {"ada", "bea", "model-m"} & {each["identifier"] for each in opinions}
    settled = rows["not"] | {"prompt_label_source": "adjudicator"}
    assert of_decision(settled, Field.PROMPT, "data")["annotator_kind"] == "HUMAN"
    assert list(of_opinion({"outcome": "abstained"})) == []


def test_card_of_items_names_parquet_and_votes(project, tmp_path):
    out, made = export(project, tmp_path, "hf")
    assert set(made["files"]) == {"data.parquet", "votes.parquet", "README.md"}
    head = yaml.safe_load((out / "README.md").read_text().split("---\n")[1])
    assert [each["config_name"] for each in head["configs"]] == ["default", "votes"]
    columns = pq.read_schema(out / "data.parquet").names
    assert [each["name"] for each in head["dataset_info"][0]["features"]] == columns
    rows = {row["item"]: row for row in pq.read_table(out / "data.parquet").to_pylist()}
    for name, row in decided(project, tmp_path).items():
        same = row.keys() - {"turns"}
        assert {key: rows[name][key] for key in same} == {key: row[key] for key in same}
        assert [read_turn(turn) for turn in rows[name]["turns"]] == [message_of(turn) for turn in row["turns"]]


def read_turn(turn):
    message = turn.pop("message")
    return message_of(turn | ({"message": json.loads(message)} if message else {}))


def test_nothing_is_left_of_an_export_that_is_refused(project, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    empty, prompts = make_project(), make_project(fields="prompt_label", quorum=1)
    import_dialogues(prompts, tmp_path, [dialogue("a")])
    import_votes(prompts, tmp_path, [opinion("a", "ada")])
    command("release", "old", project=prompts.slug, out=tmp_path / "old")
    old = Release.objects.get(project=prompts)
    old.manifest["files"] = {name: file for name, file in old.manifest["files"].items() if name != "train.parquet"}
    old.save()
    (tmp_path / "file").write_text("x")
    for made, consumer, options, said in [
        (project, "hf", {"out": full}, "is not empty. Choose another folder with --out."),
        (project, "hf", {"out": tmp_path / "file"}, "is not empty"),
        (project, "hf", {"out": tmp_path / "file" / "x"}, "cannot be written: Not a directory"),
        (project, "messages", {"release": "9"}, "has no release '9'. Known: 1.0."),
        (project, "messages", {"release": "1.0", "policy": "human"}, "leave out --policy, or --release"),
        (empty, "messages", {}, "nothing to write for messages. No dialogue is decided."),
        (prompts, "pyrit", {}, "nothing to write for pyrit. 1 dialogues have no labelled response"),
        (prompts, "messages", {"release": "old"}, "was made before releases had their dialogues in Parquet"),
    ]:
        out = options.pop("out", tmp_path / "out")
        refused = command("export_for", consumer, project=made.slug, out=out, **options)
        assert (refused.code, said in refused.stderr) == (2, True), (consumer, refused.stderr)
        assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".*"))
    assert [path.name for path in full.iterdir()] == ["mine.txt"]
    assert "invalid choice: 'word'" in command("export_for", "word", project=project.slug).stderr


WITH_TEXTS = [consumer for consumer in CONSUMERS if consumer != "openinference"]


def test_error_within_an_export_ends_it_and_leaves_nothing(tmp_path):
    """A stream that is not read to its end would hold the connection, on which the rollback waits."""
    made = make_project(quorum=1)
    texts = ["".join(random.choices("abcdefgh ", k=20_000)) for _ in range(40)]
    import_dialogues(made, tmp_path, [dialogue(f"t{at}", text=text) for at, text in enumerate(texts)])
    import_votes(made, tmp_path, [opinion(f"t{at}", "ada", "safe", "safe") for at in range(40)])
    before = set(tmp_path.iterdir())
    for name, *arguments in (("export_dataset",), ("release", "1.0"), *(("export_for", each) for each in WITH_TEXTS)):
        with full_disk(100_000):
            full = command(name, *arguments, project=made.slug, out=tmp_path / "out")
        assert (full.code, "File too large" in full.stderr) == (2, True), (name, arguments, full.stderr)
        assert set(tmp_path.iterdir()) == before


def test_archives_have_the_files_of_the_command(project, tmp_path):
    lead, route = Program(project, "lead"), f"/api/v1/projects/{project.slug}/export-for"
    page = f"/projects/{project.slug}/releases/of/1.0/for"
    visitor = Visitor(project, "lead")
    for consumer in CONSUMERS:
        whole = [read(lead.client.get(f"{route}/{consumer}/")) for _ in range(2)]
        assert whole[0] == whole[1]
        assert hashes_in(whole[0]) == export(project, tmp_path, consumer)[1]["files"], consumer
        of_release = read(lead.client.get(f"{route}/{consumer}/?release=1.0"))
        assert hashes_in(of_release) == export(project, tmp_path, consumer, release="1.0")[1]["files"], consumer
        assert read(visitor.client.get(f"{page}/{consumer}/")) == of_release
    assert f"{page}/nemo-guardrails/" in visitor.get("releases/of/1.0/").content.decode()
    assert Event.objects.filter(verb=Verb.OPINIONS_DOWNLOADED, actor=visitor.user).exists()


def read(response):
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/zip"
    return b"".join(response.streaming_content)


def hashes_in(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}


def test_archives_are_refused_with_a_reason(project):
    lead, route = Program(project, "lead"), f"/api/v1/projects/{project.slug}/export-for"
    empty = Program(make_project(), "lead")
    for client, path, code in [
        (lead, f"{route}/word/", 404), (lead, f"{route}/hf/?release=9", 404), (lead, f"{route}/hf/?policy=coin", 400),
        (lead, f"{route}/hf/?release=1.0&policy=human", 400), (lead, f"{route}/hf/?release=a%00", 400),
        (empty, f"/api/v1/projects/{empty.slug}/export-for/hf/", 409),
        (Program(project), f"{route}/hf/", 403), (empty, f"{route}/hf/", 404),
        (Visitor(project, "lead"), f"/projects/{project.slug}/releases/of/1.0/for/word/", 404),
        (Visitor(project, "lead"), f"/projects/{project.slug}/releases/of/9/for/hf/", 404),
    ]:  # fmt: skip
        assert client.client.get(path).status_code == code, path
    assert read(lead.client.get(f"{route}/messages/?policy=human"))
