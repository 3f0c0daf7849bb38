"""Stop what runs from this data directory, `make run` and the embedded servers: `python -m config.stop`."""

from config import embedded, running
from config.env import DATA_DIR

if __name__ == "__main__":
    stopped = ["`make run`"] if running.stop_running(DATA_DIR) else []
    stopped += embedded.stop(DATA_DIR)
    print(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing was running.")
