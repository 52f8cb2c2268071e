"""When a client is too slow, decided without sockets."""

from __future__ import annotations

import pytest

from faceweb.access.networks import counted_as
from faceweb.middleware.proxies import TrustedProxies
from faceweb.server.bounds import Bounds
from faceweb.server.deadlines import Deadlines, RequestPhase, TransferProgress

DEADLINES = Deadlines(header_seconds=10, body_seconds=100, bytes_per_second=1000)


@pytest.mark.parametrize(
    ("phase", "seconds", "late"),
    [
        (RequestPhase.HEADERS, 9, False),
        (RequestPhase.HEADERS, 11, True),
        (RequestPhase.NOTHING, 1000, False),
        (RequestPhase.END, 4, False),
        (RequestPhase.END, 6, True),
    ],
)
def test_a_phase_has_its_time(phase: RequestPhase, seconds: float, late: bool) -> None:
    progress = TransferProgress(0.0)
    progress.enter(phase, 0.0)

    assert progress.is_late(DEADLINES, seconds) is late


def sends(bytes_each_second: dict[int, int]) -> int | None:
    """The second in which a client is cut off that sends its body so; None if it may go on."""
    progress = TransferProgress(0.0)
    progress.enter(RequestPhase.BODY, 0.0)
    for second in range(1, max(bytes_each_second) + 1):
        progress.add(bytes_each_second.get(second, 0), bytes_each_second.get(second, 0))
        if progress.is_late(DEADLINES, float(second)):
            return second
    return None


def test_a_steady_body_is_taken_until_its_whole_time_is_up() -> None:
    assert sends(dict.fromkeys(range(1, 90), 1500)) is None
    assert sends(dict.fromkeys(range(1, 200), 1500)) == 101


def test_a_body_below_the_rate_is_cut_off_after_one_window() -> None:
    assert sends(dict.fromkeys(range(1, 200), 500)) == 10


def test_much_at_the_start_is_no_credit_for_a_stall() -> None:
    assert sends({1: 9_000_000, 60: 0}) == 20


@pytest.mark.parametrize(("taken_each_second", "late"), [(0, True), (1, False)])
def test_a_client_that_takes_nothing_of_its_answer_is_late_and_a_slow_one_is_not(
    taken_each_second: int, late: bool
) -> None:
    progress = TransferProgress(0.0)
    progress.enter(RequestPhase.NOTHING, 0.0)

    for second in range(60):
        progress.leave_unread(1_000_000 - second * taken_each_second, float(second))

    assert progress.is_late(DEADLINES, 60.0) is late


def test_an_answer_that_was_taken_leaves_its_client_in_time() -> None:
    progress = TransferProgress(0.0)
    progress.enter(RequestPhase.NOTHING, 0.0)
    progress.leave_unread(1_000_000, 1.0)
    progress.leave_unread(0, 20.0)

    assert not progress.is_late(DEADLINES, 1000.0)


@pytest.mark.parametrize(
    ("chunk_bytes", "chunks", "refused"), [(1, 10_000, True), (4096, 2000, False), (1, 100, False)]
)
def test_a_body_that_is_mostly_framing_is_noticed(
    chunk_bytes: int, chunks: int, refused: bool
) -> None:
    progress = TransferProgress(0.0)
    framing = len(f"{chunk_bytes:x}\r\n\r\n")

    for _ in range(chunks):
        progress.add(chunk_bytes + framing, chunk_bytes)

    assert progress.is_mostly_framing() is refused


class Idle:
    """A connection that is never late."""

    def end_if_late(self, now: float) -> None: ...


async def test_connections_are_bounded_in_all_and_by_address_but_proxies_are_not() -> None:
    proxies = TrustedProxies.parsed("10.0.0.0/8")
    bounds = Bounds(most=6, most_of_address=2, deadlines=DEADLINES, proxies=proxies)
    first = Idle()
    for connection, address in ((first, "192.0.2.1"), (Idle(), "192.0.2.1")):
        bounds.enter(connection, address)

    assert "One address may have 2 connections" in str(bounds.refusal("192.0.2.1"))
    assert bounds.refusal("192.0.2.2") is None
    bounds.leave(first, "192.0.2.1")
    assert bounds.refusal("192.0.2.1") is None
    for _ in range(5):
        assert bounds.refusal("10.0.0.7") is None
        bounds.enter(Idle(), "10.0.0.7")
    assert "Too many clients" in str(bounds.refusal("192.0.2.9"))


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff") == "2001:db8::/64"
    assert counted_as("fe80::1%eth0") == "fe80::/64"
    assert counted_as("192.0.2.1") == "192.0.2.1"


def test_ipv4_clients_of_a_socket_for_both_are_counted_apart() -> None:
    assert counted_as("::ffff:192.0.2.1") != counted_as("::ffff:192.0.2.2")
