"""The LoRA recipe without torch: its arguments, its files, its errors, and what it says at the end."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from contextlib import nullcontext

import orjson
import pytest

from config.data_dir import CHECKOUT
from corpus.errors import Invalid, Refused
from corpus.labels import Field
from jury.prompting import Form
from recipes.lora import run_folder
from recipes.lora.command import first_gpu, load_libraries, main, parse_arguments, report
from recipes.lora.figures import describe_figures, figures_of
from recipes.lora.serving import serving_commands
from recipes.lora.settings import settings_of
from recipes.lora.training_files import read_row, read_training_files
from recipes.tiny import write_training_files
from tests.cases import cases


@pytest.fixture
def data(tmp_path):
    write_training_files(tmp_path / "data", weights=True)
    return tmp_path / "data"


def rewrite(folder, split, change):
    """Change the rows of a split, and its hash in the manifest so that the change counts as exported."""
    path, manifest = folder / f"{split}.jsonl", json.loads((folder / "manifest.json").read_text())
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_bytes(b"".join(row if isinstance(row, bytes) else orjson.dumps(row) + b"\n" for row in change(rows)))
    manifest["files"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def first(**changed):
    """Return a change of the first row; a key with None is left out."""

    def change(rows):
        row = {key: value for key, value in (rows[0] | changed).items() if value is not None}
        return [row, *rows[1:]]

    return change


def only(keep):
    return lambda rows: [row for row in rows if keep(row)]


def edit_manifest(**changed):
    def change(folder):
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changed))

    return change


def unsafe(row):
    return "unsafe" in row["completion"][0]["content"]


def test_rows_are_read_with_their_labels_and_weights(data):
    files = read_training_files(data)
    rows = files.splits["train"]
    assert (files.form, len(rows), len(files.splits["validation"])) == (Form.NEMOGUARD, 64, 32)
    assert files.fields == [Field.PROMPT, Field.RESPONSE]
    assert [row.label for row in rows[:4]] == ["unsafe", "safe", "unsafe", "safe"]
    assert [row.weight for row in rows[:4]] == [1.0, 0.5, 2.0, 1.0]
    assert "test" not in files.splits


BROKEN = [
    (lambda folder: (folder / "manifest.json").unlink(), "is no folder that export_training wrote"),
    (lambda folder: (folder / "manifest.json").write_text("["), "is not a manifest of export_training"),
    (lambda folder: (folder / "manifest.json").write_text("[]"), "is not a manifest of export_training"),
    (edit_manifest(files={}), "is not a manifest of export_training"),
    (edit_manifest(prompt={"sha256": "0" * 64}), "is not a manifest of export_training"),
    (edit_manifest(format="messages"), "this recipe takes completion. Export them without --format"),
    (lambda folder: (folder / "train.jsonl").unlink(), "is not whole: train.jsonl cannot be read"),
    (lambda folder: (folder / "prompt.toml").unlink(), "is not whole: prompt.toml cannot be read"),
    (lambda folder: (folder / "validation.jsonl").write_text("{}\n"), "validation.jsonl has changed since"),
    (lambda folder: (folder / "prompt.toml").write_text("user = 'a'"), "prompt.toml has changed since"),
    (edit_manifest(prompt={"name": "nemoguard-v1", "sha256": "0" * 64}), "and manifest.json says 000"),
]


@cases("harm,message", BROKEN)
def test_folder_that_is_not_as_exported_is_refused(harm, message, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_training_files(folder)
    harm(folder)
    with pytest.raises(Refused, match=message):
        read_training_files(folder)


TEXT = [{"role": "user", "content": "a"}]
WRONG_ROWS = [
    ("train", lambda rows: [b"{\n", *rows], "row 1: it is not JSON"),
    ("train", lambda rows: [*rows, []], "row 65: row: it is not an object"),
    ("train", first(task="refusal"), "row 1: task: it is neither prompt nor response"),
    ("train", first(prompt=None, messages=TEXT), "row 1: prompt: it is not a list of messages"),
    ("train", first(prompt=[{"role": "user", "text": "a"}]), "row 1: prompt: a message has no role and content"),
    ("train", first(completion=TEXT), "row 1: completion: it is not one message of the assistant"),
    ("train", first(completion=[{"role": "assistant", "content": "{}"}]), "row 1: prompt_label: there is no verdict"),
    ("train", first(weight=0), "row 1: weight: it is no number above 0"),
    ("train", first(weight=True), "row 1: weight: it is no number above 0"),
    ("train", first(weight="1"), "row 1: weight: it is no number above 0"),
    ("train", only(lambda _row: False), "The train split has no rows"),
    ("validation", only(lambda _row: False), "The validation split has no rows"),
    ("train", only(unsafe), "The train split has 16 unsafe and 0 safe prompt labels"),
    ("validation", only(lambda row: not unsafe(row)), "The validation split has 0 unsafe and 8 safe prompt labels"),
    ("validation", only(lambda row: row["task"] == "prompt"), "Only one of the splits train and validation has resp"),
]


def test_a_guard_learns_safe_and_unsafe_alone():
    row = {"task": "prompt", "prompt": TEXT, "completion": [{"role": "assistant", "content": "{}"}]}
    for label in ("safe", "unsafe", "needs_caution"):
        row["completion"][0]["content"] = json.dumps({"prompt_label": label})
        with nullcontext() if label != "needs_caution" else pytest.raises(Invalid, match="neither safe nor unsafe"):
            assert read_row(row, Form.OBJECT).label == label


@cases("split,change,message", WRONG_ROWS)
def test_wrong_rows_are_refused_by_their_number(split, change, message, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_training_files(folder)
    rewrite(folder, split, change)
    with pytest.raises(Refused, match=message):
        read_training_files(folder)


def options(*more):
    return ["data", "--model", "base", "--out", "out", *more]


@cases(
    "more",
    [
        ("--rank", "0"),
        ("--dropout", "1"),
        ("--learning-rate", "0"),
        ("--epochs", "two"),
        ("--batch", "-1"),
        ("--seed", "-1"),
        ("--warmup", "nan"),
    ],
)
def test_setting_out_of_range_ends_with_status_2(more):
    with pytest.raises(SystemExit) as ended:
        parse_arguments(options(*more))
    assert ended.value.code == 2


def test_what_is_wrong_is_said_before_a_library_is_loaded(data, tmp_path, capsys, monkeypatch):
    given = [str(data), "--model", "base", "--out", str(tmp_path / "out")]
    assert main(["nowhere", *given[1:]]) == 2
    assert "nowhere is no folder that export_training wrote" in capsys.readouterr().err
    assert main([*given, "--name", "a b"]) == 2
    assert "is not a name" in capsys.readouterr().err
    assert main([*given, "--chat-template", "nothing.jinja"]) == 2
    assert "There is no chat template nothing.jinja" in capsys.readouterr().err
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(given) == 2
    assert "in one process" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@cases(
    "visible,seen",
    [(None, "0"), ("", ""), ("3", "3"), ("2,3", "2"), (" 2 , 3", "2"), ("GPU-a1,GPU-b2", "GPU-a1"), ("-1", "-1")],
)
def test_first_of_the_visible_gpus_is_taken(visible, seen):
    assert first_gpu(visible) == seen


def test_libraries_see_one_gpu(monkeypatch):
    for name, value in (("HF_HUB_DISABLE_TELEMETRY", "1"), ("TOKENIZERS_PARALLELISM", "false")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    monkeypatch.setitem(sys.modules, "torch", None)  # whatever is installed here
    with pytest.raises(Refused, match="The recipe needs"):
        load_libraries()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "2"


def test_recipe_without_its_libraries_says_how_to_install_them(data, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('No module named torch')")  # whatever is installed here
    words = [sys.executable, "recipes/train_lora.py", str(data), "--model", "base", "--out", str(tmp_path / "out")]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
                          env=os.environ | {"PYTHONPATH": str(tmp_path)})  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "  train, prompt labels: 16 unsafe, 16 safe" in done.stderr
    assert "The recipe needs what requirements/train.txt names (No module named " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_unreadable_replies_count_as_wrong_and_are_counted(data):
    files = read_training_files(data)
    rows = files.splits["validation"]
    right = [{"reply": row.reply, "finish_reason": "stop"} for row in rows]
    figures = figures_of(files.form, rows, right)
    assert {part: (each["n"], each["f1"], each["unreadable"]) for part, each in figures.items()} == {
        "prompt": (16, 1.0, 0), "response": (16, 1.0, 0)
    }  # fmt: skip
    cut = [reply | {"finish_reason": "length"} for reply in right]
    figures = figures_of(files.form, rows, cut)
    assert (figures["prompt"]["accuracy"], figures["prompt"]["unreadable"]) == (0.0, 16)
    assert "prompt: n 16, strict accuracy 0.000, F1 0.000; loose" in describe_figures(figures)


def run_of(data, *more):
    files, settings = read_training_files(data), settings_of(parse_arguments(options(*more)))
    return files, settings, run_folder.record_of(files, settings)


def test_run_is_continued_with_the_same_alone(data, tmp_path):
    folder = tmp_path / "run"
    *_, record = run_of(data)
    with pytest.raises(Refused, match="no run to continue"):
        run_folder.resume(folder, record)
    run_folder.begin(folder, record)
    with pytest.raises(Refused, match="is not empty"):
        run_folder.begin(folder, record)
    assert run_folder.resume(folder, run_of(data, "--batch", "8", "--accumulate", "4", "--evaluate", "5")[2]) == record
    with pytest.raises(Refused, match="started with something else: rows a step, seed"):
        run_folder.resume(folder, run_of(data, "--batch", "8", "--seed", "1")[2])
    rewrite(data, "train", lambda rows: rows[:-4])
    with pytest.raises(Refused, match="something else: data"):
        run_folder.resume(folder, run_of(data)[2])
    (folder / "run.json").write_text("[]")
    with pytest.raises(Refused, match="no readable run"):
        run_folder.resume(folder, record)


def test_run_is_not_continued_with_an_edited_chat_template(data, tmp_path):
    folder, template = tmp_path / "run", tmp_path / "own.jinja"
    template.write_text("{{ messages }}")
    *_, record = run_of(data, "--chat-template", str(template))
    run_folder.begin(folder, record)
    assert run_folder.resume(folder, record) == record
    template.write_text("{{ messages }} ")
    *_, edited = run_of(data, "--chat-template", str(template))
    with pytest.raises(Refused, match="something else: chat_template"):
        run_folder.resume(folder, edited)
    del record["chat_template"]  # as earlier versions wrote it
    run_folder.write_record(folder, record)
    assert run_folder.resume(folder, edited) == record


def test_checkpoint_that_was_cut_off_is_left_out(tmp_path):
    folder = run_folder.checkpoints_of(tmp_path)
    assert run_folder.last_checkpoint(tmp_path) is None
    for step, state in ((5, '{"global_step": 5}'), (10, '{"global_step": 10}'), (15, '{"glob'), (100, None)):
        (folder / f"checkpoint-{step}").mkdir(parents=True)
        if state:
            (folder / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert run_folder.last_checkpoint(tmp_path) == folder / "checkpoint-10"
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint-10", "checkpoint-5"]


def test_figures_that_are_missing_and_steps_that_are_done_are_known(tmp_path):
    record = {"epochs": [{"epoch": 1.0, "step": 8, "figures": {}}]}
    assert (run_folder.has_figures(record, 8), run_folder.has_figures(record, 16)) == (True, False)
    assert not run_folder.has_figures({}, 8)
    for most, done in ((20, False), (16, True)):
        (tmp_path / "trainer_state.json").write_text(json.dumps({"global_step": 16, "max_steps": most}))
        assert run_folder.has_all_steps(tmp_path) == done


def test_folder_stays_until_another_is_whole(tmp_path):
    def write(text, error=None):
        def written(part):
            part.mkdir()
            (part / "weights").write_text(text)
            if error:
                raise error

        return written

    folder = tmp_path / "adapter"
    run_folder.write_whole(folder, write("a"))
    with pytest.raises(OSError, match="no room"):
        run_folder.write_whole(folder, write("b", OSError("no room")))
    assert (folder / "weights").read_text() == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]
    run_folder.write_whole(folder, write("c"))
    assert (folder / "weights").read_text() == "c"


def test_commands_at_the_end_serve_the_adapter_and_ask_as_in_training(data, tmp_path):
    template = tmp_path / "t.jinja"
    template.write_text("{{ messages }}")
    files, settings, _ = run_of(data, "--rank", "24", "--revision", "abc", "--chat-template", str(template))
    serve, *add_juror = serving_commands(files, settings, tmp_path, "rose", 48)
    assert shlex.join(serve) == (
        f"vllm serve base --revision abc --chat-template {template} --enable-lora --max-lora-rank 32 "
        f"--lora-modules rose={tmp_path}/adapter"
    )
    assert [command[command.index("--asks") + 1] for command in add_juror] == [
        "prompt_label,categories", "response_label,categories"
    ]  # fmt: skip
    assert {command[command.index("--trained-on") + 1] for command in add_juror} == {"1.0"}
    assert {command[command.index("--prompt") + 1] for command in add_juror} == {"nemoguard-v1"}


def test_command_that_serves_a_merged_model_is_quoted(data, tmp_path, capsys):
    files, settings, _ = run_of(data)
    folder = tmp_path / "my guard"
    report(files, settings, folder, "rose", {"longest_reply": 48, "merged": str(folder / "merged")})
    last = capsys.readouterr().err.splitlines()[-1]
    assert shlex.split(last) == ["vllm", "serve", str(folder / "merged"), "--served-model-name", "rose"]


def test_guard_is_asked_in_training_as_its_prompt_version_asks_it(tmp_path):
    data = tmp_path / "granite"
    write_training_files(data, prompt_file=CHECKOUT / "jury" / "prompts" / "granite3-v1.toml")
    files, settings, _ = run_of(data)
    assert set(files.template_parameters) == {"guardian_config"}
    *_, add_juror = serving_commands(files, settings, tmp_path, "rose", 48)
    assert add_juror[add_juror.index("--asks") + 1] == "response_label"  # the form names no categories


def test_model_in_a_folder_is_known_by_its_files(tmp_path):
    (tmp_path / "model.safetensors").write_text("a")
    before = run_folder.hash_of_model(tmp_path)
    (tmp_path / "model.safetensors").write_text("b")
    assert before != run_folder.hash_of_model(tmp_path)
    assert run_folder.hash_of_model(tmp_path / "a-name-on-a-hub") is None


def test_torch_is_pinned_by_hash_and_installed_for_the_recipe_alone():
    pinned = {path.name: path.read_text() for path in (CHECKOUT / "requirements").glob("*.txt")}
    assert [name for name, text in pinned.items() if "\ntorch==" in text] == ["train.txt"]
    packages = pinned["train.txt"].replace(" \\\n", " ").splitlines()
    assert [line for line in packages if "==" in line and "--hash=sha256:" not in line] == []
