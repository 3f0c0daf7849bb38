"""
One estimate from votes in a file, in a process of its own so that its memory is its own.

    python -m bench.aggregates write ITEMS VOTES      makes the file
    python -m bench.aggregates NAME ITEMS VOTES       prints {"seconds", "megabytes", "says"} as JSON

`says` is a number that both sides of a comparison should agree on.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.random  # numpy loads it on its first use, which is no memory of the work's

from bench.corpus import HUMANS, MODELS, SHARE_UNSAFE
from bench.memory import peak_megabytes
from quality.statistics.agreement import Ratings

Votes = dict[str, np.ndarray]


def write(items: int, path: Path) -> None:
    dice = np.random.default_rng(0)
    skills = np.array([*HUMANS.values(), *MODELS.values()])
    raters = len(skills)
    truth = dice.random(items) < SHARE_UNSAFE
    said = np.where(dice.random((items, raters)) < skills, truth[:, None], ~truth[:, None])
    np.savez(
        path,
        items=np.repeat(np.arange(items), raters),
        raters=np.tile(np.arange(raters), items),
        values=said.ravel().astype(np.int64),
    )


def dawid_skene() -> Callable[[Votes], float]:
    from quality.statistics.aggregation import dawid_skene as estimate

    return lambda votes: float((estimate(Ratings(**votes), raters=6).posterior[:, 1] > 0.5).mean())


def crowdkit_dawid_skene() -> Callable[[Votes], float]:
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    def run(votes: Votes) -> float:
        frame = pd.DataFrame({"task": votes["items"], "worker": votes["raters"], "label": votes["values"]})
        return float(DawidSkene().fit_predict(frame).mean())

    return run


def alpha() -> Callable[[Votes], float]:
    from quality.statistics.reliability import krippendorff_alpha as estimate

    return lambda votes: float(estimate(Ratings(**votes).table()).value or 0)


def krippendorff_alpha() -> Callable[[Votes], float]:
    import krippendorff

    return lambda votes: float(
        krippendorff.alpha(value_counts=Ratings(**votes).table(), level_of_measurement="nominal")
    )


WORK = {each.__name__: each for each in (dawid_skene, crowdkit_dawid_skene, alpha, krippendorff_alpha)}


def main() -> None:
    name, items, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if name == "write":
        write(items, path)
        print(json.dumps({}))
        return
    run = WORK[name]()
    idle = peak_megabytes()
    with np.load(path) as file:
        votes = {key: file[key] for key in file.files}
    began = time.perf_counter()
    says = run(votes)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes() - idle, "says": says}))


if __name__ == "__main__":
    main()
