"""The calls that the system tests' processes made, as they are kept beside this file.

To record them again:

    EMULATOR_MIDDLEWARE=tests.deploy.permissions.recording:RecordCalls \\
        RECORD_CALLS=/tmp/calls.jsonl .venv/bin/python -m pytest -m system
    .venv/bin/python -m tests.deploy.permissions.recorded /tmp/calls.jsonl
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.deploy.permissions.policies import ROLES
from tests.deploy.permissions.recording import Call

FILE = Path(__file__).with_name("recorded.jsonl")
NAMES = (
    "req-queue|resp-queue|dead-letter-queue|video-dead-letter-queue|in-bucket|out-bucket|gallery|"
    "input|stage-1|output|releases|face-burst"
)
SYSTEMS = re.compile(rf"^[a-z0-9-]+?(?=-(?:{NAMES})(?:/|$))|(?<=^/)[a-z0-9-]+(?=/)")
"""What is before the contract's names: the prefixes of the systems that the tests start."""

OURS = "{ID}"

OF_OTHERS = "shared-pictures"
"""A bucket of PICTURE_BUCKETS, in tests/system/guarded/test_rekognition.py: its owner allows it."""


def normalised(calls: Iterable[Call]) -> list[Call]:
    """Each kind of call once, under no system's name, in order."""
    kept = {
        Call(
            role=call.role,
            action=call.action,
            resource=SYSTEMS.sub(OURS, call.resource),
            tags=call.tags,
        )
        for call in calls
        if call.role in ROLES and not call.resource.startswith(OF_OTHERS)
    }
    return sorted(kept)


def read(file: Path = FILE, system: str = "faceweb") -> list[Call]:
    """The recorded calls of a system of this name."""
    calls = (Call(**json.loads(line)) for line in file.read_text().splitlines())
    return [
        Call(
            role=call.role,
            action=call.action,
            resource=call.resource.replace(OURS, system),
            tags=call.tags,
        )
        for call in calls
    ]


def main(source: Path) -> None:
    calls = normalised(read(source))
    lines = (json.dumps({name: getattr(call, name) for name in call.__slots__}) for call in calls)
    FILE.write_text("".join(f"{line}\n" for line in lines))
    sys.stdout.write(f"{len(calls)} kinds of calls\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
