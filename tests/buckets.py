"""A store on loopback that speaks S3 (moto), and the settings with which the product uses it."""

import boto3
import pytest
from moto.server import ThreadedMotoServer

from corpus.stores.options import StorageOptions

KEY = ("made-up-id", "made-up-secret", "")


@pytest.fixture(scope="module")
def s3_address():
    """Yield the address of a running store."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def s3(s3_address):
    """Yield a client of the test's own, with the bucket `files`."""
    client = boto3.client(
        "s3", endpoint_url=s3_address, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="files")
    return client


def options(address, **changed):
    """Return the settings for the bucket `files` at an address."""
    return StorageOptions(**{"bucket": "files", "endpoint": address, "prefix": "site/a", "key": KEY} | changed)


def keys_in(s3, prefix="site/a/"):
    """Return the keys of the objects under a prefix, without it."""
    listed = s3.list_objects_v2(Bucket="files", Prefix=prefix).get("Contents", [])
    return {each["Key"].removeprefix(prefix) for each in listed}
