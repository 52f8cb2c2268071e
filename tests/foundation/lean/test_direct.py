"""When a call is not even tried, and what is signed with it."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import CredentialRetrievalError

from foundation.lean.direct import Direct, LeanClient, NotTaken, Request, Waits
from foundation.lean.signing import Scope

REQUEST = Request("PUT", urlsplit("http://127.0.0.1:9/bucket/key"), {"x-one": "1"}, b"pixels")


def direct(credentials: Any, service: str = "s3") -> Direct:
    return Direct(credentials, Scope("us-east-1", service), Waits(0.5, 0.5), clock=lambda: 0.0)


class Renewed:
    """Credentials that change, as those of an instance's role do."""

    def __init__(self) -> None:
        self.keys = [Credentials("FIRST", "s", "t1"), Credentials("SECOND", "s", "t2")]

    def get_frozen_credentials(self) -> Any:
        return self.keys.pop(0).get_frozen_credentials()


class Refused:
    def get_frozen_credentials(self) -> Any:
        raise CredentialRetrievalError(provider="iam-role", error_msg="away")


@pytest.mark.parametrize("credentials", [None, Refused()])
def test_without_credentials_nothing_is_tried(credentials: Any) -> None:
    with pytest.raises(NotTaken, match="no credentials"):
        direct(credentials).signed(REQUEST)


def test_each_call_is_signed_with_the_keys_of_its_moment() -> None:
    client = direct(Renewed())
    first, second = (client.signed(REQUEST).headers for _ in range(2))

    assert "Credential=FIRST/19700101/us-east-1/s3/" in first["authorization"]
    assert "Credential=SECOND/" in second["authorization"]
    assert (first["x-amz-security-token"], second["x-amz-security-token"]) == ("t1", "t2")


def test_everything_that_is_asked_is_signed() -> None:
    headers = direct(Renewed()).signed(REQUEST).headers

    names = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-one"
    assert f"SignedHeaders={names}," in headers["authorization"]


def test_a_server_that_is_away_is_left_to_botocore() -> None:
    with pytest.raises(NotTaken, match="ConnectionRefusedError"):
        direct(Credentials("key", "secret")).call(REQUEST)


def test_another_process_does_not_use_its_parents_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A forked process that read from its parent's sockets would get somebody else's answers."""
    client = LeanClient(SimpleNamespace(), direct(None))
    assert client._tried("Op", lambda: "short", lambda: "whole") == "short"

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert client._tried("Op", lambda: "short", lambda: "whole") == "whole"
