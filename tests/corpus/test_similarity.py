"""How alike texts are, and which of them are near-duplicates."""

import random
from itertools import pairwise

import numpy as np

from bench.planted import judged, planted
from corpus.similarity.clusters import Clusters, find_clusters, similarity
from corpus.similarity.pairs import MOST_PAIRS
from corpus.similarity.rules import THRESHOLD
from corpus.similarity.words import text_key, words_of
from tests.cases import cases

PLANTED = 3_000


@cases(
    "text, words",
    [
        ("Don't  STOP,\tplease!", "dont stop please"),
        ("Don’t stop…please", "dont stop please"),
        ("ＦＵＬＬ width\u200b", "full width"),
        ("Straße", "strasse"),
        ("snake_case a.b(c)", "snake case a b c"),
        ("2+2 = 4", "2 + 2 = 4"),
        ("你好,世界", "你 好 世 界"),
        ("ｶﾀｶﾅ", "カ タ カ ナ"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("안녕 세계", "안녕 세계"),
        ("so \N{GRINNING FACE}\N{GRINNING FACE}", "so \N{GRINNING FACE} \N{GRINNING FACE}"),
        ("?!", "? !"),
        ("", ""),
        ("half a pair \ud800", "half a pair"),
    ],
)
def test_words_of_texts(text, words):
    assert words_of(text) == words.split()


def test_equal_words_have_one_key_and_others_another():
    assert text_key(words_of("Who, me?")) == text_key(words_of("who me"))
    assert text_key(["ab"]) != text_key(["a", "b"])


def pairs_of(text):
    ends = ["^", *text.split(), "$"]
    return set(pairwise(ends))


def test_similarity_is_the_jaccard_index_of_pairs_of_words():
    dice = random.Random(7)
    for length in (0, 1, 2, 3, 8, 60, 400):
        one = [f"w{dice.randrange(200)}" for _ in range(length)]
        other = [word if dice.random() < 0.9 else "x" for word in one]
        sets = pairs_of(" ".join(one)), pairs_of(" ".join(other))
        expected = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        assert similarity(" ".join(one), " ".join(other)) == expected
    very_long = [f"w{number}" for number in range(10 * MOST_PAIRS)]
    edited = ["x" if number % 8 == 0 else word for number, word in enumerate(very_long)]
    sets = pairs_of(" ".join(very_long)), pairs_of(" ".join(edited))
    expected = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    assert abs(similarity(" ".join(very_long), " ".join(edited)) - expected) < 0.05


def test_one_word_in_ten_replaced_anywhere_leaves_a_near_duplicate():
    dice = random.Random(8)
    for length in (10, 11, 19, 20, 50, 200):
        original = [f"w{number}" for number in range(length)]
        for _ in range(20):
            copy = list(original)
            for at in dice.sample(range(length), length // 10):
                copy[at] = "other"
            assert similarity(" ".join(original), " ".join(copy)) >= THRESHOLD


def clusters_of(*texts):
    """Return how the texts are grouped: for each the place of the first in its cluster."""
    keys = find_clusters(texts).keys
    return [keys.index(key) for key in keys]


@cases(
    "texts, groups",
    [
        ((), []),
        (("", " ", "?", "!"), [0, 0, 2, 3]),
        (("Hi", "hi!", "HI", "ho"), [0, 0, 0, 3]),
        (("how to kill", "how to kill time", "How to kill?"), [0, 1, 0]),
        (("How do I make a bomb", "How do I make a cake", "how do I make a bomb?"), [0, 1, 0]),
        (("你好世界", "你好世人", "你好 世界!"), [0, 1, 0]),
        (("如何在家里自己动手做一个好吃的生日蛋糕", "如何在家里自己动手做一个好看的生日蛋糕"), [0, 0]),
        (("def add(a, b): return a + b", "def add(a, b): return a - b", "def sub(x): return x"), [0, 0, 2]),
        (("again " * 50, "again " * 51, "once again " * 50), [0, 0, 2]),
    ],
)
def test_clusters_of_short_texts_and_of_scripts_without_blanks(texts, groups):
    assert clusters_of(*texts) == groups


def test_order_of_words_counts():
    assert clusters_of("the dog bit the old man in his own garden", "the old man bit the dog in a garden of his") == [
        0,
        1,
    ]


def test_very_many_equal_prompts_are_one_cluster():
    assert set(find_clusters("Tell me a joke." for _ in range(30_000)).keys) == {text_key(words_of("tell me a joke"))}


def windows(count, *, words=20):
    """Return texts of which each shares all words but one with the next, and the first none with the last."""
    return [" ".join(f"w{at}" for at in range(number, number + words)) for number in range(count)]


def test_short_chain_is_one_cluster_and_a_chain_of_hundreds_is_cut():
    assert clusters_of(*windows(30)) == [0] * 30
    found = find_clusters(windows(300))
    assert (len(set(found.keys)), found.cut) == (300, 1)


def test_hundreds_of_texts_that_hardly_differ_stay_one_cluster():
    body = " ".join(f"w{at}" for at in range(60))
    found = find_clusters(f"{body} number {number} of many" for number in range(300))
    assert (len(set(found.keys)), found.cut) == (1, 0)


def test_cluster_keeps_its_key_while_texts_are_added():
    texts = [text for _, text in planted(600, seed=3)]
    before, after = find_clusters(texts[:500]).keys, find_clusters(texts).keys
    assert (
        sum(one == other for one, other in zip(before, after, strict=False)) >= 495
    )  # few clusters are joined by later ones
    assert find_clusters(texts) == Clusters(after, 0)


def test_planted_duplicates_are_found():
    rows = list(planted(PLANTED, seed=1))
    recall, precision = judged([family for family, _ in rows], find_clusters(text for _, text in rows).keys)
    assert recall >= 0.95
    assert precision >= 0.9


def test_huge_texts_are_read_and_told_apart():
    dice = np.random.default_rng(5)
    one = " ".join(f"w{number}" for number in dice.integers(0, 50_000, 60_000))
    assert clusters_of(one, one + " and more", one[::-1]) == [0, 0, 2]
