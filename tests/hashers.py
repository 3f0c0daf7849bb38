"""A hash of passwords for tests in which the hash itself does not matter."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The default hash with few iterations; a server with default settings verifies it too."""

    iterations = 1000
