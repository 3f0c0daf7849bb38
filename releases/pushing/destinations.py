"""Where a release is pushed to, and the key for it. Pure but for the environment."""

import re
from dataclasses import dataclass
from typing import Literal

from corpus.errors import Refused
from corpus.secret_files import read_secret

HUB = re.compile(r"hf:([A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]{0,95})", re.ASCII)
S3 = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?", re.ASCII)
PREFIX = "PUSH_KEY_"
"Names of variables that may be sent as keys begin with it, so that no other secret of the environment can be named."
KEY_NAMES = {"hf": f"{PREFIX}HF", "s3": f"{PREFIX}S3"}
FORMS = "Write hf:NAMESPACE/NAME for a dataset of the Hugging Face Hub, or s3://BUCKET/PREFIX."


@dataclass(frozen=True)
class Destination:
    """A dataset of the Hub, or a folder in a bucket."""

    kind: Literal["hf", "s3"]
    name: str
    "The dataset with its namespace; or the bucket."
    prefix: str = ""
    "The folder in the bucket, without slashes at its ends."

    def __str__(self) -> str:
        if self.kind == "hf":
            return f"hf:{self.name}"
        return f"s3://{self.name}/{self.prefix}".rstrip("/")


def parse_destination(typed: str) -> Destination:
    """
    Return the destination that a text names.

    :raises Refused: if it names none
    """
    if found := HUB.fullmatch(typed):
        if ".." in typed or "--" in typed or typed.endswith((".git", ".", "-")):
            raise Refused(
                f"{typed!r} cannot be a dataset: the Hub takes no .. or --, and no .git, dot or hyphen at the end."
            )
        return Destination("hf", found[1])
    if found := S3.fullmatch(typed):
        prefix = (found[2] or "").strip("/")
        if any(part in ("", ".", "..") for part in prefix.split("/")) and prefix:
            raise Refused(f"{typed!r} has an empty part, a . or a .. in its prefix.")
        return Destination("s3", found[1], prefix)
    raise Refused(f"{typed!r} is nowhere that a release can be pushed to. {FORMS}")


def key_name_of(destination: Destination, name: str = "") -> str:
    """
    Return the name of the variable with the key for a destination.

    :param name: of the variable; empty for the usual one
    :raises Refused: if it may not be sent; the message repeats nothing, for somebody may have typed the key itself
    """
    name = name or KEY_NAMES[destination.kind]
    if not re.fullmatch(rf"{PREFIX}[A-Z0-9_]{{1,60}}", name, re.ASCII) or name.endswith("_FILE"):
        raise Refused(f"Name the variable with the key, which begins with {PREFIX}: not the key itself, and no _FILE.")
    return name


def read_key(destination: Destination, name: str = "") -> tuple[str, str]:
    """
    Return the name of the variable with the key for a destination, and the key.

    :param name: of the variable; empty for the usual one
    :raises Refused: if the variable may not be sent, or holds nothing
    """
    name = key_name_of(destination, name)
    key = read_secret(name).strip()
    if not key:
        raise Refused(f"There is no key for {destination}. Set {name}, or name its file in {name}_FILE.")
    return name, key


def split_s3_key(name: str, key: str) -> list[str]:
    """
    Return id, secret and session token (empty if there is none) of a key for S3.

    :raises Refused: if it does not have that form
    """
    parts = key.split(":")
    if len(parts) not in (2, 3) or not all(parts[:2]):
        raise Refused(
            f"{name} is no key for S3. Write the key's id and secret as ID:SECRET, or ID:SECRET:SESSION_TOKEN."
        )
    return [*parts, ""][:3]
