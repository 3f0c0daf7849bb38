"""Push a release to a folder of a bucket of S3, or of a store that speaks its protocol, by boto3."""

import mimetypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from corpus.broken_connections import why_broken
from corpus.errors import Refused
from jury.endpoints import EndpointRules
from releases.pushing.addresses import check_url
from releases.pushing.destinations import Destination, split_s3_key
from releases.pushing.files import LocalFile, Pushed, PushFailed, PushOrder, Sent

SECONDS = 60
"To connect, and between two pieces of an answer."
NOTHING_AMBIENT = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"No profile and no file of the person who runs this: their keys were not given for it, and a broken file would stop it."
NOT_FOUND = {"404", "NoSuchKey", "NotFound"}
REFUSED = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


def push_to_s3(
    destination: Destination, files: list[LocalFile], order: PushOrder, *, endpoint: str, region: str
) -> Pushed:
    """
    Upload the files that differ to PREFIX/VERSION/, the manifest last.

    :param endpoint: of another store than Amazon's; empty for Amazon's in the region
    :raises Refused: if another release of that version is there
    :raises PushFailed: if the store refuses, cannot be reached, or lacks files afterwards
    """
    if endpoint:
        check_url(endpoint, order.rules)
    client = make_client(endpoint, region, split_s3_key(order.key_name, order.key), order.rules)
    folder = f"{destination.prefix}/{order.version}/".lstrip("/")
    pushed = Pushed(f"s3://{destination.name}/{folder}")
    with said_plainly(destination, order.key_name, pushed):
        for each in files:
            is_there = is_same(client, destination.name, folder, each)
            (pushed.unchanged if is_there else pushed.sent).append(each.name)
        check_same_release(client, destination, folder, files[-1])
        pushed.others = other_names(client, destination.name, folder, {each.name for each in files})
        if pushed.sent:
            order.on_start()
            send(client, destination.name, folder, [each for each in files if each.name in pushed.sent], order)
            missing = [each.name for each in files if not is_same(client, destination.name, folder, each)]
            if missing:
                raise PushFailed(f"{pushed.url} lacks {', '.join(missing)} after the push. Push again.")
    return pushed


def make_client(endpoint: str, region: str, key: list[str], rules: EndpointRules) -> Any:
    """
    Return boto3's client with this key and no other, which asks the rules about every address.

    :raises Refused: if the library is not installed
    """
    try:
        from boto3.session import Session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session as CoreSession
    except ModuleNotFoundError as error:
        raise Refused("A push needs boto3: install requirements/push.txt into the environment.") from error
    session = Session(botocore_session=CoreSession(session_vars=NOTHING_AMBIENT))
    config = Config(
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
        retries={"mode": "standard", "max_attempts": 3},
        ignore_configured_endpoint_urls=True,
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    try:
        client = session.client(
            "s3",
            region_name=region,
            endpoint_url=endpoint or None,
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
            aws_session_token=key[2] or None,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise Refused(f"PUSH_S3_ENDPOINT or PUSH_S3_REGION is wrong: {error}") from error
    client.meta.events.register("before-send.s3", lambda request, **_more: check_url(request.url, rules))
    return client


def is_same(client: Any, bucket: str, folder: str, file: LocalFile) -> bool:
    """Return whether the bucket has a file whole, with the SHA-256 that it was pushed with."""
    head = head_of(client, bucket, folder + file.name)
    return bool(head and head["ContentLength"] == file.bytes and head["Metadata"].get("sha256") == file.sha256)


def head_of(client: Any, bucket: str, key: str) -> Any:
    """Return what the store says of an object; None if there is none."""
    from botocore.exceptions import ClientError

    try:
        return client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_FOUND:
            return None
        raise


def check_same_release(client: Any, destination: Destination, folder: str, manifest: LocalFile) -> None:
    """
    :raises Refused: if the folder has the manifest of another release
    """
    there = head_of(client, destination.name, folder + manifest.name)
    if there and there["Metadata"].get("sha256") != manifest.sha256:
        raise Refused(f"s3://{destination.name}/{folder} has another release of that version. Name another prefix.")


def other_names(client: Any, bucket: str, folder: str, names: set[str]) -> list[str]:
    """Return what is in the folder besides the release."""
    listed = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
    found = {each["Key"].removeprefix(folder) for page in listed for each in page.get("Contents", [])}
    return sorted(found - names)


def send(client: Any, bucket: str, folder: str, files: list[LocalFile], order: PushOrder) -> None:
    """Upload files with their SHA-256, which the store checks, after clearing away what a killed push left."""
    abort_leftovers(client, bucket, folder)
    sent = Sent(sum(each.bytes for each in files), order.on_share)
    for each in files:
        extra = {
            "Metadata": {"sha256": each.sha256},
            "ChecksumAlgorithm": "SHA256",
            "ContentType": mimetypes.guess_type(each.name)[0] or "application/octet-stream",
        }
        with each.path.open("rb") as file:
            client.upload_fileobj(file, bucket, folder + each.name, ExtraArgs=extra, Callback=sent.add)


def abort_leftovers(client: Any, bucket: str, folder: str) -> None:
    """Abort uploads in parts that never ended: they are invisible, and cost storage for ever."""
    from botocore.exceptions import ClientError

    try:
        listed = client.list_multipart_uploads(Bucket=bucket, Prefix=folder).get("Uploads", [])
        for each in listed:
            client.abort_multipart_upload(Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])
    except ClientError:
        return  # a key that may not look at them can still push


@contextmanager
def said_plainly(destination: Destination, key_name: str, pushed: Pushed) -> Iterator[None]:
    """
    :raises PushFailed: if the store refuses a request in the block, or cannot be reached
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    again = "Push again: what has arrived is not sent again, and the manifest comes last."
    try:
        yield
    except ClientError as error:
        raise PushFailed(f"{reason_of(error, destination, key_name)} {again}") from error
    except (BotoCoreError, Boto3Error, OSError) as error:
        raise PushFailed(f"The connection to {pushed.url} broke: {why_broken(error)}. {again}") from error


def reason_of(error: Any, destination: Destination, key_name: str) -> str:
    """Return why the store refused a request."""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in REFUSED or status in (401, 403):
        return (
            f"The store refuses the key in {key_name} for {destination} ({code}). It needs s3:PutObject, s3:GetObject "
            "and s3:ListBucket there."
        )
    if code == "NoSuchBucket":
        return f"There is no bucket {destination.name}. Make it first, with the rules about who may read it."
    return f"The store refused: {error.response['Error'].get('Message') or code} ({status})."
