"""Run a part of a benchmark in a process of its own, so that its time and memory are measured alone."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from multiprocessing.context import ForkServerContext
from typing import TypeVar

T = TypeVar("T")


@cache
def context() -> ForkServerContext:
    """Return what starts forks of a process that has our modules loaded, which takes each program a second."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["bench.stage"])
    return found


def run_alone(function: Callable[..., T], *arguments: object) -> T:
    """Return what a function of a module returns in a process of its own; raise what it raises."""
    with ProcessPoolExecutor(1, mp_context=context()) as pool:
        return pool.submit(call, function, *arguments).result()


def call(function: Callable[..., T], *arguments: object) -> T:
    """Call a function once our modules are loaded, which they are unless `bench.forks` started the fork server."""
    import_module("bench.stage")
    return function(*arguments)
