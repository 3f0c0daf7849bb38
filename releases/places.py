"""Where the files of a release are: in a folder of this host, or in the store of the installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.stores import Store, store
from corpus.stores.base import NotStored
from corpus.stores.folder import FolderStore
from releases.models import Release

IN_STORE = "store:"
"Beginning of the `folder` of a release whose files are in the store; its name there follows."


def place_of(release: Release) -> tuple[Store, str]:
    """
    Return the store with the files of a release, and what their names begin with.

    :raises StoreProblem: if the store cannot be used
    """
    if is_in_store(release):
        return store(), f"{release.folder.removeprefix(IN_STORE)}/"
    return FolderStore(Path(release.folder)), ""


def is_in_store(release: Release) -> bool:
    """Return whether the files of a release are in the store, not in a folder."""
    return release.folder.startswith(IN_STORE)


def shown_place(release: Release) -> str:
    """Return where the files of a release are, for people."""
    place, start = place_of(release)
    return f"{place}/{start}" if start else str(place)


@contextmanager
def fresh_folder(release: Release) -> Iterator[Path]:
    """
    Yield the folder of a release, or a temporary one with its files as they are in the store now, whatever they are.

    :raises StoreProblem: if the store cannot be used
    """
    if not is_in_store(release):
        yield Path(release.folder)
        return
    place, start = place_of(release)
    with TemporaryDirectory(prefix="assize-") as name:
        for file in (each.name for each in place.files(start.rstrip("/"))):
            copy(place, file, Path(name) / file.removeprefix(start))
        yield Path(name)


def copy(place: Store, name: str, path: Path) -> None:
    """Copy a stored file to a path; nothing if it is gone since it was listed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("wb") as file:
            file.writelines(place.blocks(name))
    except NotStored:
        path.unlink()  # it is missing, and not empty
