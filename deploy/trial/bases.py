"""Provide the base images: pulled, or assembled under the same names where no registry of images is reachable."""

import os
import shutil
from functools import partial
from pathlib import Path

from deploy.trial.shell import TrialError, Unavailable, at_once, run, run_bytes

ROOT = "python:3.13-slim-bookworm"
DERIVED = {
    "postgres:18-bookworm": "postgres",
    "valkey/valkey:9-bookworm": "valkey",
    "caddy:2.11.7-alpine": "caddy",
}
"Base images that are assembled on top of the first, each by the Dockerfile of that name in stand_ins/."
STAND_INS = Path(__file__).parent / "stand_ins"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PACKAGES = "python3,python3-venv,ca-certificates,wget,valkey-tools"
LEAVE_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
LABEL = "assize.stand-in"


def provide() -> list[str]:
    """
    See to it that every base image is there; return the names of those that are stand-ins.

    :raises TrialError: if one can be neither pulled nor assembled
    """
    get(ROOT)
    at_once(*(partial(get, name) for name in DERIVED))
    return [name for name in (ROOT, *DERIVED) if is_stand_in(name)]


def get(name: str) -> None:
    """Pull or assemble a base image, unless it is there; build a stand-in anew if its Dockerfile has changed."""
    has = is_there(name) or is_pulled(name)
    if not has or (name in DERIVED and is_stand_in(name)):
        assemble(name)


def is_there(name: str) -> bool:
    return bool(run(["docker", "images", "--quiet", name]).strip())


def is_pulled(name: str) -> bool:
    """Pull an image; return whether that was possible."""
    try:
        run(["docker", "pull", "--quiet", name], seconds=300)
    except TrialError:
        return False
    return True


def is_stand_in(name: str) -> bool:
    return "yes" in run(["docker", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', name])


def assemble(name: str) -> None:
    """Build a stand-in from packages of Debian and of Python."""
    if name == ROOT:
        assemble_root()
        return
    run(["docker", "build", "--quiet", "--tag", name, "--label", f"{LABEL}=yes", "--build-arg", f"ROOT={ROOT}",
         str(STAND_INS / DERIVED[name])])  # fmt: skip


def assemble_root() -> None:
    """
    Build Debian trixie with its Python 3.13.

    The authorities that this machine trusts are trusted in it, too: behind a proxy that signs anew, no
    package could be installed otherwise.

    :raises Unavailable: without mmdebstrap
    """
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        raise Unavailable(f"{ROOT} cannot be pulled, and only root with mmdebstrap can assemble a stand-in.")
    options = ["force-unsafe-io", *(f"path-exclude={pattern}" for pattern in LEAVE_OUT)]
    command = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={PACKAGES}"]
    command += [f"--dpkgopt={option}" for option in options]
    hooks = [
        f"--customize-hook=copy-in {BUNDLE} {Path(BUNDLE).parent}",
        '--customize-hook=ln -s python3 "$1/usr/bin/python"',
    ]
    files = run_bytes([*command, *hooks, "trixie", "-"])
    changes = [f"ENV SSL_CERT_FILE={BUNDLE} PIP_CERT={BUNDLE} LANG=C.UTF-8", f"LABEL {LABEL}=yes", 'CMD ["python3"]']
    run(["docker", "import", *(word for change in changes for word in ("--change", change)), "-", ROOT], stdin=files)
