"""Types of the benchmarks' options."""

import argparse


def at_least_one(text: str) -> int:
    """
    Return the whole number that a text names.

    :raises argparse.ArgumentTypeError: if it is none, or less than 1: without work there is nothing to measure
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
