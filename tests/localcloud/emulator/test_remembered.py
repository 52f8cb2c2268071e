"""What moto remembers is what it would find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.core import responses, utils
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.responses import SQSResponse

from localcloud.emulator import remembered

HOSTS = ["sqs.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", "127.0.0.1:5000", "s3",
         "bucket.s3.amazonaws.com", "moto_api", None]  # fmt: skip


@pytest.fixture
def moto_s_own() -> Iterator[dict[str, Any]]:
    by_host = DomainDispatcherApplication.get_backend_for_host
    own = {function.__name__: function for function in remembered.SAME_ALWAYS}
    yield {"get_backend_for_host": by_host, **own}
    DomainDispatcherApplication.get_backend_for_host = by_host
    for name, function in own.items():
        remembered._replace(getattr(utils, name), function)


def test_the_same_is_answered_the_first_time_and_again(moto_s_own: dict[str, Any]) -> None:
    application = DomainDispatcherApplication(create_backend_app)
    backends = [moto_s_own["get_backend_for_host"](application, host) for host in HOSTS]
    methods = moto_s_own["method_names_from_class"](SQSResponse)
    remembered.remember()

    for _ in range(2):
        assert [application.get_backend_for_host(host) for host in HOSTS] == backends
        assert responses.method_names_from_class(SQSResponse) == methods
        assert utils.camelcase_to_underscores("MaxNumberOfMessages") == "max_number_of_messages"
    assert backends[0] == "sqs" and "send_message" in methods


def test_it_is_remembered_where_moto_asks(moto_s_own: dict[str, Any]) -> None:
    remembered.remember()
    responses.method_names_from_class(SQSResponse)
    before = responses.method_names_from_class.cache_info().hits
    responses.method_names_from_class(SQSResponse)

    assert responses.method_names_from_class.cache_info().hits == before + 1
