#!/usr/bin/env python
"""The door for the shell. Whatever the state of the home, a command finds it ready."""

import sys

from config.prepare import run_command

if __name__ == "__main__":
    sys.exit(run_command(sys.argv))
