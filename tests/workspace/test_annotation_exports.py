"""Exports of annotation tools: their texts are dialogues, their annotations opinions of imported raters."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, transaction

from annotation.models import Vote
from annotation.sampling import lock_slots
from config.embedded.processes import wait_until
from corpus.errors import Invalid
from corpus.importing.forms import FORMS, recognise
from corpus.importing.limits import Limits
from corpus.importing.options import ReadOptions, parse_columns
from corpus.importing.reading import RowParser
from corpus.models import Item, Project
from tests.annotation.test_leases import at_once
from tests.cases import cases
from tests.factories import command, make_project, write_lines
from tests.locks import is_waited_for
from workspace.actions.import_annotated import import_annotated

CHOICE = {"from_name": "harm", "type": "choices", "value": {"choices": ["Unsafe"]}}
WHY = {"from_name": "rationale", "type": "textarea", "value": {"text": ["It says", "so."]}}
SPAN = {"from_name": "span", "type": "labels", "value": {"start": 1, "end": 2, "labels": ["x"]}}
TASK = {
    "id": 5, "project": 2, "data": {"q": "Hi?", "topic": "t"}, "predictions": [{"model_version": "m"}],
    "annotations": [
        {"id": 1, "completed_by": {"id": 3, "email": "ada@example.org"}, "result": [CHOICE, WHY], "lead_time": 2.5},
        {"id": 2, "completed_by": 7, "result": [CHOICE, SPAN]},
        {"id": 3, "completed_by": 8, "result": [CHOICE], "was_cancelled": True},
    ],
}  # fmt: skip
TASK_COLUMNS = ["prompt=q", "prompt_label=harm"]
SERVER = [{"user_id": "u1", "status": "submitted", "values": {"harm": {"value": "safe"}, "mood": {"value": 3}}},
          {"user_id": "u2", "status": "draft", "values": {"harm": {"value": "unsafe"}}}]  # fmt: skip


def parser(form, columns=()):
    return RowParser(FORMS[form], ReadOptions(form, parse_columns(columns)), {}, Limits(), empty_is_none=False)


def votes(form, row, columns=()):
    return parser(form, columns).opinions(row)


def vote(item, rater, **said):
    return {"item_id": item, "rater": rater, "rater_kind": "human", **said}


def test_task_of_label_studio_is_a_dialogue_with_votes():
    [dialogue] = parser("label-studio", TASK_COLUMNS).dialogues(TASK)
    assert (dialogue.external_id, dialogue.turns) == ("5", [{"role": "user", "text": "Hi?"}])
    assert json.loads(dialogue.meta) == {
        "topic": "t", "label_studio": {"project": 2, "predictions": [{"model_version": "m"}]},
        "unread_annotations": TASK["annotations"][1:],
    }  # fmt: skip
    assert votes("label-studio", TASK, TASK_COLUMNS) == [
        vote("5", "ada@example.org", prompt_label="unsafe", rationale="It says\nso.", seconds=2.5, cast_at=None),
        vote("5", "7", prompt_label="unsafe", seconds=None, cast_at=None),
    ]
    assert votes("label-studio", TASK, ["prompt=q"]) == [
        vote("5", "ada@example.org", rationale="It says\nso.", seconds=2.5, cast_at=None)
    ]


def result(name, kind, **value):
    return {"from_name": name, "type": kind, "value": value}


def task_with(*results):
    return {"id": 5, "data": {"prompt": "Hi?"}, "annotations": [{"completed_by": 7, "result": list(results)}]}


LABEL = result("prompt_label", "choices", choices=["Unsafe"])


def test_categories_of_a_taxonomy_are_read(tmp_path):
    """By the last step of each path; those of several results are together."""
    paths = result("categories", "taxonomy", taxonomy=[["Violence"], ["Crime", "Illegal Activity"]])
    more = result("categories", "choices", choices=["Profanity"])
    project = make_project()
    done = command("import_dialogues", write_lines(tmp_path, [task_with(LABEL, paths, more)]), project=project.slug)
    assert (done.code, done["opinions"]["created"]) == (0, 1), done.stderr
    assert Vote.objects.get(item__project=project).categories == ["violence", "illegal_activity", "profanity"]
    assert Item.objects.get(project=project).meta == {"label_studio": {}}


@cases(
    "unread",
    [
        result("categories", "rating", rating=4),
        result("categories", "taxonomy", taxonomy="Violence"),
        result("categories", "taxonomy", taxonomy=["Violence"]),
        result("categories", "taxonomy", taxonomy=[[]]),
        result("categories", "labels", start=0, end=2, text="Hi", labels=["Violence"]),
        result("rationale", "hypertextlabels", start="/p", text="Hi", hypertextlabels=["x"]),
        result("rationale", "number", number=3),
        {"from_name": "categories", "type": "choices"},
    ],
)
def test_annotation_with_a_result_that_is_not_read_is_kept(unread):
    """Also where the control has a name of ours."""
    task = task_with(LABEL, unread)
    [dialogue] = parser("label-studio").dialogues(task)
    assert json.loads(dialogue.meta)["unread_annotations"] == task["annotations"]
    assert votes("label-studio", task) == [vote("5", "7", prompt_label="unsafe", seconds=None, cast_at=None)]


def test_several_labels_of_one_annotation_are_refused():
    assert votes("label-studio", task_with(LABEL, LABEL))[0]["prompt_label"] == "unsafe"
    with pytest.raises(Invalid, match=r"\['Unsafe', 'Safe'\] is not one of"):
        votes("label-studio", task_with(LABEL, result("prompt_label", "choices", choices=["Safe"])))


SMALL = {"id": 1, "prompt": "Hi?", "response": "Yes.", "annotator": 7, "annotation_id": 1, "lead_time": 2.0}
CELLS = (
    ({"prompt_label": "Safe", "categories": "", "rationale": ""}, {"prompt_label": "safe"}),
    ({"prompt_label": "", "response_label": "Safe"}, {"response_label": "safe"}),
    ({"categories": {"choices": ["Violence", "Profanity"]}}, {"categories": ["violence", "profanity"]}),
    ({"categories": {"choices": []}}, {}),
    ({"categories": [{"choices": ["Violence"]}, "Profanity"]}, {"categories": ["violence", "profanity"]}),
    ({"categories": [{"taxonomy": [["Violence"], ["Crime", "Profanity"]]}]}, {"categories": ["violence", "profanity"]}),
    ({"categories": ["Violence", "Profanity"]}, {"categories": ["violence", "profanity"]}),
    ({"rationale": {"text": ["It says", "so."]}}, {"rationale": "It says\nso."}),
    ({"rationale": '[sic] {"a": 1}'}, {"rationale": '[sic] {"a": 1}'}),
    ({"rationale": '{"a": 1}'}, {"rationale": '{"a": 1}'}),
    ({"rationale": "[1, 2]"}, {"rationale": "[1, 2]"}),
)  # fmt: skip


def test_cells_with_none_one_or_several_choices_are_read(tmp_path):
    """From JSON-MIN, and from CSV, which has empty cells and JSON; each row in a project of its own."""
    for at, (cells, said) in enumerate(CELLS):
        row = SMALL | ({"prompt_label": "Unsafe"} if "response_label" not in cells else {}) | cells
        expected = {"prompt_label": "unsafe" if "response_label" not in cells else None, "response_label": None} | said
        table = tmp_path / f"{at}.csv"
        with table.open("w", newline="") as file:
            writer = csv.DictWriter(file, row)
            writer.writeheader()
            texts = {key: json.dumps(each) if isinstance(each, dict | list) else each for key, each in row.items()}
            writer.writerow(texts)
        for path in (table, write_lines(tmp_path, [row])):
            project = make_project()
            done = command("import_dialogues", path, project=project.slug, form="label-studio-min")
            assert (done.code, done["opinions"]["created"]) == (0, 1), (cells, done.stderr)
            cast = Vote.objects.get(item__project=project)
            for name, value in ({"categories": [], "rationale": ""} | expected).items():
                assert getattr(cast, name) == value, (cells, path.suffix)


def test_cell_that_is_neither_choices_nor_text_is_refused(tmp_path):
    project = make_project()
    row = SMALL | {"prompt_label": "Unsafe", "categories": [{"rating": 4}]}
    done = command("import_dialogues", write_lines(tmp_path, [row]), project=project.slug)
    assert (done.code, done["created"], done["opinions"]["rejected"]) == (1, 1, 1)
    assert "row 1: categories: [{'rating': 4}] is neither choices nor text" in done.stderr


def test_empty_cells_of_a_tool_are_as_absent_ones(tmp_path):
    """So that the text of a table with an empty column `prompt` is the prompt."""
    (tmp_path / "d.csv").write_text("id,text,label,prompt\n1,Hi?,safe,\n2,Who?,,\n")
    project = make_project()
    done = command("import_dialogues", tmp_path / "d.csv", project=project.slug, form="doccano")
    assert (done.code, done["created"], done["opinions"]["created"]) == (0, 2, 1), done.stderr


def test_field_whose_name_another_took_is_kept(tmp_path):
    """As of tables: under `original_NAME`. So is the number of a record whose id is in a field."""
    both = {"key": "k1", "prompt": "Draft", "question": "Hi?"}
    small = {"id": 7, **both, "prompt_label": "?", "harm": "Safe", "annotator": "a", "annotation_id": 1, "lead_time": 1}
    for row, kept in (
        ({"id": 7, "data": both, "annotations": []}, {"label_studio": {"id": 7}}),
        ({"id": 7, "fields": both, "responses": {}}, {"argilla": {"id": 7}}),
        (small, {"original_id": 7, "original_prompt_label": "?"}),
    ):
        project = make_project()
        columns = ["prompt=question", "id=key", *(["prompt_label=harm"] if row is small else [])]
        done = command("import_dialogues", write_lines(tmp_path, [row]), project=project.slug, map=columns)
        assert (done.code, done["created"]) == (0, 1), done.stderr
        item = Item.objects.get(project=project)
        assert (item.external_id, item.turns) == ("k1", [{"role": "user", "text": "Hi?"}])
        assert item.meta == {"original_prompt": "Draft", **kept}
        assert item.reference is None


def test_fields_can_change_their_names():
    row = {"id": 1, "data": {"prompt": "Yes.", "response": "Hi?"}, "annotations": []}
    [dialogue] = parser("label-studio", ["prompt=response", "response=prompt"]).dialogues(row)
    assert [turn["text"] for turn in dialogue.turns] == ["Hi?", "Yes."]
    [partial] = parser("label-studio", ["prompt=question"]).dialogues(row)  # which has no such field
    assert [turn["text"] for turn in partial.turns] == ["Yes.", "Hi?"]


def test_records_of_argilla_come_in_two_shapes():
    record = {"id": "r", "fields": {"text": "Hi?"}, "responses": SERVER, "metadata": {"k": 1}}
    [dialogue] = parser("argilla", ["prompt_label=harm"]).dialogues(record)
    assert json.loads(dialogue.meta) == {"argilla": {"metadata": {"k": 1}}, "unread_answers": [["u1", "mood", 3]]}
    assert votes("argilla", record, ["prompt_label=harm"]) == [vote("r", "u1", prompt_label="safe")]
    nested = record | {"responses": {"prompt_label": [{"value": "Needs Caution", "user_id": "a"}]}}
    assert votes("argilla", nested) == [vote("r", "a", prompt_label="needs_caution")]
    chat = record | {"fields": {"chat": [{"role": "user", "content": "Hi?"}]}, "responses": {}}
    assert parser("argilla").dialogues(chat)[0].turns == [{"role": "user", "text": "Hi?"}]


def test_response_of_argilla_that_is_not_submitted_may_lack_its_values(tmp_path):
    """Also where a column is named, for which the first rows are looked at."""
    project = make_project()
    unsaid = [{"user_id": f"u{at}", "status": status, "values": None} for at, status in enumerate(("discarded", "draft", "submitted"))]  # fmt: skip # noqa: E501
    row = {"id": "r", "fields": {"q": "Hi?"}, "responses": [*unsaid, *SERVER]}
    given = [
        {"user_id": "a", "status": "discarded"},
        {"user_id": "b", "value": "safe"},
        {"user_id": "c", "value": None},
    ]
    nested = {"id": "n", "fields": {"q": "Hi?"}, "responses": {"harm": given, "mood": None}}
    odd = [{**row, "id": "odd", "responses": [1]}, {**row, "id": "odder", "responses": [{"status": "submitted"}]}]
    path = write_lines(tmp_path, [*odd, row, nested])
    done = command("import_dialogues", path, project=project.slug, map=["prompt=q", "prompt_label=harm"])
    assert (done.code, done["created"], done["rejected"], done["opinions"]["created"]) == (1, 2, 2, 2), done.stderr
    assert "row 1: responses: [1] is not of a known form" in done.stderr
    raters = Vote.objects.filter(item__project=project).values_list("annotator__name", flat=True)
    assert sorted(raters) == ["b", "u1"]


def test_labels_of_doccano_are_a_label_and_categories():
    row = {"id": 1, "text": "Hi?", "label": ["Unsafe", "Violence"], "who": "ada"}
    said = {"prompt_label": "unsafe", "categories": ["Violence"]}
    assert votes("doccano", row) == [vote("1", "doccano", **said)]
    assert votes("doccano", row, ["rater=who"]) == [vote("1", "ada", **said)]
    assert votes("doccano", row | {"label": "safe"}) == [vote("1", "doccano", prompt_label="safe")]  # of CSV
    answered = row | {"response": "Yes", "label": ["safe"]}
    assert votes("doccano", answered, ["response_label=label"]) == [vote("1", "doccano", response_label="safe")]
    assert votes("doccano", row | {"label": []}) == []
    spans = row | {"label": [[0, 2, "X"]]}
    assert json.loads(parser("doccano").dialogues(spans)[0].meta)["label"] == [[0, 2, "X"]]
    assert votes("doccano", spans) == []


def test_picks_of_aegis_1_are_votes():
    row = {"id": 1, "text": "Hi?", "text_type": "combined", "labels_0": "Safe", "labels_1": "Violence, Other",
           "labels_2": "Needs Caution", "labels_3": "None", "labels_4": None}  # fmt: skip
    found = votes("aegis1", row)
    assert [(each["rater"], each["prompt_label"], each.get("categories")) for each in found] == [
        ("labels_0", "safe", None),
        ("labels_1", "unsafe", ["Violence", "Other"]),
        ("labels_2", "needs_caution", ["Needs Caution"]),
    ]
    assert found[1]["other_text"]
    nobody = dict.fromkeys(("labels_0", "labels_1", "labels_2"), " ") | {"labels_3": " None ", "labels_4": ","}
    assert votes("aegis1", row | nobody) == []


@cases(
    ("form", "row", "columns", "field", "reason"),
    [
        ("label-studio", TASK | {"data": 1}, (), "data", "1 is not an object"),
        ("label-studio", TASK | {"annotations": 1}, TASK_COLUMNS, "annotations", "1 is not a list of objects"),
        ("label-studio", TASK, (), "turns", "neither turns"),
        ("label-studio", TASK | {"annotations": [{"result": 5}]}, TASK_COLUMNS, "annotations", "the result 5 is not"),
        ("label-studio", TASK | {"annotations": [{"result": [5]}]}, TASK_COLUMNS, "annotations", "the result [5] is"),
        ("argilla", {"id": 1, "fields": 1}, (), "fields", "1 is not an object"),
        ("argilla", {"id": 1, "fields": {}, "responses": [1]}, (), "responses", "[1] is not of a known form"),
        ("aegis1", {"id": 1, "text": "x", "text_type": "llm_response"}, (), "text_type", "a response without"),
    ],
)
def test_record_without_a_dialogue_is_refused(form, row, columns, field, reason):
    with pytest.raises(Invalid) as refusal:
        parser(form, columns).dialogues(row)
    assert refusal.value.field == field
    assert reason in refusal.value.reason
    assert votes(form, row, columns) == []  # it was refused once


@cases(
    ("form", "row", "columns", "field", "reason"),
    [
        ("doccano", {"id": 1, "text": "x", "label": ["positive"]}, (), "prompt_label", "'positive' is not one of safe"),
        ("doccano", {"id": 1, "text": "x", "label": ["safe", "Unsafe"]}, (), "prompt_label", "['safe', 'Unsafe'] is"),
        ("aegis1", {"id": 1, "text": "x", "labels_1": "Safe, Violence"}, (), "labels_1", "Safe is picked beside"),
    ],
)
def test_unknown_label_is_refused(form, row, columns, field, reason):
    with pytest.raises(Invalid) as refusal:
        votes(form, row, columns)
    assert refusal.value.field == field
    assert reason in refusal.value.reason


def test_tools_are_recognised():
    small = {"id": 1, "text": "x", "annotator": 1, "annotation_id": 1, "lead_time": 1}
    for row, name in (
        (TASK, "label-studio"), (small, "label-studio-min"), ({"text": "x", "label": ["a"]}, "doccano"),
        ({"fields": {}, "responses": []}, "argilla"), ({"text": "x", "text_type": "y", "labels_0": "Safe"}, "aegis1"),
        ({"text": "x", "label": 1}, "assize"), ({"data": {}}, "assize"),
    ):  # fmt: skip
        assert recognise([row], "x").name == name


def test_votes_on_a_text_that_has_the_id_of_another_are_refused(tmp_path):
    project = make_project()
    options = {"project": project.slug, "map": TASK_COLUMNS}
    assert command("import_dialogues", write_lines(tmp_path, [TASK]), **options).code == 0
    other = TASK | {"data": {"q": "Another text", "topic": "t"}}
    other["annotations"] = [TASK["annotations"][0] | {"completed_by": {"id": 9, "email": "eve@example.org"}}]
    done = command("import_dialogues", write_lines(tmp_path, [other]), **options)
    assert (done.code, done["rejected"], done["opinions"]["rejected"], done["opinions"]["created"]) == (1, 1, 1, 0)
    assert "row 1: item_id: the item of this id has another text" in done.stderr
    later = TASK | {"annotations": [*TASK["annotations"], {**other["annotations"][0], "id": 9}]}
    again = command("import_dialogues", write_lines(tmp_path, [later]), **options)
    assert (again["opinions"]["created"], again["opinions"]["rejected"]) == (1, 0), again.stderr
    raters = Vote.objects.filter(item__project=project).values_list("annotator__name", flat=True)
    assert sorted(raters) == ["7", "ada@example.org", "eve@example.org"]


def test_texts_and_opinions_are_imported_at_once(tmp_path):
    """Twice without a change; a refused opinion leaves its dialogue; the raters are no accounts."""
    project = make_project()
    wrong = TASK | {
        "id": 6,
        "annotations": [TASK["annotations"][0] | {"result": [CHOICE | {"value": {"choices": ["?"]}}]}],
    }
    path = write_lines(tmp_path, [TASK, wrong, "not json"])
    options = {"project": project.slug, "map": TASK_COLUMNS}
    done = command("import_dialogues", path, **options)
    assert (done.code, done["created"], done["rejected"]) == (1, 2, 1)
    assert done["opinions"] == {"read": 3, "created": 2, "unchanged": 0, "rejected": 2}
    assert "row 2: prompt_label: '?' is not one of" in done.stderr
    assert done.stderr.count("row 3:") == 1
    found = Vote.objects.filter(item__project=project).values_list("annotator__name", "annotator__user", "rationale")
    assert sorted(found) == [("7", None, ""), ("ada@example.org", None, "It says\nso.")]
    again = command("import_dialogues", path, **options)
    assert (again["unchanged"], again["opinions"]["unchanged"]) == (2, 2)
    named = command("import_dialogues", path, project=project.slug, map=["prompt=nothing"])
    assert (named.code, "It has 'q', 'topic', 'harm', 'rationale', 'span'" in named.stderr) == (2, True), named.stderr
    table = write_lines(tmp_path, [{"id": "a", "prompt": "x", "c": "y"}])
    other = command("import_dialogues", table, project=project.slug, map=["categories=c"])
    assert (other.code, "is part of an opinion" in other.stderr) == (2, True)
    assert Item.objects.filter(project=project).count() == 2
    assert json.loads(path.read_text().splitlines()[0]) == TASK


def test_import_with_opinions_locks_the_project_before_its_slots(tmp_path):
    """As changes of its settings do: each would wait for the other."""
    project, path = make_project(), write_lines(tmp_path, [TASK])
    options = ReadOptions("label-studio", parse_columns(TASK_COLUMNS))
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            lock_slots(project)
            done = pool.submit(
                at_once, lambda: import_annotated(project=project, path=path, on_reject=list, options=options)
            )
            assert wait_until(lambda: done.done() or is_waited_for(), seconds=60)
            with pytest.raises(OperationalError), transaction.atomic():
                Project.objects.select_for_update(nowait=True, no_key=True).get(pk=project.pk)
        [report] = done.result(timeout=60)
    assert (report.created, report.opinions["created"]) == (1, 2)


def test_project_is_not_locked_while_the_opinions_are_read(tmp_path):
    """A lead who withdraws a dialogue or publishes a taxonomy meanwhile would wait for a whole file."""
    project, states = make_project(), []

    def lock_it():
        with transaction.atomic():
            states.append(Project.objects.select_for_update(nowait=True, no_key=True).get(pk=project.pk).items_version)

    def look(share):
        if share > 0.5:
            at_once(lock_it)

    path, options = write_lines(tmp_path, [TASK]), ReadOptions("label-studio", parse_columns(TASK_COLUMNS))
    report = import_annotated(project=project, path=path, on_reject=list, progress=look, options=options)
    assert (report.created, states[-1:]) == (1, [project.items_version])
    assert Project.objects.get(pk=project.pk).items_version == project.items_version + 1
