"""Logs: one line for each event, whoever writes it, and no work ends for a line's sake."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from foundation import logs
from tests.support.factories import make_settings


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_those_of_libraries_have_one_shape() -> None:
    stream = io.StringIO()
    logs.configure(make_settings(log_format="json"), stream)

    structlog.get_logger().warning("job_not_queued", job_id="1")
    logging.getLogger("django.request").error("Internal Server Error: %s", "/")

    ours, theirs = lines_of(stream)
    assert (ours["event"], ours["job_id"], ours["level"]) == ("job_not_queued", "1", "warning")
    assert (theirs["event"], theirs["level"]) == ("Internal Server Error: /", "error")
    assert theirs["logger"] == "django.request" and ours.keys() - {"job_id"} < theirs.keys()


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    logs.configure(make_settings(log_format="json", log_level="WARNING"), stream)

    structlog.get_logger().info("job_accepted")
    logging.getLogger("django").info("hello")

    assert stream.getvalue() == ""


def test_an_exception_is_a_part_of_its_line() -> None:
    stream = io.StringIO()
    logs.configure(make_settings(log_format="json"), stream)

    try:
        raise KeyError("gone")
    except KeyError:
        structlog.get_logger().exception("it_broke")

    [line] = lines_of(stream)
    assert line["level"] == "error" and "KeyError: 'gone'" in line["exception"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("closed")])
def test_a_line_that_can_not_be_written_ends_nobody_s_work(error: Exception) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise error

    logs.configure(make_settings(log_format="json"), Full())

    structlog.get_logger().info("job_accepted")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_stranger_s_text_does_nothing_to_a_terminal(log_format: str) -> None:
    stream = io.StringIO()
    logs.configure(make_settings(log_format=log_format), stream)

    structlog.get_logger().info("host_refused", host="a\x1b[2J\x9b31m\rb\u2028c\nd\ud800")
    logging.getLogger("library").warning("no %s", "\x1b[2J\r\n2026-12-01 [info] forged")

    written = stream.getvalue()
    assert len(written.splitlines()) == 2
    assert all(sign.isprintable() or sign == "\n" for sign in written)


def test_a_retry_of_a_connection_is_no_line_of_its_own() -> None:
    stream = io.StringIO()
    logs.configure(make_settings(log_format="json"), stream)

    logging.getLogger("urllib3.connectionpool").warning("Retrying (Retry(total=2)) ...")
    logging.getLogger("urllib3.connectionpool").error("hopeless")

    assert [line["event"] for line in lines_of(stream)] == ["hopeless"]
