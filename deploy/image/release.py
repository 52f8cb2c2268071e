"""An image's release: the committed files as an archive, and signed addresses for the builder."""

import subprocess  # nosec B404 - git alone is run
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import boto3
from botocore.config import Config

from foundation.config import PROJECT_DIRECTORY, Settings

URL_SECONDS = 2 * 3600


class NoRelease(Exception):
    """There is nothing that an image could be made of; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A gzipped tar archive, and what it is called: as git describes its commit."""

    version: str
    archive: bytes
    leaves_out: int

    @property
    def key(self) -> str:
        """Where it is in the releases bucket."""
        return f"releases/{self.version}.tar.gz"


def committed(folder: Path = PROJECT_DIRECTORY) -> Release:
    """The release of the checked-out commit. Raises NoRelease outside a git checkout."""
    version = _git(folder, "describe", "--tags", "--always").decode().strip()
    changed = _git(folder, "status", "--porcelain").decode().splitlines()
    archive = _git(folder, "archive", "--format=tar.gz", "HEAD")
    return Release(version=version, archive=archive, leaves_out=len(changed))


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 # nosec B603 B607
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            check=True,
        )
    except FileNotFoundError:
        raise NoRelease(
            "git is not installed, and a release is made of what is committed."
        ) from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise NoRelease(f"No release can be made of {folder}: {reason}") from None
    return done.stdout


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
