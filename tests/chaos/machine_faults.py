"""What the machine and its database do on a bad day, and pictures that somebody made to hurt."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from pathlib import Path

from tests.chaos.pictures import bad_picture
from tests.chaos.values import Picture
from tests.support.postgresql import PostgresqlServer

CHUNK = 2**20


class DatabaseRestarted:
    """Ends the database server and starts it again; every second time it crashes."""

    name = "database restarted"
    hold_seconds = 3.0

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._ways = itertools.cycle((signal.SIGINT, signal.SIGQUIT))

    def inject(self) -> None:
        self._server.halt(next(self._ways))

    def undo(self) -> int:
        self._server.start_again()
        return 1


class DiskFull:
    """Fills the file system of `var/` to the last byte."""

    name = "disk of var/ full"
    hold_seconds = 6.0

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def inject(self) -> None:
        size = CHUNK
        with self._filler.open("wb", buffering=0) as file:
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2

    def undo(self) -> int:
        self._filler.unlink(missing_ok=True)
        return 1


class BadPicture:
    """Sends a picture that kills its worker, never ends, or is damaged."""

    def __init__(
        self, name: str, kind: str, hold_seconds: float, seed: int, send: Callable[[Picture], None]
    ) -> None:
        self.name = name
        self.hold_seconds = hold_seconds
        self._kind = kind
        self._seed = seed
        self._send = send
        self._numbers = itertools.count(1)

    def inject(self) -> None:
        self._send(bad_picture(self._kind, next(self._numbers), self._seed))

    def undo(self) -> int:
        return 1
