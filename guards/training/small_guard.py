"""
The small guard: hashed n-grams of words and characters, TF-IDF, and a logistic regression for each label field.

scikit-learn is loaded when a guard is trained or asked, and not before. Weights are stored as arrays and the rest as
JSON, so loading a guard runs no code. Training is deterministic.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from corpus.errors import Refused
from corpus.labels import Field, Label
from corpus.shapes import TurnShape
from corpus.turns import has_response, without_response
from guards.figures.confusion import cells_of, f1

Numbers = NDArray[np.float32]
BUCKETS = 2**18
"Of each of the two kinds of n-grams; more did not score better on releases of 34,248 rows."
STRENGTHS = (1.0, 4.0, 16.0)
"The inverse regularisations that are tried; the validation split chooses."
FEWEST = 10
"Examples of each label that a split must have."
SETTINGS = "guard.json"


@dataclass(frozen=True)
class Head:
    """The logistic regression for one label field."""

    weights: Numbers
    "Shape (2 * BUCKETS,)."
    idf: Numbers
    "Shape (2 * BUCKETS,): the inverse document frequency of each n-gram."
    bias: float
    threshold: float
    "A probability of unsafe at or above it is unsafe."
    strength: float
    f1: float
    "On the validation split, at the threshold."
    rows: int
    "Examples it was trained on."

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of unsafe of every text: shape (texts,)."""
        scores = weighted(counts(texts), self.idf) @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-scores.astype(np.float64))))


@dataclass(frozen=True)
class SmallGuard:
    """A trained guard."""

    heads: Mapping[Field, Head]

    def judge(self, turns: Sequence[TurnShape]) -> dict[Field, tuple[str, float]]:
        """Return the label and the probability of unsafe for each field that the turns have and it was trained for."""
        is_answered = has_response(turns)
        said: dict[Field, tuple[str, float]] = {}
        for field, head in self.heads.items():
            if field == Field.PROMPT or is_answered:
                judged = without_response(turns) if field == Field.PROMPT else turns
                if not judged:  # a response to nothing
                    continue
                [chance] = head.probabilities([text_of(judged, field)])
                said[field] = (Label.UNSAFE if chance >= head.threshold else Label.SAFE, float(chance))
        return said

    def store(self, folder: Path, manifest: Mapping[str, Any]) -> str:
        """
        Write the guard to a folder that exists; return the SHA-256 of its weights and settings, in hexadecimal.

        :param manifest: what it was trained on; not part of the hash
        """
        digest = hashlib.sha256()
        settings: dict[str, Any] = {}
        for field, head in self.heads.items():
            for name in ("weights", "idf"):
                path = folder / f"{field.part}-{name}.npy"
                np.save(path, getattr(head, name), allow_pickle=False)
                digest.update(path.read_bytes())
            numbers = ("bias", "threshold", "strength", "f1", "rows")
            settings[field.part] = {name: getattr(head, name) for name in numbers}
        digest.update(orjson.dumps(settings))
        content = {"heads": settings, "sha256": digest.hexdigest(), "manifest": dict(manifest)}
        (folder / SETTINGS).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        return digest.hexdigest()


def load_guard(folder: Path) -> SmallGuard:
    """
    Return the guard in a folder.

    :raises Refused: if there is none, or it cannot be read
    """
    try:
        settings = orjson.loads((folder / SETTINGS).read_bytes())["heads"]
        return SmallGuard({Field(f"{part}_label"): load_head(folder, part, own) for part, own in settings.items()})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"There is no readable guard in {folder}: {error}.") from error


def load_head(folder: Path, part: str, settings: Mapping[str, Any]) -> Head:
    """Return the head of one field."""
    arrays = {name: np.load(folder / f"{part}-{name}.npy", allow_pickle=False) for name in ("weights", "idf")}
    return Head(**arrays, **settings)


