"""The settings of a store, from the environment."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import Refused
from corpus.secret_files import read_secret

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
WEEK = 7 * 24 * 3600
"The longest time that signature version 4 allows a link."


@dataclass(frozen=True)
class StorageOptions:
    """Where files are stored, and how people get them."""

    bucket: str = ""
    "Empty for the data directory."
    endpoint: str = ""
    "Of another store than Amazon's; empty for Amazon's in the region."
    region: str = "us-east-1"
    prefix: str = ""
    "The folder in the bucket, without slashes at its ends."
    key: tuple[str, str, str] = field(default=("", "", ""), repr=False)
    "Id, secret and session token; empty where the machine has a role of its own."
    by_links: bool = False
    "Whether downloads are sent on to the store by a signed link."
    link_seconds: int = 300
    copies_bytes: int = 10 * 2**30
    "How much room copies of files in use may take on a host."


def read_storage(env: Any) -> StorageOptions:
    """
    Read the settings of the store.

    :param env: reads variables of the environment
    :raises Refused: if one of them is not valid; the message leaves the key out
    """
    downloads = env.str("STORAGE_DOWNLOADS", default="web")
    options = StorageOptions(
        bucket=env.str("STORAGE_BUCKET", default=""),
        endpoint=env.str("STORAGE_ENDPOINT", default="").rstrip("/"),
        region=env.str("STORAGE_REGION", default="us-east-1"),
        prefix=env.str("STORAGE_PREFIX", default="").strip("/"),
        key=split_key(read_secret("STORAGE_KEY").strip()),
        by_links=downloads == "links",
        link_seconds=env.int("STORAGE_LINK_SECONDS", default=300),
        copies_bytes=env.int("STORAGE_COPIES_BYTES", default=10 * 2**30),
    )
    if downloads not in ("web", "links"):
        raise Refused(f"STORAGE_DOWNLOADS is {downloads!r}. Write web or links.")
    check_options(options)
    return options


def split_key(key: str) -> tuple[str, str, str]:
    """
    Return id, secret and session token of a key; three empty texts for none.

    :raises Refused: if it does not have that form
    """
    parts = key.split(":") if key else ["", ""]
    if len(parts) not in (2, 3) or (key and not all(parts[:2])):
        raise Refused("STORAGE_KEY is no key. Write its id and secret as ID:SECRET, or ID:SECRET:SESSION_TOKEN.")
    found = [*parts, ""]
    return found[0], found[1], found[2]


def check_options(options: StorageOptions) -> None:
    """
    :raises Refused: if a value cannot be what it is to be
    """
    if options.bucket and not BUCKET.fullmatch(options.bucket):
        raise Refused(
            f"STORAGE_BUCKET is {options.bucket!r}, which cannot be a bucket: 3 to 63 of a to z, digits, dots, hyphens."
        )
    if options.prefix and not PREFIX.fullmatch(options.prefix):
        raise Refused(f"STORAGE_PREFIX is {options.prefix!r}. Write folders of letters, digits, . _ and - as a/b.")
    if options.endpoint and not is_address(options.endpoint):
        raise Refused("STORAGE_ENDPOINT is no address of the form https://HOST:PORT.")
    if not 1 <= options.link_seconds <= WEEK:
        raise Refused(f"STORAGE_LINK_SECONDS must be from 1 to {WEEK}, a week: stores refuse links for longer.")


def is_address(endpoint: str) -> bool:
    """Return whether an endpoint has a scheme and a host, and no path, user or query."""
    try:
        parts = urlsplit(endpoint)
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        return False
    has_more = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not has_more
