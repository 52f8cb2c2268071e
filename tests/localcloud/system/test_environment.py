"""What children are told, samples, ports."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from PIL import Image

from foundation.local_state.running_system import adopt_running_system
from localcloud.system.environment import children_environment, emulated_aws, record_running_system
from localcloud.system.ports import free_port, is_free
from localcloud.system.samples import PEOPLE, write_samples
from tests.support.factories import make_settings


def test_children_reach_the_emulator_and_nobodys_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sqs.us-east-1.amazonaws.com")
    settings = make_settings()

    environment = children_environment(settings, emulated_aws("http://127.0.0.1:5000", settings))

    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert environment["AWS_ACCESS_KEY_ID"] == "local"
    assert "AWS_PROFILE" not in environment


def test_a_command_beside_it_finds_the_running_system(tmp_path: Path) -> None:
    settings = make_settings(var_dir=tmp_path, port=9123)
    record = record_running_system(settings, emulated_aws("http://127.0.0.1:5000", settings))
    environment = {"VAR_DIR": str(tmp_path)}

    assert adopt_running_system(environment)

    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert environment["PORT"] == "9123"
    assert record.stat().st_mode & 0o077 == 0, "it may hold the database's password"


def test_the_samples_are_pictures_of_the_two_people(tmp_path: Path) -> None:
    written = write_samples(tmp_path)

    assert sorted(written.values()) == sorted(PEOPLE.values())
    for path in written:
        with Image.open(path) as picture:
            assert min(picture.size) > 200
    before = {path: path.stat().st_mtime_ns for path in written}
    write_samples(tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in written}


def test_ports() -> None:
    port = free_port()
    assert is_free("127.0.0.1", port)
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    assert not given.exists() or port < int(given.read_text().split()[0]), "no connection gets it"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        assert not is_free("127.0.0.1", port)


def test_pictures_of_this_run_go_to_a_folder_of_its_own() -> None:
    assert "faces-test-" in os.environ["VAR_DIR"]
