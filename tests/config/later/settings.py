"""The settings of a later version."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.config.later"]  # noqa: F405
