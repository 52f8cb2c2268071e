"""The journal reaches CloudWatch Logs once, in order, and `manage.py logs` reads it."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from django.core.management import CommandError, call_command

from deploy.instance.journal import (
    DAY_MS,
    JOURNALCTL,
    MOST_EVENTS,
    Line,
    Shipper,
    batch_of,
    line_of,
    log_group,
    since,
)
from deploy.management.commands import logs as logs_command
from foundation import aws
from foundation.config import PROJECT_DIRECTORY, Settings, get_settings
from localcloud.system.environment import as_role
from localcloud.system.processes import Child, stop_all
from tests.deploy.instance.metadata_server import metadata_server
from tests.support.stubbed import shared_by_all, stubbed
from tests.system.running import wait_for

NOW = 1_796_000_000_000_000  # microseconds, as journald has them

FAKE = """#!/bin/sh
case "$*" in *--after-cursor=c2) cat {folder}/later ;; *--boot) cat {folder}/first ;; esac
exec sleep 60
"""


def entry(number: int, message: object) -> str:
    return json.dumps(
        {
            "MESSAGE": message,
            "__REALTIME_TIMESTAMP": str(NOW + number * 1_000),
            "__CURSOR": f"c{number}",
        }
    )


def test_text_of_any_kind_is_a_line_and_none_is_none() -> None:
    assert line_of(entry(1, "a")) == Line(at=NOW // 1_000 + 1, text="a", cursor="c1")
    assert line_of(entry(1, list("ü".encode()))) == Line(at=NOW // 1_000 + 1, text="ü", cursor="c1")
    assert line_of(entry(1, None)) is None
    assert line_of(entry(1, "cut short")[:-9]) is None
    huge = line_of(entry(1, "ü" * 1_000_000))
    assert huge and huge.size < 256_000


def test_the_journal_goes_on_where_it_was_and_else_begins_with_the_boot(tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    told = [since(cursor)]
    for text in ("", "c2"):
        cursor.write_text(text)
        told.append(since(cursor))

    assert told == ["--boot", "--boot", "--after-cursor=c2"]


def test_a_batch_is_never_more_than_cloudwatch_takes() -> None:
    small = Line(at=1, text="x", cursor="c")
    large = Line(at=1, text="x" * 240_000, cursor="c")

    assert len(batch_of(small, iter([small] * 5_000))) == MOST_EVENTS
    assert len(batch_of(large, iter([large] * 9))) == 4


def started(folder: Path, settings: Settings, url: str, role: str) -> Child:
    environment = {
        **as_role(dict(os.environ), role),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": str(settings.aws_endpoint_url),
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
        "FACEWEB_ID": settings.faceweb_id,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "RUNTIME_DIRECTORY": str(folder),
        "VAR_DIR": str(folder),
        "PYTHONPATH": str(PROJECT_DIRECTORY),
    }
    command = [sys.executable, "-m", "deploy.instance.journal"]
    child = Child("journal", command, environment, folder / "journal.log")
    child.start()
    return child


def printed(*arguments: str) -> str:
    said = io.StringIO()
    get_settings.cache_clear()
    call_command("logs", "--since=9999d", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("role", ["web", "app"])
def test_lines_come_once_also_after_a_restart(
    role: str, cloud_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEWEB_ID", cloud_settings.faceweb_id)
    client: Any = aws.client("logs", cloud_settings)
    client.create_log_group(logGroupName=log_group(cloud_settings.faceweb_id))
    program = tmp_path / "journalctl"
    program.write_text(FAKE.format(folder=tmp_path))
    program.chmod(0o755)
    (tmp_path / "first").write_text(f"{entry(1, 'one')}\n{entry(2, 'job 7f3 done')}\n")
    (tmp_path / "later").write_text(f"{entry(3, 'three')}\n")
    with metadata_server() as metadata:
        metadata.texts["instance-id"] = "i-1"
        for cursor in ("c2", "c3"):
            child = started(tmp_path, cloud_settings, metadata.url, role)
            try:
                sent = tmp_path / "journal.cursor"
                wait_for(lambda: sent.exists() and sent.read_text() == cursor, 60, cursor)  # noqa: B023
            finally:
                stop_all([child], seconds=10)
            assert child.poll() == 0

    texts = [line.partition("i-1  ")[2] for line in printed().splitlines()]
    assert texts == ["one", "job 7f3 done", "three"]
    assert printed("--job", "7f3").splitlines()[0].endswith("job 7f3 done")
    assert json.loads(printed("--instance", "i-1", "--json").splitlines()[2])["text"] == "three"
    assert printed("--instance", "i-2") == ""


def test_who_follows_asks_for_the_last_minute_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the whole time again at each look, CloudWatch would soon refuse."""
    monkeypatch.setattr(logs_command.time, "time", lambda: 10_000.0)
    looks = iter([None, KeyboardInterrupt])

    def pause(_: float) -> None:
        if ends := next(looks):
            raise ends

    monkeypatch.setattr(logs_command.time, "sleep", pause)

    def told(*events: tuple[str, int]) -> dict[str, Any]:
        return {
            "events": [
                {"eventId": text, "timestamp": at, "message": text, "logStreamName": "i-1"}
                for text, at in events
            ]
        }

    with stubbed("logs") as logs:
        shared_by_all(monkeypatch, logs=logs)
        asked = {"logGroupName": ANY, "startTime": 6_400_000}
        logs.add_response("filter_log_events", told(("a", 7_000_000), ("b", 9_000_000)), asked)
        asked = {"logGroupName": ANY, "startTime": 8_940_000}
        logs.add_response("filter_log_events", told(("b", 9_000_000), ("c", 9_500_000)), asked)

        with pytest.raises(CommandError, match="Interrupted"):
            call_command("logs", "--follow")

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines] == ["a", "b", "c"]


