"""
Compute one estimate from votes in a file, in a separate process so that its memory is measured alone.

    python -m bench.aggregates write ITEMS VOTES      writes the file
    python -m bench.aggregates NAME ITEMS VOTES       prints {"seconds", "megabytes", "estimate"} as JSON

`estimate` is a number on which both sides of a comparison should agree.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.random  # numpy loads it on its first use, which must not count as memory of the estimate

from bench.corpus import HUMANS, MODELS, SHARE_UNSAFE
from bench.memory import peak_megabytes
from quality.statistics.agreement import Ratings

Votes = dict[str, np.ndarray]


def write_votes(items: int, path: Path) -> None:
    """Write the votes of six simulated raters on `items` items as arrays."""
    dice = np.random.default_rng(0)
    skills = np.array([*HUMANS.values(), *MODELS.values()])
    raters = len(skills)
    truth = dice.random(items) < SHARE_UNSAFE
    votes = np.where(dice.random((items, raters)) < skills, truth[:, None], ~truth[:, None])
    np.savez(
        path,
        items=np.repeat(np.arange(items), raters),
        raters=np.tile(np.arange(raters), items),
        values=votes.ravel().astype(np.int64),
    )


def dawid_skene() -> Callable[[Votes], float]:
    """Return a function that computes the share of unsafe items by our Dawid-Skene."""
    from quality.statistics.aggregation import dawid_skene as estimate

    return lambda votes: float((estimate(Ratings(**votes), raters=6).posterior[:, 1] > 0.5).mean())


def crowdkit_dawid_skene() -> Callable[[Votes], float]:
    """Return a function that computes the share of unsafe items by the Dawid-Skene of crowd-kit."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    def share_unsafe(votes: Votes) -> float:
        frame = pd.DataFrame({"task": votes["items"], "worker": votes["raters"], "label": votes["values"]})
        return float(DawidSkene().fit_predict(frame).mean())

    return share_unsafe


def alpha() -> Callable[[Votes], float]:
    """Return a function that computes our alpha with its interval."""
    from quality.statistics.reliability import krippendorff_alpha as estimate

    return lambda votes: float(estimate(Ratings(**votes).profiles()).value or 0)


def krippendorff_alpha() -> Callable[[Votes], float]:
    """Return a function that computes the alpha of the krippendorff library, which has no interval."""
    import krippendorff

    def estimate(votes: Votes) -> float:
        items = int(votes["items"].max()) + 1
        counts = np.bincount(votes["items"] * 2 + votes["values"], minlength=items * 2).reshape(items, 2)
        return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))

    return estimate


ESTIMATORS = {each.__name__: each for each in (dawid_skene, crowdkit_dawid_skene, alpha, krippendorff_alpha)}


def main() -> None:
    name, items, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if name == "write":
        write_votes(items, path)
        print(json.dumps({}))
        return
    estimate = ESTIMATORS[name]()
    idle = peak_megabytes()
    with np.load(path) as file:
        votes = {key: file[key] for key in file.files}
    began = time.perf_counter()
    result = estimate(votes)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes() - idle, "estimate": result}))


if __name__ == "__main__":
    main()
