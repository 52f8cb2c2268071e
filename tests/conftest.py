"""Fixtures for every package's tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from botocore.retries.standard import ExponentialBackoff
from django.db import connection
from django.test import TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from foundation import aws
from foundation.config import Settings, get_settings
from localcloud.emulator.emulator_process import running_emulator
from tests.deploy import STACKS
from tests.recognition.engines import skipped_for_no_reason
from tests.support.emptying import empty_used_tables
from tests.support.factories import make_settings

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for an emulator starts a real process, and is a system test wherever it lies."""
    for item in items:
        if "emulated_aws" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.system)


signal.signal(signal.SIGINT, signal.default_int_handler)
"""A shell that runs the tests in the background has children ignore Ctrl-C, which tests send."""

hypothesis.settings.register_profile("without deadline", deadline=None)
hypothesis.settings.load_profile("without deadline")
"""A busy machine is no failure: no test asks how long it took."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Fail a test of the engine that skips on a processor that it has kernels for."""
    report = yield
    if skipped_for_no_reason(report):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr}\nThis processor can run the engine, so it must."
    return report


@pytest.fixture(autouse=True)
def asked_again_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The AWS of unit tests is nobody, who answers no better after a pause."""
    if request.node.get_closest_marker("system") is None:
        monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A password takes half a second to hash well; those of these tests protect nothing."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def used_tables_emptied() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_used_tables)
        yield


@pytest.fixture(autouse=True)
def settings_read_again() -> Iterator[None]:
    """Forget settings that a test read anew, of an environment that ends with it."""
    before = get_settings()
    yield
    if get_settings.cache_info().currsize and get_settings() is not before:
        get_settings.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def static_files_found_once() -> Iterator[None]:
    """A server looks for its static files when it starts; each client of a test is a start."""
    found: dict[str, object] = {}
    find = WhiteNoiseMiddleware.add_files_from_finders

    def once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            find(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A server drops no database while somebody is connected, and threads that served requests,
    which wait for the next, still are."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def emulated_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of an emulator process of this test run."""
    before = dict(os.environ)
    os.environ.setdefault("EMULATOR_MIDDLEWARE", STACKS)
    with running_emulator(make_settings(), tmp_path_factory.mktemp("emulator")) as variables:
        # It outlives the test that asked for it; all others must still reach nothing.
        os.environ.clear()
        os.environ.update(before)
        get_settings.cache_clear()
        yield variables["AWS_ENDPOINT_URL"]


@pytest.fixture
def cloud_settings(
    emulated_aws: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings that reach the emulator, as the environment does, with a prefix of this test's
    own."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulated_aws)
    get_settings.cache_clear()
    prefix = "t" + str(abs(hash(request.node.nodeid)))[:12]
    yield make_settings(aws_endpoint_url=emulated_aws, faceweb_id=prefix, receive_wait_seconds=1)
    aws.forget_queue_urls()
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def shared_faces() -> Path:
    """Real pictures beside the checkout; the test is skipped where they are not."""
    folder = SHARED / "faces"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: no real pictures to try")
    return folder
