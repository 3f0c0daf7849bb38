"""Files in a bucket of S3, or of a store that speaks its protocol, by django-storages."""

import hashlib
import mimetypes
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from corpus.stores.base import BLOCK, NotStored, StoreAway, Stored, StoreProblem, Written
from corpus.stores.copies import Copies
from corpus.stores.options import StorageOptions

try:
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from storages.backends.s3 import S3Storage

    from corpus.stores.s3_errors import NO_STORE, said_plainly
except ModuleNotFoundError as missing:
    raise StoreProblem(
        "STORAGE_BUCKET needs libraries that are not here: install requirements/s3.txt, or build the image with "
        "WITH_S3=1."
    ) from missing

PART = 8 * 2**20
"Bytes of a part of a large upload. A stream may have 10,000 of them: 80 GB."
CONNECT_SECONDS, READ_SECONDS = 5, 30
RESUMES = 3
"How often a broken download goes on without a byte of progress."


def make_storage(options: StorageOptions) -> S3Storage:
    """
    Return the storage of django-storages.

    :raises StoreProblem: if the address or the region cannot be one
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=20,
        signature_version="s3v4",  # links by the older one are refused in newer regions
        s3={"addressing_style": "path" if options.endpoint else "auto"},
        ignore_configured_endpoint_urls=True,
        # Checksums of newer kinds are refused by many stores that are not Amazon's. We keep a SHA-256 of our own.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    identity, secret, token = (part or None for part in options.key)
    storage = S3Storage(
        bucket_name=options.bucket,
        location=options.prefix,
        endpoint_url=options.endpoint or None,
        region_name=options.region,
        access_key=identity,
        secret_key=secret,
        security_token=token,
        session_profile=None,
        default_acl=None,
        querystring_expire=options.link_seconds,
        client_config=config,
        transfer_config=transfer_config(),
    )
    try:
        _ = storage.connection
    except (BotoCoreError, ValueError) as error:
        raise StoreProblem(f"STORAGE_ENDPOINT or STORAGE_REGION is wrong: {error}") from error
    return storage


def transfer_config() -> TransferConfig:
    """Return how large files go out: in parts, of which few are in memory."""
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=2)
    config.max_in_memory_upload_chunks = 2  # of streams; ten otherwise
    return config


class S3Store:
    """Files in a bucket, under a prefix."""

    is_folder = False

    def __init__(self, options: StorageOptions, copies: Path) -> None:
        self.options = options
        self.storage = make_storage(options)
        self.copies = Copies(copies, options.copies_bytes)
        self.place = {"Bucket": options.bucket}

    def __str__(self) -> str:
        return f"s3://{self.options.bucket}/{self.options.prefix}".rstrip("/")

    @property
    def client(self) -> Any:
        """Return the client of this thread."""
        return self.storage.connection.meta.client

    def key(self, name: str) -> str:
        """Return the key of an object."""
        return f"{self.options.prefix}/{name}".lstrip("/")

    def write(self, name: str, blocks: Iterable[bytes]) -> Written:
        """
        Write an object from a stream, in parts if it is long. If this fails, the parts are deleted.

        :raises StoreProblem: if the store refuses
        :raises StoreAway: if it cannot be reached, or has not kept all of it
        """
        stream = HashedStream(blocks)
        self.send(stream, name, {})
        self.check_size(name, stream.bytes)
        return Written(stream.digest.hexdigest(), stream.bytes)

    def put(self, name: str, path: Path, sha256: str) -> None:
        """
        Store a file with its SHA-256.

        :raises StoreProblem: if the store refuses, or the file is not what it was
        :raises StoreAway: if the store cannot be reached, or has not kept all of it
        """
        with path.open("rb") as file:
            stream = HashedStream(iter(lambda: file.read(BLOCK), b""))
            self.send(stream, name, {"sha256": sha256})
        if stream.digest.hexdigest() != sha256:
            self.delete(name)
            raise StoreProblem(f"{path.name} has changed while it was stored.")
        self.check_size(name, stream.bytes)

    def take(self, name: str, path: Path) -> None:
        """
        Store a file.

        :raises StoreProblem: if the store refuses or cannot be reached
        """
        with path.open("rb") as file:
            self.put(name, path, hashlib.file_digest(file, "sha256").hexdigest())

    def send(self, stream: "HashedStream", name: str, metadata: dict[str, str]) -> None:
        """Upload a stream."""
        self.copies.delete(name)
        extra = {
            "Metadata": metadata,
            "ContentType": mimetypes.guess_type(name)[0] or "application/octet-stream",
        }
        with said_plainly(self.options):
            self.client.upload_fileobj(
                stream, Key=self.key(name), ExtraArgs=extra, Config=self.storage.transfer_config, **self.place
            )

    def check_size(self, name: str, size: int) -> None:
        """
        :raises StoreAway: if the store has not kept all bytes of an object
        """
        found = self.find(name)
        if not found or found.bytes != size:
            raise StoreAway(f"The store has kept only part of {name}. Try again.")

    def find(self, name: str) -> Stored | None:
        """
        Return what the store says of an object; None if it has none.

        :raises StoreProblem: if it refuses or cannot be reached
        """
        try:
            with said_plainly(self.options):
                head = self.client.head_object(Key=self.key(name), **self.place)
        except NotStored:
            # The answer to HEAD has no body, so that a missing bucket looks like a missing object.
            self.check_bucket()
            return None
        except StoreAway:
            raise
        except StoreProblem:
            self.check_bucket()  # likewise, the reason of a refusal is in the answers to others alone
            raise
        if "LastModified" not in head:
            raise StoreProblem(NO_STORE)
        changed_at = head["LastModified"].timestamp()
        return Stored(name, head["ContentLength"], changed_at, head["Metadata"].get("sha256", ""))

    def check_bucket(self) -> None:
        """
        :raises StoreProblem: if there is no bucket, or the key may not list it
        """
        with said_plainly(self.options):
            self.client.list_objects_v2(Prefix=self.key(""), MaxKeys=1, **self.place)

    def blocks(self, name: str, part: range | None = None) -> Iterator[bytes]:
        """
        Yield an object or a part of it. Where the connection breaks, the rest is asked for again.

        :raises NotStored: if it is not there, or another one takes its place meanwhile
        :raises StoreAway: if the store does not answer, or the connection breaks again and again
        """
        at, end, tries, etag = (part.start if part else 0), (part.stop if part else None), 0, ""
        while end is None or at < end:
            try:
                for block, etag, end in self.rest(name, at, end, etag):  # noqa: B007, B020 - what the first answer told
                    yield block
                    at, tries = at + len(block), 0 if block else tries
            except StoreAway:
                tries += 1
                if tries > RESUMES or not etag:  # a request without any answer was made three times already
                    raise
                time.sleep(0.2 * tries)

    def rest(self, name: str, at: int, end: int | None, etag: str) -> Iterator[tuple[bytes, str, int]]:
        """Yield (block, ETag, where the part ends) from a position on, in one request."""
        asked = {"Range": f"bytes={at}-{'' if end is None else end - 1}"} if at or end is not None else {}
        if etag:
            asked["IfMatch"] = etag
        with said_plainly(self.options):
            answer = self.client.get_object(Key=self.key(name), **asked, **self.place)
            last = at + answer["ContentLength"]
            with closing(answer["Body"]) as body:
                yield b"", answer["ETag"], last
                for block in body.iter_chunks(BLOCK):
                    yield block, answer["ETag"], last

    def local(self, name: str, sha256: str = "") -> Path:
        """
        Return the path of a copy on this host.

        :raises NotStored: if it is not there, or its hash is another one
        """
        return self.copies.find(name) or self.copies.keep(name, self.blocks(name), sha256)

    def files(self, folder: str) -> Iterator[Stored]:
        """
        Yield the objects in a folder, by name, a thousand a request.

        :raises StoreProblem: if the store refuses or cannot be reached
        """
        start, root = self.key(f"{folder}/"), self.key("")
        with said_plainly(self.options):
            for page in self.client.get_paginator("list_objects_v2").paginate(Prefix=start, **self.place):
                for each in page.get("Contents", []):
                    yield Stored(each["Key"].removeprefix(root), each["Size"], each["LastModified"].timestamp())

    def delete(self, name: str) -> None:
        """
        Delete an object and its copy here.

        :raises StoreProblem: if the store refuses or cannot be reached
        """
        self.copies.delete(name)
        with said_plainly(self.options):
            self.client.delete_object(Key=self.key(name), **self.place)

    def link(self, name: str, as_name: str, content_type: str) -> str:
        """Return a signed link to an object that names the file, or nothing if downloads go through the pages."""
        if not self.options.by_links:
            return ""
        named = {"ResponseContentDisposition": f'attachment; filename="{as_name}"', "ResponseContentType": content_type}
        with said_plainly(self.options):
            return str(self.storage.url(name, parameters=named))

    def delete_unfinished(self, seconds: float) -> None:
        """Abort uploads in parts that began so long ago: they are invisible, and cost room for ever."""
        with said_plainly(self.options):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(Prefix=self.key(""), **self.place)
            for each in (each for page in pages for each in page.get("Uploads", [])):
                if time.time() - each["Initiated"].timestamp() > seconds:
                    self.client.abort_multipart_upload(Key=each["Key"], UploadId=each["UploadId"], **self.place)


class HashedStream:
    """Blocks as a file to read from once, hashed and counted on their way."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.rest, self.held = iter(blocks), bytearray()
        self.digest, self.bytes = hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes: as many as asked for, fewer only at the end; all if none are."""
        while (size < 0 or len(self.held) < size) and (block := next(self.rest, None)) is not None:
            self.digest.update(block)
            self.bytes += len(block)
            self.held += block
        end = len(self.held) if size < 0 else size
        found = bytes(self.held[:end])
        del self.held[:end]
        return found
