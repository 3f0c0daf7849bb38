"""Wiring only: settings, servers, URLs, and the pages and routes that join the apps."""

import gc

OBJECTS_BEFORE_COLLECTING = 10_000
"""
Python's default of 700 is reached hundreds of times while a process loads, a tenth of that time, and many times in a
request. Measured by bench/jury.py.
"""
gc.set_threshold(OBJECTS_BEFORE_COLLECTING)
