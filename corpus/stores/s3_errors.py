"""What an error of the S3 libraries means, in words for whoever runs the site."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from corpus.broken_connections import causes_of, why_broken
from corpus.stores.base import NotStored, StoreAway, StoreProblem
from corpus.stores.options import StorageOptions

MISSING = {"404", "NoSuchKey", "NotFound"}
ANOTHER_REGION = "The bucket is in another region than STORAGE_REGION says"
EXPIRED = "The session token in STORAGE_KEY has expired or is none. Write a new key"
FULL = "The store has no room left for the bucket. Make room, or raise its quota"
MEANINGS = {
    "NoSuchBucket": "There is no bucket {bucket} in the store. Make it, or mend STORAGE_BUCKET",
    "InvalidAccessKeyId": "The store does not know the id in STORAGE_KEY",
    "SignatureDoesNotMatch": "The secret in STORAGE_KEY is not that of its id, or a proxy before the store changes "
    "the host name or path that STORAGE_ENDPOINT names",
    "RequestTimeTooSkewed": "The clocks of this machine and of the store differ too much. Set both by NTP",
    "ExpiredToken": EXPIRED,
    "InvalidToken": EXPIRED,
    "TokenRefreshRequired": EXPIRED,
    "AuthorizationHeaderMalformed": ANOTHER_REGION,
    "PermanentRedirect": ANOTHER_REGION,
    "IllegalLocationConstraintException": ANOTHER_REGION,
    "QuotaExceeded": FULL,
    "InsufficientStorage": FULL,
    "507": FULL,
    "XMinioStorageFull": FULL,
    "XMinioAdminBucketQuotaExceeded": FULL,
}
"What the store means by a code, and what to do about it. Trying again would not help."
BUSY = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling", "TooManyRequests", "429"}
NO_STORE = (
    "What answers at STORAGE_ENDPOINT does not speak S3. Name the address of the store itself, not of its console."
)
NEEDED = "s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload"


@contextmanager
def said_plainly(options: StorageOptions) -> Iterator[None]:
    """
    :raises NotStored: if there is no such object
    :raises StoreAway: if the store cannot be reached, or is overloaded
    :raises StoreProblem: if it refuses for another reason
    """
    try:
        yield
    except ClientError as error:
        raise problem_of(error, options) from error
    except NoCredentialsError as error:
        raise StoreProblem(
            f"There is no key for the bucket {options.bucket}. Set STORAGE_KEY, or give the machine a role."
        ) from error
    except (BotoCoreError, Boto3Error) as error:
        # What a library raises for a transfer may hide the store's own answer.
        if answer := next((each for each in causes_of(error) if isinstance(each, ClientError)), None):
            raise problem_of(answer, options) from error
        raise StoreAway(
            f"The store of files cannot be reached: {why_broken(error)}. Nothing was stored half-way. Try again later "
            "(STORAGE_ENDPOINT)."
        ) from error


def problem_of(error: Any, options: StorageOptions) -> StoreProblem:
    """Return why the store refused a request."""
    code, status = str(error.response["Error"]["Code"]), error.response["ResponseMetadata"]["HTTPStatusCode"]
    if meaning := MEANINGS.get(code):
        return StoreProblem(f"{meaning.format(bucket=options.bucket)} ({code}).")
    if code == "PreconditionFailed":
        return NotStored("The file in the store has changed while it was read.")
    if code in MISSING:
        return NotStored("The store has no such file.")
    if status in (401, 403):
        return StoreProblem(f"The store refuses STORAGE_KEY for {options.bucket} ({code}). It needs {NEEDED} there.")
    if code == str(status) and status >= 500:  # in no words of a store; an unreadable answer counts as a 500
        return StoreAway(
            f"The store of files is being mended, or there is none at STORAGE_ENDPOINT ({code}). Try again later."
        )
    if code in BUSY or status >= 500:
        return StoreAway(f"The store of files is overloaded or being mended ({code}). Try again later.")
    return StoreProblem(f"The store refused: {error.response['Error'].get('Message') or code} ({status}).")
