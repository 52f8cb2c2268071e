"""`python -m deploy.instance.journal`: our units' journal to CloudWatch Logs, a stream an instance.

CloudWatch's own agent reads files and no journal, and Debian has no package of any that does.
"""

import json
import os
import queue
import signal
import subprocess  # nosec B404 - journalctl alone is run
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from deploy.instance.attach import until_done
from deploy.instance.metadata import Metadata
from foundation import aws, logs
from foundation.aws import error_code
from foundation.aws.typed import CloudWatchLogsClient, InputLogEventTypeDef
from foundation.config import PROJECT_DIRECTORY, get_settings

log = structlog.get_logger()

UNITS = [path.name for path in sorted((PROJECT_DIRECTORY / "deploy" / "systemd").glob("*.service"))]
"""Each by its name: journalctl looks for a pattern's units once, when few have started."""
JOURNALCTL = [
    "journalctl", "--follow", "--output=json", *(f"--unit={name}" for name in [*UNITS, "caddy"]),
]  # fmt: skip
CURSOR_FILE = "journal.cursor"
MOST_EVENTS, MOST_BYTES, EVENT_BYTES, OVERHEAD = 1_000, 1_000_000, 250_000, 26
"""CloudWatch's limits for one call and one event, a little below them, and its bytes an event."""
DAY_MS = 24 * 3600 * 1000
"""CloudWatch refuses a call whose events are further apart."""
WAIT_SECONDS = 2.0
HELD_BATCHES = 20_000
"""Lines that are held while AWS does not answer; journalctl waits for more room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the journal: milliseconds since the epoch, text, and where it is."""

    at: int
    text: str
    cursor: str

    @property
    def size(self) -> int:
        """Bytes, as CloudWatch counts them."""
        return len(self.text.encode()) + OVERHEAD


def log_group(faceweb_id: str) -> str:
    """The log group of a system's instances."""
    return f"/{faceweb_id}/journal"


def line_of(entry: str) -> Line | None:
    """A line of `journalctl --output=json`; None for one without a text, or cut short: journalctl
    may end in the middle of one."""
    try:
        found = json.loads(entry)
    except ValueError:
        return None
    message = found.get("MESSAGE")
    if isinstance(message, list):  # bytes that are no text
        message = bytes(message).decode(errors="replace")
    if not message:
        return None
    text = message.encode()[:EVENT_BYTES].decode(errors="ignore")
    at = int(found["__REALTIME_TIMESTAMP"]) // 1000
    return Line(at=at, text=text, cursor=found["__CURSOR"])


def batch_of(first: Line, more: Iterator[Line]) -> list[Line]:
    """The next lines that fit into one call."""
    batch, size = [first], first.size
    for line in more:
        batch.append(line)
        size += line.size
        if len(batch) >= MOST_EVENTS or size + EVENT_BYTES > MOST_BYTES:
            break
    return batch


class Shipper:
    """Sends batches to one stream, and remembers how far it came."""

    def __init__(self, client: CloudWatchLogsClient, group: str, stream: str, cursor: Path) -> None:
        self._client, self._group, self._stream, self._cursor = client, group, stream, cursor

    def send(self, batch: list[Line]) -> bool:
        """True once CloudWatch has them. Raises botocore's errors."""
        in_order = sorted(batch, key=lambda line: line.at)  # CloudWatch takes them so alone
        try:
            for _, lines in groupby(in_order, key=lambda line: line.at // DAY_MS):
                self._put([{"timestamp": line.at, "message": line.text} for line in lines])
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
            return False
        self._cursor.write_text(batch[-1].cursor)
        return True

    def _put(self, events: list[InputLogEventTypeDef]) -> None:
        self._client.put_log_events(
            logGroupName=self._group, logStreamName=self._stream, logEvents=events
        )


def ship(
    entries: Iterable[str], shipper: Shipper, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Send the journal's lines until it ends. Returns how many."""
    lines: queue.Queue[Line | None] = queue.Queue(HELD_BATCHES)
    reader = threading.Thread(target=_read, args=(entries, lines), daemon=True)
    reader.start()
    count = 0
    while (first := lines.get()) is not None:
        sleep(WAIT_SECONDS)
        batch = batch_of(first, _waiting(lines))
        until_done(lambda batch=batch: shipper.send(batch), sleep)  # type: ignore[misc]
        count += len(batch)
    return count


def _read(entries: Iterable[str], lines: queue.Queue[Line | None]) -> None:
    for entry in entries:
        if line := line_of(entry):
            lines.put(line)
    lines.put(None)


def _waiting(lines: queue.Queue[Line | None]) -> Iterator[Line]:
    """The lines that are here already; the end stays for the next look."""
    while not lines.empty():
        line = lines.get()
        if line is None:
            lines.put(None)
            return
        yield line


def since(cursor: Path) -> str:
    """From where journalctl tells: after the cursor, unless its file was left empty."""
    position = cursor.read_text() if cursor.exists() else ""
    return f"--after-cursor={position}" if position else "--boot"


def main() -> int:
    """Send the journal until the machine ends. Returns the exit status."""
    settings = get_settings()
    logs.configure(settings)
    cursor = Path(os.environ.get("RUNTIME_DIRECTORY", settings.var_dir)) / CURSOR_FILE
    stream = Metadata().instance_id()
    shipper = Shipper(aws.client("logs", settings), log_group(settings.faceweb_id), stream, cursor)
    process = subprocess.Popen([*JOURNALCTL, since(cursor)], stdout=subprocess.PIPE, text=True)  # noqa: S603 # nosec B603
    # At the machine's end journalctl is stopped, and what it said is still sent.
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        ship(process.stdout or (), shipper)
    except (BotoCoreError, ClientError) as error:
        log.error("journal_not_sent", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
