"""
Run the main workflow once: dialogues, votes, jury, adjudication, release.

    python -m config.demo [--serve 0|1] [--port N] [--input FILE] [--limit N]
"""

import argparse
import os
import sys

from django.core.management.base import CommandError

from config import embedded, serve
from config.data_dir import DataDirError
from config.embedded import processes
from config.env import DATA_DIR, set_if_blank
from config.prepare import fail, prepare_database
from corpus.errors import Refused


def main() -> int:
    """Run the demo, then serve it; return the exit code."""
    options = read_arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    set_if_blank("PUBLIC_URL", f"http://127.0.0.1:{options.port}")
    if options.serve and not processes.is_free(options.port):
        return fail(f"Port {options.port} is in use. Choose another: make demo PORT=8001")
    try:
        embedded.start(DATA_DIR)
        prepare_database()
        # Not earlier: the settings read the addresses of the servers.
        from config.demo.journey import Journey

        journey = Journey(input_file=options.input, limit=options.limit)
        journey.run()
    except (DataDirError, Refused) as error:
        return fail(str(error))
    except CommandError as error:
        fail(str(error))
        return error.returncode
    except KeyboardInterrupt:
        fail("\nStopped. What is stored stays; `make demo` continues from there.")
        return 130
    if not options.serve:
        print("`make run` starts the pages.")
        journey.print_invitations(os.environ["PUBLIC_URL"])
        return 0
    return serve.main(options.port, on_ready=journey.print_invitations)


def read_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--serve", type=int, default=1)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--input", default="")
    parser.add_argument("--limit", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
