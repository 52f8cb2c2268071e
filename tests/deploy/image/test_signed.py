"""The builder's signed addresses: regional, by Signature Version 4."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.image.release import signed_addresses
from tests.support.factories import make_settings


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-5"])
def test_they_are_what_every_region_takes(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    settings = make_settings(aws_region=region, aws_endpoint_url=None)

    found = signed_addresses(settings, "faces-releases", "releases/v1.tar.gz", "reports/1.json")

    for url in map(urlsplit, found.values()):
        query = parse_qs(url.query)
        assert url.netloc == f"faces-releases.s3.{region}.amazonaws.com"
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert f"/{region}/s3/aws4_request" in query["X-Amz-Credential"][0]
