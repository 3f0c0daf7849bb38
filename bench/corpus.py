"""Write dialogues and simulated opinions at true scale, as files that the imports read."""

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
"Number of dialogues in the small form of each benchmark."


def dialogues(count: int = TRUE_SCALE) -> Iterator[dict]:
    """Yield `count` real dialogues if they are at hand, else those of the demo repeatedly; at most TRUE_SCALE."""
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
    """Write `count` dialogues `times` times each, under different ids; return (id, has a response) for each row."""
    items = []
    with path.open("w", encoding="utf-8") as file:
        for row in dialogues(count):
            for copy in range(times):
                name = row["id"] if times == 1 else f"{row['id']}/{copy}"
                file.write(json.dumps(row | {"id": name}, ensure_ascii=False) + "\n")
                items.append((name, row["turns"][-1]["role"] == "assistant"))
    return items


def write_votes(path: Path, items: list[tuple[str, bool]], *, seed: int = 0) -> int:
    """Write six opinions on every item, by raters of different accuracy; return how many."""
    dice = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["item_id", "rater", "rater_kind", "prompt_label", "response_label", "categories"])
        for item, has_response in items:
            truth = [dice.random() < SHARE_UNSAFE, dice.random() < SHARE_UNSAFE / 2]
            hazards = dice.sample(SLUGS, 2)
            for kind, raters in (("human", HUMANS), ("llm", MODELS)):
                for rater, accuracy in raters.items():
                    votes = [unsafe if dice.random() < accuracy else not unsafe for unsafe in truth]
                    labels = ["unsafe" if unsafe else "safe" for unsafe in votes]
                    is_unsafe = votes[0] or (votes[1] and has_response)
                    categories = ";".join(hazards[: dice.randint(1, 2)]) if is_unsafe else ""
                    sheet.writerow([item, rater, kind, labels[0], labels[1] if has_response else "", categories])
    return len(items) * (len(HUMANS) + len(MODELS))
