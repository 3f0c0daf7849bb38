"""Dialogues and simulated opinions at true scale, as files that the imports read."""

import csv
import gzip
import json
import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from config.data_dir import CHECKOUT

TRUE_SCALE = 34_248
SHARE_UNSAFE = 0.45
SLUGS = ["violence", "threat", "harassment", "hate_identity_hate", "fraud_deception", "profanity", "malware"]
HUMANS = {"ada": 0.95, "bea": 0.88, "cleo": 0.7}
MODELS = {"model-a": 0.9, "model-b": 0.82, "model-c": 0.75}


SMALL = 400
"Dialogues of the small forms."


def dialogues(count: int = TRUE_SCALE) -> Iterator[dict]:
    """Yield the real dialogues where they are, else the demo's over and over; `count` of them, TRUE_SCALE at most."""
    folder = Path(os.environ.get("ASSIZE_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    file = folder / "dialogues_34248.jsonl.gz"
    if file.exists():
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, islice(lines, count))
        return
    demo = [json.loads(line) for line in (CHECKOUT / "config/demo/dialogues.jsonl").read_text().splitlines()]
    for number in range(count):
        chosen = demo[number % len(demo)]
        yield chosen | {"id": f"{chosen['id']}-{number}"}


def write_dialogues(path: Path, *, times: int, count: int = TRUE_SCALE) -> list[tuple[str, bool]]:
    """Write `count` dialogues `times` times each, under other ids; return (id, has a response) of each."""
    items = []
    with path.open("w", encoding="utf-8") as file:
        for row in dialogues(count):
            for copy in range(times):
                name = row["id"] if times == 1 else f"{row['id']}/{copy}"
                file.write(json.dumps(row | {"id": name}, ensure_ascii=False) + "\n")
                items.append((name, row["turns"][-1]["role"] == "assistant"))
    return items


def write_votes(path: Path, items: list[tuple[str, bool]], *, seed: int = 0) -> int:
    """Write six opinions on every item by raters who err on their share of them; give how many."""
    dice = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["item_id", "rater", "rater_kind", "prompt_label", "response_label", "categories"])
        for item, has_response in items:
            truth = [dice.random() < SHARE_UNSAFE, dice.random() < SHARE_UNSAFE / 2]
            hazards = dice.sample(SLUGS, 2)
            for kind, raters in (("human", HUMANS), ("llm", MODELS)):
                for rater, accuracy in raters.items():
                    said = [unsafe if dice.random() < accuracy else not unsafe for unsafe in truth]
                    labels = ["unsafe" if unsafe else "safe" for unsafe in said]
                    is_unsafe = said[0] or (said[1] and has_response)
                    named = ";".join(hazards[: dice.randint(1, 2)]) if is_unsafe else ""
                    sheet.writerow([item, rater, kind, labels[0], labels[1] if has_response else "", named])
    return len(items) * (len(HUMANS) + len(MODELS))
