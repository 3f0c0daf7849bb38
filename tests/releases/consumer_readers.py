"""
Read the files of a consumer with its own library, in .venv-consumers, and write what it read as JSON.

    RESULT=FILE .venv-consumers/bin/python tests/releases/consumer_readers.py CONSUMER=FOLDER …
"""

import json
import os
import sys
from pathlib import Path


def read_hf(folder):
    """Return the rows by split, the votes, and the types of the columns, as `datasets` loads them by the card."""
    from datasets import load_dataset

    cache = str(folder.parent / f"cache-{folder.name}")
    rows, votes = (load_dataset(str(folder), name, cache_dir=cache) for name in ("default", "votes"))
    types = {name: str(feature) for name, feature in rows["train"].features.items()}
    return {"rows": {split: list(rows[split]) for split in rows}, "votes": list(votes["votes"]), "types": types}


def read_messages(folder):
    """Return the rows by part, as `datasets` loads JSON lines without a card: each file alone, of its own types."""
    from datasets import load_dataset

    cache = str(folder.parent / f"cache-{folder.name}")
    found = {path.stem: str(path) for path in folder.glob("*.jsonl") if path.stat().st_size}
    return {
        part: list(load_dataset("json", data_files=path, split="train", cache_dir=cache))
        for part, path in found.items()
    }


def read_pyrit(folder):
    """Return response, label and objective or category of each entry, for both kinds of evaluation."""
    from pyrit.score import MetricsType
    from pyrit.score.scorer_evaluation.human_labeled_dataset import HumanLabeledDataset

    read = {}
    for path in sorted(folder.glob("*.csv")):
        for kind, about in ((MetricsType.HARM, "harm_category"), (MetricsType.OBJECTIVE, "objective")):
            loaded = HumanLabeledDataset.from_csv(csv_path=path, metrics_type=kind)
            loaded.validate()
            entries = [
                (each.conversation[0].message_pieces[0].original_value, each.human_scores, getattr(each, about))
                for each in loaded.entries
            ]
            read.setdefault(kind.value, {"version": loaded.version, "entries": []})["entries"] += entries
    return read


def read_inspect(folder):
    """Return the samples, with each message as Inspect has it."""
    from inspect_ai.dataset import json_dataset

    samples = [each for path in sorted(folder.glob("*.jsonl")) for each in json_dataset(str(path))]
    return [
        {"id": each.id, "target": each.target, "metadata": each.metadata,
         "input": [message.model_dump(mode="json", exclude_none=True) for message in each.input]}
        for each in samples
    ]  # fmt: skip


def read_nemo_guardrails(folder):
    """Return the interactions of the evaluation's configuration, and how many inputs would be run."""
    from nemoguardrails.eval.eval import _extract_interaction_outputs
    from nemoguardrails.eval.models import EvalConfig

    loaded = EvalConfig.from_path(str(folder))
    return {"interactions": [each.model_dump(mode="json") for each in loaded.interactions],
            "inputs": len(_extract_interaction_outputs(loaded))}  # fmt: skip


def read_openinference(folder):
    """Return what Phoenix's client would send for a data frame of the annotations of each file."""
    import pandas as pd
    from phoenix.client.resources.spans import (
        _chunk_span_annotations_dataframe,
        _validate_span_annotations_dataframe,
    )

    sent = {}
    for path in sorted(folder.glob("*.jsonl")):
        if path.stat().st_size:
            frame = pd.read_json(path, lines=True, dtype=False)
            _validate_span_annotations_dataframe(dataframe=frame)
            chunks = _chunk_span_annotations_dataframe(dataframe=frame)
            sent[path.stem] = [annotation for chunk in chunks for annotation in chunk]
    return sent


if __name__ == "__main__":
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    read = []
    for argument in sys.argv[1:]:
        consumer, _, place = argument.partition("=")
        read.append(globals()[f"read_{consumer.replace('-', '_')}"](Path(place)))
    Path(os.environ["RESULT"]).write_text(json.dumps(read))
