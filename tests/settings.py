"""The settings of the pages that tests serve: those of the product, but passwords are hashed quickly."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["tests.hashers.QuickHasher"]
