"""The scripted EC2, all of whose answers a test must ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scaler.instances.scripted_ec2 import Stubbed


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    made = Stubbed()
    with made.ec2:
        yield made
    made.ec2.assert_no_pending_responses()
