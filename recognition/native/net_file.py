"""A net as a file: its plan as a line of JSON, and behind it all numbers."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognition.errors import ModelFileCorrupt
from recognition.native.plan import Plan, PlanStep, Tensor

Numbers = npt.NDArray[np.float32]

ALIGNMENT = 64

PROPOSAL_NUMBERS = 10 * 27 + 16 * 90 + 32 * 144 + 5 * 32 + 2 * (10 + 16 + 32 + 5)
"""P-Net's weights, and bias and slope of each of its channels."""


PROPOSAL = b'{"layers": "proposal"}'
"""The line of P-Net's file, whose layers the engine knows: it has no plan."""


def write_net(path: Path, plan: Plan, numbers: Numbers) -> None:
    """The plan as one line of JSON, filled up to a multiple of 64 bytes; then the numbers."""
    _write(path, json.dumps(asdict(plan)).encode(), numbers)


def write_layers(path: Path, numbers: Numbers) -> None:
    """P-Net's numbers, in the order in which `proposal.c` takes them."""
    _write(path, PROPOSAL, numbers)


def _write(path: Path, line: bytes, numbers: Numbers) -> None:
    filled = line + b" " * (-(len(line) + 1) % ALIGNMENT) + b"\n"
    path.write_bytes(filled + np.ascontiguousarray(numbers, "<f4").tobytes())


def read_net(path: Path) -> tuple[Plan, Numbers]:
    """What `write_net` wrote; the numbers stay in the file, shared by all who read it.

    Raises ModelFileCorrupt.
    """
    line, numbers = _read(path)
    try:
        return _plan(json.loads(line, object_hook=_with_tuples)), numbers
    except (ValueError, KeyError, TypeError):
        raise _corrupt(path, "no plan") from None


def _plan(content: dict[str, Any]) -> Plan:
    """The file's hash was checked before, so that no more than names must be right."""
    tensors = tuple(Tensor(**tensor) for tensor in content.pop("tensors"))
    steps = tuple(PlanStep(**step) for step in content.pop("steps"))
    return Plan(tensors=tensors, steps=steps, **content)


def _with_tuples(content: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(it) if isinstance(it, list) else it for key, it in content.items()}


def read_layers(path: Path) -> Numbers:
    """What `write_layers` wrote. Raises ModelFileCorrupt."""
    line, numbers = _read(path)
    if line.strip() != PROPOSAL or len(numbers) != PROPOSAL_NUMBERS:
        raise _corrupt(path, "other layers")
    return numbers


def _read(path: Path) -> tuple[bytes, Numbers]:
    with path.open("rb") as file:
        line = file.readline()
    try:
        return line, np.memmap(path, "<f4", "r", offset=len(line))
    except ValueError:
        raise _corrupt(path, "no numbers") from None


def _corrupt(path: Path, reason: str) -> ModelFileCorrupt:
    return ModelFileCorrupt(f"{path} can't be loaded ({reason}): delete it, and it is made again")
