"""Where uploads, refused rows and releases are kept: a folder that all hosts share, or a bucket that speaks S3."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from corpus.stores.base import Store, StoreAway, Stored, StoreProblem
from corpus.stores.folder import FolderStore
from corpus.stores.options import StorageOptions

__all__ = ["Store", "StoreAway", "StoreProblem", "Stored", "store"]


def store() -> Store:
    """
    Return the store that the settings name.

    :raises StoreProblem: if the libraries for it are not installed, or its address is none
    """
    return store_of(settings.STORAGE, Path(settings.ASSIZE_HOME))


@lru_cache(maxsize=8)  # a store of S3 keeps its connections
def store_of(options: StorageOptions, data_dir: Path) -> Store:
    """
    Return a store.

    :param data_dir: the folder store itself; of a store elsewhere it holds copies of files in use
    """
    if not options.bucket:
        return FolderStore(data_dir)
    from corpus.stores.s3 import S3Store  # its libraries are an extra, and take half a second to load

    return S3Store(options, data_dir / "copies")
