"""AWS Signature Version 4, for requests without a query.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
The signing key is the same for a day, so it is derived once.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials, as they are at this moment."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a signature is valid."""

    region: str
    service: str


def signed(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body_sha256: str,
    keys: Keys,
    scope: Scope,
    moment: float,
) -> dict[str, str]:
    """The headers (names in lower case, `host` among them), and those that sign all of them.

    `path` is percent-encoded, as it will be sent.
    """
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    complete = {**headers, "x-amz-date": date}
    if keys.token:
        complete["x-amz-security-token"] = keys.token
    names = sorted(complete)
    canonical = "\n".join(
        (
            method,
            path,
            "",  # the query
            *(f"{name}:{' '.join(complete[name].split())}" for name in names),
            "",
            ";".join(names),
            body_sha256,
        )
    )
    within = f"{date[:8]}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{date}\n{within}\n{digest}"
    key = _signing_key(keys.secret_key, date[:8], scope)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    complete["authorization"] = (
        f"{ALGORITHM} Credential={keys.access_key}/{within}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return complete


@lru_cache(maxsize=16)
def _signing_key(secret_key: str, day: str, scope: Scope) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
