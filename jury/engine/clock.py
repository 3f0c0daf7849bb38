"""The clock that waits and rates go by, so that tests can pass one that runs faster."""

import asyncio
import time


class Clock:
    """The system's clock."""

    def time(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def shared(self) -> float | str:
        """Return the time that all workers share, in seconds since the epoch; empty for that of their Redis."""
        return ""

    def monotonic(self) -> float:
        """Return seconds that never go back, of this process alone."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, while other tasks of the event loop go on."""
        await asyncio.sleep(seconds)


SYSTEM_CLOCK = Clock()
