"""How far a video of several frames is, by what is in the stage bucket. Pure."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Frames that are stored, frames whose faces are known, and how many there will be: None
    until the last one is known."""

    stored: int = 0
    seen: int = 0
    total: int | None = None


def progress_of(stage_keys: Iterable[str]) -> Progress:
    """The progress of one video by the keys of its folder. A splitting that ran again under
    another plan has left its own faces: the run that got furthest counts."""
    frames, runs = 0, defaultdict(set)
    for key in stage_keys:
        folder, name = posixpath.split(key)
        if name.endswith(".jpg"):
            frames += 1
        elif posixpath.basename(folder).startswith("seen-") and name.endswith(".json"):
            runs[folder].add(name.removesuffix(".json"))
    names = max(runs.values(), key=len, default=set())
    lasts = [_number(name) for name in names if name.endswith("-last")]
    seen = len({_number(name) for name in names})
    return Progress(stored=max(frames, seen), seen=seen, total=max(lasts) + 1 if lasts else None)


def _number(name: str) -> int:
    return int(name.removesuffix("-last"))
