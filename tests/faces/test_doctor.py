"""What the doctor finds, and what to do about it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from faces.doctor import machine, services, state
from faces.doctor.finding import Finding, State
from localcloud.system.ports import free_port
from tests.support.factories import make_settings


def test_the_pythons_that_are_tested() -> None:
    assert machine.python((3, 11)).state == machine.python((3, 14)).state == State.OK
    for other in ((3, 10), (3, 15)):
        found = machine.python(other)
        assert found.state == State.PROBLEM
        assert "3.11 to 3.14" in found.advice


def test_packages_are_compared_with_what_was_tested() -> None:
    pinned = machine.pinned_packages()
    assert pinned["django"] == "5.2.19"
    assert machine.packages(pinned).state == State.OK

    found = machine.packages({**pinned, "django": "1.0", "no-such-package": "1.0"})

    assert found.state == State.PROBLEM
    assert "django is 5.2.19, not 1.0" in found.text
    assert "no-such-package is missing" in found.text
    assert "make setup" in found.advice


def test_a_clock_before_this_program_is_wrong() -> None:
    assert machine.clock().state == State.OK
    found = machine.clock(now=0.0)
    assert found.state == State.PROBLEM
    assert found.text.startswith("1970")
    assert "set the clock" in found.advice


@pytest.mark.parametrize(
    ("free", "expected"), [(2 << 30, State.OK), (100 << 20, State.WARNING), (100, State.PROBLEM)]
)
def test_disk(free: int, expected: State, tmp_path: Path) -> None:
    assert state.disk(tmp_path / "not made yet", free).state == expected


def test_a_folder_that_others_may_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert state.folder(tmp_path).advice == f"chmod go-rwx {tmp_path}"
    tmp_path.chmod(0o700)
    assert state.folder(tmp_path).state == State.OK


def test_a_port_that_somebody_else_has(tmp_path: Path) -> None:
    settings = make_settings(port=free_port(), var_dir=tmp_path, aws_endpoint_url=None)
    assert services.port(settings, {}).state == State.OK
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", settings.port))
        listener.listen()

        found = services.port(settings, {})

    assert found.state == State.PROBLEM
    assert "PORT=" in found.advice


def test_a_recorded_system_that_does_not_answer(tmp_path: Path) -> None:
    settings = make_settings(port=free_port(), var_dir=tmp_path)

    found = services.port(settings, {"PORT": str(settings.port)})

    assert found.state == State.PROBLEM
    assert "nothing listens" in found.text
    assert "web.log" in found.advice


def test_queues_and_storage_that_do_not_answer() -> None:
    found = list(services.parts(make_settings()))  # the tests' AWS is nobody

    assert {one.state for one in found} == {State.PROBLEM}
    assert {"request queue", "gallery bucket"} <= {one.what for one in found}
    assert all(one.advice for one in found)


def test_a_model_that_is_not_here(tmp_path: Path) -> None:
    found = state.model(make_settings(weights_dir=tmp_path), "sface")

    assert found.state == State.WARNING
    assert "faces models --fetch sface" in found.advice


def test_a_line_says_all() -> None:
    found = Finding(what="disk", state=State.WARNING, text="0.5 GB free", advice="make room")

    assert found.line().split(maxsplit=2) == ["warning", "disk", "0.5 GB free: make room"]
