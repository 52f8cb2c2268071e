"""Has Python's collector of cycles look at each object once.

A full collection looks at all there is, and moto keeps every picture and answer that it was given:
some 15 objects of Python's each. After half an hour at 30 pictures a second a collection took two
seconds, in which the emulator answered nobody.
"""

from __future__ import annotations

import gc
from typing import Any

OLDEST = 2
"""The generation that a full collection looks at, younger ones included."""


def set_aside_what_stays() -> None:
    """What outlived a full collection is not looked at again, from now on in this process.

    It still goes as soon as nothing refers to it; only what becomes part of a dead cycle after
    that is never found, which in moto is what requests under way had in hand.
    """
    if _set_aside not in gc.callbacks:
        gc.callbacks.append(_set_aside)


def _set_aside(phase: str, of: dict[str, Any]) -> None:
    if phase == "stop" and of["generation"] == OLDEST:
        gc.freeze()
