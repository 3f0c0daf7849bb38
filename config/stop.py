"""End the embedded servers of this home: `python -m config.stop`."""

from config import embedded
from config.home import Home

if __name__ == "__main__":
    stopped = embedded.stop(Home.from_environment())
    print(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing was running.")