def train_head(
    texts: Sequence[str], unsafe: NDArray[np.bool_], held_out: Sequence[str], truth: NDArray[np.bool_]
) -> Head:
    """
    Train the head of one field.

    :param texts: of the training split
    :param unsafe: shape (texts,), whether each is unsafe
    :param held_out: texts of the validation split, which chooses strength and threshold
    :param truth: shape (held out,), whether each is unsafe
    :raises Refused: if a split has too few examples of a label
    """
    for split, labels in (("train", unsafe), ("validation", truth)):
        check_labels(split, labels)
    seen, unseen = counts(texts), counts(held_out)
    idf = inverse_frequencies(seen)
    seen, unseen = weighted(seen, idf), weighted(unseen, idf)
    tried = []
    for strength in STRENGTHS:
        weights, bias = fit(seen, unsafe, strength)
        threshold, score = best_threshold(unseen @ weights + bias, truth)
        tried.append((score, strength, threshold, weights, bias))
    score, strength, threshold, weights, bias = max(tried, key=lambda each: each[0])  # the first of equal ones
    return Head(weights, idf, bias, threshold, strength, score, len(texts))


def check_labels(split: str, labels: NDArray[np.bool_]) -> None:
    """
    Check that a split has enough examples of both labels.

    :raises Refused: if it has not
    """
    unsafe = int(labels.sum())
    if min(unsafe, len(labels) - unsafe) < FEWEST:
        raise Refused(
            f"The {split} split is too small: {unsafe} unsafe and {len(labels) - unsafe} safe labels, at least "
            f"{FEWEST} of each are needed. Label more, or make a release with other --splits."
        )


def counts(texts: Sequence[str]) -> Any:
    """Return how often each n-gram occurs in each text: a sparse matrix of shape (texts, 2 * BUCKETS)."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    shared = {"n_features": BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    words = HashingVectorizer(ngram_range=(1, 2), **shared)
    characters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)
    return hstack([words.transform(texts), characters.transform(texts)], format="csr")


def inverse_frequencies(matrix: Any) -> Numbers:
    """Return the smoothed inverse document frequency of every n-gram: shape (2 * BUCKETS,)."""
    occurs = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.asarray(np.log((1 + matrix.shape[0]) / (1 + occurs)) + 1, dtype=np.float32)


def weighted(matrix: Any, idf: Numbers) -> Any:
    """Return the TF-IDF of counts, with sublinear term frequencies and rows of length 1."""
    from sklearn.preprocessing import normalize

    matrix = matrix.copy()
    matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
    return normalize(matrix, copy=False)


def fit(matrix: Any, unsafe: NDArray[np.bool_], strength: float) -> tuple[Numbers, float]:
    """Return weights, of shape (2 * BUCKETS,), and bias of a logistic regression with balanced classes."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=0)
    # N-grams that no text has keep the weight 0; left out, they cost no time. One stays where texts have none at all.
    occurring = np.union1d(matrix.indices, [0])
    model.fit(matrix[:, occurring], unsafe)
    weights = np.zeros(matrix.shape[1], np.float32)
    weights[occurring] = model.coef_[0]
    return weights, float(model.intercept_[0])


def best_threshold(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """
    Return the probability at which F1 is best, and that F1; of equally good ones, the one in the middle.

    :param scores: shape (cases,), logits
    """
    chances = 1 / (1 + np.exp(-np.asarray(scores, dtype=np.float64)))
    levels = np.round(np.linspace(0.02, 0.98, 49), 2)
    found = np.array([float(f1(cells_of(truth, chances >= level))) for level in levels])
    best = np.flatnonzero(found >= found.max() - 1e-12)
    return float(levels[best[len(best) // 2]]), float(found.max())


def text_of(turns: Sequence[TurnShape], field: Field) -> str:
    """
    Return the text that a head reads: the turns before a response, or the response with the last turn before it.

    The response comes first and the turn before it is marked, so that the two do not look alike.
    """
    if field == Field.PROMPT:
        return "\n".join(turn["text"] for turn in turns)
    before = [turn["text"] for turn in turns[:-1]][-1:]
    return "\n".join([turns[-1]["text"], *(marked(text) for text in before)])


def marked(text: str) -> str:
    """Return a text with its words marked as those of the turn before a response."""
    return " ".join(f"asked_{word}" for word in text.split())
