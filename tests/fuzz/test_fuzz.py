"""A short run at every door; `python -m tests.fuzz` runs as long as it is told to."""

from __future__ import annotations

import pytest

from foundation.aws.provisioning import provision
from foundation.config import Settings, get_settings
from tests.fuzz.running import Hang, Target, run
from tests.fuzz.targets import MAKERS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

SECONDS = 1.5


@pytest.mark.parametrize("name", MAKERS)
def test_hostile_input_crashes_nothing(
    name: str, cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEWEB_ID", cloud_settings.faceweb_id)
    get_settings.cache_clear()
    provision(get_settings())

    summary = run(MAKERS[name](), 1, lambda examples, seconds: seconds >= SECONDS)

    print(summary)
    assert summary.examples > 0


def test_a_crash_is_found() -> None:
    from hypothesis import strategies as st

    def check(number: int) -> str:
        assert number < 1000
        return "fine"

    target = Target(name="t", about="", examples=st.integers(0, 10**6), check=check)

    with pytest.raises(AssertionError):
        run(target, 1, lambda examples, seconds: examples >= 2000)


def test_a_hang_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from hypothesis import strategies as st

    from tests.fuzz import running

    monkeypatch.setattr(running, "HANG_SECONDS", 0.05)

    def check(number: int) -> str:
        threading.Event().wait(5)
        return "slow"

    target = Target(name="t", about="", examples=st.just(1), check=check)

    with pytest.raises(Hang):
        run(target, 1, lambda examples, seconds: examples >= 1)
