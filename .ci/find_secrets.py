"""
Look for passwords and keys in tracked files, or in the ones that are named; exit 1 over any that is not known.

What only looks like one is listed by its hash in known_secrets.json; `--accept` lists all there are now.
"""

import json
import multiprocessing
import subprocess
import sys
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

KNOWN = Path(__file__).with_name("known_secrets.json")
PINS = "requirements/"
"Nothing but hashes of packages."


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if not name.startswith(PINS) and name != ".ci/known_secrets.json"]


def look(name: str) -> list[tuple[str, int, str, str]]:
    with default_settings() as settings:
        settings.disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")  # asks hosts
        return [(name, each.line_number, each.type, each.secret_hash) for each in scan_file(name)]


def main(arguments: list[str]) -> int:
    known = {tuple(each) for each in json.loads(KNOWN.read_text())} if KNOWN.exists() else set()
    names = [name for name in arguments if not name.startswith("--")] or tracked()
    with multiprocessing.Pool() as pool:
        found = sorted(each for part in pool.map(look, names, chunksize=20) for each in part)
    if "--accept" in arguments:
        KNOWN.write_text(json.dumps(sorted({(name, digest) for name, _, _, digest in found}), indent=1) + "\n")
        return 0
    new = [each for each in found if (each[0], each[3]) not in known]
    for name, line, kind, _ in new:
        sys.stderr.write(f"{name}:{line}: looks like a secret ({kind}). Take it out, and change it where it is used.\n")
    if new:
        sys.stderr.write("What is none becomes known by: .venv/bin/python .ci/find_secrets.py --accept\n")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
