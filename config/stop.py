"""End the embedded servers of this home: `python -m config.stop`."""

from config import embedded
from config.env import HOME

if __name__ == "__main__":
    stopped = embedded.stop(HOME)
    print(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing was running.")
