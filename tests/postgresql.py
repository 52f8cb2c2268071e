"""A PostgreSQL server for one test run: Debian's, on a free port, with data in a scratch folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from localcloud.ports import free_port


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
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server. Returns its URL."""
        binaries = find_binaries()
        assert binaries is not None
        user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            shutil.chown(self._folder, user)
        as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid} if os.getuid() == 0 else {}
        data, port = self._folder / "data", free_port()
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "test", "-A", "trust", "--no-sync"],
            check=True, capture_output=True, cwd="/", **as_user,
        )  # fmt: skip
        self._process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1",
             "-k", self._folder, "-F"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_user,
        )  # fmt: skip
        self._wait(port)
        return f"postgres://test@127.0.0.1:{port}/postgres"

    def _wait(self, port: int) -> None:
        import time

        import psycopg

        for _ in range(100):
            try:
                psycopg.connect(f"host=127.0.0.1 port={port} user=test dbname=postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("PostgreSQL did not start")

    def stop(self) -> None:
        if self._process:
            # SIGTERM would wait for the connections that threads of the web tier keep open.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(15)
        shutil.rmtree(self._folder, ignore_errors=True)
