"""Our signatures are botocore's, whatever is signed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from unittest import mock
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from foundation.lean.s3 import object_url
from foundation.lean.signing import Keys, Scope, signed

MOMENTS = st.integers(0, 4_102_444_800).map(float)
KEYS = st.builds(
    Keys,
    st.text("ABCDEFGHIJ234567", min_size=16, max_size=20),
    st.text(min_size=1, max_size=40),
    st.none() | st.text("abc+/=", min_size=1, max_size=60),
)
REGIONS = st.sampled_from(["us-east-1", "eu-central-1", "us-gov-west-1"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)
OBJECT_KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def botocores(
    signer: type[SigV4Auth], request: AWSRequest, keys: Keys, scope: Scope, moment: float
) -> dict[str, str]:
    credentials = Credentials(keys.access_key, keys.secret_key, keys.token)
    now = datetime.fromtimestamp(moment, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        signer(credentials, scope.service, scope.region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(KEYS, REGIONS, MOMENTS, st.binary(max_size=200), VALUES)
def test_a_call_of_sqs(keys: Keys, region: str, moment: float, body: bytes, value: str) -> None:
    scope = Scope(region, "sqs")
    sent = {"content-type": "application/x-amz-json-1.0", "x-amz-target": value}
    request = AWSRequest("POST", f"https://sqs.{region}.amazonaws.com/", dict(sent), body)

    theirs = botocores(SigV4Auth, request, keys, scope, moment)
    ours = signed(
        "POST", "/", {"host": f"sqs.{region}.amazonaws.com", **sent},
        hashlib.sha256(body).hexdigest(), keys, scope, moment,
    )  # fmt: skip

    assert ours["authorization"] == theirs["authorization"]
    assert ours["x-amz-date"] == theirs["x-amz-date"]
    assert ours.get("x-amz-security-token") == theirs.get("x-amz-security-token")


@given(KEYS, REGIONS, MOMENTS, st.binary(max_size=200), OBJECT_KEYS, VALUES)
def test_an_object_of_any_name(
    keys: Keys, region: str, moment: float, body: bytes, name: str, value: str
) -> None:
    scope = Scope(region, "s3")
    url = object_url(urlsplit("http://127.0.0.1:4566/probe-bucket"), "a-bucket", name)
    sha256 = hashlib.sha256(body).hexdigest()
    sent = {"content-type": value, "x-amz-content-sha256": sha256, "if-none-match": "*"}
    request = AWSRequest("PUT", url.geturl(), dict(sent), body)
    request.context["payload_signing_enabled"] = True

    theirs = botocores(S3SigV4Auth, request, keys, scope, moment)
    ours = signed("PUT", url.path, {"host": url.netloc, **sent}, sha256, keys, scope, moment)

    assert ours["authorization"] == theirs["authorization"]
