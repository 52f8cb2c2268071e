"""WSGI middleware around the emulator: holds a video's splitting at the frame that it stores.

EMULATOR_MIDDLEWARE names it, HELD_FRAMES a file. While that file is there no frame is taken.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

FILE_VARIABLE = "HELD_FRAMES"
FRAMES = "/faceweb-stage-1/sent/"


def waits_file(held: Path) -> Path:
    """There once a frame waits."""
    return held.with_suffix(".waits")


class HoldFrames:
    """Passes every call on, a frame only when it is not held."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application, self._held = application, Path(os.environ[FILE_VARIABLE])

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_frame = environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].startswith(FRAMES)
        while is_frame and self._held.exists():
            waits_file(self._held).touch()
            time.sleep(0.05)
        return self._application(environ, start_response)
