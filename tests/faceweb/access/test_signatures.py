"""AWS's signatures: what botocore signs is taken, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.test import override_settings

from faceweb.access.sealing import opened, sealed
from faceweb.access.signatures import (
    SignatureRefused,
    check_signature,
    check_time,
    read_signature,
)

KEY, SECRET = "EFRABCDEFGHIJKLMNOPQ", "efr_secret-of-a-key"
BODY = b'{"CollectionId": "staff"}'


def signed(service: str = "rekognition", **headers: str) -> dict[str, str]:
    """The headers of a request that botocore signs now, by small names."""
    told = {"Host": "faces.example:8000", "X-Amz-Target": "RekognitionService.ListFaces", **headers}
    request = AWSRequest(
        method="POST", url="http://faces.example:8000/rekognition", data=BODY, headers=told
    )
    SigV4Auth(Credentials(KEY, SECRET), service, "us-east-1").add_auth(request)
    return {name.lower(): str(value) for name, value in request.headers.items()}


def checked(headers: dict[str, str], **changes: Any) -> None:
    signature = read_signature(headers["authorization"], "rekognition")
    check_time(signature, headers["x-amz-date"], datetime.now(UTC))
    parts = {"path": "/rekognition", "headers": headers, "body": BODY, "secret": SECRET}
    check_signature(signature, **{**parts, **changes})


def test_what_botocore_signs_is_taken() -> None:
    checked(signed())


@pytest.mark.parametrize(
    "changes",
    [
        {"body": BODY + b" "},
        {"path": "/rekognition/"},
        {"path": "/rekognition?a=1"},
        {"secret": "efr_other"},
    ],
    ids=["body", "path", "query", "secret"],
)
def test_what_was_not_signed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SignatureRefused, match="does not match"):
        checked(signed(), **changes)


def test_a_header_that_was_changed_is_refused() -> None:
    headers = signed()
    headers["x-amz-target"] = "RekognitionService.DeleteCollection"

    with pytest.raises(SignatureRefused, match="does not match"):
        checked(headers)


def test_the_operation_must_be_signed() -> None:
    headers = signed()
    headers["authorization"] = headers["authorization"].replace(";x-amz-target", "")

    with pytest.raises(SignatureRefused, match="x-amz-target"):
        checked(headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_signature_is_refused(minutes: int) -> None:
    headers = signed()
    signature = read_signature(headers["authorization"], "rekognition")

    with pytest.raises(SignatureRefused, match="clock"):
        check_time(signature, headers["x-amz-date"], datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.mark.parametrize("text", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=", "a" * 10_000])
def test_other_headers_are_no_signature(text: str) -> None:
    with pytest.raises(SignatureRefused):
        read_signature(text, "rekognition")


def test_a_credential_for_another_service_is_refused() -> None:
    with pytest.raises(SignatureRefused, match="is for s3"):
        checked(signed("s3"))


def test_a_sealed_secret_opens_with_the_same_secret_key_alone() -> None:
    text = sealed(SECRET)

    assert SECRET not in text
    assert opened(text) == SECRET
    with override_settings(SECRET_KEY="another"):
        assert opened(text) is None
