"""The Runtime API gives its event to the function's process, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from localcloud.lambda_host.runtime_api import PREFIX, Invocation, RuntimeApi


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    yield api
    api.close()


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
def test_a_page_in_a_browser_takes_no_event_away(api: RuntimeApi, header: str) -> None:
    api.offer(Invocation(request_id="1", event="{}", deadline_ms=1, arn="arn"))
    address = f"http://{api.address}{PREFIX}invocation/next"

    assert httpx.get(address, headers={header: "https://evil.example"}).status_code == 403
    assert httpx.get(address).headers["Lambda-Runtime-Aws-Request-Id"] == "1"
