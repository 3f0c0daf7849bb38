"""Measure the memory of this process."""

import resource
from pathlib import Path


def peak_megabytes() -> float:
    """Return the peak resident memory of this process in megabytes."""
    # Not getrusage: the peak of a child starts at that of its parent.
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
