#!/usr/bin/env python
"""Run a management command, once the embedded servers run and the database is up to date."""

import sys

from config.prepare import run_command

if __name__ == "__main__":
    sys.exit(run_command(sys.argv))
