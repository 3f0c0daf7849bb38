"""
Start stubs of an endpoint as forks of one process: to load what a stub needs takes half a second.

For each line on stdin, the JSON of the options of `bench.stub_server.serve`, print the process number of a new stub
and its port.
"""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from bench.stub_server import serve


def main() -> None:
    """Fork a stub for each line until stdin is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # stubs that have ended leave no zombies
    for line in sys.stdin:
        if os.fork() == 0:
            run(json.loads(line))


def run(options: dict[str, Any]) -> None:
    """Serve until killed; print the process number, and then the port or why there is none."""
    say(os.getpid())
    try:
        asyncio.run(serve(**options))
    except OSError as error:
        say(f"The stub cannot be started: {error}")
    finally:
        os._exit(1)


def say(line: object) -> None:
    """Print a line to the process that asked for a stub."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
