"""A PostgreSQL server for one test run: Debian's, on a free port, with data in a scratch folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from localcloud.system.ports import free_port


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, or None where they are not installed."""
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


class PostgresqlServer:
    """Started once for all tests; it refuses to run as root, so root runs it as `postgres`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="faces-postgresql-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Make the server's data and start it. Returns its URL."""
        if os.getuid() == 0:
            shutil.chown(self._folder, _user())
        subprocess.run(
            [_binary("initdb"), "-D", self._data, "-U", "test", "-A", "trust", "--no-sync"],
            check=True, capture_output=True, cwd="/", **_as_user(),
        )  # fmt: skip
        self._start_process()
        return f"postgres://test@127.0.0.1:{self._port}/postgres"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _start_process(self) -> None:
        self._process = subprocess.Popen(
            [_binary("postgres"), "-D", self._data, "-p", str(self._port), "-h", "127.0.0.1",
             "-k", self._folder, "-F"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **_as_user(),
        )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        import psycopg

        for _ in range(600):
            try:
                psycopg.connect(
                    f"host=127.0.0.1 port={self._port} user=test dbname=postgres"
                ).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("PostgreSQL did not start")

    def halt(self, number: signal.Signals) -> None:
        """End the server, its data kept: SIGINT breaks off what runs, SIGQUIT is a crash."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait(60)

    def start_again(self) -> None:
        """Start a halted server on the same port and data."""
        self._start_process()

    def stop(self) -> None:
        # SIGTERM would wait for the connections that threads of the web tier keep open.
        self.halt(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)


def _binary(name: str) -> Path:
    folder = find_binaries()
    assert folder is not None
    return folder / name


def _user() -> str:
    return "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _as_user() -> dict[str, Any]:
    """Options of `subprocess` that make root somebody else."""
    if os.getuid() != 0:
        return {}
    return {"user": _user(), "group": pwd.getpwnam(_user()).pw_gid}
