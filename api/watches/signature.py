"""The signature of a delivery, by the Standard Webhooks specification 1.0.0.

A secret is `whsec_` and 32 random bytes in base64. What is signed, by HMAC-SHA256, is
`<webhook-id>.<webhook-timestamp>.<body>`; the header carries `v1,` and the base64 of it. The timestamp is
that of the attempt (whole seconds since 1970), so that a receiver can refuse what is old; the id is the same
at every attempt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A new signing secret, as the receiver is told it."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 - the scheme's own word
    """The value of the header `webhook-signature`.

    >>> secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    >>> signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:  # noqa: A002 - as above
    """All headers of one attempt."""
    return {
        "content-type": "application/json",
        "user-agent": "Caiding-Webhook/1",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id, timestamp, body),
    }
