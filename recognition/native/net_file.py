"""A net as a file: its plan as a line of JSON, and behind it all numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.errors import ModelFileCorrupt
from recognition.native.plan import Plan

Numbers = npt.NDArray[np.float32]

ALIGNMENT = 64


def write_net(path: Path, plan: Plan, numbers: Numbers) -> None:
    """The plan as one line of JSON, filled up to a multiple of 64 bytes; then the numbers."""
    line = json.dumps(plan.to_json()).encode()
    filled = line + b" " * (-(len(line) + 1) % ALIGNMENT) + b"\n"
    with path.open("wb") as file:
        file.write(filled)
        file.write(np.ascontiguousarray(numbers, "<f4").tobytes())


def read_net(path: Path) -> tuple[Plan, Numbers]:
    """What `write_net` wrote; the numbers stay in the file, shared by all who read it.

    Raises ModelFileCorrupt.
    """
    try:
        with path.open("rb") as file:
            line = file.readline()
        plan = Plan.from_json(json.loads(line))
        numbers = np.memmap(path, "<f4", "r", offset=len(line))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileCorrupt(
            f"{path} can't be loaded ({type(error).__name__}): delete it, and it is made anew"
        ) from None
    return plan, numbers
