"""What EC2 tells an instance about itself: id, tags, and that it will be interrupted (IMDSv2)."""

import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException

ENDPOINT_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
LINK_LOCAL = "http://169.254.169.254"
TOKEN_SECONDS = 6 * 3600
TIMEOUT_SECONDS = 2.0

INSTANCE_ID = "instance-id"
TAG = "tags/instance/"
SPOT_ACTION = "spot/instance-action"
OWN_NAMES = ("public-hostname", "public-ipv4", "local-hostname", "local-ipv4")


class MetadataUnseen(Exception):
    """The metadata service did not answer."""


class Metadata:
    """The metadata service, asked with a session token, which is renewed in time."""

    def __init__(
        self, endpoint: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._endpoint = (endpoint or os.environ.get(ENDPOINT_VARIABLE) or LINK_LOCAL).rstrip("/")
        self._clock = clock
        self._token, self._token_until = "", 0.0

    def instance_id(self) -> str:
        """Raises MetadataUnseen."""
        found = self._get(INSTANCE_ID)
        if not found:
            raise MetadataUnseen("the metadata service knows no instance id")
        return found

    def own_names(self) -> list[str]:
        """Names and addresses that clients reach this instance by. Raises MetadataUnseen.

        A private subnet gives no public ones; a host name may come as several, apart by spaces.
        """
        return [name for path in OWN_NAMES for name in (self._get(path) or "").split()]

    def tag(self, name: str) -> str | None:
        """The value of one of the instance's own tags. Raises MetadataUnseen."""
        return self._get(TAG + name)

    def will_be_interrupted(self) -> bool:
        """Whether EC2 takes this spot instance away within two minutes. Raises MetadataUnseen."""
        return self._get(SPOT_ACTION) is not None

    def _get(self, path: str) -> str | None:
        """The text at a path, or None where there is nothing."""
        headers = {"X-aws-ec2-metadata-token": self._session_token()}
        try:
            return self._ask("GET", f"/latest/meta-data/{path}", headers)
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            if error.code == HTTPStatus.UNAUTHORIZED:
                self._token_until = 0.0  # a fresh one, the next time
            raise MetadataUnseen(f"the metadata service answered {error.code}") from None

    def _session_token(self) -> str:
        if self._clock() >= self._token_until:
            lives = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            try:
                self._token = self._ask("PUT", "/latest/api/token", lives)
            except urllib.error.HTTPError as error:
                raise MetadataUnseen(f"no session token: {error.code}") from None
            self._token_until = self._clock() + TOKEN_SECONDS / 2
        return self._token

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> str:
        url = self._endpoint + path
        request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310 - link-local
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.HTTPError:
            raise
        except (OSError, ValueError, HTTPException) as error:
            raise MetadataUnseen(f"the metadata service does not answer: {error}") from None
