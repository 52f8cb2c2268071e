"""Signed addresses, by which a builder without credentials fetches the release and reports."""

from __future__ import annotations

from typing import Literal

import boto3
from botocore.config import Config

from foundation.config import Settings

URL_SECONDS = 2 * 3600


def signed_addresses(settings: Settings, bucket: str, release: str, report: str) -> dict[str, str]:
    """`release_url` to get the release from, and `report_url` to put the report to.

    Regional and by Signature Version 4: every region takes these, and new regions no others.
    """
    host = settings.aws_endpoint_url or f"https://s3.{settings.aws_region}.amazonaws.com"
    style: Literal["path", "virtual"] = "path" if settings.aws_endpoint_url else "virtual"
    s3 = boto3.Session(region_name=settings.aws_region).client(
        "s3",
        endpoint_url=host,
        config=Config(signature_version="s3v4", s3={"addressing_style": style}),
    )
    calls = {"release_url": ("get_object", release), "report_url": ("put_object", report)}
    return {
        word: str(
            s3.generate_presigned_url(
                call, Params={"Bucket": bucket, "Key": key}, ExpiresIn=URL_SECONDS
            )
        )
        for word, (call, key) in calls.items()
    }
