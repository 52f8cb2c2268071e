"""A net as a file: its plan as a line of JSON, and behind it all numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.errors import ModelFileCorrupt
from recognition.native.plan import Plan

Numbers = npt.NDArray[np.float32]

ALIGNMENT = 64

PROPOSAL_NUMBERS = 10 * 27 + 16 * 90 + 32 * 144 + 5 * 32 + 2 * (10 + 16 + 32 + 5)
"""P-Net's weights, and bias and slope of each of its channels."""


PROPOSAL = {"layers": "proposal"}
"""The line of P-Net's file, whose layers the engine knows: it has no plan."""


def write_net(path: Path, plan: Plan, numbers: Numbers) -> None:
    """The plan as one line of JSON, filled up to a multiple of 64 bytes; then the numbers."""
    _write(path, plan.to_json(), numbers)


def write_layers(path: Path, numbers: Numbers) -> None:
    """P-Net's numbers, in the order in which `proposal.c` takes them."""
    _write(path, PROPOSAL, numbers)


def _write(path: Path, header: Mapping[str, object], numbers: Numbers) -> None:
    line = json.dumps(header).encode()
    filled = line + b" " * (-(len(line) + 1) % ALIGNMENT) + b"\n"
    with path.open("wb") as file:
        file.write(filled)
        file.write(np.ascontiguousarray(numbers, "<f4").tobytes())


def read_net(path: Path) -> tuple[Plan, Numbers]:
    """What `write_net` wrote; the numbers stay in the file, shared by all who read it.

    Raises ModelFileCorrupt.
    """
    try:
        header, numbers = _read(path)
        return Plan.from_json(header), numbers
    except (ValueError, KeyError, TypeError) as error:
        raise _corrupt(path, type(error).__name__) from None


def read_layers(path: Path) -> Numbers:
    """What `write_layers` wrote. Raises ModelFileCorrupt."""
    try:
        header, numbers = _read(path)
    except ValueError as error:
        raise _corrupt(path, type(error).__name__) from None
    if header != PROPOSAL or len(numbers) != PROPOSAL_NUMBERS:
        raise _corrupt(path, "other layers")
    return numbers


def _read(path: Path) -> tuple[dict[str, object], Numbers]:
    with path.open("rb") as file:
        line = file.readline()
    return json.loads(line), np.memmap(path, "<f4", "r", offset=len(line))


def _corrupt(path: Path, reason: str) -> ModelFileCorrupt:
    return ModelFileCorrupt(f"{path} can't be loaded ({reason}): delete it, and it is made again")
