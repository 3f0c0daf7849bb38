"""Stop the embedded servers of this data directory: `python -m config.stop`."""

from config import embedded
from config.env import DATA_DIR

if __name__ == "__main__":
    stopped = embedded.stop(DATA_DIR)
    print(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing was running.")
