"""A real client whose answers are a script: botocore's own model checks each call and answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from foundation import aws


@contextmanager
def stubbed(service: str) -> Iterator[Stubber]:
    """Every answer must have been asked for at the end."""
    client: Any = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def shared_by_all(monkeypatch: pytest.MonkeyPatch, **stubbers: Stubber) -> None:
    """Have `aws.client` give these clients, by the services' names, and no other."""
    clients = {name: stubber.client for name, stubber in stubbers.items()}
    monkeypatch.setattr(aws, "client", lambda service, settings: clients[service])
