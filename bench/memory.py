"""How much memory this process has taken at its highest."""

import resource
from pathlib import Path


def peak_megabytes() -> float:
    # Not getrusage: a child's begins with the peak of the process that started it.
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
