"""
The secrets of webhooks and the signatures made with them, as Standard Webhooks says.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac

from django.utils.crypto import salted_hmac

PREFIX = "whsec_"


def secret_of(salt: str) -> str:
    """
    Return the secret of a webhook, such as `whsec_` and 44 characters of base64.

    It is made from the installation's SECRET_KEY, so that neither the database nor a dump of it has the secret.
    """
    key = salted_hmac("workspace.webhook", salt, algorithm="sha256").digest()
    return PREFIX + base64.b64encode(key).decode()


def fingerprint_of(secret: str) -> str:
    """Return what tells one secret from another without showing it: 16 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def signed_headers(secret: str, *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """
    Return the headers by which a receiver checks a message.

    :param timestamp: of this try, in seconds since 1970; receivers refuse old ones
    :param body: as it is sent, byte for byte
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}