def test_a_system_without_a_log_is_told(cloud_settings: Settings) -> None:
    with pytest.raises(CommandError, match="There is no log of"):
        printed()
    with pytest.raises(CommandError, match="is no time"):
        call_command("logs", "--since", "yesterday")


def test_what_cloudwatch_refuses_for_now_is_tried_again(tmp_path: Path) -> None:
    from botocore.exceptions import ClientError

    from deploy.instance.journal import ship

    class Throttling:
        answers = [ClientError({"Error": {"Code": "ThrottlingException"}}, "PutLogEvents"), None]
        sent: list[str] = []

        def put_log_events(self, **arguments: Any) -> None:
            if error := self.answers.pop(0):
                raise error
            self.sent += [event["message"] for event in arguments["logEvents"]]

    client = Throttling()
    shipper = Shipper(client, "/x/journal", "i-1", tmp_path / "cursor")

    assert ship([entry(1, "a"), entry(2, "b")], shipper, sleep=lambda seconds: None) == 2
    assert client.sent == ["a", "b"]


def stubbed_shipper(logs: Stubber, tmp_path: Path) -> Shipper:
    return Shipper(logs.client, "/x/journal", "i-1", tmp_path / "cursor")


def taken(logs: Stubber, *lines: Line) -> None:
    events = [{"timestamp": line.at, "message": line.text} for line in lines]
    asked = {"logGroupName": "/x/journal", "logStreamName": "i-1", "logEvents": events}
    logs.add_response("put_log_events", {}, asked)


def test_a_stream_that_is_not_there_is_made_once(tmp_path: Path) -> None:
    line = Line(at=1, text="a", cursor="c1")
    with stubbed("logs") as logs:
        shipper = stubbed_shipper(logs, tmp_path)
        logs.add_client_error("put_log_events", "ResourceNotFoundException")
        asked = {"logGroupName": "/x/journal", "logStreamName": "i-1"}
        logs.add_response("create_log_stream", {}, asked)
        taken(logs, line)

        assert [shipper.send([line]), shipper.send([line])] == [False, True]


def test_lines_that_waited_for_a_day_are_sent_by_days(tmp_path: Path) -> None:
    """CloudWatch refuses more than 24 hours in a call: nothing would be sent ever after."""
    old, older = Line(at=DAY_MS + 5, text="b", cursor="c2"), Line(at=5, text="a", cursor="c1")
    with stubbed("logs") as logs:
        taken(logs, older)
        taken(logs, old)

        assert stubbed_shipper(logs, tmp_path).send([older, old])

    assert (tmp_path / "cursor").read_text() == "c2"


def test_each_unit_is_asked_for_by_its_name() -> None:
    """A pattern is matched once, at the machine's start: units that start later would be missed."""
    asked = [word.removeprefix("--unit=") for word in JOURNALCTL if word.startswith("--unit=")]

    assert {"faceweb-web.service", "faceweb-app-instance.service", "caddy"} < set(asked)
    assert not [one for one in asked if "*" in one]
