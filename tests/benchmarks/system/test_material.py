"""Pictures, clients, meters and arguments of the system benchmark."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.system import clients
from benchmarks.system.__main__ import arguments_parser, plan_of
from benchmarks.system.cpu import PeakWatch, cpu_seconds
from benchmarks.system.pictures import PictureSource
from benchmarks.system.plan import NORMAL, QUICK
from localcloud.system.samples import write_samples
from recognition.images import PictureLimits, check


def test_pictures_are_all_different_decode_and_are_the_same_in_every_run(tmp_path: Path) -> None:
    portraits = list(write_samples(tmp_path))
    taken = PictureSource(portraits).take(40)

    assert len(set(taken.values())) == 40
    assert {(check(one, PictureLimits()).width) for one in taken.values()} == {250}
    assert PictureSource(portraits).take(40) == taken


def test_taken_pictures_are_never_given_again(tmp_path: Path) -> None:
    source = PictureSource(list(write_samples(tmp_path)))

    assert not source.take(3).keys() & source.take(3).keys()


async def test_a_client_posts_a_form_and_reads_the_contracts_answer() -> None:
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        received.append(await reader.readexactly(length))
        writer.write(
            b"HTTP/1.1 200 OK\r\nLocation: http://127.0.0.1/jobs/7\r\n\r\na.jpg:Grace Hopper\n"
        )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        exchange = await clients.post(port, "a.jpg", b"a picture")

    assert b'name="inputFile"; filename="a.jpg"' in received[0]
    assert b"\r\n\r\na picture\r\n--" in received[0]
    assert exchange.answer == "Grace Hopper"
    assert exchange.job_path == "/jobs/7"


async def test_a_server_that_is_away_is_an_exchange_without_an_answer() -> None:
    exchange = await clients.post(9, "a.jpg", b"a picture")

    assert (exchange.status, exchange.answer) == (0, None)
    assert "Refused" in exchange.text


def test_more_clients_than_open_files_allow_are_refused_in_words() -> None:
    with pytest.raises(clients.TooFewFiles, match="raise the limit"):
        clients.allow_open_files(10**9)


def test_the_time_of_children_counts_also_after_their_end() -> None:
    work = "sum(i * i for i in range(3_000_000))"
    program = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}]); "
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        own = psutil.Process(parent.pid).cpu_times()
        spent = cpu_seconds(parent.pid)
        parent.kill()

    assert spent >= own.user + own.system + own.children_user
    assert own.children_user > 0


def test_a_process_that_has_gone_has_taken_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert cpu_seconds(process.pid) == 0.0


def test_the_peak_is_kept_after_it_has_passed(tmp_path: Path) -> None:
    with PeakWatch(os.getpid()) as watch:
        files = [(tmp_path / str(number)).open("w") for number in range(20)]
        watch.look()
        held = watch.peak.open_files
        for file in files:
            file.close()
        watch.look()

    assert watch.peak.open_files >= held


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], NORMAL),
        (["--quick"], QUICK),
        (["--rounds", "7"], ("rounds", 7)),
        (["--clients", "5", "9"], ("clients", (5, 9))),
        (["--clients"], ("clients", ())),
        (["--ours-alone"], ("seed_pictures", 0)),
    ],
)
def test_arguments_make_the_plan(arguments: list[str], expected: object) -> None:
    plan = plan_of(arguments_parser().parse_args(arguments))

    if isinstance(expected, tuple):
        assert getattr(plan, expected[0]) == expected[1]
    else:
        assert plan == expected


@pytest.mark.parametrize("wrong", ["0", "-1", "many"])
def test_numbers_that_mean_nothing_are_refused(wrong: str) -> None:
    with pytest.raises(SystemExit):
        arguments_parser().parse_args(["--rounds", wrong])
