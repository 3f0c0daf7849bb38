"""
Several management commands in one process, for homes of a test's own.

Each command as a process of its own would take two seconds to load what the one before had loaded.
"""

import io
import json
import os
import subprocess
import sys

from config.data_dir import CHECKOUT


def commands_at(environment, *lines):
    """Run the commands, of which each is a list of words; give what each has answered, {} where it was nothing."""
    words = json.dumps([[str(word) for word in line] for line in lines])
    ran = subprocess.run(
        [sys.executable, "-m", "tests.commands", words], cwd=CHECKOUT, env=environment, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def main(lines):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded
    from config.env import DATA_DIR
    from config.prepare import prepare_database

    embedded.start(DATA_DIR)
    prepare_database()
    from django.core.management import call_command

    answers = []
    for line in lines:
        said = io.StringIO()
        call_command(*line, stdout=said)
        answers.append(json.loads((said.getvalue().strip() or "{}").splitlines()[-1]))
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
