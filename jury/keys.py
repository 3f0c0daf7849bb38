"""
Rules about the environment variables whose values are sent to endpoints as keys. Pure.

An allowlist: whoever may add a juror could otherwise send any secret of the environment to an endpoint of their own.
"""

import re
from collections.abc import Collection

from corpus.errors import Refused

PREFIX = "JUROR_KEY_"
"Names that begin with it are for keys of endpoints, and may be used without being listed."
SECRET_VARIABLES = {
    *("SECRET_KEY", "DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL", "REDIS_PASSWORD", "METRICS_TOKEN"),
    "EMAIL_HOST_PASSWORD",
}
"Secrets of the installation, which are sent to no endpoint even if they are listed."


def check_key_variable(name: str, listed: Collection[str]) -> None:
    """
    Check the name of the environment variable with the key of an endpoint.

    :param name: empty for an endpoint without a key
    :param listed: further names that the operator allows (`JURY_KEYS`)
    :raises Refused: if it is no name, or its value may not be sent to an endpoint
    """
    if not name:
        return
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
        raise Refused("--api-key-env takes the name of an environment variable, not the key itself.")
    if name.removesuffix("_FILE") in SECRET_VARIABLES:
        raise Refused(f"{name} is a secret of this installation, and goes to no endpoint.")
    if name.endswith("_FILE") and name not in listed:
        raise Refused(f"{name}: leave out _FILE. The key is read from the file that {name} names.")
    if name not in listed and not (name.startswith(PREFIX) and len(name) > len(PREFIX)):
        raise Refused(
            f"{name} may not be sent to an endpoint. Name the variable {PREFIX}…, "
            "or let the operator list it in JURY_KEYS."
        )
