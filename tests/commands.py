"""
Run several management commands in one process, in a data directory other than that of the tests.

A process for each command would load Django each time, which takes two seconds.
"""

import io
import json
import os
import sys
from contextlib import redirect_stdout

from bench import forks


def run_commands(environment, *lines):
    """Run commands, each a list of words; return the JSON that each printed, {} if it printed nothing."""
    words = json.dumps([[str(word) for word in line] for line in lines])
    done = forks.run([sys.executable, "-m", "tests.commands", words], environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main(lines):
    """Run commands in this process; print a JSON list of what they printed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded
    from config.env import DATA_DIR
    from config.prepare import prepare_database

    embedded.start(DATA_DIR)
    prepare_database()
    from django.core.management import call_command

    results = []
    for line in lines:
        output = io.StringIO()
        with redirect_stdout(output):  # for `shell`, whose code prints
            call_command(*line, stdout=output)
        results.append(json.loads((output.getvalue().strip() or "{}").splitlines()[-1]))
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
