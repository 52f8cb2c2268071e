"""Real servers of the web tier for hostile clients: one asks for keys, one does not.

Nothing stands behind them: storage and queues refuse every connection. Deadlines and limits are
short, so that a test may wait for them.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from foundation.config import PROJECT_DIRECTORY
from localcloud.system.ports import free_port
from localcloud.system.processes import Child
from tests.hostile.cost import NOTES, Note
from tests.system.running import clean_environment

PROXY = "127.0.0.2"
"""The one address that STRICT trusts as a proxy."""
CONNECTIONS = 40
HEADER_SECONDS, UPLOAD_SECONDS = 2.0, 4.0
SETTINGS = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "HEADER_TIMEOUT_SECONDS": str(HEADER_SECONDS),
    "UPLOAD_TIMEOUT_SECONDS": str(UPLOAD_SECONDS),
    "MAX_CONNECTIONS_PER_ADDRESS": str(CONNECTIONS),
    "MAX_UPLOAD_MB": "1",
    "MAX_BATCH_MB": "2",
    "MAX_VIDEO_MB": "2",
}
OPEN = {"REQUIRE_API_KEY": "0"}
STRICT = {"REQUIRE_API_KEY": "1", "OPEN_CONTRACT": "0", "TRUSTED_PROXIES": PROXY}
PASSWORD = "hostile to guessing"
PREPARE = """
import django, json, os
django.setup()
from datetime import timedelta
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from faceweb.access.callers import issue_key
from faceweb.models import ApiKey
call_command("migrate", verbosity=0)
now = timezone.now()
kinds = {
    "good": {},
    "replaying": {"requests_per_minute": 1000},
    "expiring": {"requests_per_minute": 1000},
    "busy": {"requests_per_minute": 1},
    "revoked": {"revoked_at": now},
    "expired": {"expires_at": now - timedelta(days=1)},
    "bound": {"addresses": "203.0.113.0/24"},
    "blind": {"may_recognise": False, "may_read_fleet": True},
}
User.objects.create_user("viewer", password=os.environ["PASSWORD"], is_staff=True)
User.objects.create_superuser("admin", password=os.environ["PASSWORD"])
print(json.dumps({name: issue_key(ApiKey(name=name, **kind)) for name, kind in kinds.items()}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; status 0 when the connection was closed without an answer."""

    status: int
    head: str
    body: str

    def header(self, name: str) -> str:
        for line in self.head.splitlines()[1:]:
            if line.lower().startswith(f"{name.lower()}:"):
                return line.partition(":")[2].strip()
        return ""


class WebServer:
    """One `python -m faceweb.server`, spoken to byte by byte."""

    def __init__(self, folder: Path, name: str, settings: dict[str, str]) -> None:
        self.port = free_port()
        environment = {**server_environment(folder), **settings, "PORT": str(self.port)}
        command = [sys.executable, "-m", "faceweb.server", "--graceful-seconds", "1"]
        self.child = Child(name, command, environment, folder / f"{name}.log")

    def wait(self) -> None:
        """Until it listens. Fails with its log where it ends instead."""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            assert not self.child.has_ended(), self.child.last_lines(30)
            try:
                self.connect().close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.child.last_lines(30))

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.port), timeout=30, source_address=(source, 0)
        )

    def ask(self, request: bytes, source: str = "127.0.0.1") -> Answer:
        """Send bytes as they are, and read one answer."""
        with self.connect(source) as connection:
            connection.sendall(request)
            return read_answer(connection)

    def resident_mib(self) -> float:
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def server_environment(folder: Path) -> dict[str, str]:
    django = {"DJANGO_SETTINGS_MODULE": "faceweb.settings", "PYTHONPATH": PROJECT_DIRECTORY}
    return clean_environment(folder, **SETTINGS, **django)


def prepared_keys(folder: Path) -> dict[str, str]:
    """Make the database and the keys: name -> secret."""
    said = subprocess.run(
        [sys.executable, "-c", PREPARE], capture_output=True,
        env={**server_environment(folder), "PASSWORD": PASSWORD},
        text=True, check=True, cwd=PROJECT_DIRECTORY,
    ).stdout  # fmt: skip
    found: dict[str, str] = json.loads(said.splitlines()[-1])
    return found


def read_answer(connection: socket.socket) -> Answer:
    """Read until the answer is whole or the connection ends. A 100 is an answer as well."""
    received = b""
    while not _is_whole(received):
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            break
        if not more:
            break
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(maxsplit=2)
    status = int(words[1]) if len(words) > 1 else 0
    text = body.decode("utf-8", "replace")
    NOTES.append(Note(answer=f"{status} {text}" if status else "closed"))
    return Answer(status=status, head=head.decode("latin-1"), body=text)


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    lines = head.lower().split(b"\r\n")
    if b" 100 " in lines[0]:
        return True
    lengths = [line for line in lines if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) >= int(lengths[0].partition(b":")[2])
