"""AWS's Signature Version 4: whether a request was signed with the secret of an access key. Pure.

The arithmetic is botocore's own, so what its clients sign is what is computed here.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SKEW = timedelta(minutes=5)
MOST_HEADERS = 40
MOST_CHARACTERS = 2_048
NEEDED = frozenset({"host", "x-amz-date", "x-amz-target"})
SCHEME = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[A-Z0-9]{16,32})/(?P<day>\d{8})/"
    r"(?P<region>[a-z0-9-]{1,32})/(?P<service>[a-z0-9-]{1,32})/aws4_request, *"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]{1,1500}), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
TIME = "%Y%m%dT%H%M%SZ"


class SignatureRefused(Exception):
    """A signature that is not taken: AWS's name for why, and a sentence."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the header Authorization says."""

    access_key: str
    day: str
    region: str
    service: str
    headers: tuple[str, ...]
    value: str


def read_signature(authorization: str, service: str) -> Signature:
    """Read the header. Raises SignatureRefused."""
    found = SCHEME.fullmatch(authorization) if len(authorization) <= MOST_CHARACTERS else None
    if found is None:
        raise SignatureRefused(
            "IncompleteSignatureException", "The header Authorization is no signature of AWS's."
        )
    headers = tuple(found["headers"].split(";"))
    if len(headers) > MOST_HEADERS or not set(headers) >= NEEDED:
        raise SignatureRefused(
            "IncompleteSignatureException", f"Sign the headers {', '.join(sorted(NEEDED))}."
        )
    if found["service"] != service:
        raise SignatureRefused(
            "InvalidSignatureException", f"The credential is for {found['service']}."
        )
    return Signature(
        access_key=found["key"],
        day=found["day"],
        region=found["region"],
        service=service,
        headers=headers,
        value=found["signature"],
    )


def check_time(signature: Signature, signed_at: str, now: datetime) -> None:
    """Raises SignatureRefused for one that is not of the last or next minutes."""
    try:
        moment = datetime.strptime(signed_at, TIME).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRefused("IncompleteSignatureException", "X-Amz-Date is no time.") from None
    if abs(now - moment) > SKEW or not signed_at.startswith(signature.day):
        sentence = f"The signature is of {signed_at}: set this machine's clock, or sign again."
        raise SignatureRefused("InvalidSignatureException", sentence)


def check_signature(
    signature: Signature, path: str, headers: Mapping[str, str], body: bytes, secret: str
) -> None:
    """Raises SignatureRefused unless the secret made the signature of this very request.

    Parameters:
        path: with the query, if there is one.
        headers: by names in any case, or in small letters.
    """
    stated = headers.get("x-amz-content-sha256")
    if stated and not hmac.compare_digest(stated, hashlib.sha256(body).hexdigest()):
        raise SignatureRefused("InvalidSignatureException", "The body is not what was signed.")
    signed = {name: headers.get(name, "") for name in signature.headers}
    request = AWSRequest("POST", f"http://{signed['host']}{path}", signed, body)
    if not hmac.compare_digest(_made(signature, request, secret), signature.value):
        raise SignatureRefused(
            "InvalidSignatureException",
            "The signature does not match: check the secret access key.",
        )


def _made(signature: Signature, request: AWSRequest, secret: str) -> str:
    request.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Credentials(signature.access_key, secret), signature.service, signature.region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return str(auth.signature(text, request))
