"""What a unit's filter refuses, read as systemd reads it."""

from __future__ import annotations

from tests.deploy.unit_limits import members, refused

SETS = {
    "@default": {"exit"},
    "@io": {"read", "write"},
    "@service": {"@io", "chown", "nice", "fork"},
    "@privileged": {"@chown", "reboot"},
    "@chown": {"chown"},
    "@known": {"exit", "read", "write", "chown", "nice", "fork", "reboot", "mount"},
}


def test_a_set_holds_what_its_sets_hold() -> None:
    assert members("@service", SETS) == {"read", "write", "chown", "nice", "fork"}
    assert members("read", SETS) == {"read"}


def test_lines_add_and_take_away_in_their_order() -> None:
    unit = "[Service]\nSystemCallFilter=@service\nSystemCallFilter=~@privileged nice\n"

    assert refused(unit, SETS) == {"chown", "nice", "reboot", "mount"}


def test_what_is_always_allowed_is_never_refused() -> None:
    assert "exit" not in refused("SystemCallFilter=@io\n", SETS)
